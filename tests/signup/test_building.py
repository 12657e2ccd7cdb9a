"""The dashboard's pages: the list with its numbers, the builder that names what is wrong, one form with its switches."""

from typing import Any

import pytest

from retention.kit import clock
from retention.signup.models import Signup, SignupForm, Topic
from retention.signup.numbers import Funnel, funnels_of, note_shown
from retention.signup.views.building import rule_words
from retention.stores.models import AuditEntry
from tests.cast import Lumen, lumen
from tests.factories import signed_in, work_for
from tests.factories.signup import filled, make_form
from tests.signup.conftest import post_json

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Lumen:
    """Return Lumen Coffee and its people."""
    return lumen()


def posted(form: SignupForm, **changes: Any) -> dict[str, Any]:
    """Return what the builder's page would post for a form, with changes."""
    given: dict[str, Any] = {
        "name": form.name,
        "kind": form.kind,
        "opt_in": form.opt_in,
        "topic": "",
        "consent_text": form.consent_text,
        "channels": ["email"],
        "delay_seconds": "8",
        "scroll_percent": "40",
        "again_days": "14",
        "exit_intent": "on",
        "step_count": str(len(form.steps)),
        "do": "save",
        **form.texts,
    }
    for place, step in enumerate(form.steps):
        given |= {f"s{place}_{name}": step[name] for name in ("key", "kind", "title", "reason", "year")}
        given[f"s{place}_options"] = "\n".join(step["options"])
    return given | changes


def reload(form: SignupForm) -> SignupForm:
    with work_for(form.store):
        found: SignupForm = SignupForm.objects.get(pk=form.pk)
        return found


def test_the_first_form_starts_well_and_nobody_sees_it(cast: Lumen) -> None:
    client = signed_in(cast.mia)
    assert "No form yet" in client.get("/s/lumen/forms/").content.decode()
    answer = client.post("/s/lumen/forms/make/")
    with work_for(cast.store):
        form = SignupForm.objects.get()
        assert AuditEntry.objects.filter(action="form.made").count() == 1
    assert answer["Location"] == f"/s/lumen/forms/{form.public_id}/build/"
    assert (form.state, [step["kind"] for step in form.steps]) == ("draft", ["address", "interests", "birthday"])
    assert client.get(answer["Location"]).status_code == 200
    assert client.get(f"/f/{form.public_id}/").status_code == 404


def test_saving_counts_versions_only_for_what_changed(cast: Lumen) -> None:
    client, form = signed_in(cast.mia), make_form(cast.store, state="draft")
    where = f"/s/lumen/forms/{form.public_id}/build/"
    assert client.post(where, posted(form)).status_code == 302
    assert (reload(form).steps_version, reload(form).consent_version) == (1, 1)
    client.post(where, posted(form, s1_title="Who are you?", consent_text="You may write to me."))
    saved = reload(form)
    assert (saved.steps_version, saved.consent_version, saved.steps[1]["title"]) == (2, 2, "Who are you?")


def test_a_question_moves_comes_and_goes_without_saving(cast: Lumen) -> None:
    client, form = signed_in(cast.mia), make_form(cast.store, state="draft")
    where, fragment = f"/s/lumen/forms/{form.public_id}/build/", {"HTTP_HX_REQUEST": "true"}
    moved = client.post(where, posted(form, do="up:1"), **fragment).content.decode()
    assert "The question is number 1 of 5 now." in moved
    assert moved.index('value="gender"') < moved.index('value="address"')
    added = client.post(where, posted(form, do="add", add_kind="text"), **fragment).content.decode()
    assert 'name="s5_kind" value="text"' in added
    gone = client.post(where, posted(form, do="remove:1"), **fragment).content.decode()
    assert 'value="gender"' not in gone.partition("fo-add")[0]
    kept = client.post(where, posted(form, do="remove:0"), **fragment).content.decode()
    assert 'value="address"' in kept
    for nonsense in ("up:0", "down:4", "remove:99", "up:x", "add:palm", "fly"):
        assert client.post(where, posted(form, do=nonsense), **fragment).status_code == 200
    assert reload(form).steps == form.steps


def test_an_own_question_gets_a_name_from_its_words(cast: Lumen) -> None:
    client, form = signed_in(cast.mia), make_form(cast.store, state="draft")
    extra = {"s5_kind": "text", "s5_key": "your_question", "s5_title": "How do you brew?", "s5_reason": "", "step_count": "6"}
    assert client.post(f"/s/lumen/forms/{form.public_id}/build/", posted(form, **extra)).status_code == 302
    assert reload(form).steps[5]["key"] == "how_do_you_brew"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"s1_options": "Woman"}, "Question 2, answers: Write at least two answers, one a line."),
        ({"s3_title": " "}, "Question 4, question: Write the question."),
        ({"s3_reason": "x" * 201}, "Question 4, reason: At most 200 letters."),
        ({"name": ""}, "This cannot be empty."),
        ({"consent_text": ""}, "This cannot be empty."),
        ({"title": "x" * 121}, "At most 120 letters."),
        ({"channels": []}, "Ask for at least one address."),
        ({"channels": ["phone"]}, "In Germany a second yes is needed, and it goes by mail. Ask for the e-mail address as well."),
        ({"kind": "carrier-pigeon"}, "Choose where the form stands."),
        ({"opt_in": "never"}, "In Germany one yes does not prove that the address is theirs."),
        ({"topic": "nonsense"}, "Choose one of your topics."),
        ({"again_days": "-1"}, "Write a whole number from 0 to 365."),
        ({"kind": "popup", "delay_seconds": "0", "scroll_percent": "0", "exit_intent": None}, "Nothing would ever open it."),
        ({"step_count": "0"}, "A form asks for the address exactly once."),
        ({"intro": "NUL \x00"}, "This holds a character that cannot be kept."),
    ],
)
def test_a_fault_names_its_place_and_saves_nothing(changes: dict[str, Any], words: str, cast: Lumen) -> None:
    client, form = signed_in(cast.mia), make_form(cast.store, state="draft")
    data = {name: value for name, value in posted(form, **changes).items() if value is not None}
    answer = client.post(f"/s/lumen/forms/{form.public_id}/build/", data)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert reload(form).__dict__.items() >= {"name": "Newsletter", "steps_version": 1, "kind": "hosted", "opt_in": "country"}.items()


