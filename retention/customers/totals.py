"""How many people a store knows, cheap at any size: exact up to a bound, beyond it "more than" it or a figure kept for ten minutes.

Pages say which of the three they show. Counting one segment or filter is `count_up_to`; the sentence above the list is `store_totals`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import redis
from django.core.cache import cache
from django.db.models import Count, Q, QuerySet

from retention.customers.models import Consent, Customer, CustomerEvent

MOST = 10_000
MOST_NARROWED = 500  # of a search or of filters, whose people must be looked for
KEPT_SECONDS = 600
SILENT_AFTER = timedelta(days=180)
LAST_YEAR = timedelta(days=365)
_KEY = "customers:totals"


class Counted(NamedTuple):
    """A number of rows; more: there are more than that, nobody counted how many."""

    number: int
    more: bool = False


def count_up_to(rows: QuerySet[Any], *, most: int = MOST) -> Counted:
    """Count rows, but stop at `most`."""
    found = rows.order_by().values("pk")[: most + 1].count()
    return Counted(min(found, most), more=found > most)


@dataclass(frozen=True)
class Totals:
    """A store's people in figures. views: how many each built-in view shows; writable: how many allow each channel."""

    known: int
    bought_lately: int
    views: Mapping[str, int]
    writable: Mapping[str, int]
    counted_at: datetime


def store_totals(*, now: datetime) -> Totals | None:
    """Return the active store's totals: counted now where that is quick, else as kept; None when they must be counted first."""
    if not count_up_to(Customer.objects.all()).more:
        return _count(now=now)
    try:
        kept: Totals | None = cache.get(_KEY)
    except redis.RedisError:
        return None
    return kept


def count_totals(*, now: datetime) -> Totals:
    """Return the totals, counting them where nobody did in the last ten minutes; takes about a second for a million people."""
    known = store_totals(now=now)
    if known is not None:
        return known
    counted = _count(now=now)
    try:
        cache.set(_KEY, counted, KEPT_SECONDS)
    except redis.RedisError:
        return counted
    return counted


class Arrived(NamedTuple):
    """How many events arrived and how many of those were not counted; more: there are more, and only the newest were looked at."""

    number: int
    refused: int
    more: bool = False


def count_arrived(*, since: datetime, most: int = MOST) -> Arrived:
    """Count the events others told us since a moment, but look at the newest `most` only."""
    newest = CustomerEvent.objects.told().filter(received_at__gte=since).order_by("-received_at", "-id").values("pk", "refusal")[: most + 1]
    found = newest.aggregate(all=Count("pk"), refused=Count("pk", filter=~Q(refusal="")))
    return Arrived(min(found["all"], most), found["refused"], more=found["all"] > most)


def count_new(*, since: datetime, most: int = MOST) -> Counted:
    """Count the known among the people we first heard of since a moment, but look at the newest `most` only."""
    newest = Customer.objects.newest_first().filter(created_at__gte=since).values("pk", "email_key")[: most + 1]
    found = newest.aggregate(all=Count("pk"), known=Count("email_key"))
    return Counted(min(found["known"], most), more=found["all"] > most)


def _count(*, now: datetime) -> Totals:
    found = Customer.objects.aggregate(
        known=Count("pk", filter=~Q(email_key=None)),
        visitors=Count("pk", filter=Q(email_key=None)),
        once=Count("pk", filter=Q(orders_count=1)),
        back=Count("pk", filter=Q(orders_count__gte=2)),
        silent=Count("pk", filter=Q(orders_count__gte=1, last_order_at__lt=now - SILENT_AFTER)),
        lately=Count("pk", filter=Q(last_order_at__gte=now - LAST_YEAR)),
    )
    allowed = Consent.objects.filter(status=Consent.Status.GRANTED).values("channel").annotate(people=Count("pk")).order_by("channel")
    writable = {row["channel"]: row["people"] for row in allowed}
    return Totals(found["known"], found.pop("lately"), found, writable, now)
