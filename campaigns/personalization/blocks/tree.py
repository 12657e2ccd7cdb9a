"""Where each MJML tag of a source begins and ends. Nothing is rewritten: whoever changes a mail cuts and pastes its own letters."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape, unescape

from campaigns.personalization.liquid_parts import LIQUID
from retention.kit.words import Phrase, gettext_noop

SECTIONS = frozenset({"mj-section", "mj-wrapper", "mj-hero"})
HOLDERS = frozenset({"mj-column", "mj-hero"})
_WITH_TEXT = frozenset(
    {"mj-text", "mj-button", "mj-table", "mj-raw", "mj-style", "mj-title", "mj-preview"}
    | {"mj-social-element", "mj-navbar-link", "mj-accordion-title", "mj-accordion-text"}
)
_BEGIN = re.compile(r"<!--|<(?P<close>/?)(?P<tag>mj[a-z-]*)")
_REST = re.compile(r"""(?:[^>"']|"[^"]*"|'[^']*')*+>""")
MOST_DEEP = 60
_ATTRIBUTE = re.compile(r"""(?P<before>\s)(?P<name>[\w:-]+)(?P<is>\s*=\s*)(?P<quote>["'])(?P<value>.*?)(?P=quote)""", re.DOTALL)


class NoBlocks(ValueError):
    """The source cannot be shown as blocks; `words` says why."""

    def __init__(self, words: Phrase) -> None:
        super().__init__(words.text)
        self.words = words


@dataclass
class Node:
    """One tag. number: its place among all of the body, from 0 (the body). start, end: of the whole; opened, closing: of what is in it."""

    tag: str
    start: int
    opened: int
    closing: int = 0
    end: int = 0
    number: int = 0
    parent: "Node | None" = None
    children: list["Node"] = field(default_factory=list)

    def walk(self) -> Iterator["Node"]:
        """Yield the node and all below it, as they stand."""
        yield self
        for child in self.children:
            yield from child.walk()

    def section(self) -> "Node | None":
        """Return the part of the mail it stands in: the node just below the body."""
        node = self
        while node.parent is not None and node.parent.tag != "mj-body":
            node = node.parent
        return node if node.parent is not None else None


def body_of(source: str) -> Node:
    """Return the body of a mail; raises NoBlocks for what is no MJML or is not closed as it was opened."""
    bodies = [node for node in _read(source).walk() if node.tag == "mj-body"]
    if len(bodies) != 1:
        raise NoBlocks(Phrase(gettext_noop("There is no <mj-body> to put blocks in.")))
    body = bodies[0]
    body.parent = None
    for number, node in enumerate(body.walk()):
        node.number = number
    return body


def node_at(body: Node, number: int) -> Node | None:
    """Return the node with this number."""
    return next((node for node in body.walk() if node.number == number), None)


def _read(source: str) -> Node:
    root = Node("", 0, 0, len(source), len(source))
    node, place, deep = root, 0, 0
    while found := _BEGIN.search(source, place):
        place = _end_of_tag(source, found)
        tag = found["tag"]
        if tag is None:
            continue
        if found["close"]:
            if node.tag != tag or node.parent is None:
                raise NoBlocks(_odd(source, tag, found.start()))
            node.closing, node.end = found.start(), place
            node, deep = node.parent, deep - 1
            continue
        child = Node(tag, found.start(), place, place, place, parent=node)
        node.children.append(child)
        if source[place - 2] == "/":
            continue
        node, deep = child, deep + 1
        if deep > MOST_DEEP:
            raise NoBlocks(Phrase(gettext_noop("It is nested too deeply to be shown as blocks.")))
        if tag in _WITH_TEXT:
            place = _end_of_text(source, tag, place)
    if node is not root:
        raise NoBlocks(_odd(source, node.tag, node.start))
    return root


def _end_of_tag(source: str, begin: re.Match[str]) -> int:
    """Return where a tag or comment ends. One without an end is refused at once: looking on behind it would read the rest again."""
    if begin["tag"] is None:
        end = source.find("-->", begin.end())
        if end < 0:
            raise NoBlocks(_odd(source, "!--", begin.start()))
        return end + 3
    rest = _REST.match(source, begin.end())
    if rest is None:
        raise NoBlocks(_odd(source, begin["tag"], begin.start()))
    return rest.end()


def _end_of_text(source: str, tag: str, start: int) -> int:
    end = source.find(f"</{tag}", start)
    if end < 0:
        raise NoBlocks(_odd(source, tag, start))
    return end


def _odd(source: str, tag: str, place: int) -> Phrase:
    values = {"tag": f"<{tag}>", "line": source.count("\n", 0, place) + 1}
    return Phrase(gettext_noop("%(tag)s in line %(line)s is not closed as it was opened."), values)


def attributes_of(node_text: str) -> dict[str, str]:
    """Return the attributes of the tag a text begins with, as a person reads them."""
    return {found["name"]: unescape(found["value"]) for found in _ATTRIBUTE.finditer(node_text, 0, _opened(node_text))}


def with_attribute(node_text: str, name: str, value: str) -> str:
    """Return the text of a node with one attribute set; "" takes it away. Nothing else changes."""
    opened = _opened(node_text)
    written = "".join(part.replace('"', "'") if index % 2 else escape(part) for index, part in enumerate(LIQUID.split(value)))
    for found in _ATTRIBUTE.finditer(node_text, 0, opened):
        if found["name"] == name:
            new = f'{found["before"]}{name}="{written}"' if value else ""
            return node_text[: found.start()] + new + node_text[found.end() :]
    if not value:
        return node_text
    place = len(node_text[:opened].removesuffix(">").removesuffix("/").rstrip())
    return f'{node_text[:place]} {name}="{written}"{node_text[place:]}'


def _opened(node_text: str) -> int:
    found = _BEGIN.match(node_text)
    return _end_of_tag(node_text, found) if found else 0
