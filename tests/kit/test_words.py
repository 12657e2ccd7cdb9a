"""Folded text compares alike, and phrases wait for their language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.kit.words import Phrase, fold, gettext_noop


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("STRASSE", "straße"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("\ufb01ne", "FINE"),
        ("\uff21\uff22\uff23", "abc"),
        ("e\u0301", "\u00c9"),
        ("\u0130", "i\u0307"),
        ("\u212b", "\u00e5"),
    ],
)
def test_folds_to_the_same_text(left: str, right: str) -> None:
    assert fold(left) == fold(right)


def test_keeps_what_is_different() -> None:
    assert fold("Ana ") != fold("Ana")
    assert fold("resume") != fold("résumé")


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_case_does_not_matter(text: str) -> None:
    assert fold(text.casefold()) == fold(text)


GERMAN = {"in %(city)s": "in %(city)s, Stadt", "%(low)s to %(high)s": "%(low)s bis %(high)s", "100 % wool": "100 % Wolle"}


def test_a_phrase_is_translated_before_its_values_are_filled_in() -> None:
    phrase = Phrase(gettext_noop("in %(city)s"), {"city": "Riga"})
    assert phrase.render(GERMAN.__getitem__) == "in Riga, Stadt"


def test_a_phrase_inside_a_phrase_is_translated_too() -> None:
    inner = Phrase("in %(city)s", {"city": "100 %"})
    assert Phrase("%(low)s to %(high)s", {"low": inner, "high": 3}).render(GERMAN.__getitem__) == "in 100 %, Stadt bis 3"


def test_a_phrase_without_values_keeps_its_percent_sign() -> None:
    assert Phrase("100 % wool").render(GERMAN.__getitem__) == "100 % Wolle"
