"""Money given back and goods on their way back: each number counts once, in whatever order the shop tells of them.

A refund that arrives before its order waits without one and is joined when the order comes. Runs in the caller's transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from django.db import connection
from django.db.models import F

from retention.kit.arrays import array_of, texts_of
from retention.orders.amounts import Unreadable
from retention.orders.earlier import told_of
from retention.orders.models import Order, Refund, RefundLine, Return, ReturnLine
from retention.orders.reports import REFUNDED, RefundTold, ReturnTold, Told, order_number, read_refund, read_return
from retention.tenancy.bulk import update_rows
from retention.tenancy.context import require_store_id
from retention.tenancy.statistics import said_to_be_few

_JOIN = f"""
    UPDATE orders_refund AS refund SET order_id = placed.id, total_minor = coalesce(refund.total_minor, placed.total_minor),
        currency = CASE WHEN refund.total_minor IS NULL THEN placed.currency ELSE refund.currency END
    FROM unnest(%s::text[]) WITH ORDINALITY AS wanted(number, place)
    JOIN orders_order AS placed
        ON placed.store_id = (SELECT %s::bigint) AND placed.number = wanted.number AND {said_to_be_few("wanted.place")}
    WHERE refund.store_id = (SELECT %s::bigint) AND refund.order_id IS NULL
        AND refund.order_number = wanted.number
    RETURNING placed.id
"""  # noqa: S608 - the condition above
# Never more is given back than was paid; what the refunds say decides over what the shop's word for the state was. Money of another
# currency than the order's cannot be taken from it.
_SUM = f"""
    UPDATE orders_order AS placed SET refunded_minor = least(sums.total, placed.total_minor),
        payment_state = CASE WHEN sums.total >= placed.total_minor THEN 'refunded' ELSE 'part_refunded' END
    FROM (
        SELECT refund.order_id, sum(refund.total_minor) AS total FROM unnest(%(orders)s::bigint[]) AS told(id)
        JOIN orders_refund AS refund
            ON refund.store_id = (SELECT %(store)s::bigint) AND refund.order_id = told.id AND {said_to_be_few("told.id")}
        JOIN orders_order AS paid ON paid.store_id = refund.store_id AND paid.id = refund.order_id AND paid.currency = refund.currency
        GROUP BY refund.order_id
    ) AS sums
    WHERE placed.store_id = (SELECT %(store)s::bigint) AND placed.id = sums.order_id AND sums.total > 0
        AND {said_to_be_few("sums.order_id")}
