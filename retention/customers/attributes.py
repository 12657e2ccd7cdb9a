"""Custom attributes as typed rows: a key gets its kind with its first value, and every value its place in an index (decision 14).

Called by `profile.py` with what really changed; nobody else writes these rows.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from django.db.models import Q

from retention.customers.models import Attribute, AttributeValue
from retention.kit.words import fold

MOST_ATTRIBUTES_OF_STORE = 300
MOST_FROM_BROWSERS = 100  # a browser's word makes a new key only while the store has fewer: the rest is for the shop's own server
LONGEST = 500
Value = str | int | float | bool | list[str]
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?")


def write_attributes(changed: Mapping[int, Mapping[str, Value]]) -> None:
    """Replace the rows of what changed: customer id -> key -> value. A fixed number of statements, in the caller's transaction.

    Keys beyond the store's 300 stay on the customer's JSON copy only.
    """
    wanted = {key: value for values in changed.values() for key, value in values.items()}
    if not wanted:
        return
    known = _known(wanted)
    pairs = [(customer_id, known[key], value) for customer_id, values in changed.items() for key, value in values.items() if key in known]
    touched = {attribute.pk for _, attribute, _ in pairs}
    AttributeValue.objects.filter(customer_id__in=list(changed), attribute_id__in=touched).filter(_exactly(pairs)).delete()
    AttributeValue.objects.bulk_create([row for customer_id, attribute, value in pairs for row in _rows(customer_id, attribute, value)])


def keys_for_browsers(wanted: set[str]) -> frozenset[str]:
    """Return which of these keys may be written on a browser's word: those the store has, and new ones while there is room for such."""
    if not wanted:
        return frozenset()
    known = set(Attribute.objects.filter(key__in=wanted).values_list("key", flat=True))
    fresh = sorted(wanted - known)
    room = MOST_FROM_BROWSERS - Attribute.objects.count() if fresh else 0
    return frozenset(known | set(fresh[: max(room, 0)]))


def kind_of(value: Value) -> str:
    """Return the kind a first value gives its attribute."""
    if isinstance(value, bool):
        return Attribute.Kind.FLAG
    if isinstance(value, int | float):
        return Attribute.Kind.NUMBER
    if isinstance(value, list):
        return Attribute.Kind.LIST
    return Attribute.Kind.DATE if _moment(value) else Attribute.Kind.TEXT


def _known(wanted: Mapping[str, Value]) -> dict[str, Attribute]:
    known = {attribute.key: attribute for attribute in Attribute.objects.filter(key__in=list(wanted))}
    fresh = [key for key in sorted(wanted) if key not in known]
    room = MOST_ATTRIBUTES_OF_STORE - Attribute.objects.count() if fresh else 0
    if room > 0:
        rows = [Attribute(key=key, kind=kind_of(wanted[key])) for key in fresh[:room]]
        Attribute.objects.bulk_create(rows, ignore_conflicts=True)
        known |= {attribute.key: attribute for attribute in Attribute.objects.filter(key__in=fresh[:room])}
    return known


def _exactly(pairs: Sequence[tuple[int, Attribute, Value]]) -> Q:
    """Return the condition for the rows of exactly these customers and attributes, grouped by attribute."""
    customers: dict[int, list[int]] = {}
    for customer_id, attribute, _ in pairs:
        customers.setdefault(attribute.pk, []).append(customer_id)
    condition = Q(pk__in=[])
    for attribute_id, ids in customers.items():
        condition |= Q(attribute_id=attribute_id, customer_id__in=ids)
    return condition


def _rows(customer_id: int, attribute: Attribute, value: Value) -> Iterable[AttributeValue]:
    for place, one in enumerate(value if isinstance(value, list) else [value]):
        text = ("true" if one else "false") if isinstance(one, bool) else str(one)[:LONGEST]
        yield AttributeValue(
            customer_id=customer_id,
            attribute=attribute,
            place=place,
            text_value=text,
            folded_value=fold(text)[:LONGEST],
            number_value=float(one) if isinstance(one, int | float) and abs(one) < 1e300 else _number(text, kind=attribute.kind),
            date_value=_moment(text) if attribute.kind == Attribute.Kind.DATE else None,
        )


def _number(text: str, *, kind: str) -> float | None:
    if kind != Attribute.Kind.NUMBER:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _moment(text: str) -> datetime | None:
    if not _DATE.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
