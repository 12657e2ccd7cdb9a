"""What the buttons of the block list do to a source: cut, paste and fill in. All else of the mail stays letter by letter."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from campaigns.personalization.blocks.kinds import BY_KEY, SECTION_FIELDS, kind_of
from campaigns.personalization.blocks.tree import HOLDERS, SECTIONS, NoBlocks, Node, body_of, node_at
from retention.kit.words import Phrase, gettext_noop

_SECTION = '<mj-section css-class="bo-card" background-color="#ffffff" padding="8px 16px">'
_TWO = ("columns", "columns-2")


class Refused(ValueError):
    """It was not done, and `words` says why."""

    def __init__(self, words: Phrase) -> None:
        super().__init__(words.text)
        self.words = words


@dataclass(frozen=True)
class Changed:
    """The source as it is now, and the number of the block that was meant."""

    source: str
    number: int


def change(source: str, deed: str, number: int, *, values: Mapping[str, str], ready: Mapping[str, str]) -> Changed:
    """Do one deed to the block with this number: set, up, down, copy, delete, `add:<kind>` below it, or `carry:<number>` before that one.

    values: what was filled in, by key of a field. ready: by [[name]], what stands in for it in a new block. Number 0 is the whole mail.
    Raises NoBlocks and Refused; then nothing changed.
    """
    body = body_of(source)
    node = node_at(body, number)
    if node is None:
        raise Refused(Phrase(gettext_noop("This block is no longer there.")))
    name, _, word = deed.partition(":")
    if name == "add":
        return _add(source, body, node, word, ready)
    if node.parent is None:
        raise Refused(Phrase(gettext_noop("Choose a block first.")))
    if name == "set":
        return Changed(_filled(source, node, values), number)
    if name == "copy":
        return _placed(source, node.end, source[node.start : node.end])
    if name == "delete":
        return _deleted(source, body, node)
    if name in {"up", "down"}:
        return _stepped(source, body, node, down=name == "down")
    target = node_at(body, int(word)) if name == "carry" and word.isdecimal() and len(word) < 8 else None
    if target is None or target.parent is None or (node.tag in SECTIONS) != (target.tag in SECTIONS):
        raise Refused(Phrase(gettext_noop("It cannot stand there.")))
    return Changed(source, number) if target in node.walk() else _moved(source, node, target.start)


def _filled(source: str, node: Node, values: Mapping[str, str]) -> str:
    text = source[node.start : node.end]
    kind = kind_of(node.tag, text)
    for field in kind.fields if kind else SECTION_FIELDS if node.tag in SECTIONS else ():
        value, now = values.get(field.key), field.place.read(text)
        if value is not None and now is not None and value.replace("\r\n", "\n").strip() != now:
            text = field.place.write(text, value.strip())
    new = source[: node.start] + text + source[node.end :]
    body_of(new)
    return new


def _add(source: str, body: Node, node: Node, key: str, ready: Mapping[str, str]) -> Changed:
    kind = BY_KEY.get(key)
    if key not in _TWO and (kind is None or not kind.source):
        raise Refused(Phrase(gettext_noop("There is no such block.")))
    made = filled_in(kind.source if kind else BY_KEY["text"].source, ready)
    if kind and node.parent is not None and node.parent.tag in HOLDERS:
        return _placed(source, node.end, made)
    if kind and node.tag in HOLDERS and node.parent is not None:
        return _placed(source, node.opened, made)
    section = node.section() or _last_part(source, body)
    columns = [made] if kind else [made, made]
    inside = "".join(f"\n      <mj-column>\n        {one}\n      </mj-column>" for one in columns)
    part = f"{_opening(source, section)}{inside}\n    </mj-section>"
    place = body.closing if section is None else section.end
    placed = _placed(source, len(source[:place].rstrip()), part)
    return Changed(placed.source, placed.number + 2) if kind else placed


def filled_in(source: str, ready: Mapping[str, str]) -> str:
    """Return a text with each [[name]] replaced by what stands ready for it, or by nothing."""
    return re.sub(r"\[\[(\w+)\]\]", lambda found: ready.get(found[1], ""), source)


def _last_part(source: str, body: Node) -> Node | None:
    """Return the part below which new ones go: the last one without a way out."""
    parts = [part for part in body.children if not keeps_way_out(source, part)]
    return parts[-1] if parts else None


def _opening(source: str, section: Node | None) -> str:
    return source[section.start : section.opened] if section is not None and section.tag == "mj-section" and section.children else _SECTION


def keeps_way_out(source: str, node: Node) -> bool:
    """Say whether the address and the way to say no stand in a node."""
    return "unsubscribe_url" in source[node.start : node.end]


def _deleted(source: str, body: Node, node: Node) -> Changed:
    if keeps_way_out(source, node):
        raise Refused(Phrase(gettext_noop("The address and the way to say no cannot be left out.")))
    gone = _emptied(node)
    start = len(source[: gone.start].rstrip())
    new = source[:start] + source[gone.end :]
    return Changed(new, max(0, min(node.number - 1, max(one.number for one in body_of(new).walk()))))


def _emptied(node: Node) -> Node:
    """Return what is left without anything when a node goes: itself, or the part it is alone in."""
    section = node.section()
    if section is None or node is section or node.tag == "mj-column":
        return node
    left = [one for one in section.walk() if one is not node and one.tag not in SECTIONS and one.tag != "mj-column"]
    return node if left else section


def _stepped(source: str, body: Node, node: Node, *, down: bool) -> Changed:
    beside = node.parent.children if node.parent else []
    place = next(index for index, one in enumerate(beside) if one is node) + (1 if down else -1)
    if 0 <= place < len(beside):
        return _moved(source, node, beside[place].end if down else beside[place].start, after=down)
    columns = [one for one in body.walk() if one.tag in HOLDERS]
    if node.parent not in columns:
        return Changed(source, node.number)
    place = columns.index(node.parent) + (1 if down else -1)
    if not 0 <= place < len(columns):
        return Changed(source, node.number)
    return _moved(source, node, columns[place].opened if down else len(source[: columns[place].closing].rstrip()), after=True)


def _moved(source: str, node: Node, place: int, *, after: bool = False) -> Changed:
    """Cut a node (and the part it leaves empty) and put it at a place of the old source."""
    text, gone = source[node.start : node.end], _emptied(node)
    start = len(source[: gone.start].rstrip())
    if start <= place <= gone.end and gone is not node:
        return Changed(source, node.number)
    rest = source[:start] + source[gone.end :]
    at = place - (gone.end - start) if place >= gone.end else min(place, start)
    if after:
        return _placed(rest, at, text)
    return _placed(rest, len(rest[:at].rstrip()), text)


def _placed(source: str, place: int, text: str) -> Changed:
    """Put a text on a line of its own and return the number it has there."""
    line = source[:place].rsplit("\n", 1)[-1]
    indent = line[: len(line) - len(line.lstrip())]
    new = f"{source[:place]}\n{indent}{text}{source[place:]}"
    start = place + 1 + len(indent)
    found = next((node for node in body_of(new).walk() if node.start == start), None)
    if found is None:
        raise NoBlocks(Phrase(gettext_noop("It cannot stand there.")))
    return Changed(new, found.number)
