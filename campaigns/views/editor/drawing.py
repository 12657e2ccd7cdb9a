"""A journey as its pages draw it: steps as sentences with columns for their ways, one form open, counts, and what is wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.journeys.counting import StepCounts
from campaigns.journeys.editing.asking import asks_something
from campaigns.journeys.editing.rearranging import MOST_WAYS, into, is_end
from campaigns.journeys.editing.shaping import PARTS, spread
from campaigns.journeys.editing.tree import EXIT, FORKS, JUMP, ROOT, STEPS, WAYS, Json, flatten, node_at, places
from campaigns.journeys.steps import KINDS, Branch, Split, Step
from campaigns.views.editor.deeds import FIELD, Shown, asking_in, kind_of
from campaigns.views.editor.offering import offered
from campaigns.views.journey_words import ICONS, Names, called, say
from retention.kit.fields import Fields, Problem
from retention.kit.words import Phrase, gettext_noop
from segments.building.drawing import Field, Part, hint_of, parts_of
from segments.conditions import KINDS as CONDITIONS
from segments.offering import Offer
from segments.rules.asks import Ask, Asked, Told, rows_of
from segments.rules.asks import shown as questions_of
from segments.rules.tree import read_leaf

LABELS = {
    "send": gettext_lazy("Send a message"),
    "wait": gettext_lazy("Wait"),
    "wait_date": gettext_lazy("Wait until a date of theirs"),
    "wait_event": gettext_lazy("Wait until something happens"),
    "branch": gettext_lazy("Part their ways by who they are"),
    "split": gettext_lazy("Part them by chance"),
    "ladder": gettext_lazy("Try one channel after the other"),
    "coupon": gettext_lazy("Keep a coupon code"),
    "update": gettext_lazy("Write something down about them"),
    "webhook": gettext_lazy("Tell another system"),
    "notify": gettext_lazy("Tell the team"),
    EXIT: gettext_lazy("Leave the journey"),
    JUMP: gettext_lazy("Go on at another step"),
}
# What a problem of the definition is called in the form that mends it.
_IN_FORMS = {"hours": "amount", "minutes": "amount", "told": "where", "set": "set", "data": "data", "paths": "shares"}


@dataclass(frozen=True)
class FormField(Field):
    """A question of an open form.

    row_of: the row of a list that ends with it ("exits.0"), so that a button can take the row out. begins: a row begins with it, in so many
    others.
    """

    row_of: str = ""
    begins: int = 0


@dataclass
class Way:
    """One way of a step that parts people: its column on the page."""

    place: str
    name: str
    lines: list["Line"]
    can_open: bool = False
    can_go: bool = False
    is_open: bool = False
    came: int | None = None
    fields: list[FormField] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@dataclass
class Line:
    """One node as the page draws it."""

    place: str
    id: str
    kind: str
    icon: str
    parts: list[Part]
    faults: list[str] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    fields: list[FormField] = field(default_factory=list)
    into: list[tuple[str, str]] = field(default_factory=list)
    counts: StepCounts | None = None
    sent: int | None = None
    is_open: bool = False
    is_first: bool = False
    is_last: bool = False
    is_end: bool = False
    is_new: bool = False
    may_add_way: bool = False

    @property
    def around(self) -> str:
        """Return the list it stands in."""
        return self.place.rpartition(f".{STEPS}.")[0]

    @property
    def index(self) -> str:
        """Return where in its list it stands."""
        return self.place.rpartition(".")[2]

    @property
    def is_nested(self) -> bool:
        """Say whether it stands in a way of another step."""
        return self.around != ROOT

    @property
    def can_change(self) -> bool:
        """Say whether it has a form."""
        return asks_something(self.kind)


@dataclass(frozen=True)
class Figures:
    """The live figures of steps by id: runs, and messages that left; empty of a journey nobody entered."""

    counts: Mapping[str, StepCounts] = field(default_factory=dict)
    sent: Mapping[str, int] = field(default_factory=dict)
    known: frozenset[str] | None = None  # steps people have now; None where nobody entered yet


class Drawing:
    """One tree being drawn: with the store's names, what is open, and what is wrong. sees_people: whether who looks may see customers."""

    def __init__(
        self,
        tree: Json,
        names: Names,
        *,
        shown: Shown,
        problems: Sequence[Problem] = (),
        figures: Figures | None = None,
        sees_people: bool = False,
    ) -> None:
        self._sees_people = sees_people
        self._tree, self._names, self._shown, self._problems = tree, names, shown, problems
        self._figures = figures or Figures()
        flat = flatten(tree)
        self._data = dict(zip(flat.places, flat.data[STEPS], strict=True))
        self.said = {node["id"]: self._sentence(place, node) for place, node in places(tree) if node["kind"] != JUMP}
        self.steps = [Offer(step_id, said) for step_id, said in self.said.items()]

    def lines(self) -> list[Line]:
        """Return the steps of the root with all that stands in their ways."""
        return self._lines(self._tree[ROOT][STEPS], ROOT)

    def fields(self, where: str) -> list[FormField]:
        """Return the questions of the form of a place or a part, with what is wrong with the answers."""
        kind = kind_of(self._tree, where)
        node = self._tree if where in PARTS else node_at(self._tree, where) or {}
        told = Told(spread(kind, node))
        asked = questions_of(told, asking_in(self._tree, kind, self._names))
        faults = self._faults_in_form(where) | self._faults_of_rules(told)
        rows: list[list[str]] = [[], *(_rows_out(one.ask.name) for one in asked), []]
        ends = [next((row for row in reversed(here) if row not in after), "") for here, after in pairwise(rows[1:])]
        begins = [len(here) if set(here) - set(before) else 0 for before, here in pairwise(rows[:-1])]
        return [self._field(one, faults, end, begin) for one, end, begin in zip(asked, ends, begins, strict=True)]

    def faults(self, where: str) -> list[str]:
        """Return what is wrong at a place, or with a part of the journey, in words."""
        return [say(problem.phrase, self._names) for problem in self._problems if self._is_at(problem, where)]

    def _is_at(self, problem: Problem, where: str) -> bool:
        if where in PARTS:
            first = problem.path.split(".")[0]
            return first == where or (where == "entry" and first not in {"trigger", "exits", ROOT, STEPS})
        rest = problem.path.removeprefix(where)
        if rest == problem.path or (rest and not rest.startswith(".")):
            return False
        return not rest.startswith(f".{WAYS}.") and f".{STEPS}." not in rest

    def _faults_in_form(self, where: str) -> dict[str, str]:
        found = {}
        for problem in self._problems:
            if not self._is_at(problem, where):
                continue
            rest = problem.path if where in PARTS else problem.path.removeprefix(where).lstrip(".")
            parts = rest.split(".")
            if where in PARTS and parts[0] == where and where != "exits":
                parts = parts[1:]
            found[".".join(_IN_FORMS.get(part, part) for part in parts)] = say(problem.phrase, self._names)
        return found

    def _faults_of_rules(self, told: Told) -> dict[str, str]:
        """Return what is wrong with the conditions of rules, by the question it is about."""
        found: dict[str, str] = {}
        for number, row in enumerate(told.get("rules", [])):
            for place, condition in enumerate(row.get("conditions", []) if isinstance(row, Mapping) else []):
                where = f"rules.{number}.conditions.{place}"
                _read, problems = read_leaf(condition, place=where, kinds=CONDITIONS, terms=self._names.terms)
                found |= {problem.path: problem.phrase.render(_) for problem in problems}
        return found

    def _field(self, asked: Asked, faults: Mapping[str, str], row_of: str, begins: int) -> FormField:
        ask = asked.ask
        values = asked.value if isinstance(asked.value, list) else [asked.value]
        options = [Offer(key, word.render(_) if isinstance(word, Phrase) else _(word)) for key, word in ask.choices]
        if not options and ask.offers:
            options = offered(ask.offers, self.steps, sees_people=self._sees_people)
        if ask.kind in {"pick", "choice"} and asked.value not in {offer.value for offer in options}:
            shown = self._names.of(asked.value)
            options = [Offer(str(asked.value), shown or _("choose …")), *options]
        fault = next((words for name, words in faults.items() if _is_about(name, ask)), "")
        hint = hint_of(asked, options)
        return FormField(ask, FIELD + ask.name, values, options, fault, hint=hint, row_of=row_of, begins=begins)

    def _lines(self, nodes: Sequence[Json], around: str) -> list[Line]:
        return [self._line(node, f"{around}.{STEPS}.{index}", index, len(nodes)) for index, node in enumerate(nodes)]

    def _line(self, node: Json, place: str, index: int, number: int) -> Line:
        step_id, kind = str(node.get("id", "")), node["kind"]
        last = number - 2 if place.startswith(f"{ROOT}.{STEPS}.") and place.count(f".{STEPS}.") == 1 else number - 1
        is_open = self._shown.open == place
        line = Line(
            place,
            step_id,
            kind,
            ICONS.get(kind, "flag"),
            self._parts(place, node),
            faults=self.faults(place),
            is_open=is_open,
            is_first=index == 0,
            is_last=index >= last,
            is_end=is_end(self._tree, place),
            is_new=self._figures.known is not None and bool(step_id) and step_id not in self._figures.known,
            may_add_way=kind in MOST_WAYS and len(node[WAYS]) < MOST_WAYS[kind],
        )
        if is_open:
            line.fields = self.fields(place)
        line.counts = self._figures.counts.get(step_id)
        line.sent = self._figures.sent.get(step_id, 0) if kind in {"send", "ladder"} and self._figures.counts else None
        line.into = [(f"{place},{way},{at}", self._name_of_way(way)) for way, at in into(self._tree, place)]
        if kind in FORKS:
            line.ways = [self._way(node, place, number) for number in range(len(node[WAYS]))]
        return line

    def _way(self, node: Json, place: str, number: int) -> Way:
        where, way = f"{place}.{WAYS}.{number}", node[WAYS][number]
        is_named = node["kind"] == "branch" and number < len(node[WAYS]) - 1
        return Way(
            where,
            self._name_of_way(where),
            self._lines(way[STEPS], where),
            can_open=is_named,
            can_go=(is_named or node["kind"] == "split") and len(node[WAYS]) > 2,
            is_open=self._shown.open == where,
            came=self._came(way[STEPS]),
            fields=self.fields(where) if is_named and self._shown.open == where else [],
            faults=self.faults(where),
        )

    def _came(self, nodes: Sequence[Json]) -> int | None:
        """Return how many came into a way: to its first step."""
        found = self._figures.counts.get(str(nodes[0].get("id", ""))) if nodes else None
        return found.waiting + found.passed + found.left if found is not None and found.sure else None

    def _name_of_way(self, where: str) -> str:
        fork, _ways, index = where.rpartition(f".{WAYS}.")
        node, number = node_at(self._tree, fork) or {}, int(index)
        if node["kind"] == "wait_event":
            return _("It happened") if number == 0 else _("It did not, in that time")
        step = self._read(fork, node)
        if isinstance(step, Branch):
            return say(step.paths[number].words(), self._names) if number < len(step.paths) else _("All others")
        if isinstance(step, Split):
            whole = sum(share.weight for share in step.shares)
            share = step.shares[number]
            return _("%(name)s, %(percent)s%%") % {"name": share.name, "percent": round(share.weight * 100 / whole)}
        is_last = node["kind"] == "branch" and number == len(node[WAYS]) - 1
        return _("All others") if is_last else str(node[WAYS][number].get("name") or _("A way without a name"))

    def _read(self, place: str, node: Json) -> Step | None:
        """Return the step of a node, or None where it is no step yet."""
        data = self._data.get(place)
        kind = KINDS.get(str(node["kind"])) if data is not None and node["kind"] in KINDS else None
        if data is None or kind is None:
            return None
        problems: list[Problem] = []
        step = kind.read(str(node["id"]), Fields(data, place, problems))
        return None if problems else step

    def _parts(self, place: str, node: Json) -> list[Part]:
        """Return the sentence of a node in pieces; what can be changed is a slot."""
        if node["kind"] == JUMP:
            where = self.said.get(node.get("to", ""), _("a step you have not chosen"))
            return parts_of(Phrase(gettext_noop("Go on at “%(step)s”"), {"step": where}))
        step = self._read(place, node)
        if step is None:
            return [Part(str(LABELS[node["kind"]]), True)]
        parts = _quoted(parts_of(step.describe(), show=lambda value: called(value, self._names)))
        if asks_something(node["kind"]) and not any(part.is_slot for part in parts):
            return [Part("".join(part.text for part in parts), True)]
        return parts

    def _sentence(self, place: str, node: Json) -> str:
        step = self._read(place, node)
        return say(step.describe(), self._names) if step is not None else str(LABELS[node["kind"]])


