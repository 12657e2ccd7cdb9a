"""Render Liquid with every limit set: loops, output, namespace, depth. Merchant text never meets Django or Jinja.

Runs inside the render process, where it can be killed; needs neither Django nor the database. Contexts are plain dicts.
Source: reliability guide S29-S33 (python-liquid ships without any limit).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from liquid import BoundTemplate, Environment, Mode, Undefined
from liquid.exceptions import LiquidError, OutputStreamLimitError, ResourceLimitError

from campaigns.personalization.fast.closures import compiled
from campaigns.personalization.fast.emitting import TextEmit, program_of
from campaigns.personalization.fast.keeping import forget_kept
from campaigns.personalization.fast.mail import Letter, Linked
from campaigns.personalization.fast.surprises import SURPRISES
from campaigns.personalization.filters import FILTERS, forget_amounts
from campaigns.personalization.tracking import forget_addresses

MOST_LOOPS = 10_000
MOST_OUTPUT_BYTES = 500_000
MOST_NAMESPACE_BYTES = 100_000
MOST_NESTING = 30
MOST_RANGE = 10_000
_RANGE = re.compile(r"\(\s*(-?\d+)\s*\.\.\s*(-?\d+)\s*\)")
OPEN = ("profile.attributes", "event", "products")
"""Names below these may be missing for one person without being a mistake."""

_Made = TypeVar("_Made")
_missing: list[str] = []  # names used but not there; one process renders one message at a time


@dataclass(slots=True)
class Rendered:
    """One message's texts.

    fixed and targets: where our links in it lead, by position, when they are in it already: those of the template, the same for everybody,
    and behind them this mail's own. base: what their addresses begin with. pieces: the HTML as bytes that may travel as they are; then
    `html` is empty. plain: the plain text in UTF-8, where it was put together of pieces too; then `text` is empty. dotless: no line of the
    pieces begins with a dot, and none holds a CR or LF alone.
    """

    subject: str
    html: str
    text: str
    targets: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    pieces: tuple[bytes, ...] = ()
    base: str = ""
    dotless: bool = False
    plain: bytes = b""


@dataclass(frozen=True)
class CannotRender:
    """Why one message could not be made: `reason` is one of our words, `detail` says where."""

    reason: str
    detail: str


class News(NamedTuple):
    """What a reader of a template's mails must know of it.

    anew: what was told before counts no more. fixed: where its own links lead, by position. chunks: fixed texts in the order of their
    numbers, behind those told before: what stands around the links of each, and their positions. names: of the context, that it may ask
    for; None for any.
    """

    anew: bool
    fixed: tuple[str, ...]
    chunks: list[tuple[tuple[str, ...], tuple[int, ...]]]
    names: list[str] | None = None


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


def render(parts: Mapping[str, str], context: Mapping[str, Any]) -> Rendered | CannotRender:
    """Render subject, html and text for one person. parts: the three Liquid sources. A missing name fails the whole message.

    Raises MemoryError: whoever renders for many shops drops what they left (`forget`) and tries again.
    """
    return _guarded(
        lambda: Rendered(_subject(parts, context), _template(parts["html"], True)(context), _template(parts["text"], False)(context))
    )


class Mailing:
    """A mail's template for one way of making links; compiled when it is first rendered. letter: none where that failed or was dropped."""

    def __init__(self, parts: Mapping[str, str], *, utm: Mapping[str, str], hosts: Sequence[str]) -> None:
        self._parts, self._utm, self._hosts = parts, utm, frozenset(hosts)
        self._letter: Letter | None = None
        self._anew = False
        self._names: list[str] | None = None

    def render(self, context: Mapping[str, Any], *, base: str, proofs: str, leave: Sequence[str]) -> Linked | CannotRender:
        """Render for one person. base, proofs: what makes our addresses, see `address_of`; leave: addresses that stay as they are.

        Raises MemoryError, as `render` does.
        """
        return _guarded(
            lambda: self._compiled().write(
                context, subject=_subject(self._parts, context), base=base, proofs=proofs, leave=frozenset(leave)
            )
        )

    def links_of(self, made: Linked) -> int:
        """Return how many positions the links of a mail it made take, its own behind the template's."""
        return len(self._letter.fixed) + len(made.targets) if self._letter is not None else 0

    def news(self) -> News | None:
        """Return what is fixed in its mails and came into use since this was last asked; None when nothing did."""
        letter = self._letter
        if letter is None or not (letter.new or self._anew):
            return None
        told = News(self._anew, letter.fixed, letter.new, self._names)
        letter.new, self._anew = [], False
        return told

    def drop(self) -> None:
        """Let go of what was compiled; the next mail compiles it again."""
        self._letter = None

    def _compiled(self) -> Letter:
        if self._letter is None:
            html = self._parts["html"]
            parsed = [environment(autoescape=escaped).from_string(self._parts[name]) for name, escaped in (("html", True), ("text", False))]
            self._names = names_in(*parsed, environment(autoescape=False).from_string(self._parts["subject"]))
            readable = html[: html.rfind("</style") + 1].isascii()  # nobody reads references inside a style
            self._letter = Letter(*parsed, utm=self._utm, hosts=self._hosts, readable=readable)
            self._anew = True
        return self._letter


def names_in(*templates: BoundTemplate) -> list[str] | None:
    """Return the first word of every name in some templates, those they give themselves too; None where a value says a name."""
    used = [use for one in templates for uses in one.analyze(include_partials=False).variables.values() for use in uses]
    roots = {use.segments[0] if isinstance(use.segments[0], str) else None for use in used}
    return None if None in roots else sorted(filter(None, roots))


def _guarded(work: Callable[[], _Made]) -> _Made | CannotRender:
    """Return what rendering gives, or why it cannot be: a limit, a fault of the template, a name that is not there."""
    _missing.clear()
    try:
        made = work()
    except (ResourceLimitError, OutputStreamLimitError, RecursionError) as error:
        return CannotRender("template_too_big", type(error).__name__)
    except LiquidError as error:
        return CannotRender("template_error", str(error).splitlines()[0][:200])
    except MemoryError:
        raise
    except Exception as error:  # a filter of a library on a value it did not expect costs this message and no process
        return CannotRender("template_error", type(error).__name__)
    if _missing:
        return CannotRender("template_variable", ", ".join(sorted(set(_missing)))[:200])
    return made


def _subject(parts: Mapping[str, str], context: Mapping[str, Any]) -> str:
    return " ".join(_template(parts["subject"], False)(context).split())


@lru_cache(maxsize=64)
def _template(source: str, escaped: bool) -> Callable[[Mapping[str, Any]], str]:
    template = environment(autoescape=escaped).from_string(source)
    long_way, program = compiled(template), None if escaped else program_of(template, TextEmit())
    if program is None:
        return long_way

    def write(context: Mapping[str, Any]) -> str:
        try:
            text = "".join(program(context, {}, (), frozenset()))
            if 4 * len(text) <= MOST_OUTPUT_BYTES:
                return text
        except SURPRISES:
            pass
        return long_way(context)

    return write


def forget() -> None:
    """Drop what was compiled and kept for all shops; a `Mailing` drops its own."""
    _template.cache_clear()
    forget_kept()
    forget_addresses()
    forget_amounts()
