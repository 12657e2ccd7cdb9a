"""The filters of the customers list as a rule, so that "make a segment" begins with the people one looks at."""

from collections.abc import Mapping
from typing import Any

from retention.customers.models import Attribute
from retention.kit.money import decimals_of
from segments.rules.rearranging import Json, empty_tree

_VIEWS: dict[str, list[Json]] = {
    "known": [{"is": "text", "field": "email", "op": "known"}],
    "visitors": [{"is": "text", "field": "email", "op": "not_known"}],
    "once": [{"is": "figure", "figure": "orders", "op": "equals", "value": 1}],
    "back": [{"is": "figure", "figure": "orders", "op": "at_least", "value": 2}],
    "silent": [{"is": "moment", "field": "last_order_at", "op": "in", "window": {"how": "ago", "count": 180, "unit": "days"}}],
}
_DAYS = {"quiet_days": ("last_order_at", "ago"), "active_days": ("last_order_at", "last"), "new_days": ("created_at", "last")}


def tree_of_filters(chosen: Mapping[str, Any], *, view: str, currency: str) -> Json:
    """Return the rule that finds who the list shows; an empty one where nothing is chosen. chosen: the cleaned words of the list's form."""
    rules = list(_VIEWS.get(view, []))
    if chosen.get("country"):
        rules.append({"is": "country", "op": "is", "values": [chosen["country"]]})
    if chosen.get("city"):
        rules.append({"is": "text", "field": "city", "op": "is", "values": [chosen["city"]]})
    if chosen.get("may"):
        channel, _dot, status = chosen["may"].partition(".")
        rules.append({"is": "consent", "channel": channel, "status": status})
    rules += _range("orders", chosen.get("orders_from"), chosen.get("orders_to"))
    factor = 10 ** decimals_of(currency)
    rules += _range("spent", *(None if (minor := chosen.get(name)) is None else minor / factor for name in ("spent_from", "spent_to")))
    for name, (field, how) in _DAYS.items():
        if chosen.get(name):
            window = {"how": how, "count": chosen[name], "unit": "days"}
            rules.append({"is": "moment", "field": field, "op": "in", "window": window})
    if chosen.get("birthday"):
        rules.append({"is": "birthday", "op": "this_month"})
    if chosen.get("attribute"):
        rules.append(_attribute(str(chosen["attribute"]), str(chosen.get("attribute_value") or "")))
    tree = empty_tree()
    tree["root"]["rules"] = rules
    return tree


def _range(figure: str, low: float | None, high: float | None) -> list[Json]:
    if low is None and high is None:
        return []
    told: Json = {"is": "figure", "figure": figure}
    if low is not None and high is not None:
        return [told | {"op": "between", "value": low, "to": high}]
    return [told | ({"op": "at_least", "value": low} if low is not None else {"op": "at_most", "value": high})]


def _attribute(key: str, value: str) -> Json:
    told: Json = {"is": "attribute", "key": key}
    kind = Attribute.objects.filter(key=key).values_list("kind", flat=True).first()
    if not value:
        return told | {"op": "known"}
    if kind == "flag":
        return told | {"op": {"true": "yes", "1": "yes", "yes": "yes", "false": "no", "0": "no", "no": "no"}.get(value.lower(), value)}
    if kind == "list":
        return told | {"op": "any", "values": [value]}
    if kind == "number":
        return told | {"op": "equals", "value": _number(value)}
    if kind == "date":
        return told | {"op": "in", "window": {"how": "between", "start": value, "end": value}}
    return told | {"op": "is", "values": [value]}


def _number(text: str) -> float | str:
    """Return the number a text is; one that is none stays, and is an answer the builder asks for again."""
    try:
        return float(text)
    except ValueError:
        return text
