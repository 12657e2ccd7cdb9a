"""Stored events of a few customers, read as visits: one statement for their last month, found by an index, at most so many events each.

Also what else decides: orders before, and the basket that was left.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F, Window
from django.db.models.functions import RowNumber

from campaigns.journeys.triggers import WAS_SOLD_OUT
from campaigns.models import RecoveryGroup
from campaigns.recovery.rules.behaviour import Moment, Visit, read_moment, visits_of
from campaigns.recovery.rules.compiling import BACK
from campaigns.recovery.rules.groups import Past
from retention.catalog.models import Product
from retention.customers.models import Customer, CustomerEvent
from retention.kit.stored_json import read_json
from retention.orders.models import Cart, Order
from retention.tenancy.context import require_store_id
from segments.models import SegmentMember

REMEMBERED = timedelta(days=30)
MOST_EVENTS = 300
MOST_ORDERS = MOST_BASKETS = 50
"""Of each person, the last: an account that a shop's own systems use has thousands."""
READ_AT_ONCE = 25
"""So many people's events are in memory together: what a browser sends may be long, and a worker serves every store."""
_SLACK = timedelta(days=1)  # senders' clocks are corrected to within this
# What `read_moment` asks an event for. Of everything else, and of more than these lengths, nothing leaves the database.
_TOLD = (
    "path", "url", "step", "product_id", "productId", "sku", "price", "quantity", "shipping", "shipping_method", "sorts", "sort",
    "utm_source", "results", "results_count", "number_of_results", "hits", "products", "availability", "stock_status", "in_stock",
    "available", "stock", "inventory_quantity", "session_id",
)  # fmt: skip
# Of each customer the newest events, by the index of their timeline. Older months are left out by when events arrived: none arrives before
# it happened. A list is told by its length, but how a list is sorted by its text.
_MOMENTS = """
    SELECT who.id, event.kind, event.name, (
        SELECT jsonb_object_agg(said.key, CASE jsonb_typeof(said.value)
            WHEN 'string' THEN to_jsonb(left(said.value #>> '{}', CASE WHEN said.key IN ('path', 'url') THEN 500 ELSE 200 END))
            WHEN 'number' THEN CASE WHEN length(said.value::text) <= 40 THEN said.value ELSE 'null' END
            WHEN 'array' THEN CASE WHEN said.key IN ('sorts', 'sort') THEN to_jsonb(left(said.value::text, 200))
                ELSE to_jsonb(jsonb_array_length(said.value)) END
            WHEN 'object' THEN '{}'
            ELSE said.value END)
        FROM jsonb_each(CASE jsonb_typeof(event.properties) WHEN 'object' THEN event.properties ELSE '{}' END) AS said
        WHERE said.key = ANY(%(told)s)
    ), jsonb_build_object(
        'campaign', jsonb_build_object('source', left(event.context #>> '{campaign,source}', 200)),
        'page', jsonb_build_object(
            'path', left(event.context #>> '{page,path}', 500), 'referrer', left(event.context #>> '{page,referrer}', 500)),
        'referrer', jsonb_build_object('url', left(event.context #>> '{referrer,url}', 500)),
        'session', jsonb_build_object('id', left(event.context #>> '{session,id}', 200)),
        'device', jsonb_build_object('type', left(event.context #>> '{device,type}', 200)),
        'sessionId', left(event.context ->> 'sessionId', 200), 'userAgent', left(event.context ->> 'userAgent', 500)
    ), event.occurred_at
    FROM unnest(%(customers)s::bigint[]) AS who(id) CROSS JOIN LATERAL (
        SELECT kind, name, properties, context, occurred_at FROM customers_customerevent
        WHERE store_id = (SELECT %(store)s::bigint) AND customer_id = who.id AND occurred_at > %(since)s AND occurred_at <= %(until)s
            AND received_at > %(arrived)s AND kind <> 'own' AND refusal = '' AND projected_at IS NOT NULL
        ORDER BY occurred_at DESC, id DESC LIMIT %(most)s
    ) AS event
    WHERE event.kind IN ('track', 'page', 'screen')
"""


class Placed(NamedTuple):
    """One order of somebody. sent: it was; place: how many they had placed with it, from 1."""

    at: datetime
    sent: bool
    place: int


@dataclass(frozen=True)
class Seen:
    """One customer as the plan sees them. visits: of the last month, by their end. named: groups that segments name, see `Person`."""

    customer: Customer
    visits: tuple[Visit, ...]
    orders: tuple[Placed, ...] = ()
    named: tuple[tuple[str, str, bool], ...] = ()

    def past_at(self, moment: datetime) -> Past:
        """Return what was known of their orders at a moment."""
        last = next((one for one in reversed(self.orders) if one.at <= moment), None)
        count = last.place if last is not None else self.orders[0].place - 1 if self.orders else 0
        only = last if count == 1 else None
        return Past(count, only.at if only else None, only.sent if only else False)

    def ordered_since(self, moment: datetime) -> bool:
        """Say whether an order was placed at this moment or later."""
        return bool(self.orders) and self.orders[-1].at >= moment


def look_at(customer_ids: Sequence[int], *, now: datetime, since: datetime | None = None) -> list[Seen]:
    """Return these customers of the active store with their visits since a moment, a month ago without one."""
    since = now - REMEMBERED if since is None else since
    people = Customer.objects.in_bulk(list(customer_ids))
    moments = _believed(_moments(list(people), since=since, until=now))
    orders = _orders(list(people))
    named = _named(list(people))
    return [Seen(one, tuple(visits_of(moments.get(pk, ()))), tuple(orders.get(pk, ())), named[pk]) for pk, one in sorted(people.items())]


