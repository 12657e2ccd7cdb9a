"""Orders as a kind of import: one row per product; rows of one number become an order, or a credit note below nothing.

Amounts are kept exactly while the file is read; each line is stored in minor units, and the report states what rounding left over.
An order the shop itself reported is never changed by a file. What is brought in triggers nothing.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from retention.customers.identifying import email_key
from retention.customers.importing.cells import Unreadable, read_country, read_moment
from retention.customers.importing.kinds import Field, Kind, Plan, Read, Thing, Unjoinable, with_headings
from retention.customers.importing.people import LONGEST_ID as LONGEST_OWN_ID
from retention.customers.importing.reading import Fault, Run
from retention.dashboard.figures import write_exact, write_number
from retention.kit.money import LARGEST_AMOUNT, decimals_of
from retention.orders.importing.columns import Unmarkable, joined, staged
from retention.orders.importing.lines import LONGEST_ID, MOST_LINES, Columns, Left, Part, lines_of, parts_of, too_long
from retention.orders.importing.meeting import UNCLEAR
from retention.orders.importing.spoken import HEADINGS, NOT_PAID, PAID, PAID_BACK, status_key
from retention.orders.importing.storing import apply_orders, compare_orders, settle_people
from retention.tenancy.context import require_store_id

_FIELDS = (
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
    Field("status", gettext_lazy("Status"), is_ranked=True),
)
FIELDS = with_headings(_FIELDS, HEADINGS)
NEEDED = ("number", "placed_at", "product_id", "quantity", "unit_price")
_SUMS = f"""
    SELECT sum(("values" ->> 'rows')::int) AS lines, sum(("values" ->> 'amount')::numeric) AS amount,
        sum(("values" ->> 'stored')::numeric) AS stored,
        count(DISTINCT coalesce(nullif("values" ->> 'external_id', ''), nullif("values" ->> 'email', ''))) AS people
    FROM customers_importrow WHERE store_id = %s AND of_import_id = %s AND outcome = '' AND ({UNCLEAR}) IS NOT TRUE
