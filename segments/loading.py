"""Customers as rules see them, many at once: a few statements whatever their number, and only what the rules at hand ask for.

Events lie in a part for each month, and working out how to read them all takes ten times as long as reading one customer's. So each
connection prepares that statement once, as the door of events does (`intake/committing.py`).
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
from retention.customers.models import AttributeValue, Consent, Customer, CustomerCounter, Suppression
from retention.kit.stored_json import read_json
from retention.orders.figures import COUNTS_SQL
from retention.orders.models import Cart
from retention.tenancy.context import require_store_id
from segments.asking import rows_of
from segments.models import SegmentMember
from segments.rules.facts import CartFact, ConsentFact, Counter, Happening, LineFact, Needs, OrderFact, Person, Value, ViewFact
from segments.rules.facts import SuppressionFact as Block
from segments.rules.places import Circle
from segments.rules.sql import TABLES, piece
from segments.rules.visits import VIEW_COLUMNS

_COLUMNS = [name for name in TABLES["customers_customer"] if name not in {"store_id", "id"}]
_PREPARE = """
    PREPARE segments_events (bigint, bigint[], timestamptz, text[], text[]) AS
    SELECT customer_id, kind, name, occurred_at, properties::text FROM customers_customerevent
    WHERE store_id = $1 AND customer_id = ANY($2) AND refusal = '' AND occurred_at >= $3
      AND ((kind IN ('track', 'own') AND name = ANY($4)) OR kind = ANY($5))
"""
_EVENTS = """
    SET LOCAL plan_cache_mode = force_generic_plan;
    EXECUTE segments_events (%s, %s::bigint[], %s, %s::text[], %s::text[])
"""
_prepared = WeakSet[Any]()  # connections that know the statement
_VIEWS = f"""
    SELECT customer_id, occurred_at, {", ".join(VIEW_COLUMNS.values())} FROM customers_customerevent AS event
    WHERE store_id = (SELECT %s::bigint) AND customer_id = ANY(%s) AND refusal = '' AND occurred_at >= %s AND kind = ANY(%s)
"""  # noqa: S608 - columns of ours
_ORDERS = f"""
    SELECT id, customer_id, placed_at, currency, total_minor, refunded_minor, coupons::text FROM orders_order AS placed
    WHERE store_id = (SELECT %s::bigint) AND customer_id = ANY(%s) AND {COUNTS_SQL}
"""  # noqa: S608 - the condition of figures.py
_LINES = """
    SELECT order_id, product_id, category, brand, quantity FROM orders_orderline
    WHERE store_id = (SELECT %s::bigint) AND order_id = ANY(%s)
"""
_EVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def load_people(customer_ids: Collection[int], needs: Needs) -> dict[int, Person]:
    """Return these customers of the active store by id, with what is needed; who is gone is left out."""
    ids = list(customer_ids)
    rows = Customer.objects.filter(pk__in=ids).values_list("pk", *_COLUMNS)
    people = {pk: Person(pk, dict(zip(_COLUMNS, values, strict=True))) for pk, *values in rows}
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
        for customer_id, segment_id in SegmentMember.objects.filter(customer_id__in=list(people)).values_list("customer_id", "segment_id"):
            people[customer_id].segments.add(segment_id)
    return people


def _add_attributes(people: dict[int, Person], attributes: Iterable[int]) -> None:
    rows = AttributeValue.objects.filter(customer_id__in=list(people), attribute_id__in=list(attributes)).order_by("attribute_id", "place")
    fields = ("customer_id", "attribute_id", "folded_value", "number_value", "date_value")
    for customer_id, attribute_id, text, number, date in rows.values_list(*fields):
        people[customer_id].attributes.setdefault(attribute_id, []).append(Value(text, number, date))


def _add_counters(people: dict[int, Person], numbers: Iterable[int]) -> None:
    rows = CustomerCounter.objects.filter(customer_id__in=list(people), event_name_id__in=list(numbers))
    for customer_id, number, *figures in rows.values_list("customer_id", "event_name_id", "count", "first_at", "last_at"):
        people[customer_id].counters[number] = Counter(*figures)


def _add_events(people: dict[int, Person], events: Any) -> None:
    since = min((moment or _EVER) for moment in events.values())
    views = [kind for kind, name in VIEWS.items() if name in events]
    _prepare()
    for customer_id, kind, name, at, properties in _run(_EVENTS, list(people), since, list(events), views):
        told = json.loads(properties, parse_float=Decimal)
        for counted in {name if kind in {"track", "own"} else VIEWS[kind]} & events.keys():
            people[customer_id].events.setdefault(counted, []).append(Happening(at, told))


def _prepare() -> None:
    connection.ensure_connection()
    if connection.connection not in _prepared:
        rows_of(piece(_PREPARE))
        _prepared.add(connection.connection)


def _add_views(people: dict[int, Person], views: Mapping[str, datetime | None]) -> None:
    since = min((moment or _EVER) for moment in views.values())
    for customer_id, at, *told in _run(_VIEWS, list(people), since, list(views)):
        people[customer_id].views.append(ViewFact(at, **dict(zip(VIEW_COLUMNS, told, strict=True))))


def _add_consents(people: dict[int, Person]) -> None:
    rows = Consent.objects.filter(customer_id__in=list(people))
    for customer_id, channel, *said in rows.values_list("customer_id", "channel", "status", "method", "source", "changed_at"):
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
    rows = _run(_ORDERS, list(people))
    lines: dict[int, list[LineFact]] = {}
    if with_lines and rows:
        for order_id, *line in _run(_LINES, [row[0] for row in rows]):
            lines.setdefault(order_id, []).append(LineFact(*line))
    for pk, customer_id, at, currency, total, refunded, coupons in rows:
        people[customer_id].orders.append(OrderFact(at, currency, total, refunded, read_json(coupons), lines.get(pk, [])))


def _add_carts(people: dict[int, Person]) -> None:
    fields = ("stage", "currency", "total_minor", "lines_count", "last_activity_at", "idle_at", "abandoned_at")
    for customer_id, *cart in (
        Cart.objects.open().filter(customer_id__in=list(people), lines_count__gt=0).values_list("customer_id", *fields)
    ):
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


def _run(statement: str, *values: Any) -> list[Any]:
    return rows_of(piece(statement, require_store_id(), *values))
