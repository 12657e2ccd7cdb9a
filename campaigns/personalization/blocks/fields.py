"""What of a block can be filled in, and where in its letters that stands."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape, unescape
from typing import Protocol

from campaigns.personalization.blocks.texts import as_html, as_typed
from campaigns.personalization.blocks.tree import attributes_of, with_attribute
from retention.kit.words import Phrase

_CONTENT = re.compile(r"\A(<[^>]*>)(.*)(</[\w-]+\s*>)\Z", re.DOTALL)


class Place(Protocol):
    """Where a value stands in the text of a node."""

    def read(self, text: str) -> str | None:
        """Return the value, or None where this node has no such place."""

    def write(self, text: str, value: str) -> str:
        """Return the text with another value and nothing else changed."""


@dataclass(frozen=True)
class Attribute:
    """An attribute of the tag."""

    name: str
    unit: str = ""

    def read(self, text: str) -> str:
        """Return it without its unit."""
        return attributes_of(text).get(self.name, "").removesuffix(self.unit)

    def write(self, text: str, value: str) -> str:
        """Set it, or take it away for ""."""
        return with_attribute(text, self.name, f"{value}{self.unit}" if value else "")


@dataclass(frozen=True)
class Words:
    """What stands between the tags, as one types it. whole: HTML as it is, where typing would not do."""

    whole: bool = False

    def read(self, text: str) -> str | None:
        """Return it; None where the other of the two is right."""
        found = _CONTENT.match(text)
        typed = as_typed(found[2]) if found else ""
        return (found[2].strip() if found and typed is None else None) if self.whole else typed

    def write(self, text: str, value: str) -> str:
        """Set it. A tag of MJML has no place in a text."""
        found = _CONTENT.match(text)
        written = re.sub(r"</?mj[a-z-]*[^>]*>", "", value) if self.whole else as_html(value)
        return f"{found[1]}{written}{found[3]}" if found else text


@dataclass(frozen=True)
class Part:
    """What a pattern's group `v` finds; every place it finds is set alike. clean: makes a value fit to stand there."""

    pattern: re.Pattern[str]
    clean: Callable[[str], str] = str

    def read(self, text: str) -> str | None:
        """Return what stands at the first place."""
        found = self.pattern.search(text)
        return unescape(found["v"]) if found else None

    def write(self, text: str, value: str) -> str:
        """Set it everywhere."""
        new = escape(self.clean(value), quote=False)

        def set_one(found: re.Match[str]) -> str:
            start, end = found.start("v") - found.start(), found.end("v") - found.start()
            return found[0][:start] + new + found[0][end:]

        return self.pattern.sub(set_one, text)


@dataclass(frozen=True)
class Item:
    """One of the parts of a list that a pattern's group `v` finds, written with commas."""

    pattern: re.Pattern[str]
    index: int

    def read(self, text: str) -> str | None:
        """Return it, "" behind the end of the list."""
        found = self.pattern.search(text)
        if not found:
            return None
        items = [item.strip() for item in found["v"].split(",")]
        return unescape(items[self.index]) if self.index < len(items) else ""

    def write(self, text: str, value: str) -> str:
        """Set it; a list has no empty parts."""
        found = self.pattern.search(text)
        if not found:
            return text
        items = [*(item.strip() for item in found["v"].split(",")), *[""] * self.index]
        items[self.index] = re.sub(r"[,\"'<>{}%]", "", value).strip()
        return text[: found.start("v")] + ",".join(item for item in items if item) + text[found.end("v") :]


@dataclass(frozen=True)
class Field:
    """One thing to fill in. look: line, text, color, number, choice, moment, address or product. choices: values with their words."""

    key: str
    label: Phrase
    place: Place
    look: str = "line"
    choices: tuple[tuple[str, Phrase], ...] = ()
    hint: Phrase | None = None
