"""Render Liquid with every limit set: loops, output, namespace, depth. Merchant text never meets Django or Jinja.

Runs inside the render process, where it can be killed; needs neither Django nor the database. Contexts are plain dicts.
Source: reliability guide S29-S33 (python-liquid ships without any limit).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from liquid import Environment, Mode, Undefined
from liquid.exceptions import LiquidError, OutputStreamLimitError, ResourceLimitError

from campaigns.personalization.fast.closures import compiled
from campaigns.personalization.filters import FILTERS

MOST_LOOPS = 10_000
MOST_OUTPUT_BYTES = 500_000
MOST_NAMESPACE_BYTES = 100_000
MOST_NESTING = 30
MOST_RANGE = 10_000
_RANGE = re.compile(r"\(\s*(-?\d+)\s*\.\.\s*(-?\d+)\s*\)")
OPEN = ("profile.attributes", "event", "products")
"""Names below these may be missing for one person without being a mistake."""

_missing: list[str] = []  # names used but not there; one process renders one message at a time


@dataclass(frozen=True)
class Rendered:
    """One message's texts."""

    subject: str
    html: str
    text: str


@dataclass(frozen=True)
class CannotRender:
    """Why one message could not be made: `reason` is one of our words, `detail` says where."""

    reason: str
    detail: str


class MissingName(Undefined):
    """A name the context does not have. Showing it is collected as a mistake; `default` and `if` are not."""

    def __str__(self) -> str:
        name = (self.hint or self.name).removesuffix(" is undefined").strip("'")
        if not name.startswith(OPEN):
            _missing.append(name)
        return ""


class _Limited(Environment):
    loop_iteration_limit = MOST_LOOPS
    output_stream_limit = MOST_OUTPUT_BYTES
    local_namespace_limit = MOST_NAMESPACE_BYTES
    context_depth_limit = MOST_NESTING
    block_nesting_limit = MOST_NESTING


@lru_cache(maxsize=2)
def environment(*, autoescape: bool) -> Environment:
    """Return the Liquid environment with our limits and filters; autoescape for HTML only."""
    made = _Limited(tolerance=Mode.STRICT, undefined=MissingName, strict_filters=True, autoescape=autoescape)
    for tag in ("include", "render"):  # there is nothing to load from
        made.tags.pop(tag, None)
    made.filters.pop("safe", None)  # a shopper's name never becomes markup, whatever the template says (S31)
    made.filters.update(FILTERS)
    return made


class TemplateFault(ValueError):
    """The text is no Liquid we accept; the message says what and where."""


def check(source: str) -> None:
    """Raise TemplateFault for a text that does not parse, nests too deeply, or counts too far."""
    for low, high in _RANGE.findall(source):
        if int(high) - int(low) >= MOST_RANGE:
            raise TemplateFault(f"({low}..{high}) counts further than {MOST_RANGE} steps")
    try:
        environment(autoescape=True).from_string(source)
    except LiquidError as error:
        raise TemplateFault(str(error).splitlines()[0]) from None
    except RecursionError:
        raise TemplateFault("nested too deeply") from None


def render(parts: Mapping[str, str], context: Mapping[str, Any], *, references: bool = False) -> Rendered | CannotRender:
    """Render subject, html and text for one person. parts: the three Liquid sources. A missing name fails the whole message.

    references: special characters of the HTML come out as references, except where a style of the template holds some itself.
    """
    _missing.clear()
    try:
        subject = " ".join(_template(parts["subject"], False)(context).split())
        html = _template(parts["html"], True, references=references)(context)
        text = _template(parts["text"], False)(context)
    except (ResourceLimitError, OutputStreamLimitError, RecursionError, MemoryError) as error:
        return CannotRender("template_too_big", type(error).__name__)
    except LiquidError as error:
        return CannotRender("template_error", str(error).splitlines()[0][:200])
    except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError, OSError) as error:
        return CannotRender("template_error", type(error).__name__)  # a filter of the library on a value it did not expect
    if _missing:
        return CannotRender("template_variable", ", ".join(sorted(set(_missing)))[:200])
    return Rendered(subject, html, text)


@lru_cache(maxsize=64)
def _template(source: str, escaped: bool, *, references: bool = False) -> Callable[[Mapping[str, Any]], str]:
    readable = references and source[: source.rfind("</style") + 1].isascii()  # nobody reads references inside a style
    return compiled(environment(autoescape=escaped).from_string(source), references=readable)
