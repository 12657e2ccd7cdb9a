"""Each kind of question: what it keeps, what it skips, and that a bad answer names its input."""

from datetime import date
from typing import Any

import pytest

from retention.signup.definition import BadAnswers, BadDefinition, key_from, read_answers, read_steps, traits_of, write_steps
from retention.signup.questions import QUESTIONS
from retention.signup.questions.base import Asking
from tests.factories.signup import ADDRESS, ALL_STEPS, BIRTHDAY, GENDER, INTERESTS

ASKING = Asking(country="DE", today=date(2026, 11, 24))
BOTH = Asking(asks_phone=True, country="DE", today=date(2026, 11, 24))
NAME = {"key": "name", "kind": "name", "title": "What shall we call you?"}
OWN = {"key": "note", "kind": "text", "title": "Anything else?"}


def answers(values: dict[str, Any], *, asking: Asking = ASKING) -> dict[str, Any]:
    return read_answers(read_steps([*ALL_STEPS, NAME, OWN]), {"email": "ana@example.test"} | values, asking=asking)


def faults(values: dict[str, Any], *, asking: Asking = ASKING) -> list[tuple[str, str]]:
    with pytest.raises(BadAnswers) as refused:
        answers(values, asking=asking)
    return [(fault.field, fault.message) for fault in refused.value.faults]


@pytest.mark.parametrize(
    ("values", "key", "kept"),
    [
        ({"gender": "Woman"}, "gender", "Woman"),
        ({"interests": ["Tea", "Espresso", "Tea"]}, "interests", ["Espresso", "Tea"]),
        ({"interests": "Tea"}, "interests", ["Tea"]),
        ({"birthday_day": "1", "birthday_month": "5", "birthday_year": "1990"}, "birthday", "1990-05-01"),
        ({"birthday_day": "29", "birthday_month": "2"}, "birthday", "--02-29"),
        ({"grinder": "By hand"}, "grinder", "By hand"),
        ({"name": "  Ana  "}, "name", "Ana"),
        ({"note": "Zoë 🐾"}, "note", "Zoë 🐾"),
    ],
)
def test_a_good_answer_is_kept(values: dict[str, Any], key: str, kept: Any) -> None:
    assert answers(values)[key] == kept


@pytest.mark.parametrize("values", [{}, {"gender": "-"}, {"gender": ""}, {"interests": []}, {"birthday_day": "", "birthday_month": ""}])
def test_a_skipped_question_leaves_nothing(values: dict[str, Any]) -> None:
    assert answers(values) == {"address": {"email": "ana@example.test"}}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"email": ""}, "email"),
        ({"email": "ana"}, "email"),
        ({"email": "ana@example.test\x00"}, "email"),
        ({"email": "a@b.de, c@d.de"}, "email"),
        ({"email": "x" * 300 + "@example.test"}, "email"),
        ({"email": ["a@b.de", "c@d.de"]}, "email"),
        ({"email": 5}, "email"),
        ({"gender": "Robot"}, "gender"),
        ({"interests": ["Tea", "Bombs"]}, "interests"),
        ({"interests": [None]}, "interests"),
        ({"interests": {"a": 1}}, "interests"),
        ({"birthday_day": "31", "birthday_month": "2"}, "birthday_day"),
        ({"birthday_day": "31", "birthday_month": "2", "birthday_year": "1990"}, "birthday_day"),
        ({"birthday_day": "29", "birthday_month": "2", "birthday_year": "1990"}, "birthday_day"),
        ({"birthday_day": "1"}, "birthday_month"),
        ({"birthday_month": "1"}, "birthday_day"),
        ({"birthday_day": "1", "birthday_month": "13"}, "birthday_month"),
        ({"birthday_day": "1", "birthday_month": "1", "birthday_year": "90"}, "birthday_year"),
        ({"birthday_day": "1", "birthday_month": "1", "birthday_year": "2027"}, "birthday_year"),
        ({"birthday_day": "١", "birthday_month": "1"}, "birthday_day"),
        ({"name": "x" * 101}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"note": "x" * 1_000_000}, "note"),
        ({"note": "two\nlines"}, "note"),
        ({"grinder": ["By hand", "Electric"]}, "grinder"),
        ({"is_admin": "1"}, "is_admin"),
    ],
)
def test_a_bad_answer_names_its_input(values: dict[str, Any], field: str) -> None:
    assert [name for name, _message in faults(values)] == [field]


