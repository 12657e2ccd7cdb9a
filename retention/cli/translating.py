"""What a shop's customers read, collected from the pages, mails and rooms that speak to them, and kept in every language.

A language's words are `retention/locale/<language>/LC_MESSAGES/django.po`, for people to write in; Django reads the `.mo` beside it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog, Message, extract, mofile, pofile
from django.utils.translation.template import templatize

from retention.cli.folders import ROOT
from retention.kit.languages import LANGUAGES, LAST_RESORT

LOCALE = ROOT / "retention" / "locale"
SPOKEN = (
    "templates/signup/base.html", "templates/signup/confirm*.html", "templates/signup/gone.html", "templates/signup/hosted.html",
    "templates/signup/new_address.html", "templates/signup/preferences.html", "templates/signup/thanks.html", "templates/signup/_step.html",
    "templates/signup/_input.html", "templates/campaigns/basket.html", "templates/campaigns/link_gone.html",
    "templates/campaigns/survey.html", "templates/campaigns/unsubscribe.html", "templates/emails/_button.html", "templates/emails/signup_*",
    "campaigns/journeys/surveying.py",
    "retention/signup/describing.py", "retention/signup/confirming.py", "retention/signup/moving.py", "retention/signup/preferring.py",
    "retention/signup/questions/*.py", "retention/signup/taking.py", "retention/signup/views/confirming.py",
    "retention/signup/views/preferences.py", "retention/signup/views/public.py",
)  # fmt: skip
"""Where we speak to customers. A new page for them is a line here."""
FURTHER = tuple(one for one in LANGUAGES if one != LAST_RESORT)
_KEYWORDS = {"_": None, "gettext": None, "gettext_noop": None, "ngettext": (1, 2)}
_SINCE = datetime(2026, 1, 1, tzinfo=UTC)  # one moment for all, so that a run without news changes no file
_WIDTH = 140


def spoken_files() -> list[Path]:
    """Return every file that speaks to customers; a pattern that finds none raises ValueError."""
    found = {pattern: sorted(ROOT.glob(pattern)) for pattern in SPOKEN}
    if missing := [pattern for pattern, paths in found.items() if not paths]:
        raise ValueError(f"No file is called {missing[0]}.")
    return [path for paths in found.values() for path in paths]


def collect() -> list[str | tuple[str, ...]]:
    """Return each text once, sorted; a pair where there is a form for one and one for many."""
    texts = {message for path in spoken_files() for message in _texts_of(path)}
    return sorted(texts, key=lambda text: (text,) if isinstance(text, str) else text)


def _texts_of(path: Path) -> Iterator[str | tuple[str, ...]]:
    source = path.read_text()
    if path.suffix != ".py":
        source = "\n".join(line.strip() for line in templatize(source).splitlines())
    for _line, message, _comments, _context in extract.extract("python", BytesIO(source.encode()), keywords=_KEYWORDS):
        if message:
            yield message


def folder_of(language: str) -> Path:
    """Return where the words of a language are."""
    return LOCALE / language / "LC_MESSAGES"


def read(language: str) -> Catalog:
    """Return what is written in a language; an empty catalogue where there is nothing yet."""
    path = folder_of(language) / "django.po"
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return pofile.read_po(file, locale=language)


def _empty(language: str) -> Catalog:
    about = f"# What a shop's customers read, in {language}. Translations are written here; ./run messages does the rest."
    ours = dict.fromkeys(("project", "copyright_holder", "last_translator", "language_team", "msgid_bugs_address"), "Boomerang")
    return Catalog(locale=language, version="1", header_comment=about, creation_date=_SINCE, revision_date=_SINCE, fuzzy=False, **ours)


def renew(language: str) -> list[str]:
    """Write a language anew: what is said now, with the words it had. Return the texts that have none yet."""
    had, made = read(language), _empty(language)
    for text in collect():
        known = had.get(text)
        made.add(text, known.string if known is not None else None)
    folder = folder_of(language)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "django.po").open("wb") as file:
        pofile.write_po(file, made, width=_WIDTH, sort_output=True)
    with (folder / "django.mo").open("wb") as file:
        mofile.write_mo(file, made)
    return [str(one.id) for one in made if one.id and not _is_translated(one)]


def _is_translated(message: Message) -> bool:
    said = message.string
    return bool(said) if said is None or isinstance(said, str) else all(said)
