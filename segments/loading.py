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
from retention.customers.models import AttributeValue, Suppression
from retention.kit.stored_json import read_json
from retention.orders.figures import COUNTS_SQL
from retention.tenancy.context import require_store_id
from segments.asking import rows_of
from segments.rules.facts import CartFact, ConsentFact, Counter, Happening, LineFact, Needs, OrderFact, Person, Value, ViewFact
from segments.rules.facts import SuppressionFact as Block
from segments.rules.places import Circle
from segments.rules.sql import TABLES, piece
from segments.rules.visits import VIEW_COLUMNS

_COLUMNS = [name for name in TABLES["customers_customer"] if name not in {"store_id", "id"}]
_JSON = frozenset({"interests_key"})
_CART = ("stage", "currency", "total_minor", "lines_count", "last_activity_at", "idle_at", "abandoned_at")
# Nothing is told more than a day before it happens, so the months to look in follow from when it happened.
_EVENT = (
    "customers_customerevent AS event WHERE store_id = $1 AND customer_id = ANY($2) AND refusal = '' AND occurred_at >= $3 "
    "AND received_at >= $3 - interval '2 days'"
)
# What each connection prepares: the types of the values, and the statement; $1 is the store, $2 the customers.
_STATEMENTS: dict[str, tuple[str, str]] = {
    "customers": (
        "bigint, bigint[]",
        f"SELECT id, {', '.join(f'{name}::text' if name in _JSON else name for name in _COLUMNS)} FROM customers_customer "  # noqa: S608 - names of ours
        "WHERE store_id = $1 AND id = ANY($2)",
    ),
    "counters": (
        "bigint, bigint[], bigint[]",
        "SELECT customer_id, event_name_id, count, first_at, last_at FROM customers_customercounter "
        "WHERE store_id = $1 AND customer_id = ANY($2) AND event_name_id = ANY($3)",
    ),
    "events": (
        "bigint, bigint[], timestamptz, text[], text[]",
        f"SELECT customer_id, kind, name, occurred_at, properties::text FROM {_EVENT} "  # noqa: S608 - names of ours
        "AND ((kind IN ('track', 'own') AND name = ANY($4)) OR kind = ANY($5))",
    ),
    "views": (
        "bigint, bigint[], timestamptz, text[]",
        f"SELECT customer_id, occurred_at, {', '.join(VIEW_COLUMNS.values())} FROM {_EVENT} AND kind = ANY($4)".replace("%%", "%"),  # noqa: S608 - names of ours
    ),
    "consents": (
        "bigint, bigint[]",
        "SELECT customer_id, channel, status, method, source, changed_at FROM customers_consent "
        "WHERE store_id = $1 AND customer_id = ANY($2)",
    ),
    "orders": (
        "bigint, bigint[]",
        "SELECT id, customer_id, placed_at, currency, total_minor, refunded_minor, coupons::text FROM orders_order AS placed "  # noqa: S608 - names of ours
        f"WHERE store_id = $1 AND customer_id = ANY($2) AND {COUNTS_SQL}",
    ),
    "carts": (
        "bigint, bigint[]",
        f"SELECT customer_id, {', '.join(_CART)} FROM orders_cart "  # noqa: S608 - names of ours
        "WHERE store_id = $1 AND customer_id = ANY($2) AND state = 'open' AND lines_count > 0",
    ),
    "members": (
        "bigint, bigint[]", "SELECT customer_id, segment_id FROM segments_segmentmember WHERE store_id = $1 AND customer_id = ANY($2)",
    ),
}  # fmt: skip
_GENERIC = "SET LOCAL plan_cache_mode = force_generic_plan; "  # planned once, whatever the values of this time
_prepared = WeakSet[Any]()  # connections that know the statements
_LINES = """
    SELECT order_id, product_id, category, brand, vendor, quantity FROM orders_orderline
    WHERE store_id = (SELECT %s::bigint) AND order_id = ANY(%s)
"""
_EVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def load_people(customer_ids: Collection[int], needs: Needs) -> dict[int, Person]:
    """Return these customers of the active store by id, with what is needed; who is gone is left out."""
    ids = list(customer_ids)
    _prepare()
    people: dict[int, Person] = {}
    for pk, *values in _ask("customers", ids, first=_GENERIC):
        row = dict(zip(_COLUMNS, values, strict=True))
        people[pk] = Person(pk, row | {name: read_json(row[name]) for name in _JSON})
    if not people:
        return people
    if needs.attributes:
        _add_attributes(people, needs.attributes)
    if needs.counters:
        _add_counters(people, needs.counters)
    if needs.events:
        _add_events(people, needs.events)
    if needs.views:
        _add_views(people, needs.views)
    if needs.consents:
        _add_consents(people)
    if needs.suppressions:
        _add_suppressions(people)
    if needs.orders:
        _add_orders(people, with_lines=needs.lines)
    if needs.cart:
        _add_carts(people)
    for circle in needs.circles:
        _add_circle(people, circle)
    if needs.segments:
        for customer_id, segment_id in _ask("members", list(people)):
            people[customer_id].segments.add(segment_id)
    return people


