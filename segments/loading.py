"""Customers as rules see them, many at once: a few statements whatever their number, and only what the rules at hand ask for.

Working out how to read a few rows takes longer than reading them, and of events, which lie in a part for each month, ten times as long. So
each connection prepares the statements once, as the door of events does (`intake/committing.py`).
"""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from weakref import WeakSet

from django.db import connection

from retention.customers.changes import VIEWS
from retention.customers.consent import ADDRESS_COLUMNS, address_digest
from retention.kit.stored_json import read_json
from retention.orders.figures import COUNTS_SQL
from retention.tenancy.context import require_store_id
from retention.tenancy.statistics import said_to_be_few
from segments.asking import rows_of
from segments.rules.facts import CartFact, ConsentFact, Counter, Happening, LineFact, Needs, OrderFact, Person, Value, ViewFact
from segments.rules.facts import SuppressionFact as Block
from segments.rules.places import Circle
from segments.rules.sql import TABLES, piece
from segments.rules.visits import VIEW_COLUMNS

_COLUMNS = [name for name in TABLES["customers_customer"] if name not in {"store_id", "id"}]
_JSON = frozenset({"interests_key"})
_COUNTER, _CONSENT, _CART, _MEMBER = range(4)
_told = json.JSONDecoder(parse_float=Decimal).decode
# Who is asked for, $2, each looked up by a key. $1 is the store.
_ASKED = "unnest($2) AS asked(pk)"
_FEW = said_to_be_few("asked.pk")
_TYPES = ("bigint", "bigint", "timestamptz", "timestamptz", "timestamptz", "text", "text", "text", "text")


def _part(table: int, columns: str, rows: str) -> str:
    """Return a part of the statement that reads several tables at once: which table, of whom, two numbers, three moments, four texts."""
    told = [f"{name if name != '-' else 'NULL'}::{kind}" for name, kind in zip(columns.split(), _TYPES, strict=True)]
    return f"SELECT {table}, customer_id, {', '.join(told)} FROM {_ASKED}, {rows} AND store_id = $1 AND customer_id = asked.pk AND {_FEW}"  # noqa: S608 - names of ours


# $3: which counters; $4 to $6: whether consents, the open basket and memberships are asked for.
_STANDING = " UNION ALL ".join(
    (
        _part(_COUNTER, "event_name_id count first_at last_at - - - - -", "customers_customercounter WHERE event_name_id = ANY($3)"),
        _part(_CONSENT, "- - changed_at - - channel status method source", "customers_consent WHERE $4"),
        _part(
            _CART,
            "total_minor lines_count last_activity_at idle_at abandoned_at stage currency - -",
            "orders_cart WHERE $5 AND state = 'open' AND lines_count > 0",
        ),
        _part(_MEMBER, "segment_id - - - - - - - -", "segments_segmentmember WHERE $6"),
    )
)


def _of_events(told: str, condition: str, *, of: str) -> str:
    """Return the statement that reads what was told of each person by itself (OFFSET 0), also where most stores have two or three events.

    Nothing is told more than a day before it happens, so the months to look in follow from when it happened.
    of: the columns needed for what is told, and no more; whatever is worked out inside is made ready once for each month.
    """
    return (
        f"SELECT event.customer_id, {told} FROM {_ASKED} CROSS JOIN LATERAL (SELECT customer_id, {of} FROM customers_customerevent "  # noqa: S608 - names of ours
        "WHERE store_id = $1 AND customer_id = asked.pk AND refusal = '' AND occurred_at >= $3 AND received_at >= $3 - interval '2 days' "
        f"AND {condition} OFFSET 0) AS event WHERE {_FEW}"
    )


