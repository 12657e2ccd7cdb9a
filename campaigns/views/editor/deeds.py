"""What the buttons of the editor do to a draft, and what its page shows afterwards: what is open, where the focus goes, what is said.

The answers of the open form come along with every press, so that nothing typed is lost.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from django.http import QueryDict
from django.utils.translation import gettext as _

from campaigns.journeys import drafting
from campaigns.journeys.definition import MOST_STEPS
from campaigns.journeys.editing import rearranging
from campaigns.journeys.editing.asking import FIRST_CONDITION, Around, asking_of
from campaigns.journeys.editing.rearranging import Changed
from campaigns.journeys.editing.shaping import MOST_ROWS, PARTS, gather, spread
from campaigns.journeys.editing.tree import MOST_DEPTH, STEPS, WAYS, Json, depth, is_index, node_at, places
from campaigns.models import JourneyDraft
from campaigns.views.editor.offering import Steps, offered
from campaigns.views.journey_words import Names
from retention.kit.words import one_line
from segments.building.deeds import fresh
from segments.conditions import KINDS as CONDITIONS
from segments.rules.asks import Asked, Asking, Told, rows_of, taken
from segments.rules.asks import shown as questions_of

LONGEST = 2_000
_MOST_TEXTS, _LONGEST_TEXT = 100, 500  # what `Fields.texts` takes; one more is kept, so that it is refused in words
FIELD = "c."  # what the open form's answers are called
_NEW_ROWS: dict[str, Json] = {
    "exits": {"event": "Order Completed"},
    "where": {"property": "", "type": "text", "op": "is", "values": []},
    "rungs": {"channel": "email", "amount": 1, "unit": "days"},
    "set": {"name": "note", "type": "text", "value": ""},
    "data": {"name": "note", "type": "text", "value": ""},
}


@dataclass
class Shown:
    """What the page shows beside the draft. open: a place, or a part of the journey, whose form is open; said: what was done, aloud.

    refused: why what was asked for was not done, for everybody to see.
    """

    open: str = ""
    focus: str = ""
    said: str = ""
    refused: str = ""


@dataclass(frozen=True)
class Known:
    """What is known when a button is pressed. steps: those of the draft, for a jump."""

    steps: Steps
    names: Names


def kind_of(tree: Json, where: str) -> str:
    """Return which form is meant by a place or a part; nothing where there is none."""
    if where in PARTS:
        return where
    node = node_at(tree, where) if where else None
    if node is None:
        return ""
    if "kind" in node:
        return str(node["kind"])
    fork, _ways, index = where.rpartition(f".{WAYS}.")
    ways = (node_at(tree, fork) or {}) if fork else {}
    return "way" if ways.get("kind") == "branch" and int(index) < len(ways[WAYS]) - 1 else ""


def asking_in(tree: Json, kind: str, names: Names) -> Asking:
    """Return the questions of a kind of form in a journey."""
    terms = names.terms if kind in {"way", "entry"} else None
    return asking_of(kind, Around(str(tree.get("trigger", {}).get("event", "")), terms))


def act(draft: JourneyDraft, *, post: QueryDict, shown: Shown, known: Known) -> bool:
    """Do what the pressed button asks for, after taking the open form's answers; say whether it undoes something."""
    shown.open = post.get("open", "")
    if post.get("do", "") == "undo":
        shown.open, shown.said = "", _("Undone.")
        return drafting.undo(draft)
    draft.tree = kept = _with_answers(draft.tree, shown.open, post, known)
    name, _colon, rest = post.get("do", "look").partition(":")
    doing = _DEEDS.get(name)
    if doing is not None:
        doing(draft, shown, rest, known)
    if depth(draft.tree) > max(MOST_DEPTH, depth(kept)):
        draft.tree, shown.open, shown.focus, shown.said = kept, post.get("open", ""), "", ""
        shown.refused = _("Steps stand in at most %(most)s ways, one in the other.") % {"most": MOST_DEPTH}
    return False


def rename(draft: JourneyDraft, name: str) -> None:
    """Call the journey otherwise; nothing is no name."""
    called = one_line(name, longest=120)
    if called and called != draft.journey.name:
        draft.journey.name = called
        draft.journey.save(update_fields=["name"])


