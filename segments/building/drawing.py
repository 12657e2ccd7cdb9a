"""What a rule under construction looks like: groups with lines below them, sentences with words to change, one condition open."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from django.utils.translation import gettext as _

from retention.kit.fields import Problem
from retention.kit.words import Phrase, gettext_noop
from segments.building.deeds import FIELD, Built
from segments.conditions import KINDS
from segments.knowing import read
from segments.offering import Offer, offers
from segments.rules.asks import Ask, Asked, Told, is_told, shown
from segments.rules.rearranging import ROOT, Json, is_group, node_at
from segments.rules.sentence import say_rule
from segments.rules.terms import Terms
from segments.rules.tree import Rule, RuleError, read_leaf

MANY_TEXTS = 12
_MARK, _END = "\x02", "\x03"
_WANTED: dict[str, str] = {
    "choice": gettext_noop("Choose one."), "pick": gettext_noop("Choose one."), "text": gettext_noop("Type a value."),
    "texts": gettext_noop("Type a value."), "whole": gettext_noop("Type a whole number."), "number": gettext_noop("Type a number."),
    "day": gettext_noop("Choose a day."),
}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """A piece of a condition's sentence. is_slot: a word one can change."""

    text: str
    is_slot: bool


@dataclass(frozen=True)
class Field:
    """A question of the open condition, with its words to choose from, what is wrong with its answer, and a line below it."""

    ask: Ask
    name: str
    values: list[str]
    options: list[Offer]
    fault: str
    is_more: bool = False
    hint: str = ""

    @property
    def value(self) -> str:
        """Return the answer of a question with one."""
        return self.values[0] if self.values else ""

    @property
    def id(self) -> str:
        """Return its id on the page."""
        return f"f-{self.ask.name.replace('.', '-')}"

    @property
    def is_short(self) -> bool:
        """Say whether a number is asked for."""
        return self.ask.kind in {"whole", "number"}

    @property
    def is_long(self) -> bool:
        """Say whether there are so many texts that they stand better one to a line."""
        return len(self.values) > MANY_TEXTS

    @property
    def row(self) -> str:
        """Return the row of a list it ends ("where.0"), so that a button can take the row out."""
        return self.ask.name.rpartition(".")[0] if self.ask.name.endswith(".property") else ""


@dataclass
class Line:
    """A node as the page draws it: a group with lines below it, or a condition with its sentence, open or not."""

    place: str
    depth: int
    join: str = ""
    lines: "list[Line]" = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    kind: str = ""
    fields: list[Field] = field(default_factory=list)
    is_first: bool = False
    is_last: bool = False
    is_open: bool = False
    around: str = ""  # how the group around it is joined

    @property
    def id(self) -> str:
        """Return its place as an id on the page."""
        return id_of(self.place)

    @property
    def head(self) -> tuple[str, str]:
        """Return the words before and behind the word that says how a group is joined."""
        if not self.depth:
            text = _("People for whom %(how)s of this is true:")
        elif self.around == "all":
            text = _("And people for whom %(how)s of this is true:")
        else:
            text = _("Or people for whom %(how)s of this is true:")
        before, _how, behind = text.partition("%(how)s")
        return before.strip(), behind.strip()


def finished(tree: Json, terms: Terms) -> tuple[Rule | None, list[Problem]]:
    """Return the rule a tree is, or what keeps it from being one."""
    try:
        return read(tree, terms), []
    except RuleError as error:
        return None, error.problems


def draw(built: Built, terms: Terms, *, problems: Sequence[Problem] = ()) -> Line:
    """Return the tree as lines. problems: of the whole rule, for the groups they belong to."""
    root = _line(built, built.tree[ROOT], ROOT, terms, problems, depth=0)
    root.is_first = root.is_last = True
    return root


def draw_open(built: Built, terms: Terms) -> Line | None:
    """Return the open condition alone, as it stands with the answers of the page; None where none is open."""
    node = node_at(built.tree, built.open) if built.open else None
    if node is None or is_group(node):
        return None
    line = Line(built.open, 0)
    _condition(line, built, node, terms)
    return line


def _line(built: Built, node: Json, place: str, terms: Terms, problems: Sequence[Problem], *, depth: int) -> Line:
    line = Line(place, depth)
    if not is_group(node):
        _condition(line, built, node, terms)
        return line
    line.join = str(node["join"])
    line.faults = [_words(problem) for problem in problems if problem.path in {place, f"{place}.rules", f"{place}.join"}]
    children = [(f"{place}.rules.{index}", child) for index, child in enumerate(node["rules"])]
    line.lines = [_line(built, child, below, terms, problems, depth=depth + 1) for below, child in children]
    for index, child in enumerate(line.lines):
        child.is_first, child.is_last, child.around = index == 0, index == len(line.lines) - 1, line.join
    return line


