"""No text for people outside gettext in Python: labels, help, refusals, flash messages, choices. Templates: test_templates.py."""

import ast
from pathlib import Path

from tests.house.tree import PACKAGES, files, name_of

NOT_FOR_PEOPLE = ("retention/cli/", "retention/embedded/", "retention/testing/", "retention/demo/", "retention/kit/", "retention/tenancy/")
SHOWN_KEYWORDS = {"label", "help_text", "verbose_name", "verbose_name_plural", "empty_label", "placeholder"}
SHOWN_CALLS = {"ValidationError", "success", "error", "warning", "info", "add_error", "PublicRefusal"}
LOGS = {"log", "logger", "logging"}


def _plain(node: ast.expr | None) -> str:
    """Return a literal's words, f-strings included, or nothing for anything that is no sentence or single word of text."""
    if isinstance(node, ast.JoinedStr):
        node = next((part for part in node.values if isinstance(part, ast.Constant)), None)
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and any(letter.isalpha() for letter in node.value):
        return node.value
    return ""


def _said_by_call(node: ast.Call) -> list[str]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    owner = getattr(node.func.value, "id", "") if isinstance(node.func, ast.Attribute) else ""
    said = [_plain(keyword.value) for keyword in node.keywords if keyword.arg in SHOWN_KEYWORDS]
    if name in SHOWN_CALLS and owner not in LOGS:
        said += [_plain(argument) for argument in node.args if not (name == "add_error" and argument is node.args[0])]
    return [text for text in said if text]


def _said_by_choices(node: ast.ClassDef) -> list[str]:
    bases = {base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "") for base in node.bases}
    pairs = [line.value for line in node.body if isinstance(line, ast.Assign) and isinstance(line.value, ast.Tuple)]
    return [_plain(pair.elts[-1]) for pair in pairs if _plain(pair.elts[-1])] if bases & {"TextChoices", "IntegerChoices"} else []


def untranslated(text: str) -> list[str]:
    """Return the texts for people in a piece of Python that no gettext wraps."""
    found: list[str] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            found += _said_by_call(node)
        elif isinstance(node, ast.ClassDef):
            found += _said_by_choices(node)
    return found


def _shown() -> list[Path]:
    return [
        path
        for path in files(".py", under=PACKAGES)
        if "/migrations/" not in name_of(path) and not name_of(path).startswith(NOT_FOR_PEOPLE)
    ]


def test_every_text_for_people_goes_through_gettext() -> None:
    found = [f"{name_of(path)}: {text!r}" for path in _shown() for text in untranslated(path.read_text(encoding="utf-8"))]
    assert found == []


def test_a_bare_text_is_found() -> None:
    assert untranslated('forms.CharField(label="Shop name")') == ["Shop name"]
    assert untranslated('messages.success(request, f"Saved {name}")') == ["Saved "]
    assert untranslated('class State(models.TextChoices):\n    OPEN = "open", "Open"') == ["Open"]
    assert untranslated('raise ValidationError("Too long.")') == ["Too long."]
    assert untranslated('forms.CharField(label=_("Shop name")); log.warning("no text for people")') == []
