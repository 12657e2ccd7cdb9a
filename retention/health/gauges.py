"""Counts read from the database when Prometheus asks: what waits, what failed, how old the oldest due work is.

Only states that partial indexes hold: counting the others would read whole tables. No label names a store.
"""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Count, Model, QuerySet
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from redis.exceptions import RedisError

from campaigns.models import Message
from retention.customers.models import CustomerEvent
from retention.health import heartbeats
from retention.health.readiness import oldest_due_seconds
from retention.kit.clock import now
from retention.notices.models import Notice
from retention.stores.models import Store
from retention.tenancy.unscoped import unscoped

Rows = dict[str, float]


OPEN = ("ready", "sending")


def open_rows(model: type[Model]) -> list[QuerySet[Any]]:
    """Return a table's rows that wait or are being sent, by questions that its indexes answer: no index of messages names their state."""
    rows: Any = model._default_manager
    return [rows.filter(is_ready=True), rows.being_sent()] if model is Message else [rows.filter(state__in=OPEN)]


def open_states(model: type[Model]) -> Rows:
    """Count a table's rows that wait or are being sent, by state."""
    counts = [row for rows in open_rows(model) for row in rows.values_list("state").annotate(Count("pk")).order_by("state")]
    return dict.fromkeys(OPEN, 0.0) | {state: float(count) for state, count in counts}


def _waiting() -> Rows:
    return {"": float(CustomerEvent.objects.filter(projected_at=None).count())}


def _ages() -> Rows:
    try:
        return {name: age for name, age in heartbeats.ages().items() if age is not None}
    except RedisError:
        return {}


GAUGES: tuple[tuple[str, str, str, Callable[[], Rows]], ...] = (
    ("boomerang_oldest_due_seconds", "Age of the oldest due work by kind.", "kind", lambda: oldest_due_seconds(moment=now())),
    ("boomerang_notices", "Mails the product itself owes someone, by open state.", "state", lambda: open_states(Notice)),
    ("boomerang_messages_open", "Messages to customers, by open state.", "state", lambda: open_states(Message)),
    ("boomerang_events_waiting", "Stored events whose effects are not applied yet.", "", _waiting),
    ("boomerang_stores", "Stores on this installation.", "", lambda: {"": float(Store.objects.count())}),
    ("boomerang_job_age_seconds", "Seconds since a timed job last ended well.", "job", _ages),
)


class _Counted:
    """What was counted just now, in the form the library reads; not kept, so that no process adds it up a second time."""

    def collect(self) -> list[GaugeMetricFamily]:
        return [_family(*gauge) for gauge in GAUGES]


def _family(name: str, words: str, label: str, read: Callable[[], Rows]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=[label] if label else [])
    for value, count in read().items():
        family.add_metric([value] if label else [], count)
    return family


def render_gauges() -> bytes:
    """Return the counts in Prometheus's text format."""
    registry = CollectorRegistry()
    registry.register(_Counted())
    with unscoped(reason="measure for Prometheus"), transaction.atomic():
        return generate_latest(registry)
