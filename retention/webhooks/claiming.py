"""Rows in and out of work: events become deliveries, deliveries are claimed before the call and settled after it.

A claim is committed before anything leaves, with a lease on the database's clock and a rising token. A worker that dies leaves a lease
that runs out; the same event goes out again with the same webhook-id. Source: reliability guide 2.3, 2.6.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection, transaction
from django.db.models import OuterRef

from retention.tenancy.context import require_store_id
from retention.webhooks import telling
from retention.webhooks.models import Endpoint, OutgoingEvent, WebhookAttempt, WebhookDelivery
from retention.webhooks.retrying import PAUSE_AFTER, REST_AFTER_SILENCE, Outcome, delay_after
from retention.webhooks.types import TEST

FAN_OUT_AT_ONCE = 1000
LEASE_SECONDS = 45
MOST_COUNTED = 4  # of an endpoint's deliveries that are due: it gets no more threads than that
_LONGEST_SILENT_REST = timedelta(minutes=10)
_AGAIN_SOON = timedelta(seconds=1)

_FAN_OUT = """
    WITH fresh AS MATERIALIZED (
        SELECT id, type FROM webhooks_outgoingevent
        WHERE store_id = %(store)s AND fanned_at IS NULL ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ), made AS (
        INSERT INTO webhooks_webhookdelivery
            (store_id, public_id, endpoint_id, event_id, state, attempts, token, due_at, last_error, answer, created_at)
        SELECT %(store)s, gen_random_uuid(), endpoint.id, fresh.id, 'ready', 0, 0, %(now)s, '', '', %(now)s
        FROM fresh JOIN webhooks_endpoint AS endpoint ON endpoint.store_id = %(store)s AND jsonb_exists(endpoint.types, fresh.type)
        ON CONFLICT (store_id, endpoint_id, event_id) DO NOTHING
    )
    UPDATE webhooks_outgoingevent AS event SET fanned_at = %(now)s FROM fresh WHERE event.store_id = %(store)s AND event.id = fresh.id
"""
_CLAIM = """
    UPDATE webhooks_webhookdelivery SET state = 'sending', token = token + 1, attempts = attempts + 1, last_tried_at = %(now)s,
        first_tried_at = coalesce(first_tried_at, %(now)s), leased_until = clock_timestamp() + %(seconds)s * interval '1 second'
    WHERE store_id = %(store)s AND id = (
        SELECT delivery.id FROM webhooks_webhookdelivery AS delivery
        JOIN webhooks_endpoint AS endpoint ON endpoint.store_id = %(store)s AND endpoint.id = delivery.endpoint_id
        WHERE delivery.store_id = %(store)s AND delivery.endpoint_id = %(endpoint)s AND delivery.state = 'ready'
            AND delivery.due_at <= %(now)s AND endpoint.state <> 'paused' AND coalesce(endpoint.rest_until, %(now)s) <= %(now)s
        ORDER BY delivery.due_at, delivery.id LIMIT 1 FOR UPDATE OF delivery SKIP LOCKED
    )
    RETURNING id
"""
_GIVE_BACK = """
    UPDATE webhooks_webhookdelivery SET state = 'ready', last_error = 'The worker ended before it could say how it went.'
    WHERE store_id = %s AND state = 'sending' AND leased_until < clock_timestamp()
"""


@dataclass(frozen=True)
class Lane:
    """One endpoint with deliveries that are due. due: how many, counted up to four. failing: it gets one try at a time."""

    store_id: int
    endpoint_id: int
    due: int
    failing: bool


def fan_out(*, now: datetime) -> int:
    """Make a delivery for every endpoint that chose an event's type, a thousand events at most; return how many events were handled."""
    values: dict[str, Any] = {"store": require_store_id(), "now": now, "limit": FAN_OUT_AT_ONCE}
    with connection.cursor() as cursor:
        cursor.execute(_FAN_OUT, values)
        return int(cursor.rowcount)