def _with_answers(tree: Json, where: str, post: QueryDict, known: Known) -> Json:
    kind = kind_of(tree, where)
    answers = {name.removeprefix(FIELD): _cleaned(values) for name, values in post.lists() if name.startswith(FIELD)}
    if not kind or not answers:
        return tree
    form = taken(kind, answers, asking_in(tree, kind, known.names))
    del form["is"]
    return _kept(tree, where, kind, form)


def _cleaned(values: Sequence[str]) -> list[str]:
    """Return texts the database takes, not longer than anybody types; of a list not many more than may be told."""
    longest = LONGEST if len(values) == 1 else _LONGEST_TEXT + 1
    return [text.replace("\0", "").encode("utf-8", "ignore").decode()[:longest] for text in values[: _MOST_TEXTS + 1]]


def _kept(tree: Json, where: str, kind: str, form: Json) -> Json:
    """Return the tree with what a form says; what is said already changes nothing."""
    before = tree if where in PARTS else node_at(tree, where) or {}
    if spread(kind, before) == form:
        return tree
    values = gather(kind, form, before)
    return {**tree, **values} if where in PARTS else rearranging.put(tree, where, values)


def _add(draft: JourneyDraft, shown: Shown, rest: str, known: Known) -> None:
    around, _line, more = rest.partition("|")
    index, _line, kind = more.partition("|")
    changed = rearranging.add(draft.tree, around, int(index) if is_index(index) else 0, kind, used=drafting.used_ids(draft.journey))
    if changed.place and not _is_full(changed.tree, shown):
        draft.tree = _prefilled(changed.tree, changed.place, known)
        has_ways_to_name = kind == "branch"  # it asks nothing itself: what must be said is who goes its first way
        shown.open = shown.focus = f"{changed.place}.{WAYS}.0" if has_ways_to_name else changed.place
        shown.said = _("A step was added.")


def _is_full(tree: Json, shown: Shown) -> bool:
    """Say whether a tree has more steps than a journey may have."""
    is_full = sum(1 for _node in places(tree)) > MOST_STEPS
    if is_full:
        shown.refused = _("A journey has at most %(most)s steps.") % {"most": MOST_STEPS}
    return is_full


def _prefilled(tree: Json, place: str, known: Known) -> Json:
    """Return the tree with the first of the store's own things chosen where a fresh node must name one."""
    kind = kind_of(tree, place)
    form = spread(kind, node_at(tree, place) or {})
    for asked in questions_of(told := Told(form), asking_in(tree, kind, known.names)):
        if asked.ask.kind == "pick" and not asked.value and not asked.ask.is_optional and (found := offered(asked.ask.offers, known.steps)):
            told.put(asked.ask.name, found[0].value)
    return _kept(tree, place, kind, told.data)


def _moved(draft: JourneyDraft, shown: Shown, changed: Changed) -> None:
    if changed.place and changed.tree != draft.tree:
        around, _dot, index = changed.place.rpartition(f".{STEPS}.")
        number = len((node_at(changed.tree, around) or {STEPS: []})[STEPS])
        shown.said = _("Moved. It is step %(place)s of %(count)s here.") % {"place": int(index) + 1, "count": number}
        draft.tree = changed.tree
    shown.open, shown.focus = "", changed.place


def _move(draft: JourneyDraft, shown: Shown, place: str, _known: Known, *, way: str) -> None:
    _moved(draft, shown, rearranging.move(draft.tree, place, way))


def _carry(draft: JourneyDraft, shown: Shown, rest: str, _known: Known) -> None:
    place, around, index = (*rest.split(","), "", "", "")[:3]
    _moved(draft, shown, rearranging.carry(draft.tree, place, around, int(index) if is_index(index) else 0))


def _remove(draft: JourneyDraft, shown: Shown, place: str, _known: Known) -> None:
    changed = rearranging.remove(draft.tree, place)
    if changed.place:
        draft.tree, shown.open, shown.focus = changed.tree, "", changed.place
        shown.said = _("Removed. Undo brings it back.")


def _duplicate(draft: JourneyDraft, shown: Shown, place: str, _known: Known) -> None:
    changed = rearranging.duplicate(draft.tree, place, used=drafting.used_ids(draft.journey))
    if changed.place and not _is_full(changed.tree, shown):
        draft.tree, shown.open, shown.focus, shown.said = changed.tree, "", changed.place, _("Copied.")