def _condition(line: Line, built: Built, node: Json, terms: Terms) -> None:
    line.kind, line.is_open = str(node.get("is", "")), built.open == line.place
    condition, problems = read_leaf(node, place=line.place, kinds=KINDS, terms=terms)
    by_field = {problem.path.removeprefix(f"{line.place}."): problem for problem in problems}
    if condition is None:
        line.faults = [_words(problem) for problem in problems]
        return
    asked = shown(Told(node), partial(type(condition).asks, terms=terms)) if line.is_open or problems else []
    if line.is_open:
        line.fields = [_field(one, by_field, built) for one in asked]
        names = {one.ask.name for one in line.fields}
        line.faults = [_words(problem) for name, problem in by_field.items() if name not in names]
    elif problems:
        questions = {one.ask.name: one for one in asked}
        line.faults = [_named(problem, name, questions.get(name)) for name, problem in by_field.items()]
    said = Phrase(gettext_noop("They %(what)s."), {"what": condition.phrase(terms)})
    line.parts = parts_of(said) if not problems else [Part(_(type(condition).label), True)]
    if not any(part.is_slot for part in line.parts):
        line.parts = [Part("".join(part.text for part in line.parts), True)]


def _field(asked: Asked, faults: Mapping[str, Problem], built: Built) -> Field:
    ask = asked.ask
    values = asked.value if isinstance(asked.value, list) else [asked.value]
    options = [Offer(key, _text(words)) for key, words in ask.choices] or (offers(ask.offers) if ask.offers else [])
    hint = hint_of(asked, options)
    if ask.kind in {"pick", "choice"} and asked.value not in {offer.value for offer in options}:
        options = [Offer(str(asked.value), str(asked.value) or _("choose …")), *options]
    fault = next((problem for name, problem in faults.items() if name == ask.name or name.startswith(f"{ask.name}.")), None)
    words = _fault(fault, asked) if fault and (asked.value or built.is_looked_over) else ""
    return Field(ask, FIELD + ask.name, values, options, words, ask.name == built.more, hint)


def hint_of(asked: Asked, options: Sequence[Offer]) -> str:
    """Return the line below a question, as its answer asks for it, or why there is nothing to choose from."""
    ask = asked.ask
    hint = ask.hint if isinstance(ask.hint, str | Phrase) else ask.hint.get(str(asked.value), "")
    return _text(hint if options else ask.empty or hint)


def _fault(problem: Problem, asked: Asked) -> str:
    """Return what to do where there is no answer of the right kind, else why the answer cannot be."""
    wanted = _WANTED.get(asked.ask.kind)
    return _words(problem) if wanted is None or is_told(asked) else _(wanted)


def _named(problem: Problem, name: str, asked: Asked | None) -> str:
    """Return a fault with the question it is about."""
    return f"{_(asked.ask.label)}: {_fault(problem, asked)}" if asked else f"{name}: {_words(problem)}"


def id_of(place: str) -> str:
    """Return a node's place as an id on the page."""
    return place.replace(".rules.", "-")


def parts_of(phrase: Phrase, *, show: Callable[[object], str] = str) -> list[Part]:
    """Return a phrase in pieces: its words, and the values in it that one can change. show: writes a value."""
    marked = phrase.render(_, show=lambda value: f"{_MARK}{said}{_END}" if (said := _plain(show(value))) else "")
    found: list[Part] = []
    for piece in marked.split(_MARK):
        slot, end, rest = piece.partition(_END)
        if end:
            found.append(Part(slot, True))
        found.append(Part(rest if end else slot, False))
    return [part for part in found if part.text]


def say(tree: Json, terms: Terms) -> str:
    """Return the rule as a sentence; nothing while it is not finished."""
    rule, _problems = finished(tree, terms)
    return say_rule(rule, terms).render(_) if rule else ""


def _plain(value: object) -> str:
    return str(value).replace(_MARK, "").replace(_END, "")


def _text(words: object) -> str:
    return words.render(_) if isinstance(words, Phrase) else _(str(words)) if words else ""


def _words(problem: Problem) -> str:
    return problem.phrase.render(_)