def test_the_message_says_the_date_that_is_none() -> None:
    assert faults({"birthday_day": "31", "birthday_month": "2", "birthday_year": "1990"}) == [("birthday_day", "31.02.1990 is not a date.")]


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"birthday_month": "Choose"}, "birthday_month", "Choose a month."),
        ({"birthday_day": "1", "birthday_month": "May"}, "birthday_month", "Choose a month."),
        ({"birthday_day": "first", "birthday_month": "5"}, "birthday_day", "Write a number."),
        ({"birthday_day": "1", "birthday_month": "5", "birthday_year": "nineteen"}, "birthday_year", "Write the year with four digits."),
    ],
)
def test_a_part_of_the_birthday_that_is_no_number_is_named_in_its_own_words(values: dict[str, Any], field: str, words: str) -> None:
    assert faults(values) == [(field, words)]


@pytest.mark.parametrize(
    ("text", "country", "kept"),
    [
        ("0170 1234567", "DE", "+491701234567"),
        ("+44 7700 900123", "DE", None),
        ("+43 664 1234567", "DE", "+436641234567"),
        ("0176/123 45 678", "DE", "+4917612345678"),
        ("030 901820", "DE", None),
        ("12", "DE", None),
        ("call me", "DE", None),
        ("+999 12345678", "DE", None),
    ],
)
def test_a_phone_number_becomes_e164_or_names_its_fault(text: str, country: str, kept: str | None) -> None:
    asking = Asking(asks_phone=True, country=country, today=date(2026, 11, 24))
    if kept is None:
        assert [name for name, _message in faults({"phone": text}, asking=asking)] == ["phone"]
    else:
        assert answers({"phone": text}, asking=asking)["address"]["phone"] == kept


def test_every_fault_is_told_at_once() -> None:
    found = faults({"email": "ana", "gender": "Robot", "extra": "1"}, asking=BOTH)
    assert [name for name, _message in found] == ["email", "gender", "extra"]


def test_answers_become_traits() -> None:
    steps = read_steps([*ALL_STEPS, NAME, OWN])
    kept = answers(
        {"gender": "Man", "interests": ["Tea"], "birthday_day": "1", "birthday_month": "5", "name": "Ana", "grinder": "Electric"}
    )
    assert traits_of(steps, kept) == {
        "gender": "Man",
        "interests": ["Tea"],
        "birthday": "--05-01",
        "firstName": "Ana",
        "grinder": "Electric",
    }


@pytest.mark.parametrize(
    ("steps", "place", "field"),
    [
        ([GENDER], 0, "steps"),
        ([ADDRESS, ADDRESS], 0, "steps"),
        ([ADDRESS, GENDER, GENDER], 3, "key"),
        ([ADDRESS, GENDER | {"title": ""}], 2, "title"),
        ([ADDRESS, GENDER | {"title": "x" * 121}], 2, "title"),
        ([ADDRESS, GENDER | {"reason": "two\nlines"}], 2, "reason"),
        ([ADDRESS, GENDER | {"options": ["Woman"]}], 2, "options"),
        ([ADDRESS, GENDER | {"options": ["Woman", "woman"]}], 2, "options"),
        ([ADDRESS, INTERESTS | {"options": [str(number) for number in range(31)]}], 2, "options"),
        ([ADDRESS, GENDER | {"options": ["Woman", "x" * 21]}], 2, "options"),
        ([ADDRESS, BIRTHDAY | {"year": "perhaps"}], 2, "year"),
        ([ADDRESS, {"key": "x", "kind": "palm", "title": "Your palm?"}], 2, "kind"),
        ([ADDRESS, OWN | {"key": "email"}], 2, "key"),
        ([ADDRESS, OWN | {"key": "Drop Table"}], 2, "key"),
    ],
)
def test_a_bad_step_names_its_place_and_field(steps: list[dict[str, Any]], place: int, field: str) -> None:
    with pytest.raises(BadDefinition) as refused:
        read_steps(steps)
    assert (place, field) in {(fault.place, fault.field) for fault in refused.value.faults}


def test_steps_survive_being_stored() -> None:
    steps = read_steps(ALL_STEPS)
    assert read_steps(write_steps(steps)) == steps


def test_a_key_is_made_from_the_question() -> None:
    assert key_from("Welche Mühle hast du?", taken=[]) == "welche_muhle_hast_du"
    assert key_from("Email", taken=[]) == "question_email"
    assert key_from("どの豆？", taken=[]) == "question"
    assert key_from("Bean", taken=["bean", "bean_2"]) == "bean_3"


@pytest.mark.parametrize("key", QUESTIONS.keys())
def test_every_kind_can_be_drawn_and_skipped_or_says_why_not(key: str) -> None:
    question = QUESTIONS[key]
    step = next(step for step in read_steps([ADDRESS] if key == "address" else [ADDRESS, _new(key)]) if step.kind == key)
    names = [shown.name for shown in question.inputs(step, BOTH)]
    assert names
    assert len(set(names)) == len(names)
    assert str(question.label)


def _new(key: str) -> dict[str, Any]:
    question = QUESTIONS[key]
    return {
        "key": question.key if question.once else "own",
        "kind": key,
        "title": str(question.title),
        "options": list(question.sample_options()),
    }