def give_back_abandoned() -> int:
    """Make ready again what a worker that ended held; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, [require_store_id()])
        return int(cursor.rowcount)


def lanes(*, now: datetime) -> list[Lane]:
    """Return the endpoints of the active store that can be sent to now, longest waiting first."""
    store_id = require_store_id()
    awake = [row for row in _waiting() if row["rest_until"] is None or row["rest_until"] <= now]
    due = [(row, [moment for moment in row["waiting"] if moment <= now]) for row in awake]
    ready = sorted((moments[0], row["pk"], len(moments), row["state"]) for row, moments in due if moments)
    return [Lane(store_id, number, count, state == Endpoint.State.FAILING) for _first, number, count, state in ready]


def next_moment(*, now: datetime) -> datetime | None:
    """Return when the active store has something to do again, at the earliest in a second; None when nothing waits."""
    moments = [max(row["waiting"][0], row["rest_until"] or row["waiting"][0]) for row in _waiting()]
    if OutgoingEvent.objects.filter(fanned_at=None).exists():
        moments.append(now)
    if WebhookDelivery.objects.filter(state="sending").exists():
        moments.append(now + timedelta(seconds=LEASE_SECONDS))
    return max(min(moments), now + _AGAIN_SOON) if moments else None


def _waiting() -> list[dict[str, Any]]:
    """Return the endpoints that are not paused and have something to hear: `waiting` is when their first four deliveries are due.

    Each list is the beginning of an index, however many deliveries wait behind it.
    """
    ready = WebhookDelivery.objects.filter(endpoint=OuterRef("pk"), state="ready").order_by("due_at", "id")
    rows = Endpoint.objects.open().annotate(waiting=ArraySubquery(ready.values("due_at")[:MOST_COUNTED]))
    return [row for row in rows.values("pk", "state", "rest_until", "waiting") if row["waiting"]]


def claim(endpoint_id: int, *, now: datetime) -> WebhookDelivery | None:
    """Take the delivery of an endpoint that waits longest, with its event; None when nothing is due. Committed before the call."""
    if connection.in_atomic_block:
        raise transaction.TransactionManagementError("A delivery is claimed in a transaction of its own, before the call.")
    values: dict[str, Any] = {"store": require_store_id(), "endpoint": endpoint_id, "now": now, "seconds": LEASE_SECONDS}
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        row = cursor.fetchone()
    return None if row is None else read(row[0])


def read(delivery_id: int) -> WebhookDelivery:
    """Return one delivery with its event and endpoint."""
    found: WebhookDelivery = WebhookDelivery.objects.select_related("endpoint", "event").get(pk=delivery_id)
    return found


def settle(delivery: WebhookDelivery, outcome: Outcome, *, now: datetime) -> bool:
    """Write down how a try ended, and what follows for the endpoint; False when a later claim holds the delivery."""
    with transaction.atomic():
        state, due_at = _next(delivery, outcome, now=now)
        written = WebhookDelivery.objects.filter(pk=delivery.pk, token=delivery.token, state__in=["sending", "ready"]).update(
            state=state,
            due_at=due_at,
            leased_until=None,
            last_status=outcome.status,
            last_error=outcome.error[:200],
            answer=outcome.answer,
        )
        if not written:
            return False
        _note(delivery, outcome, now=now)
        if delivery.event.type != TEST:
            _learn(delivery, outcome, last=state == "failed", now=now)
    return True


def _next(delivery: WebhookDelivery, outcome: Outcome, *, now: datetime) -> tuple[str, datetime]:
    if outcome.delivered:
        return "delivered", delivery.due_at
    wait = delay_after(delivery.attempts, seed=str(delivery.public_id))
    if delivery.event.type == TEST or wait is None:
        return "failed", delivery.due_at
    return "ready", now + max(wait, outcome.rest or wait)


def _note(delivery: WebhookDelivery, outcome: Outcome, *, now: datetime) -> None:
    WebhookAttempt.objects.create(
        delivery=delivery,
        number=delivery.token,
        at=delivery.last_tried_at or now,
        milliseconds=outcome.milliseconds,
        status=outcome.status,
        error=outcome.error[:200],
        answer=outcome.answer,
    )


def _learn(delivery: WebhookDelivery, outcome: Outcome, *, last: bool, now: datetime) -> None:
    """Move the endpoint between live, failing and paused. A pause by ourselves is told to the merchant in the same transaction."""
    endpoint: Endpoint = Endpoint.objects.select_for_update().get(pk=delivery.endpoint_id)
    if outcome.delivered:
        if endpoint.failing_since is not None or endpoint.rest_until is not None:
            state = Endpoint.State.LIVE if endpoint.state == Endpoint.State.FAILING else endpoint.state
            _change(endpoint, state=state, failing_since=None, rest_until=None)
        return
    since = endpoint.failing_since or now
    if endpoint.state == Endpoint.State.PAUSED:
        _change(endpoint, failing_since=since)
    elif outcome.gone or now - since >= PAUSE_AFTER or (last and since <= (delivery.first_tried_at or now)):
        _change(endpoint, failing_since=since)
        endpoint.pause(reason="gone" if outcome.gone else "failed", now=now)
        telling.tell_paused(endpoint, error=outcome.error)
    else:
        _change(endpoint, state=Endpoint.State.FAILING, failing_since=since, rest_until=_rest(outcome, since=since, now=now))
        if last:
            telling.tell_lost(endpoint, delivery, error=outcome.error)


def _rest(outcome: Outcome, *, since: datetime, now: datetime) -> datetime | None:
    """Return until when nothing is sent: what the receiver asked for, or longer and longer while nobody answers."""
    if outcome.rest is not None:
        return now + outcome.rest
    return now + min(max((now - since) / 10, REST_AFTER_SILENCE), _LONGEST_SILENT_REST) if outcome.silent else None


def _change(endpoint: Endpoint, **values: Any) -> None:
    changes: Mapping[str, Any] = values
    for name, value in changes.items():
        setattr(endpoint, name, value)
    endpoint.save(update_fields=list(changes))
