"""Templates keep the strict content policy, hold no word outside gettext, and name only icons and states that exist."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.template import engines
from django.template.base import Lexer, TokenType

from retention.dashboard.states import STATES
from tests.house.tree import ROOT

TEMPLATES = ROOT / "templates"
PAGES = sorted(path for path in TEMPLATES.rglob("*.html") if "emails" not in path.parts)
NAMES = [str(path.relative_to(TEMPLATES)) for path in PAGES]
SPRITE = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static" / "img" / "icons.svg").read_text()))
CSS = "\n".join(path.read_text() for path in (ROOT / "static" / "css").rglob("*.css"))
NO_WORDS = re.compile(r"[^\W\d_]")
SPOKEN = ("aria-label", "title", "placeholder", "alt", "data-confirm-title", "data-confirm-text", "data-confirm-yes")
TRANSLATED = re.compile(r"^(blocktranslate|blocktrans|block body_class)\b")
ICON = re.compile(r"""\{%\s*icon\s+["']([^"']+)["']""")
STATE = re.compile(r"""\{%\s*state(?:_icon)?\s+["']([^"']+)["']""")
GIVEN_ICON = re.compile(r"""\bicon=["']([^"']+)["']""")
UNTRANSLATED_MARKS = {"€0"}


class Reader(HTMLParser):
    """Collect bare words, spoken attributes, styles and script bodies of markup whose template tags were taken out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.styled: list[str] = []
        self.scripts: list[str] = []
        self.sheets: list[str] = []
        self._inside = ""
        self._drawn = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag if tag in {"script", "style"} else self._inside
        self._drawn = "material-symbols" in (dict(attrs).get("class") or "")  # the admin's icons are words of a font, not of people
        self.styled += [tag for name, _value in attrs if name == "style" or re.fullmatch(r"on[a-z]+", name)]
        self.words += [f"{name}={value}" for name, value in attrs if name in SPOKEN and NO_WORDS.search(value or "")]

    def handle_endtag(self, tag: str) -> None:
        self._inside = "" if tag == self._inside else self._inside
        self._drawn = False

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self.sheets.append(data)
        elif self._inside:
            self.scripts += [data.strip()] if data.strip() else []
        elif NO_WORDS.search(data) and not self._drawn:
            self.words.append(data.strip())


def markup_of(path: Path) -> str:
    """Return the template's own markup: tags, variables, comments and translated blocks taken out."""
    kept, inside = [], False
    for token in Lexer(path.read_text(encoding="utf-8")).tokenize():
        if token.token_type is TokenType.BLOCK:
            if TRANSLATED.match(token.contents):
                inside = True
            elif token.contents.startswith(("endblocktrans", "endblock")):
                inside = False
        elif token.token_type is TokenType.TEXT and not inside:
            kept.append(token.contents)
    return "".join(kept)


def read(path: Path) -> Reader:
    """Return what the parser found in one template."""
    reader = Reader()
    reader.feed(markup_of(path))
    reader.close()
    return reader


@pytest.mark.parametrize("path", PAGES, ids=NAMES)
def test_template_has_no_style_no_inline_script_and_no_bare_word(path: Path) -> None:
    found = read(path)
    assert found.styled == []
    assert found.scripts == []
    assert found.sheets == [] or path.name.endswith("_frame.html"), "only a document of its own, in a frame, brings its style"
    assert [word for word in found.words if word not in UNTRANSLATED_MARKS] == []


@pytest.mark.parametrize("path", PAGES, ids=NAMES)
def test_template_can_be_loaded(path: Path) -> None:
    assert engines["django"].get_template(str(path.relative_to(TEMPLATES))) is not None


@pytest.mark.parametrize("path", PAGES, ids=NAMES)
def test_template_names_only_icons_and_states_that_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert {*ICON.findall(text), *GIVEN_ICON.findall(text)} - SPRITE == set()
    assert set(STATE.findall(text)) - set(STATES) == set()


@pytest.mark.parametrize("path", PAGES, ids=NAMES)
def test_template_writes_percent_only_where_it_survives(path: Path) -> None:
    """A literal in an include's argument doubles its percent signs: say `translate ... as word` first."""
    assert re.findall(r"""=_\(["'][^"']*%[^"']*["']\)""", path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("key", STATES)
def test_state_has_icon_word_and_class(key: str) -> None:
    state = STATES[key]
    assert state.icon in SPRITE
    assert str(state.word)
    grey = {"draft", "scheduled", "queued", "empty", "ended", "unsub"}
    assert key in grey or re.search(rf"\.{state.css}\b", CSS), f"{state.css} has no colour"


def test_style_sheets_reach_for_nothing_outside() -> None:
    assert re.findall(r"url\((?!\.\./vendor/)[^)]*\)", CSS) == []
    assert "@import" not in CSS


def test_scripts_neither_evaluate_nor_write_markup_of_their_own() -> None:
    scripts = {path.name: path.read_text() for path in (ROOT / "static" / "js").glob("*.js")}
    assert [name for name, text in scripts.items() if re.search(r"\beval\(|new Function|document\.write|setAttribute\(\"style", text)] == []


def test_finds_a_planted_fault(tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text('<p style="color:red">{% translate "fine" %} bare</p><script>alert(1)</script><button aria-label="Close"></button>')
    found = read(bad)
    assert (found.styled, found.scripts, found.words) == (["p"], ["alert(1)"], ["bare", "aria-label=Close"])
