"""Templates as closures say exactly what the library says: golden cases, hostile ones, and templates made at random."""

import json
from html import unescape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from liquid.exceptions import LiquidError

from campaigns.personalization.fast.closures import compiled
from campaigns.personalization.render import environment
from tests.campaigns.test_rendering import CONTEXT, HOSTILE
from tests.shared_data import shared


def outcome(work: Any) -> tuple[str, str]:
    """Return what a rendering gives: its text, or the kind and the words of its error."""
    try:
        return "text", work()
    except (LiquidError, ValueError, TypeError, ArithmeticError, LookupError, AttributeError) as error:
        return type(error).__name__, str(error)


def both(source: str, values: dict[str, Any], *, autoescape: bool) -> list[tuple[str, str]]:
    """Render a template by the library and by closures."""
    try:
        template = environment(autoescape=autoescape).from_string(source)
    except LiquidError:
        return []
    return [outcome(lambda: str(template.render(**values))), outcome(lambda: compiled(template)(values))]


@pytest.mark.parametrize("autoescape", [True, False])
def test_golden_cases_are_equal(autoescape: bool) -> None:
    cases = json.loads(shared("data/liquid/golden_liquid.json").read_text())["tests"]
    pairs = {case["name"]: both(case["template"], case.get("data", {}), autoescape=autoescape) for case in cases}
    compared = {name: pair for name, pair in pairs.items() if pair}
    assert len(compared) > 800
    assert {name: pair for name, pair in compared.items() if _unixed(pair[0]) != _unixed(pair[1])} == {}


def _unixed(pair: tuple[str, str]) -> tuple[str, str]:
    """Return an outcome with line ends alike: the library's buffer turns those of Windows into others, ours leaves them as they stand."""
    return pair[0], pair[1].replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize("source", HOSTILE)
def test_hostile_templates_are_stopped_alike(source: str) -> None:
    pair = both(source, CONTEXT, autoescape=True)
    assert not pair or pair[0][0] == pair[1][0]


def test_references_read_the_same() -> None:
    template = environment(autoescape=True).from_string("<p>Größe {{ a.b }} {% capture x %}ü{{ a.b }}{% endcapture %}{{ x }}</p>")
    html = compiled(template, references=True)({"a": {"b": "€ <b> 'ł'"}})
    assert html.isascii()
    assert unescape(html) == unescape(template.render(a={"b": "€ <b> 'ł'"}))


NAMES = st.sampled_from(
    ["a", "a.b", "a.b.c", "list", "list.size", "a.first", "n", "none", "yes", "html", "forloop.index", "gone", "a['b']"]
)
FILTERS = st.sampled_from(["", " | upcase", " | default: 'x'", " | append: a.b", " | size", " | escape", " | plus: 1", " | join: ','"])
TEXTS = st.sampled_from(["x", " ", "\n", "<b>", "é&"])
LEAVES = (
    TEXTS | st.builds("{{{{ {}{} }}}}".format, NAMES, FILTERS) | st.sampled_from(["{% break %}", "{% assign n = a.b %}", "{% continue %}"])
)
TEMPLATES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4).map("".join)
        | st.builds("{{% if {} %}}{}{{% elsif {} == 'v' %}}{}{{% else %}}{}{{% endif %}}".format, NAMES, inner, NAMES, inner, inner)
        | st.builds("{{% unless {} %}}{}{{% endunless %}}".format, NAMES, inner)
        | st.builds("{{% for i in {} %}}{{{{ i }}}}{}{{% else %}}{}{{% endfor %}}".format, NAMES, inner, inner)
        | st.builds("{{% capture n %}}{}{{% endcapture %}}{{{{ n }}}}".format, inner)
    ),
    max_leaves=12,
)
VALUES = {"a": {"b": "v", "first": 1}, "list": ["p", "<q>", 3], "n": 0, "none": None, "yes": True, "html": "<i>&"}


@given(TEMPLATES, st.booleans())
def test_any_template_is_equal(source: str, autoescape: bool) -> None:
    pair = both(source, VALUES, autoescape=autoescape)
    assert not pair or pair[0] == pair[1]