# What each connection prepares: the types of the values, and the statement; $1 is the store, $2 the customers.
_STATEMENTS: dict[str, tuple[str, str]] = {
    "customers": (
        "bigint, bigint[]",
        f"SELECT id, {', '.join(f'{name}::text' if name in _JSON else name for name in _COLUMNS)} FROM {_ASKED}, customers_customer "  # noqa: S608 - names of ours
        f"WHERE store_id = $1 AND id = asked.pk AND {_FEW}",
    ),
    "attributes": (
        "bigint, bigint[], bigint[]",
        f"SELECT customer_id, attribute_id, folded_value, number_value, date_value FROM {_ASKED}, customers_attributevalue "  # noqa: S608 - names of ours
        f"WHERE store_id = $1 AND customer_id = asked.pk AND {_FEW} AND attribute_id = ANY($3) ORDER BY attribute_id, place",
    ),
    "suppressions": (
        "bigint, text[], text[]",
        "SELECT channel, address_digest, reason, created_at "  # noqa: S608 - the condition
        "FROM unnest($3) WITH ORDINALITY AS told(digest, place), customers_suppression "
        f"WHERE store_id = $1 AND channel = ANY($2) AND address_digest = digest AND {said_to_be_few('place')}",
    ),
    "standing": ("bigint, bigint[], bigint[], boolean, boolean, boolean", _STANDING),
    "events": (
        "bigint, bigint[], timestamptz, text[], text[]",
        _of_events(
            "kind, name, occurred_at, properties::text",
            "((kind IN ('track', 'own') AND name = ANY($4)) OR kind = ANY($5))",
            of="kind, name, occurred_at, properties",
        ),
    ),
    "views": (
        "bigint, bigint[], timestamptz, text[]",
        _of_events(
            f"occurred_at, {', '.join(VIEW_COLUMNS.values())}".replace("%%", "%"), "kind = ANY($4)", of="occurred_at, context"
        ),
    ),
    "orders": (
        "bigint, bigint[]",
        "SELECT id, customer_id, placed_at, currency, total_minor, refunded_minor, coupons::text "  # noqa: S608 - names of ours
        f"FROM {_ASKED}, orders_order AS placed WHERE store_id = $1 AND customer_id = asked.pk AND {_FEW} AND {COUNTS_SQL}",
    ),
    "lines": (
        "bigint, bigint[]",
        f"SELECT order_id, product_id, category, brand, vendor, quantity FROM {_ASKED}, orders_orderline "  # noqa: S608 - names of ours
        f"WHERE store_id = $1 AND order_id = asked.pk AND {_FEW}",
    ),
}  # fmt: skip
_GENERIC = "SET LOCAL plan_cache_mode = force_generic_plan; "  # planned once, whatever the values of this time
_prepared = WeakSet[Any]()  # connections that know the statements
_EVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def load_people(customer_ids: Collection[int], needs: Needs) -> dict[int, Person]:
    """Return these customers of the active store by id, with what is needed; who is gone is left out."""
    ids = list(dict.fromkeys(customer_ids))
    _prepare()
    people: dict[int, Person] = {}
    for pk, *values in _ask("customers", ids, first=_GENERIC):
        row = dict(zip(_COLUMNS, values, strict=True))
        people[pk] = Person(pk, row | {name: read_json(row[name]) for name in _JSON})
    if not people:
        return people
    if needs.attributes:
        _add_attributes(people, needs.attributes)
    if needs.counters or needs.consents or needs.cart or needs.segments:
        _add_standing(people, needs)
    if needs.events:
        _add_events(people, needs.events)
    if needs.views:
        _add_views(people, needs.views)
    if needs.suppressions:
        _add_suppressions(people)
    if needs.orders:
        _add_orders(people, with_lines=needs.lines)
    for circle in needs.circles:
        _add_circle(people, circle)
    return people


def _add_attributes(people: dict[int, Person], attributes: Iterable[int]) -> None:
    for customer_id, attribute_id, *value in _ask("attributes", list(people), list(attributes)):
        people[customer_id].attributes.setdefault(attribute_id, []).append(Value(*value))


