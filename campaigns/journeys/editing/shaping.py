"""What a step says, as a form holds it, and back: lengths as a number with a unit, sets of words as rows, days before and after.

`spread` and `gather` are inverse for everything a form can say; what it cannot say (a rule with groups in it) stays.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

from campaigns.journeys.editing.tree import WAYS, Json
from campaigns.journeys.steps.update import TODAY
from segments.conditions import KINDS
from segments.rules.tree import JOINS

UNITS = ("minutes", "hours", "days")
_MINUTES = {"minutes": 1, "hours": 60, "days": 24 * 60}
MOST_ROWS = 10  # a form has ten rows of a list at most; what stands beyond them stays as it is


def spread(kind: str, node: Mapping[str, Any]) -> Json:
    """Return what a form of this kind shows of a node, a way or a part of the journey."""
    return _SPREAD.get(kind, _plainly)(node)


def gather(kind: str, form: Mapping[str, Any], before: Mapping[str, Any]) -> Json:
    """Return what a form says, as the definition has it. before: what stood there, for what no form asks for."""
    return _GATHER.get(kind, _as_told)(form, before)


def _plainly(node: Mapping[str, Any]) -> Json:
    return {name: value for name, value in node.items() if name not in {"id", "kind", "steps", WAYS}}


def _as_told(form: Mapping[str, Any], _before: Mapping[str, Any]) -> Json:
    return {name: value for name, value in form.items() if value not in ("", [], None)}


def _length(node: Mapping[str, Any]) -> Json:
    unit = next((unit for unit in UNITS if node.get(unit) is not None), "")
    return {"amount": node[unit], "unit": unit} if unit else {}


def _told_length(form: Mapping[str, Any]) -> Json:
    amount = form.get("amount")
    return {} if amount in (None, "") else {str(form.get("unit") or "days"): amount}


def _without(form: Mapping[str, Any], *names: str) -> Json:
    return {name: value for name, value in form.items() if name not in names and value not in ("", [], None)}


def _lasting(node: Mapping[str, Any]) -> Json:
    return {name: value for name, value in _plainly(node).items() if name not in UNITS} | _length(node)


def _told_lasting(form: Mapping[str, Any], _before: Mapping[str, Any]) -> Json:
    return _without(form, "amount", "unit") | _told_length(form)


def _dated(node: Mapping[str, Any]) -> Json:
    days = node.get("days", 0)
    side = "on" if not days else "before" if isinstance(days, int | float) and days < 0 else "after"
    return _plainly(node) | {"side": side, "days": abs(days) if isinstance(days, int | float) else days}


def _told_dated(form: Mapping[str, Any], _before: Mapping[str, Any]) -> Json:
    days, side = form.get("days", 0), form.get("side")
    told = days if isinstance(days, int) else days or 0
    signed: Any = 0 if side == "on" else -told if side == "before" and isinstance(told, int) else told
    return _without(form, "side", "days") | ({"days": signed} if signed else {})


def _laddered(node: Mapping[str, Any]) -> Json:
    rungs = [{**_plainly(rung), **_minutes_of(rung)} for rung in node.get("rungs", [])]
    return _plainly(node) | {"rungs": rungs}


def _minutes_of(rung: Mapping[str, Any]) -> Json:
    minutes = rung.get("minutes", 0)
    if not isinstance(minutes, int):
        return {"amount": minutes, "unit": "minutes"}
    unit = next((unit for unit in reversed(UNITS) if minutes and minutes % _MINUTES[unit] == 0), "minutes")
    return {"amount": minutes // _MINUTES[unit], "unit": unit}


def _told_ladder(form: Mapping[str, Any], before: Mapping[str, Any]) -> Json:
    """Return the rungs told; how long the message of a channel may wait stays as it was."""
    hours = {one.get("channel"): one["expires_hours"] for one in before.get("rungs", []) if "expires_hours" in one}
    rungs = []
    for rung in _rows(form, "rungs"):
        amount = rung.get("amount", 0)
        minutes = amount * _MINUTES.get(str(rung.get("unit")), 1) if isinstance(amount, int) else amount
        lasting = {"expires_hours": hours[rung.get("channel")]} if rung.get("channel") in hours else {}
        rungs.append(_without(rung, "amount", "unit", "expires_hours") | {"minutes": minutes} | lasting)
    return _without(form, "rungs") | {"rungs": rungs}


def _rows(form: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    rows = form.get(name)
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _valued(node: Mapping[str, Any], name: str) -> Json:
    values = node.get(name) or {}
    return _plainly(node) | {name: [{"name": key, **_typed(value)} for key, value in values.items()]}


def _typed(value: Any) -> Json:
    if value == {"is": TODAY}:
        return {"type": "today"}
    if isinstance(value, bool):
        return {"type": "flag", "value": value}
    return {"type": "number" if isinstance(value, int | float) else "text", "value": value}


def _told_values(form: Mapping[str, Any], name: str) -> Json:
    values = {}
    for row in _rows(form, name):
        key = str(row.get("name") or "")
        if key:
            values[key] = {"is": TODAY} if row.get("type") == "today" else row.get("value", "")
    return values


def _told_update(form: Mapping[str, Any], before: Mapping[str, Any]) -> Json:
    return {"set": _told_values(form, "set") | _beyond(before.get("set"))}


def _told_webhook(form: Mapping[str, Any], before: Mapping[str, Any]) -> Json:
    data = _told_values(form, "data") | _beyond(before.get("data"))
    return {"endpoint": form.get("endpoint", "")} | ({"data": data} if data else {})


def _beyond(values: Any) -> Json:
    return dict(list(values.items())[MOST_ROWS:]) if isinstance(values, Mapping) else {}


def _shared(node: Mapping[str, Any]) -> Json:
    return {"shares": [{"name": way.get("name", ""), "weight": way.get("weight", 1)} for way in node.get(WAYS, [])]}


def _told_shares(form: Mapping[str, Any], before: Mapping[str, Any]) -> Json:
    """Return the ways of a split with the names and weights told; what stands in them stays."""
    ways = [dict(way) for way in before.get(WAYS, [])]
    for way, row in zip(ways, _rows(form, "shares"), strict=False):
        way |= {"name": row.get("name", ""), "weight": row.get("weight", 1)}
    return {WAYS: ways}


def _peopled(node: Mapping[str, Any]) -> Json:
    """Return segments and rules as rows. A rule with groups in it goes along whole, which no form shows."""
    people = node.get("people", [])
    segments = [{"segment": one["segment"], "inside": _inside(one)} for one in people if one.get("segment")]
    return {"people": segments, "rules": [_ruled(one) for one in _rules_of(node)]}


def _inside(one: Mapping[str, Any]) -> str:
    return "no" if one.get("inside") is False else "yes"


def _rules_of(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for one in node.get("people", []) if not one.get("segment")]


def _ruled(one: Mapping[str, Any]) -> Json:
    rule = one.get("rule")
    if not is_plain(rule):
        return {"inside": _inside(one), "whole": rule}
    return {"inside": _inside(one), "join": rule["root"]["join"], "conditions": [dict(leaf) for leaf in rule["root"]["rules"]]}


def is_plain(rule: Any) -> TypeGuard[Mapping[str, Any]]:
    """Say whether a form can show a rule: one group with some conditions and no group in it."""
    root = rule.get("root") if isinstance(rule, Mapping) else None
    if not isinstance(root, Mapping) or set(rule) != {"version", "root"} or set(root) != {"join", "rules"} or root["join"] not in JOINS:
        return False
    rules = root["rules"]
    return (
        isinstance(rules, list)
        and 0 < len(rules) <= MOST_ROWS
        and all(isinstance(one, Mapping) and str(one.get("is")) in KINDS for one in rules)
    )


def _told_people(form: Mapping[str, Any], before: Mapping[str, Any]) -> list[Json]:
    """Return segments and rules told. A rule with groups, of which a page sends no condition, stays the one in its place."""
    stood = [None if is_plain(one.get("rule")) else one.get("rule") for one in _rules_of(before)]
    told = [{"segment": row["segment"], "inside": row.get("inside") != "no"} for row in _rows(form, "people") if row.get("segment")]
    for place, row in enumerate(_rows(form, "rules")):
        whole = row.get("whole") or (stood[place] if "conditions" not in row and place < len(stood) else None)
        conditions = [dict(one) for one in _rows(row, "conditions")]
        rule = whole or {"version": 1, "root": {"join": row.get("join", "all"), "rules": conditions}}
        if whole or conditions:
            told.append({"rule": rule, "inside": row.get("inside") != "no"})
    return [{name: value for name, value in row.items() if value is not True} for row in told]


def _way(node: Mapping[str, Any]) -> Json:
    return {"name": node.get("name", ""), **_peopled(node), "where": list(node.get("told", []))}


def _told_way(form: Mapping[str, Any], before: Mapping[str, Any]) -> Json:
    return {"name": form.get("name", ""), "people": _told_people(form, before), "told": list(_rows(form, "where"))}


def _entry(part: Mapping[str, Any]) -> Json:
    again, share = part.get("again") or {}, part.get("holdout_share", 0)
    return {
        **_peopled(part),
        "again": again.get("rule", "never" if part.get("trigger", {}).get("kind", "event") == "event" else "always"),
        "days": again.get("days", 30),
        "cart_open": "cart_open" in part.get("guards", []),
        "calm_minutes": part.get("calm_minutes", 0),
        "holdout": round(share * 100) if isinstance(share, int | float) else share,
        "stream": part.get("stream", "marketing"),
    }


def _told_entry(form: Mapping[str, Any], before: Mapping[str, Any]) -> Json:
    again = {"rule": form.get("again", "never")} | ({"days": form.get("days", 0)} if form.get("again") == "after" else {})
    percent = form.get("holdout", 0)
    return {
        "people": _told_people(form, before),
        "again": again,
        "guards": ["cart_open"] if form.get("cart_open") is True else [],
        "calm_minutes": form.get("calm_minutes") or 0,
        "holdout_share": percent / 100 if isinstance(percent, int | float) else percent,
        "stream": form.get("stream", "marketing"),
    }


def _exiting(part: Mapping[str, Any]) -> Json:
    shown = part.get("exits", [])[:MOST_ROWS]
    return {"exits": [{"event": one.get("event", ""), "key": one.get("key", ""), "where": one.get("where", [])} for one in shown]}


def _told_exits(form: Mapping[str, Any], before: Mapping[str, Any]) -> Json:
    told = [_without(row) for row in _rows(form, "exits") if row.get("event")]
    return {"exits": told + [dict(one) for one in before.get("exits", [])[MOST_ROWS:]]}


def _triggered(part: Mapping[str, Any]) -> Json:
    trigger = part.get("trigger", {})
    form = {"kind": "event", **trigger}
    if form["kind"] == "date":
        form |= {name: value for name, value in _dated(trigger).items() if name in {"side", "days"}}
    return form


def _told_trigger(form: Mapping[str, Any], before: Mapping[str, Any]) -> Json:
    told = _told_dated(form, before) if form.get("kind") == "date" else _without(form)
    return {"trigger": {name: value for name, value in told.items() if value not in ([], "")}}


_SPREAD: Mapping[str, Callable[[Mapping[str, Any]], Json]] = {
    "wait": _lasting,
    "wait_event": _lasting,
    "wait_date": _dated,
    "ladder": _laddered,
    "update": lambda node: _valued(node, "set"),
    "webhook": lambda node: _valued(node, "data"),
    "split": _shared,
    "way": _way,
    "entry": _entry,
    "exits": _exiting,
    "trigger": _triggered,
}
_GATHER: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Json]] = {
    "wait": _told_lasting,
    "wait_event": _told_lasting,
    "wait_date": _told_dated,
    "ladder": _told_ladder,
    "update": _told_update,
    "webhook": _told_webhook,
    "split": _told_shares,
    "way": _told_way,
    "entry": _told_entry,
    "exits": _told_exits,
    "trigger": _told_trigger,
}
PARTS = ("trigger", "entry", "exits")
