"""What the buttons of the builder do to a rule. Nothing here is saved.

The rule travels with the page as JSON, unfinished or not. The open condition's answers come along with every press, so that nothing typed
is lost.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.core.exceptions import BadRequest
from django.http import QueryDict
from django.utils.translation import gettext as _

from segments.conditions import KINDS
from segments.offering import offers
from segments.rules import rearranging
from segments.rules.asks import Told, shown, taken
from segments.rules.base import Condition
from segments.rules.rearranging import ROOT, Json, is_group
from segments.rules.terms import Terms

MOST_UNDONE, LONGEST = 10, 400_000
JOIN = "join:"  # and how each group is joined
FIELD = "c."  # what the open condition's answers are called in the form


@dataclass
class Built:
    """What the page holds: the tree, the condition that is open, the trees before it (newest last), where to put the focus.

    more: the question that gets another line. is_looked_over: also what is not answered yet is named as a fault.
    """

    tree: Json
    open: str = ""
    undo: list[Json] = field(default_factory=list)
    focus: str = ""
    more: str = ""
    said: str = ""
    is_looked_over: bool = False


def read_posted(post: QueryDict, terms: Terms) -> Built:
    """Return what the page holds, with the open condition's answers put in and the groups joined as it says; raises BadRequest."""
    if len(post.get("rule", "")) > LONGEST:
        raise BadRequest("The rule is too large to be changed on a page.")
    undo = _json(post.get("undo", ""))
    try:
        built = Built(tree=rearranging.clean_tree(_json(post.get("rule", ""))), open=post.get("open", ""))
        built.is_looked_over = post.get("looked") == "1"
        built.undo = [rearranging.clean_tree(one) for one in undo[-MOST_UNDONE:]] if isinstance(undo, list) else []
    except rearranging.TooLarge as error:
        raise BadRequest("The rule is too large to be changed on a page.") from error
    before = built.tree
    node = rearranging.node_at(built.tree, built.open) if built.open else None
    kind = KINDS.get(str(node.get("is"))) if node and not is_group(node) else None
    if kind is None:
        built.open = ""
    elif answers := {name.removeprefix(FIELD): values for name, values in post.lists() if name.startswith(FIELD)}:
        built.tree = rearranging.put(built.tree, built.open, taken(kind.kind, answers, partial(kind.asks, terms=terms)))
    for name in sorted(post):
        if name.startswith(JOIN):
            built.tree = rearranging.join(built.tree, name.removeprefix(JOIN), post.get(name, ""))
    if built.tree != before:
        built.undo = [*built.undo, before][-MOST_UNDONE:]
    return built


def act(built: Built, deed: str, terms: Terms) -> None:
    """Do what a button asks for. deed: "add:<place of a group>|<kind>", "remove:<place>" and so on."""
    name, _colon, rest = deed.partition(":")
    place, _line, word = rest.partition("|")
    before = built.tree
    doing = _DEEDS.get(name)
    if doing is not None:
        doing(built, place, terms, word)
    if built.tree != before and name != "undo":
        built.undo = [*built.undo, before][-MOST_UNDONE:]


def _add(built: Built, place: str, terms: Terms, kind: str) -> None:
    condition = KINDS.get(kind)
    if condition is not None:
        _added(built, rearranging.add(built.tree, place, fresh(condition, terms)))
        built.open, built.is_looked_over = built.focus, False


def _group(built: Built, place: str, terms: Terms, _kind: str) -> None:
    around = rearranging.node_at(built.tree, place)
    how = "all" if around and around.get("join") == "any" else "any"
    _added(built, rearranging.add(built.tree, place, {"join": how, "rules": []}))
    built.open = ""


def _leave_out(built: Built, _place: str, _terms: Terms, _kind: str) -> None:
    _added(built, rearranging.add(rearranging.under_all(built.tree), ROOT, {"join": "none", "rules": []}))
    built.open = ""


def _remove(built: Built, place: str, _terms: Terms, _kind: str) -> None:
    built.tree, built.focus = rearranging.remove(built.tree, place)
    built.open, built.said = "", _("Removed.")


def _duplicate(built: Built, place: str, _terms: Terms, _kind: str) -> None:
    _added(built, rearranging.duplicate(built.tree, place))
    built.open = ""


def _move(built: Built, place: str, _terms: Terms, _kind: str, *, way: str) -> None:
    _moved(built, rearranging.move(built.tree, place, way))


def _carry(built: Built, places: str, _terms: Terms, _kind: str) -> None:
    place, group, index = (*places.split(","), "", "", "")[:3]
    _moved(built, rearranging.carry(built.tree, place, group_place=group, index=int(index[:4]) if index.isdecimal() else 0))


def _open(built: Built, place: str, _terms: Terms, _kind: str) -> None:
    built.open, built.focus, built.is_looked_over = "" if built.open == place else place, place, True


def _more(built: Built, name: str, _terms: Terms, _kind: str) -> None:
    """Add a row to the open condition, or a line to one of its answers."""
    node = rearranging.node_at(built.tree, built.open)
    if node is None:
        return
    told = Told(node)
    rows = told.get(name, [])
    if name == "where":
        told.data[name] = [*(rows if isinstance(rows, list) else []), {"property": "", "type": "text", "op": "is", "values": []}]
    built.tree, built.more = rearranging.put(built.tree, built.open, told.data), name


def _less(built: Built, name: str, _terms: Terms, _kind: str) -> None:
    """Take a row of the open condition out ("where.0")."""
    node = rearranging.node_at(built.tree, built.open)
    list_name, _dot, index = name.partition(".")
    rows = node.get(list_name) if node else None
    if node is not None and isinstance(rows, list) and index.isdecimal() and len(index) < 4 and int(index) < len(rows):
        left = [row for place, row in enumerate(rows) if place != int(index)]
        kept = {key: value for key, value in node.items() if key != list_name} | ({list_name: left} if left else {})
        built.tree, built.focus = rearranging.put(built.tree, built.open, kept), built.open


def _undo(built: Built, _place: str, _terms: Terms, _kind: str) -> None:
    if built.undo:
        built.tree, built.open, built.said = built.undo.pop(), "", _("Undone.")


def _done(built: Built, _place: str, _terms: Terms, _kind: str) -> None:
    built.focus, built.open = built.open, ""


_DEEDS: dict[str, Callable[[Built, str, Terms, str], None]] = {
    "add": _add,
    "group": _group,
    "leave_out": _leave_out,
    "remove": _remove,
    "duplicate": _duplicate,
    "carry": _carry,
    "open": _open,
    "more": _more,
    "less": _less,
    "undo": _undo,
    "done": _done,
    **{way: partial(_move, way=way) for way in rearranging.WAYS},
}


def _moved(built: Built, changed: rearranging.Changed) -> None:
    built.open, built.said = "", _("Moved.") if changed.tree != built.tree else ""
    _added(built, changed)


def _added(built: Built, changed: rearranging.Changed) -> None:
    built.tree, built.focus = changed


def fresh(kind: type[Condition], terms: Terms) -> Json:
    """Return a condition with usual answers, the store's own words where it has some."""
    asking = partial(kind.asks, terms=terms)
    made = taken(kind.kind, {}, asking)
    for asked in shown(Told(made), asking):
        if asked.ask.kind == "pick" and not asked.value and not asked.ask.is_optional and (found := offers(asked.ask.offers)):
            made = made | {asked.ask.name: found[0].value}
    return made


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
