"""Orders as a kind of import: one row per product; rows of one number become an order, or a credit note below nothing.

Amounts are kept exactly while the file is read; each line is stored in minor units, and the report states what rounding left over.
An order the shop itself reported is never changed by a file. What is brought in triggers nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from retention.customers.identifying import email_key
from retention.customers.importing.cells import Manner, Unreadable, read_country, read_decimal, read_moment
from retention.customers.importing.kinds import Field, Kind, Plan, Read, Thing, Unjoinable
from retention.customers.importing.people import LONGEST_ID
from retention.customers.importing.reading import Fault, Row
from retention.kit.money import LARGEST_MINOR, MoneyError, decimals_of
from retention.orders.importing.storing import apply_orders, compare_orders
from retention.tenancy.context import require_store_id

FIELDS = (
    Field(
        "number", gettext_lazy("Order number"), ("order number", "order id", "order", "invoiceno", "invoice no", "invoice number", "name")
    ),
    Field(
        "placed_at", gettext_lazy("When it was placed"), ("order date", "date", "created at", "invoicedate", "invoice date", "placed at")
    ),
    Field("email", gettext_lazy("Customer's e-mail address"), ("email", "email address", "customer email")),
    Field("external_id", gettext_lazy("Customer's id in the shop"), ("customerid", "customer id", "customer")),
    Field("product_id", gettext_lazy("Product's id or SKU"), ("product id", "sku", "stockcode", "stock code", "lineitem sku", "product")),
    Field("name", gettext_lazy("Product's name"), ("description", "product name", "lineitem name", "item name")),
    Field("quantity", gettext_lazy("Pieces"), ("qty", "pieces", "lineitem quantity", "amount")),
    Field("unit_price", gettext_lazy("Price of one piece"), ("unitprice", "unit price", "price", "lineitem price", "item price")),
    Field("currency", gettext_lazy("Currency"), ("currency code",)),
    Field("country", gettext_lazy("Customer's country"), ("billing country", "shipping country", "country code")),
)
NEEDED = ("number", "placed_at", "product_id", "quantity", "unit_price")
MOST_LINES = 5_000
_MOST_PIECES = 1_000_000_000
_LONGEST_ID = 120
_LONGEST_NAME = 300
_MOST_OF_A_LINE = LARGEST_MINOR // MOST_LINES
_SUMS = """
    SELECT sum(("values" ->> 'rows')::int) AS lines, sum(("values" ->> 'amount')::numeric) AS amount,
        sum(("values" ->> 'stored')::numeric) AS stored,
        count(DISTINCT coalesce(nullif("values" ->> 'external_id', ''), nullif("values" ->> 'email', ''))) AS people
    FROM customers_importrow WHERE store_id = %s AND of_import_id = %s AND outcome = ''
"""


class _Worth(NamedTuple):
    """What a line comes to, in minor units, and exactly where rounding changed it."""

    pieces: int
    price_minor: int
    amount_minor: int
    exact: Decimal | None


@dataclass(slots=True)
class _Group:
    """The rows of one order number that stand together."""

    number: str
    first_row: int
    currency: str
    unseen: list[tuple[str, int]]  # what no row has said yet
    values: dict[str, str] = field(default_factory=dict)
    lines: list[tuple[str, str, int, int, int]] = field(default_factory=list)
    exact: Decimal = Decimal(0)  # only of lines that rounding changed; the others are their minor units
    minor: int = 0
    rounded: int = 0
    faults: list[Fault] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)


class _Columns:
    """A plan made ready for many rows: where each field stands, and cells read before."""

    def __init__(self, plan: Plan) -> None:
        places = plan.columns
        self.number, self.product, self.name = places["number"], places["product_id"], places.get("name")
        self.quantity, self.price = places["quantity"], places["unit_price"]
        self.heads = [(name, places[name]) for name in ("placed_at", "email", "external_id", "currency", "country") if name in places]
        self.worth = lru_cache(maxsize=32_768)(lambda pieces, price, currency: _worth(pieces, price, currency, plan.manner))


def read_orders(rows: Iterable[Row | Fault], plan: Plan) -> Iterator[Read]:
    """Yield an order (or credit note) for all rows of its number that stand together."""
    columns = _Columns(plan)
    place = columns.number
    group: _Group | None = None
    for row in rows:
        cells = row.cells
        number = cells[place].strip() if len(cells) > place else ""
        if group is None or number != group.number:
            if group is not None:
                yield _close(group, plan)
                group = None
            if not 0 < len(number) <= _LONGEST_ID or "\0" in number:
                why = _too_long(_LONGEST_ID) if number else _("The order number is missing.")
                yield Read(None, [row if isinstance(row, Fault) else plan.fault(row.number, "number", cells, why)], 1, _number(row))
                continue
            group = _Group(number, _number(row), plan.currency.upper(), unseen=columns.heads)
        _add(group, row, columns, plan)
    if group is not None:
        yield _close(group, plan)


def _number(row: Row | Fault) -> int:
    return row.row if isinstance(row, Fault) else row.number


def _add(group: _Group, row: Row | Fault, columns: _Columns, plan: Plan) -> None:
    if isinstance(row, Fault):
        group.numbers.append(row.row)
        group.faults.append(row)
        return
    group.numbers.append(row.number)
    cells = row.cells
    if group.unseen:
        _look_for_heads(group, cells)
    try:
        _add_line(group, cells, columns)
    except _Left as left:
        group.faults.append(plan.fault(row.number, left.field, cells, str(left)))


def _look_for_heads(group: _Group, cells: Sequence[str]) -> None:
    """Take what belongs to the whole order from the first row that says it."""
    said = {name: cells[place] for name, place in group.unseen if cells[place]}
    if not said:
        return
    group.values |= said
    group.unseen = [(name, place) for name, place in group.unseen if name not in said]
    group.currency = group.values.get("currency", group.currency).upper()


class _Left(ValueError):
    """A line cannot be read; `field` is the one."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


