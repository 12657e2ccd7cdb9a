"""Whatever a shop's customers read is written in every language, with the same values in it, and compiled as it is written."""

import gettext
import re
from collections import Counter

import pytest

from retention.cli.translating import FURTHER, LOCALE, SPOKEN, collect, folder_of, read, spoken_files
from tests.house.tree import ROOT

VALUES = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
FOR_CUSTOMERS = re.compile(r"""\{%\s*extends\s+["']signup/base\.html["']""")


def test_every_page_for_customers_is_collected() -> None:
    pages = [path for path in (ROOT / "templates").rglob("*.html") if FOR_CUSTOMERS.search(path.read_text())]
    assert len(pages) >= 9
    assert set(pages) <= set(spoken_files()), "a page for customers is a line in SPOKEN"
    assert len(collect()) > 100
    assert len(set(SPOKEN)) == len(SPOKEN)


@pytest.mark.parametrize("language", FURTHER)
def test_every_text_is_translated_with_its_values_and_nothing_else_is_there(language: str) -> None:
    written = {message.id: message.string for message in read(language) if message.id}
    assert set(written) == set(collect()), "run ./run messages, and translate what it names"
    for said, translated in written.items():
        assert translated, said
        assert Counter(VALUES.findall(translated)) == Counter(VALUES.findall(str(said))), said
        assert translated.strip() == translated, said


@pytest.mark.parametrize("language", FURTHER)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    compiled = gettext.translation("django", LOCALE, [language])
    for message in read(language):
        if message.id:
            assert compiled.gettext(str(message.id)) == message.string, "run ./run messages"
    assert {path.name for path in LOCALE.iterdir()} == set(FURTHER)
    assert folder_of(language).is_dir()