def _named(customer_ids: list[int]) -> dict[int, tuple[tuple[str, str, bool], ...]]:
    """Return which groups segments name, and whether each of these customers is in them."""
    groups = list(RecoveryGroup.objects.order_by("id").values_list("group", "segment_id", "segment__name"))
    if not groups:
        return dict.fromkeys(customer_ids, ())
    rows = SegmentMember.objects.filter(segment_id__in=[segment_id for _, segment_id, _ in groups], customer_id__in=customer_ids)
    members = set(rows.values_list("segment_id", "customer_id"))
    return {pk: tuple((group, name, (segment_id, pk) in members) for group, segment_id, name in groups) for pk in customer_ids}


def _moments(customer_ids: list[int], *, since: datetime, until: datetime) -> dict[int, list[Moment]]:
    values: dict[str, Any] = {
        "store": require_store_id(),
        "since": since,
        "until": until,
        "arrived": since - _SLACK,
        "most": MOST_EVENTS,
        "told": list(_TOLD),
    }
    found: dict[int, list[Moment]] = {}
    for start in range(0, len(customer_ids), READ_AT_ONCE):
        with connection.cursor() as cursor:
            cursor.execute(_MOMENTS, values | {"customers": customer_ids[start : start + READ_AT_ONCE]})
            for customer_id, kind, name, properties, context, at in cursor.fetchall():
                told = read_json(properties) if properties else {}
                found.setdefault(customer_id, []).append(read_moment(kind, name, told, read_json(context), at=at))
    return found


def _believed(moments: Mapping[int, Sequence[Moment]]) -> dict[int, list[Moment]]:
    """Let only what the shop sells be sold out: which product it was is the visitor's word, and of any other nobody could say it is back.

    A product known from visitors alone is none of those, nor is one the shop has removed.
    """
    named = {moment.product for told in moments.values() for moment in told if moment.gone and moment.product}
    sold = Product.objects.filter(shop_id__in=named).exclude(state__in=[Product.State.SEEN, Product.State.DELETED])
    ours = set(sold.values_list("shop_id", flat=True)) if named else set()
    return {
        customer_id: [replace(moment, gone=False) if moment.gone and moment.product not in ours else moment for moment in told]
        for customer_id, told in moments.items()
    }


def _orders(customer_ids: list[int]) -> dict[int, list[Placed]]:
    """Return the last orders of each of these customers, oldest first; what was called off or never paid is no order."""
    person = F("customer_id")
    rows = (
        Order.objects.filter(customer_id__in=customer_ids, cancelled_at=None)
        .exclude(payment_state=Order.Payment.VOIDED)
        .annotate(place=Window(RowNumber(), partition_by=person, order_by=["placed_at", "id"]))
        .annotate(last=Window(RowNumber(), partition_by=person, order_by=["-placed_at", "-id"]))
        .filter(last__lte=MOST_ORDERS)
    )
    found: dict[int, list[Placed]] = {}
    for customer_id, placed_at, state, place in rows.order_by("placed_at", "id").values_list(
        "customer_id", "placed_at", "fulfilment_state", "place"
    ):
        found.setdefault(customer_id, []).append(Placed(placed_at, state == Order.Fulfilment.DONE, place))
    return found


def baskets_of(customer_ids: Iterable[int], *, since: datetime) -> dict[int, list[Cart]]:
    """Return the baskets each of these customers touched since a moment, the last ones where there are many, oldest first."""
    found: dict[int, list[Cart]] = {}
    touched = Cart.objects.filter(customer_id__in=list(customer_ids), last_activity_at__gte=since).exclude(state=Cart.State.MERGED)
    newest = Window(RowNumber(), partition_by=F("customer_id"), order_by=["-started_at", "-id"])
    for cart in touched.annotate(newest=newest).filter(newest__lte=MOST_BASKETS).order_by("started_at", "id"):
        found.setdefault(cart.customer_id, []).append(cart)
    return found


def basket_left(baskets: Sequence[Cart], visit: Visit) -> Cart | None:
    """Return the basket that was there when a visit ended, the newest of them."""
    there = [one for one in baskets if one.started_at <= visit.left_at and (one.closed_at is None or one.closed_at >= visit.left_at)]
    return there[-1] if there else None


def products_back(wanted: Collection[tuple[int, str, datetime]]) -> dict[tuple[int, str], int]:
    """Return whose product came back after they had wanted it and before they were looked at, with the id of the event that told it.

    wanted: (customer, product, when they last wanted it).
    """
    wanted_at = {(customer_id, product): moment for customer_id, product, moment in wanted}
    if not wanted_at:
        return {}
    told = CustomerEvent.objects.filter(
        customer_id__in={customer_id for customer_id, _ in wanted_at}, kind="own", name=BACK, occurred_at__gt=min(wanted_at.values())
    ).values_list("pk", "customer_id", "properties__product_id", "occurred_at")
    told = told.filter(**{f"properties__{WAS_SOLD_OUT}": True})  # one more size of what was there is not it
    told = told.order_by("occurred_at", "pk")  # of several returns the last
    return {(who, product): pk for pk, who, product, at in told if (who, product) in wanted_at and at > wanted_at[who, product]}