def _add_way(draft: JourneyDraft, shown: Shown, place: str, _known: Known) -> None:
    changed = rearranging.add_way(draft.tree, place)
    if changed.place:
        is_branch = kind_of(changed.tree, place) == "branch"
        draft.tree, shown.focus, shown.said = changed.tree, changed.place if is_branch else place, _("A way was added.")
        shown.open = shown.focus


def _remove_way(draft: JourneyDraft, shown: Shown, place: str, _known: Known) -> None:
    changed = rearranging.remove_way(draft.tree, place)
    if changed.place:
        draft.tree, shown.open, shown.focus = changed.tree, "", changed.place
        shown.said = _("Removed. Undo brings it back.")


def _open(_draft: JourneyDraft, shown: Shown, where: str, _known: Known) -> None:
    shown.focus, shown.open = where, "" if shown.open == where else where


def _done(_draft: JourneyDraft, shown: Shown, _rest: str, _known: Known) -> None:
    shown.focus, shown.open = shown.open, ""


def _more(draft: JourneyDraft, shown: Shown, name: str, known: Known) -> None:
    """Add a row to a list of the open form, with the first thing there is."""
    kind = kind_of(draft.tree, shown.open)
    before = draft.tree if shown.open in PARTS else node_at(draft.tree, shown.open)
    if not kind or before is None:
        return
    told = Told(spread(kind, before))
    if name not in {one.ask.name for one in _asked(draft.tree, kind, told, known) if one.ask.kind == "rows"}:
        return
    rows = told.get(name, [])
    row = _new_row(name.rpartition(".")[2], rows, known)
    if row is None:
        shown.said = _("There is no segment yet.")
    elif isinstance(rows, list) and len(rows) < MOST_ROWS:
        told.put(name, [*rows, row])
        draft.tree = _kept(draft.tree, shown.open, kind, told.data)
        shown.focus = shown.open


def _asked(tree: Json, kind: str, told: Told, known: Known) -> list[Asked]:
    """Return the questions of a form; what is told stays as it is, without the answers the questions would begin with."""
    return questions_of(Told(told.data), asking_in(tree, kind, known.names))


def _new_row(name: str, rows: list[Json], known: Known) -> Json | None:
    if name in {"rules", "conditions"}:
        condition = fresh(CONDITIONS[FIRST_CONDITION], known.names.terms)
        return condition if name == "conditions" else {"inside": "yes", "join": "all", "conditions": [condition]}
    if name == "people":
        found = offered("segments", known.steps)
        return {"segment": found[0].value, "inside": "yes"} if found else None
    row = dict(_NEW_ROWS.get(name, {}))
    if name in {"set", "data"}:
        names = {one.get("name") for one in rows}
        row["name"] = next(word for number in range(1, MOST_ROWS + 2) if (word := f"note_{number}") not in names)
    if name == "rungs":
        used = {one.get("channel") for one in rows}
        row["channel"] = next((channel for channel in ("push", "sms", "email", "onsite") if channel not in used), "email")
        row["template"] = next((one.value for one in offered(f"template:{row['channel']}", known.steps)), "")
    return row


def _less(draft: JourneyDraft, shown: Shown, row: str, known: Known) -> None:
    kind = kind_of(draft.tree, shown.open)
    before = draft.tree if shown.open in PARTS else node_at(draft.tree, shown.open)
    if not kind or before is None:
        return
    told = Told(spread(kind, before))
    if row in {found for one in _asked(draft.tree, kind, told, known) for found in rows_of(one.ask.name)}:
        name, _dot, index = row.rpartition(".")
        told.put(name, [one for at, one in enumerate(told.get(name)) if at != int(index)])
        draft.tree = _kept(draft.tree, shown.open, kind, told.data)
        shown.focus = shown.open


_DEEDS: dict[str, Callable[[JourneyDraft, Shown, str, Known], None]] = {
    "open": _open,
    "done": _done,
    "add": _add,
    "carry": _carry,
    "remove": _remove,
    "duplicate": _duplicate,
    "way_add": _add_way,
    "way_remove": _remove_way,
    "more": _more,
    "less": _less,
    **{way: partial(_move, way=way) for way in ("up", "down", "out")},
}