def _add_line(group: _Group, cells: Sequence[str], columns: _Columns) -> None:
    product, name = cells[columns.product], cells[columns.name] if columns.name is not None else ""
    if not (product or name):
        raise _Left("product_id", _("The product is missing."))
    if len(product) > _LONGEST_ID:
        raise _Left("product_id", _too_long(_LONGEST_ID))
    if len(name) > _LONGEST_NAME:
        raise _Left("name", _too_long(_LONGEST_NAME))
    pieces, price, amount, exact = columns.worth(cells[columns.quantity], cells[columns.price], group.currency)
    if exact is not None:
        group.exact += exact
        group.rounded += amount
    group.minor += amount
    group.lines.append((product or name[:_LONGEST_ID], name, pieces, price, amount))
    if len(group.lines) > MOST_LINES:
        raise _Left("number", _too_many())


def _too_long(most: int) -> str:
    return _("The text is longer than %(count)s characters.") % {"count": most}


def _too_many() -> str:
    return _("The order has more than %(count)s lines.") % {"count": MOST_LINES}


def _pieces(text: str, manner: Manner) -> int:
    try:
        pieces = read_decimal(text, manner)
    except Unreadable as error:
        raise _Left("quantity", str(error)) from None
    if pieces != int(pieces) or not 0 < abs(pieces) <= _MOST_PIECES:
        raise _Left("quantity", _("“%(value)s” is not a number of pieces.") % {"value": text[:40]})
    return int(pieces)


def _worth(pieces_text: str, price_text: str, currency: str, manner: Manner) -> _Worth:
    pieces = _pieces(pieces_text, manner)
    try:
        exact = read_decimal(price_text, manner)
        price = _to_minor(exact, currency)
    except Unreadable as error:
        raise _Left("unit_price", str(error)) from None
    except MoneyError as error:
        raise _Left("currency", str(error)) from None
    rounded = exact.scaleb(decimals_of(currency)) != price
    amount = _to_minor(exact * pieces, currency) if rounded else pieces * price
    if not -_MOST_OF_A_LINE <= amount <= _MOST_OF_A_LINE:
        raise _Left("unit_price", _("The amount is too large."))
    return _Worth(pieces, price, amount, exact * pieces if rounded else None)


def _to_minor(exact: Decimal, currency: str) -> int:
    return int(exact.scaleb(decimals_of(currency)).to_integral_value(ROUND_HALF_UP))


def _close(group: _Group, plan: Plan) -> Read:
    faults = group.faults
    values: dict[str, Any] = {}
    if not faults:
        try:
            values = _head(group, plan)
        except _Left as left:
            faults = [Fault(group.first_row, plan.headings[plan.columns[left.field]], group.values.get(left.field, "")[:80], str(left))]
    if faults:
        spoilt = {fault.row for fault in faults}
        why = _("Another row of order %(number)s cannot be read, so the order is left out.") % {"number": group.number[:60]}
        others = [Fault(row, "", "", why) for row in group.numbers if row not in spoilt]
        return Read(None, faults + others, len(group.numbers), group.numbers[-1], key=group.number)
    decimals = decimals_of(values["currency"])
    exact = group.exact + Decimal(group.minor - group.rounded).scaleb(-decimals)
    values |= {"rows": len(group.numbers), "amount": str(exact), "stored": str(Decimal(group.minor).scaleb(-decimals))}
    values |= {"minor": group.minor, "back": all(line[2] < 0 for line in group.lines)}
    return Read(Thing(group.first_row, group.number, values, group.lines), [], len(group.numbers), group.numbers[-1])