def _add_standing(people: dict[int, Person], needs: Needs) -> None:
    """Add what has a row of its own for each customer: counters, consents, the open basket and membership, all by one statement."""
    for row in _ask("standing", list(people), list(needs.counters), needs.consents, needs.cart, needs.segments):
        table, customer_id, number, count, first, second, third, *texts = row
        person = people[customer_id]
        if table == _COUNTER:
            person.counters[number] = Counter(count, first, second)
        elif table == _CONSENT:
            channel, status, method, source = texts
            person.consents[channel] = ConsentFact(status, method, source, first)
        elif table == _CART:
            stage, currency, *_rest = texts
            person.cart = CartFact(stage, currency, number, count, first, second, third)
        else:
            person.segments.add(number)


def _add_events(people: dict[int, Person], events: Mapping[str, datetime | None]) -> None:
    views = [kind for kind, name in VIEWS.items() if name in events]
    for customer_id, kind, name, at, properties in _ask("events", list(people), _since(events), list(events), views):
        people[customer_id].events.setdefault(VIEWS.get(kind, name), []).append(Happening(at, _told(properties)))


def _add_views(people: dict[int, Person], views: Mapping[str, datetime | None]) -> None:
    for customer_id, at, *told in _ask("views", list(people), _since(views), list(views)):
        people[customer_id].views.append(ViewFact(at, *told))


def _since(wanted: Mapping[str, datetime | None]) -> datetime:
    """Return from when on something is wanted."""
    return min(moment or _EVER for moment in wanted.values())


def _add_suppressions(people: dict[int, Person]) -> None:
    holders: dict[tuple[str, str], list[int]] = {}
    for channel, column in ADDRESS_COLUMNS.items():
        for customer_id, person in people.items():
            if address := person.row[column]:
                holders.setdefault((channel, address_digest(address)), []).append(customer_id)
    if not holders:
        return
    for channel, digest, *blocked in _ask("suppressions", list(ADDRESS_COLUMNS), [digest for _channel, digest in holders]):
        for customer_id in holders.get((channel, digest), ()):
            people[customer_id].suppressions[channel] = Block(*blocked)


def _add_orders(people: dict[int, Person], *, with_lines: bool) -> None:
    rows = _ask("orders", list(people))
    lines: dict[int, list[LineFact]] = {}
    if with_lines and rows:
        for order_id, *line in _ask("lines", [row[0] for row in rows]):
            lines.setdefault(order_id, []).append(LineFact(*line))
    for pk, customer_id, at, currency, total, refunded, coupons in rows:
        people[customer_id].orders.append(OrderFact(at, currency, total, refunded, read_json(coupons), lines.get(pk, [])))


def _add_circle(people: dict[int, Person], circle: Circle) -> None:
    store_id = require_store_id()
    rows = piece(
        "SELECT customer.id FROM customers_customer AS customer WHERE customer.store_id = %s AND customer.id = ANY(%s) AND ",
        store_id,
        list(people),
    )
    for (customer_id,) in rows_of(rows + circle.holds_sql(store_id)):
        people[customer_id].circles.add(circle)


def _prepare() -> None:
    """Have the connection know the statements."""
    connection.ensure_connection()
    if connection.connection not in _prepared:
        known = {name for (name,) in rows_of(piece("SELECT name FROM pg_prepared_statements"))}  # some, if it was cut off half way
        for name in [name for name in _STATEMENTS if f"segments_{name}" not in known]:
            types, statement = _STATEMENTS[name]
            rows_of(piece(f"PREPARE segments_{name} ({types}) AS {statement}".replace("%", "%%")))
        _prepared.add(connection.connection)


def _ask(name: str, *values: Any, first: str = "") -> list[Any]:
    """Run a prepared statement for the active store. first: what is set before it on the same way."""
    marks = ", ".join(["%s"] * (len(values) + 1))
    return rows_of(piece(f"{first}EXECUTE segments_{name} ({marks})", require_store_id(), *values))
