"""A mail as the block list shows it: its parts, and in each the blocks with what can be filled in."""

import re
from dataclasses import dataclass

from campaigns.personalization.blocks.editing import keeps_way_out
from campaigns.personalization.blocks.fields import Field
from campaigns.personalization.blocks.kinds import SECTION_FIELDS, kind_of
from campaigns.personalization.blocks.tree import SECTIONS, Node, body_of
from retention.kit.words import Phrase, gettext_noop

_MARKUP = re.compile(r"<[^<>]*>|{%(?:[^{%]|{(?!%)|%(?!}))*%}")
_OWN = Phrase(gettext_noop("Own code"))
_PART = Phrase(gettext_noop("Part of the mail"))
LONGEST_GLIMPSE = 60


@dataclass(frozen=True)
class Line:
    """One line of the list. depth: 0 for a part. values: what can be filled in, with what stands there. kept: it cannot be deleted."""

    number: int
    depth: int
    label: Phrase
    icon: str
    glimpse: str
    values: tuple[tuple[Field, str], ...]
    kept: bool
    source_line: int
    column: int = 0
    says: Phrase | None = None


def outline_of(source: str) -> list[Line]:
    """Return the lines of a mail's list, as they stand; raises NoBlocks."""
    lines: list[Line] = []
    for part in body_of(source).children:
        lines.append(_line(source, part, depth=0))
        columns = [node for node in part.walk() if node.tag == "mj-column"]
        for node in part.walk():
            if node is not part and node.tag not in SECTIONS and node.tag not in {"mj-column", "mj-group"} and _is_block(node):
                column = columns.index(node.parent) + 1 if node.parent in columns and len(columns) > 1 else 0
                lines.append(_line(source, node, depth=1, column=column))
    return lines


def _is_block(node: Node) -> bool:
    """Say whether a node is a block of its own, not a piece of one (a link of a menu, a picture of a carousel)."""
    return node.parent is not None and (node.parent.tag in {"mj-column", "mj-group"} or node.parent.tag in SECTIONS)


def _line(source: str, node: Node, *, depth: int, column: int = 0) -> Line:
    text = source[node.start : node.end]
    kind = None if node.tag in SECTIONS else kind_of(node.tag, text)
    fields = kind.fields if kind else SECTION_FIELDS if node.tag in SECTIONS else ()
    read = [(field, field.place.read(text)) for field in fields]
    return Line(
        number=node.number,
        depth=depth,
        label=kind.label if kind else _PART if node.tag in SECTIONS else _OWN,
        icon=kind.icon if kind else "stack-2" if node.tag in SECTIONS else "code",
        glimpse="" if node.tag in SECTIONS else _glimpse(source[node.opened : node.closing]),
        values=tuple((field, value) for field, value in read if value is not None),
        kept=keeps_way_out(source, node),
        source_line=source.count("\n", 0, node.start) + 1,
        column=column,
        says=kind.says if kind else None,
    )


def _glimpse(inside: str) -> str:
    words = " ".join(_MARKUP.sub(" ", inside).split())
    return words if len(words) <= LONGEST_GLIMPSE else f"{words[: LONGEST_GLIMPSE - 1]}…"