def join_orders(first: Thing, more: Thing) -> Thing:
    """Make one order of two parts of it; what the first says of the customer and the moment stands."""
    lines = [*(first.lines or ()), *(more.lines or ())]
    if len(lines) > MOST_LINES:
        raise Unjoinable(_too_many())
    if first.values["currency"] != more.values["currency"]:
        raise Unjoinable(
            _("The order has lines in %(one)s and in %(other)s.") % {"one": first.values["currency"], "other": more.values["currency"]}
        )
    sums = {name: str(Decimal(first.values[name]) + Decimal(more.values[name])) for name in ("amount", "stored")}
    counts = {name: first.values[name] + more.values[name] for name in ("rows", "minor")}
    return first._replace(values=first.values | sums | counts | {"back": first.values["back"] and more.values["back"]}, lines=lines)


def _head(group: _Group, plan: Plan) -> dict[str, Any]:
    written = group.values
    currency = group.currency
    email = written.get("email", "")
    if email and not email_key(email):
        raise _Left("email", _("“%(value)s” is not an e-mail address.") % {"value": email[:60]})
    external_id = written.get("external_id", "")
    if len(external_id) > LONGEST_ID:
        raise _Left("external_id", _too_long(LONGEST_ID))
    try:
        placed = read_moment(written.get("placed_at", ""), plan.manner)
    except Unreadable as error:
        raise _Left("placed_at", str(error)) from None
    if placed > plan.now:
        raise _Left("placed_at", _("“%(value)s” lies ahead.") % {"value": written["placed_at"][:40]})
    return {
        "number": group.number,
        "placed_at": placed.isoformat(),
        "email": email,
        "external_id": external_id,
        "currency": currency,
        "country": _country(written.get("country", "")),
    }


@lru_cache(maxsize=512)
def _country(text: str) -> str:
    """Return the country's code; what a shop wrote for "we do not know" is no fault of the order."""
    try:
        return read_country(text) if text else ""
    except Unreadable:
        return ""


def _missing(columns: Mapping[str, int], options: Mapping[str, str]) -> list[str]:
    labels = {field.key: str(field.label) for field in FIELDS}
    lacking = [labels[key] for key in NEEDED if key not in columns]
    return [_("Say which column is: %(fields)s.") % {"fields": ", ".join(lacking)}] if lacking else []


def _sum_up(import_id: int) -> dict[str, Decimal]:
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, [require_store_id(), import_id])
        names = [column.name for column in cursor.description]
        return {name: Decimal(value or 0) for name, value in zip(names, cursor.fetchone(), strict=True)}


def _tell(totals: Mapping[str, str], currency: str) -> list[tuple[Any, str]]:
    """Return the report's figures; the sum is exact, and what rounding each line to minor units left over stands beside it."""
    amount, stored = Decimal(totals.get("amount", "0")), Decimal(totals.get("stored", "0"))
    return [
        (gettext_lazy("Lines"), totals.get("lines", "0")),
        (gettext_lazy("Customers"), totals.get("people", "0")),
        (gettext_lazy("Pieces times price, exactly"), f"{amount.normalize():f} {currency}"),
        (gettext_lazy("Stored, each line in smallest units"), f"{stored:f} {currency}"),
        (gettext_lazy("Difference by rounding"), f"{(stored - amount).normalize():f} {currency}"),
    ]


ORDERS = Kind(
    label=gettext_lazy("Orders"),
    noun=gettext_lazy("orders and credit notes"),
    icon="package",
    fields=FIELDS,
    options=("date_order", "decimal_mark", "zone", "currency"),
    missing=_missing,
    read=read_orders,
    compare=compare_orders,
    apply=apply_orders,
    title=lambda values: str(values.get("number", "")),
    tell=_tell,
    sum_up=_sum_up,
    join=join_orders,
    words={"total": gettext_lazy("Total"), "lines": gettext_lazy("Products and pieces")},
    batch_rows=20_000,
    batch_things=2_000,
)