def _quoted(parts: list[Part]) -> list[Part]:
    """Put the quotation marks around a word that can be changed into it, so that no line breaks between them."""
    found = list(parts)
    for place in range(1, len(found) - 1):
        before, slot, after = found[place - 1 : place + 2]
        if slot.is_slot and before.text.endswith("“") and after.text.startswith("”"):
            found[place - 1 : place + 2] = [Part(before.text[:-1], False), Part(f"“{slot.text}”", True), Part(after.text[1:], False)]
    return found


def _is_about(name: str, ask: Ask) -> bool:
    """Say whether a fault of this name belongs below a question; what is wrong in a row of a list stands in the row."""
    rest = name.removeprefix(ask.name)
    return not rest or (rest != name and rest[0] == "." and not (ask.kind == "rows" and rest[1].isdecimal()))


def _rows_out(name: str) -> list[str]:
    """Return the rows a question stands in that can be taken out; a way of a split is taken out with its column."""
    return [] if name.startswith("shares.") else rows_of(name)


def where_of(problem: Problem, drawing: Drawing, tree: Json) -> str:
    """Return the step a problem is at, in words; nothing for one of the journey itself."""
    here: Any = ""
    for place, node in places(tree):
        if problem.path == place or problem.path.startswith(f"{place}."):
            here = drawing.said.get(node.get("id", ""), str(LABELS[node["kind"]]))
    return str(here)
