"""Pages of a long list by cursor: stable while rows come and go, the same speed on page 1 and page 500.

Works on any queryset; the cursor is signed, so nobody can aim it. No page numbers: Back and Next, and "1 to 12 of 6,840".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.core import signing
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, Q, QuerySet
from django.db.models.expressions import F, OrderBy
from django.db.models.functions import Coalesce

Row = TypeVar("Row", bound=Model)
_SALT = "retention.dashboard.paging"


@dataclass(frozen=True)
class Key:
    """One column of an order: its name, its direction, and whether it may be empty (empty ones come last)."""

    name: str
    descending: bool
    nullable: bool

    def order(self, *, backwards: bool, by_hand: bool = False) -> OrderBy:
        """Return how the database sorts by this column when reading forwards or backwards. by_hand: without an index in that order."""
        descending = self.descending != backwards
        last, first = (True if self.nullable and not backwards else None), (True if self.nullable and backwards else None)
        column = Coalesce(F(self.name), F(self.name)) if by_hand else F(self.name)
        return OrderBy(column, descending=descending, nulls_last=last, nulls_first=first)

    def beyond(self, value: Any, *, backwards: bool) -> Q:
        """Return the rows strictly beyond a value in reading direction."""
        if value is None:
            return Q(**{f"{self.name}__isnull": False}) if backwards else Q(pk__in=())
        sign = "lt" if self.descending != backwards else "gt"
        empty = Q(**{f"{self.name}__isnull": True}) if self.nullable and not backwards else Q()
        return Q(**{f"{self.name}__{sign}": value}) | empty

    def same(self, value: Any) -> Q:
        """Return the rows with exactly this value."""
        return Q(**{f"{self.name}__isnull": True}) if value is None else Q(**{self.name: value})


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of rows, what it shows of the whole, and the cursors to its neighbours (empty at the ends)."""

    rows: list[Row]
    start: int
    total: int | None
    next: str
    back: str
    more: bool = False  # there are more than `total`; nobody counted how many

    @property
    def first(self) -> int:
        """Return the place of the first row, counted from one; 0 on an empty page."""
        return self.start + 1 if self.rows else 0

    @property
    def last(self) -> int:
        """Return the place of the last row."""
        return self.start + len(self.rows)

    @property
    def alone(self) -> bool:
        """Say whether there is no other page."""
        return not self.next and not self.back


def read_page(
    rows: QuerySet[Row], *, order: Sequence[str], cursor: str = "", size: int = 25, total: int | None = None, by_hand: bool = False
) -> Page[Row]:
    """Return one page of a queryset.

    order: column names, "-" for falling; the last must be unique. cursor: what an earlier page gave, or empty for the first page;
    one that is not ours, or was made for another order, starts over. total: the number of all rows, when it is known.
    by_hand: an index finds all these rows at once, and sorting them costs less than reading the whole table in the list's order.
    """
    keys = [_key(rows.model, name) for name in order]
    place = _read_cursor(cursor, order=order)
    backwards = place is not None and place["way"] == "back"
    found = rows.order_by(*(key.order(backwards=backwards, by_hand=by_hand) for key in keys))
    if place is not None:
        found = found.filter(_beyond(keys, place["values"], backwards=backwards))
    read = list(found[: size + 1])
    more, shown = len(read) > size, read[:size]
    if not backwards:
        start = place["start"] if place else 0
        return _page(shown, keys, order, start=start, total=total, has_next=more, has_back=place is not None and bool(shown or start))
    shown.reverse()
    start = max(place["start"] - len(shown), 0) if place and more else 0
    return _page(shown, keys, order, start=start, total=total, has_next=True, has_back=more)


def cursor_after(row: Model, *, order: Sequence[str]) -> str:
    """Return the cursor of the page that begins after this row, for a list that is mixed of several."""
    return _write_cursor("next", row, [_key(type(row), name) for name in order], order=order, start=0)


def _page(
    rows: list[Row], keys: list[Key], order: Sequence[str], *, start: int, total: int | None, has_next: bool, has_back: bool
) -> Page[Row]:
    following = _write_cursor("next", rows[-1], keys, order=order, start=start + len(rows)) if has_next and rows else ""
    previous = _write_cursor("back", rows[0], keys, order=order, start=start) if has_back and rows else ""
    return Page(rows, start, total, following, previous)


def _beyond(keys: list[Key], values: list[Any], *, backwards: bool) -> Q:
    condition = Q(pk__in=())
    for key, value in reversed(list(zip(keys, values, strict=True))):
        condition = key.beyond(value, backwards=backwards) | (key.same(value) & condition)
    first, value = keys[0], values[0]
    if len(keys) > 1 and value is not None and not first.nullable:
        sign = "lte" if first.descending != backwards else "gte"
        return Q(**{f"{first.name}__{sign}": value}) & condition  # one plain bound lets the database start in the middle of an index
    return condition


def _key(model: type[Model], name: str) -> Key:
    plain = name.removeprefix("-")
    try:
        field = model._meta.get_field(plain)
        nullable = bool(getattr(field, "null", False))
    except FieldDoesNotExist:
        nullable = False
    return Key(plain, name.startswith("-"), nullable)


def _write_cursor(way: str, row: Model, keys: list[Key], *, order: Sequence[str], start: int) -> str:
    values = [_pack(getattr(row, key.name)) for key in keys]
    return signing.dumps({"o": list(order), "w": way, "s": start, "v": values}, salt=_SALT, compress=True)


def _read_cursor(cursor: str, *, order: Sequence[str]) -> dict[str, Any] | None:
    if not cursor:
        return None
    try:
        found = signing.loads(cursor, salt=_SALT)
    except signing.BadSignature:
        return None
    if found["o"] != list(order):
        return None
    return {"way": found["w"], "start": found["s"], "values": [_unpack(value) for value in found["v"]]}


def _pack(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, datetime | date):
        return {"datetime" if isinstance(value, datetime) else "date": value.isoformat()}
    if isinstance(value, Decimal | UUID):
        return {type(value).__name__: str(value)}
    raise TypeError(f"A list cannot be ordered by a {type(value).__name__}.")


def _unpack(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    readers: dict[str, Any] = {"datetime": datetime.fromisoformat, "date": date.fromisoformat, "Decimal": Decimal, "UUID": UUID}
    kind, text = next(iter(value.items()))
    return readers[kind](text)