def _add_attributes(people: dict[int, Person], attributes: Iterable[int]) -> None:
    rows = AttributeValue.objects.filter(customer_id__in=list(people), attribute_id__in=list(attributes)).order_by("attribute_id", "place")
    fields = ("customer_id", "attribute_id", "folded_value", "number_value", "date_value")
    for customer_id, attribute_id, text, number, date in rows.values_list(*fields):
        people[customer_id].attributes.setdefault(attribute_id, []).append(Value(text, number, date))


def _add_counters(people: dict[int, Person], numbers: Iterable[int]) -> None:
    for customer_id, number, *figures in _ask("counters", list(people), list(numbers)):
        people[customer_id].counters[number] = Counter(*figures)


def _add_events(people: dict[int, Person], events: Any) -> None:
    since = min((moment or _EVER) for moment in events.values())
    views = [kind for kind, name in VIEWS.items() if name in events]
    for customer_id, kind, name, at, properties in _ask("events", list(people), since, list(events), views):
        told = json.loads(properties, parse_float=Decimal)
        for counted in {name if kind in {"track", "own"} else VIEWS[kind]} & events.keys():
            people[customer_id].events.setdefault(counted, []).append(Happening(at, told))


def _add_views(people: dict[int, Person], views: Mapping[str, datetime | None]) -> None:
    since = min((moment or _EVER) for moment in views.values())
    for customer_id, at, *told in _ask("views", list(people), since, list(views)):
        people[customer_id].views.append(ViewFact(at, **dict(zip(VIEW_COLUMNS, told, strict=True))))


def _add_consents(people: dict[int, Person]) -> None:
    for customer_id, channel, *said in _ask("consents", list(people)):
        people[customer_id].consents[channel] = ConsentFact(*said)


def _add_suppressions(people: dict[int, Person]) -> None:
    holders: dict[tuple[str, str], list[int]] = {}
    for channel, column in ADDRESS_COLUMNS.items():
        for customer_id, person in people.items():
            if address := person.row[column]:
                holders.setdefault((channel, address_digest(address)), []).append(customer_id)
    rows = Suppression.objects.filter(channel__in=list(ADDRESS_COLUMNS), address_digest__in=[digest for _channel, digest in holders])
    for channel, digest, *blocked in rows.values_list("channel", "address_digest", "reason", "created_at"):
        for customer_id in holders.get((channel, digest), ()):
            people[customer_id].suppressions[channel] = Block(*blocked)


def _add_orders(people: dict[int, Person], *, with_lines: bool) -> None:
    rows = _ask("orders", list(people))
    lines: dict[int, list[LineFact]] = {}
    if with_lines and rows:
        for order_id, *line in _run(_LINES, [row[0] for row in rows]):
            lines.setdefault(order_id, []).append(LineFact(*line))
    for pk, customer_id, at, currency, total, refunded, coupons in rows:
        people[customer_id].orders.append(OrderFact(at, currency, total, refunded, read_json(coupons), lines.get(pk, [])))


def _add_carts(people: dict[int, Person]) -> None:
    for customer_id, *cart in _ask("carts", list(people)):
        people[customer_id].cart = CartFact(*cart)


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


def _run(statement: str, *values: Any) -> list[Any]:
    return rows_of(piece(statement, require_store_id(), *values))