def test_a_form_that_could_not_ask_for_the_second_yes_does_not_open(cast: Lumen) -> None:
    client, form = signed_in(cast.mia), make_form(cast.store, state="draft", asks_email=False, asks_phone=True)
    answer = client.post(f"/s/lumen/forms/{form.public_id}/live/", follow=True)
    assert "Ask for the e-mail address as well." in answer.content.decode()
    assert reload(form).state == "draft"
    with work_for(cast.store):
        assert not AuditEntry.objects.filter(action="form.live").exists()


@pytest.mark.parametrize(
    ("country", "fields", "says"),
    [
        ("DE", {"asks_phone": True}, "nothing is sent to it"),
        ("ES", {"asks_phone": True}, "a mail asks for it"),
        ("ES", {"asks_phone": True, "asks_email": False}, "is not taken"),
        ("ES", {"asks_phone": True, "asks_email": False, "opt_in": "always"}, "or choose a rule with one yes"),
        ("ES", {}, "Who said no before is asked by mail first."),
    ],
)
def test_the_rule_promises_only_what_happens(country: str, fields: dict[str, Any], says: str, cast: Lumen) -> None:
    form = make_form(cast.store, **fields)
    assert says in " ".join(rule_words(form, country=country))


def test_the_preview_describes_what_is_not_saved(cast: Lumen) -> None:
    client, form = signed_in(cast.mia), make_form(cast.store, state="draft")
    where = f"/s/lumen/forms/{form.public_id}/preview/"
    shown = client.post(where, posted(form, title="Only in the preview")).json()["form"]
    assert shown["texts"]["title"] == "Only in the preview"
    assert client.post(where, posted(form, s1_options="", name="")).json() == {"faults": "2 things are missing before this can be shown."}
    assert reload(form).texts == form.texts


def test_switches_are_said_once_and_written_down(cast: Lumen) -> None:
    client, form = signed_in(cast.mia), make_form(cast.store, state="draft")
    for deed, state in (("live", "live"), ("live", "live"), ("pause", "paused"), ("archive", "archived"), ("archive", "archived")):
        client.post(f"/s/lumen/forms/{form.public_id}/{deed}/")
        assert reload(form).state == state
    with work_for(cast.store):
        actions = list(AuditEntry.objects.filter(action__startswith="form.").order_by("pk").values_list("action", flat=True))
    assert actions == ["form.live", "form.paused", "form.archived"]


def test_the_numbers_are_rows(cast: Lumen) -> None:
    form, client = make_form(cast.store), signed_in(cast.mia)
    with work_for(cast.store):
        for _time in range(4):
            note_shown(form, store=cast.store, now=clock.now())
    for number in range(3):
        post_json(client, form, filled(form, now=clock.now(), email=f"p{number}@example.test"))
    with work_for(cast.store):
        Signup.objects.filter(email="p0@example.test").update(state="confirmed", confirmed_at=clock.now())
        assert funnels_of([form.pk])[form.pk] == Funnel(shown=4, filled=3, confirmed=1, waiting=2)
    page = client.get(f"/s/lumen/forms/{form.public_id}/").content.decode()
    assert "Shown 4 times, filled in 3 times, signed up 1." in page
    assert "p2@example.test" in page


def test_the_analyst_sees_numbers_and_no_address(cast: Lumen) -> None:
    form = make_form(cast.store)
    post_json(signed_in(cast.ada), form, filled(form, now=clock.now()))
    page = signed_in(cast.ada).get(f"/s/lumen/forms/{form.public_id}/").content.decode()
    assert "ana@example.test" not in page
    assert "Somebody" in page


@pytest.mark.parametrize(("kind", "inside"), [("embedded", "data-boomerang-form"), ("popup", "data-form")])
def test_the_code_to_copy_names_the_form(kind: str, inside: str, cast: Lumen) -> None:
    form = make_form(cast.store, kind=kind)
    page = signed_in(cast.mia).get(f"/s/lumen/forms/{form.public_id}/").content.decode()
    assert f"{inside}=&quot;{form.public_id}&quot;" in page
    assert "/static/js/signup.js" in page


def test_topics_are_made_once_and_put_away(cast: Lumen) -> None:
    client = signed_in(cast.mia)
    for _time in range(2):
        client.post("/s/lumen/forms/topics/", {"name": "  Restocks ", "description": "When it is back."})
    client.post("/s/lumen/forms/topics/", {"name": ""})
    with work_for(cast.store):
        topic = Topic.objects.get()
    assert topic.name == "Restocks"
    client.post(f"/s/lumen/forms/topics/{topic.public_id}/archive/")
    with work_for(cast.store):
        assert Topic.objects.get().archived_at is not None
        assert AuditEntry.objects.filter(action__startswith="topic.").count() == 2


def test_the_list_asks_as_often_for_many_forms_as_for_one(cast: Lumen, django_assert_max_num_queries: Any) -> None:
    for number in range(12):
        make_form(cast.store, name=f"Form {number}")
    client = signed_in(cast.mia)
    client.get("/s/lumen/forms/")
    with django_assert_max_num_queries(16):
        assert client.get("/s/lumen/forms/").status_code == 200