"""  # noqa: S608 - a fragment of ours


class _Group:
    """The rows of one order number that stand together; of more than an order may have they are only counted, not kept."""

    __slots__ = ("faults", "first_row", "last_row", "number", "parts", "rows")

    def __init__(self, number: str, first_row: int) -> None:
        self.number, self.first_row = number, first_row
        self.last_row = self.rows = 0
        self.parts: list[Part] = []
        self.faults: list[Fault] = []  # rows that are none of the table

    def add(self, part: Part | Fault) -> None:
        """Take in what comes next of the number."""
        if isinstance(part, Fault):
            self.rows, self.last_row = self.rows + 1, part.row
        else:
            self.rows, self.last_row = self.rows + part.end - part.start, part.last_row
        if self.rows > MOST_LINES:  # a whole file may have one number
            self.parts.clear()
            self.faults.clear()
        elif isinstance(part, Fault):
            self.faults.append(part)
        else:
            self.parts.append(part)

    def heads(self) -> dict[str, str]:
        """Return of each field of the whole order what the first row says that says something, or nothing."""
        heads: dict[str, str] = {}
        for part in self.parts:
            heads = {name: heads.get(name) or part.head(name) for name in part.block.heads}
        return heads


def read_orders(runs: Iterable[Run | Fault], plan: Plan) -> Iterator[Read]:
    """Yield an order (or credit note) for all rows of its number that stand together."""
    columns = Columns(plan)
    group: _Group | None = None
    for number, part in parts_of(runs, columns):
        if group is None or number != group.number:
            if group is not None:
                yield _close(group, columns)
                group = None
            if not 0 < len(number) <= LONGEST_ID or "\0" in number:
                yield from _without_number(part, too_long(LONGEST_ID) if number else _("The order number is missing."))
                continue
            group = _Group(number, part.row if isinstance(part, Fault) else part.first_row)
        group.add(part)
    if group is not None:
        yield _close(group, columns)


def _without_number(part: Part | Fault, why: str) -> Iterator[Read]:
    faults = [part] if isinstance(part, Fault) else [part.fault(place, "number", why) for place in range(part.start, part.end)]
    for fault in faults:
        yield Read(None, [fault], 1, fault.row)


def _too_many() -> str:
    return _("The order has more than %(count)s lines.") % {"count": MOST_LINES}


def _too_much() -> str:
    return _("The order comes to more than any amount may.")


def _close(group: _Group, columns: Columns) -> Read:
    """Return the order of these rows, or why each of them is left out; one reason together where they are too many."""
    plan = columns.plan
    if group.rows > MOST_LINES:
        fault = Fault(group.first_row, plan.headings[columns.number], group.number[:80], _too_many())
        return Read(None, [fault], group.rows, group.last_row, key=group.number, only_counted=group.rows - 1)
    if "status" in columns.heads and (why := _why_not_paid(group)):
        return _left_out(group, group.faults + _faults_of_status(group, why))
    heads = group.heads()
    currency = (heads.get("currency") or plan.currency).upper()
    faults = group.faults
    if not faults:
        try:
            return Read(_thing(group, heads, currency, plan), (), group.rows, group.last_row)
        except Left as left:
            faults = _faults(group, currency) or [_fault_of_head(group, left, heads, plan)]
    else:
        faults = faults + _faults(group, currency)
    return _left_out(group, faults)


def _left_out(group: _Group, faults: Sequence[Fault]) -> Read:
    """Return an order that is left out: the rows at fault with their reason, the others because of them."""
    spoilt = {fault.row for fault in faults}
    why = _("Another row of order %(number)s cannot be read, so the order is left out.") % {"number": group.number[:60]}
    others = [Fault(row, "", "", why) for part in group.parts for row in range(part.first_row, part.last_row + 1) if row not in spoilt]
    return Read(None, [*faults, *others], group.rows, group.last_row, key=group.number)


def _why_not_paid(group: _Group) -> str:
    """Return why an order is none that was paid, by what the rows of it say; nothing where all that say something call it paid."""
    said = [status for part in group.parts for status in part.said("status")]
    if not said:
        return _("The order's status is missing.") if group.parts else ""
    pays_back = all(part.pays_back() for part in group.parts)
    return next((why for status in said if (why := _why_unpaid(status, pays_back=pays_back))), "")


@lru_cache(maxsize=512)
def _paid_key(status: str) -> str:
    return status_key(status)


def _why_unpaid(status: str, *, pays_back: bool) -> str:
    if (key := _paid_key(status)) in PAID or (pays_back and key in PAID_BACK):
        return ""
    told = _("“%(value)s” is not a paid order.") if key in NOT_PAID else _("“%(value)s” is no status of an order that we know.")
    return told % {"value": status[:60]}


def _faults_of_status(group: _Group, why: str) -> list[Fault]:
    """Return all rows of an order with one reason."""
    return [part.fault(place, "status", why) for part in group.parts for place in range(part.start, part.end)]


def _faults(group: _Group, currency: str) -> list[Fault]:
    """Return what is wrong with single rows of it."""
    return [fault for part in group.parts for fault in part.faults(currency)]


def _fault_of_head(group: _Group, left: Left, heads: Mapping[str, str], plan: Plan) -> Fault:
    return Fault(group.first_row, plan.headings[plan.columns[left.field]], heads.get(left.field, "")[:80], str(left))


def _thing(group: _Group, heads: Mapping[str, str], currency: str, plan: Plan) -> Thing:
    """Return the order with its lines: products, names, and the numbers of each. Raises Left."""
    products, names, numbers, minors, exacts = lines_of(group.parts, currency)
    if abs(minor := sum(minors)) > LARGEST_AMOUNT:
        raise Left("unit_price", _too_much())
    values = _head(heads, plan)
    stored = amount = str(Decimal(minor).scaleb(-decimals_of(currency)))
    if exacts:
        amount = str(Decimal(stored) + _beyond(exacts, minors, currency))
    told = ",".join(numbers)
    values["number"], values["currency"], values["rows"] = group.number, currency, group.rows
    values["minor"], values["stored"], values["amount"] = minor, stored, amount
    values["back"] = told[0] == "-" and all(pieces[0] == "-" for pieces in numbers)
    try:
        columns, mark = staged(products, names, told)
    except Unmarkable as error:
        raise Left("product_id", str(error)) from None
    return Thing(group.first_row, group.number, values | mark if mark else values, columns)


def _beyond(exacts: Sequence[Decimal | None], minors: Sequence[int], currency: str) -> Decimal:
    """Return what rounding each line to minor units left over."""
    decimals = decimals_of(currency)
    told = ((exact, minor) for exact, minor in zip(exacts, minors, strict=True) if exact is not None)
    return sum((exact - Decimal(minor).scaleb(-decimals) for exact, minor in told), Decimal(0))


def join_orders(first: Thing, more: Thing) -> Thing:
    """Make one order of two parts of it; what the first says of the customer and the moment stands."""
    if first.values["rows"] + more.values["rows"] > MOST_LINES:
        raise Unjoinable(_too_many())
    if first.values["currency"] != more.values["currency"]:
        raise Unjoinable(
            _("The order has lines in %(one)s and in %(other)s.") % {"one": first.values["currency"], "other": more.values["currency"]}
        )
    sums = {name: str(Decimal(first.values[name]) + Decimal(more.values[name])) for name in ("amount", "stored")}
    counts = {name: first.values[name] + more.values[name] for name in ("rows", "minor")}
    if abs(counts["minor"]) > LARGEST_AMOUNT:
        raise Unjoinable(_too_much())
    try:
        columns, told = joined(first, more)
    except Unmarkable as error:
        raise Unjoinable(str(error)) from None
    values = {name: value for name, value in first.values.items() if name != "mark"} | told
    return first._replace(values=values | sums | counts | {"back": first.values["back"] and more.values["back"]}, lines=columns)


def _head(heads: Mapping[str, str], plan: Plan) -> dict[str, Any]:
    """Return what an order says of its customer and its moment. Raises Left."""
    email, external_id, moment = heads.get("email", ""), heads.get("external_id", ""), heads.get("placed_at", "")
    if email and not email_key(email):
        raise Left("email", _("“%(value)s” is not an e-mail address.") % {"value": email[:60]})
    if len(external_id) > LONGEST_OWN_ID:
        raise Left("external_id", too_long(LONGEST_OWN_ID))
    try:
        placed = read_moment(moment, plan.manner)
    except Unreadable as error:
        raise Left("placed_at", str(error)) from None
    if placed > plan.now:
        raise Left("placed_at", _("“%(value)s” lies ahead.") % {"value": moment[:40]})
    return {"placed_at": placed.isoformat(), "email": email, "external_id": external_id, "country": _country(heads.get("country", ""))}


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
        (gettext_lazy("Lines"), write_number(int(totals.get("lines", 0)))),
        (gettext_lazy("Customers"), write_number(int(totals.get("people", 0)))),
        (gettext_lazy("Pieces times price, exactly"), write_exact(amount, currency=currency)),
        (gettext_lazy("Stored, each line in smallest units"), write_exact(stored, currency=currency)),
        (gettext_lazy("Difference by rounding"), write_exact(stored - amount, currency=currency)),
    ]


def _assumed(fields: Collection[str]) -> list[str]:
    if "status" in fields:
        return []
    return [_("While no column is read as “Status”, every order of the file counts as paid, also one that was cancelled.")]


ORDERS = Kind(
    label=gettext_lazy("Orders"),
    noun=gettext_lazy("orders and credit notes"),
    one=gettext_lazy("order or credit note"),
    icon="package",
    fields=FIELDS,
    options=("date_order", "decimal_mark", "zone", "currency"),
    missing=_missing,
    assumed=_assumed,
    read=read_orders,
    compare=compare_orders,
    apply=apply_orders,
    title=lambda values: str(values.get("number", "")),
    tell=_tell,
    sum_up=_sum_up,
    join=join_orders,
    reads_staged=True,
    settle=settle_people,
    words={"total": gettext_lazy("Total"), "lines": gettext_lazy("Products and pieces")},
    batch_rows=20_000,
    batch_things=2_000,
)