"""  # noqa: S608 - the condition above


def take_refunds(reports: Sequence[Told], *, currency: str) -> dict[int, str]:
    """Store the refunds that are new; return by event id why the others do not count.

    currency: the store's. A refund that names none is in its order's; one that waits for its order is read again when the order comes.
    """
    refusals: dict[int, str] = {}
    read: dict[str, RefundTold] = {}
    currencies = _currencies(reports)
    for told in reports:
        try:
            one = read_refund(told, usual=currencies.get(order_number(told), currency))
        except Unreadable as error:
            refusals[told.event_id] = str(error)[:200]
            continue
        if one.number in read:
            refusals[told.event_id] = f"Refund {one.number[:100]} was counted already."
        else:
            read[one.number] = one
    for number in Refund.objects.filter(number__in=list(read)).values_list("number", flat=True):
        refusals[read.pop(number).told.event_id] = f"Refund {number[:100]} was counted already."
    rows = Refund.objects.bulk_create([_refund(one) for one in read.values()])
    RefundLine.objects.bulk_create([line for row, one in zip(rows, read.values(), strict=True) for line in _refund_lines(row, one)])
    return refusals


def join_refunds(numbers: Iterable[str], *, order_ids: Iterable[int]) -> set[int]:
    """Join waiting refunds to their orders and bring the orders' sums up to date; return the orders concerned.

    numbers: of orders that are new, and of orders that new refunds name. order_ids: orders that were changed otherwise.
    """
    touched = set(order_ids)
    wanted = sorted({number for number in numbers if number})
    if not wanted and not touched:
        return touched
    store_id = require_store_id()
    with connection.cursor() as cursor:
        cursor.execute(_JOIN, [texts_of(wanted), store_id, store_id])
        joined = {order_id for (order_id,) in cursor.fetchall()}
        _read_again(joined)
        touched |= joined
        cursor.execute(_SUM, {"store": store_id, "orders": array_of(sorted(touched))})
    return touched


def _currencies(reports: Sequence[Told]) -> dict[str, str]:
    """Return the currency of each order these reports name, as far as it is known."""
    numbers: set[str] = set()
    for told in reports:
        with suppress(Unreadable):
            numbers.add(order_number(told))
    return dict(Order.objects.filter(number__in=numbers).values_list("number", "currency")) if numbers else {}


def _read_again(order_ids: Iterable[int]) -> None:
    """Read refunds that waited and named no currency in the one of their order, which is known now."""
    waited = Refund.objects.filter(order_id__in=list(order_ids)).exclude(currency=F("order__currency")).select_related("order")
    rows = {row.number: row for row in waited}
    said = told_of([row.order for row in rows.values()], names=[REFUNDED])
    found: dict[str, RefundTold] = {}
    for row in rows.values():
        for told in said.get(row.order_number, ()):
            with suppress(Unreadable):
                one = read_refund(told, usual=row.order.currency)
                if one.number == row.number and one.currency == row.order.currency:
                    found.setdefault(row.number, one)
    changed = [rows[number] for number in found]
    for row in changed:
        row.currency, row.total_minor = found[row.number].currency, found[row.number].total_minor
    update_rows(changed, ["currency", "total_minor"])
    RefundLine.objects.filter(refund__in=changed).delete()
    RefundLine.objects.bulk_create([line for row in changed for line in _refund_lines(row, found[row.number])])


def take_returns(reports: Sequence[Told], *, currency: str) -> dict[int, str]:
    """Store returns and their newer states; return by event id why a report does not count.

    The latest version says how far a return is; an earlier one still tells when it was asked for, and its goods where the later named none.
    """
    refusals: dict[int, str] = {}
    read: dict[str, list[ReturnTold]] = {}
    for told in reports:
        try:
            one = read_return(told, usual=currency)
        except Unreadable as error:
            refusals[told.event_id] = str(error)[:200]
            continue
        read.setdefault(one.number, []).append(one)
    there = {row.number: row for row in Return.objects.filter(number__in=list(read))}
    with_lines = set(ReturnLine.objects.filter(of_return__in=there.values()).values_list("of_return__number", flat=True))
    fresh: dict[str, Return] = {}
    goods: dict[str, ReturnTold] = {}
    for number, versions in read.items():
        for one in sorted(versions, key=lambda one: one.version):
            row = there.get(number) or fresh.setdefault(number, _return(one))
            newer = one.version >= row.reported_at
            _update(row, one, newer=newer)
            if one.lines and (newer or number not in with_lines):
                goods[number] = one
    update_rows(list(there.values()), ["state", "reported_at", "requested_at"])
    Return.objects.bulk_create(fresh.values())
    _write_goods(there | fresh, goods)
    return refusals


def _write_goods(rows: Mapping[str, Return], goods: Mapping[str, ReturnTold]) -> None:
    """Let these reports' goods be the ones of their returns."""
    ReturnLine.objects.filter(of_return__in=[rows[number] for number in goods]).delete()
    ReturnLine.objects.bulk_create(
        [
            ReturnLine(
                of_return=rows[number],
                position=position,
                product_id=line.product_id,
                variant_id=line.variant_id,
                name=line.name,
                quantity=line.quantity,
                reason=line.reason,
            )
            for number, one in goods.items()
            for position, line in enumerate(one.lines, start=1)
        ]
    )


def _refund(one: RefundTold) -> Refund:
    return Refund(
        customer_id=one.told.customer_id,
        number=one.number,
        order_number=one.order_number,
        currency=one.currency,
        total_minor=one.total_minor,
        reason=one.reason,
        source=one.told.source,
        refunded_at=one.refunded_at,
        received_at=one.told.received_at,
    )


def _refund_lines(refund: Refund, one: RefundTold) -> list[RefundLine]:
    return [
        RefundLine(
            refund=refund,
            position=position,
            product_id=line.product_id,
            variant_id=line.variant_id,
            name=line.name,
            quantity=line.quantity,
            amount_minor=line.worth_minor,
        )
        for position, line in enumerate(one.lines, start=1)
    ]


def _return(one: ReturnTold) -> Return:
    return Return(
        customer_id=one.told.customer_id,
        number=one.number,
        order_number=one.order_number,
        state=one.state,
        source=one.told.source,
        requested_at=one.requested_at,
        reported_at=one.version,
    )


def _update(row: Return, one: ReturnTold, *, newer: bool) -> None:
    row.requested_at = min(row.requested_at, one.requested_at)
    if newer:
        row.state, row.reported_at = one.state, one.version
