"""The circuit breaker: a campaign or journey stops by itself when people call it unwanted or its addresses do not exist, and we say so.

Three complaints of a thousand are where large mailbox providers begin to refuse a sender, five bounces of a hundred where they take it for
one with bought addresses. Source: reliability guide S39.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Journey, SendingStop
from retention.dashboard.addresses import page_address
from retention.kit.locks import transaction_lock
from retention.stores.models import Store, StoreWork
from retention.stores.telling import owe_team
from retention.tenancy.context import require_store_id

WORK = "breaker"
MOST_COMPLAINTS, FEWEST_COMPLAINTS, FEWEST_FOR_COMPLAINTS = 0.003, 3, 200
MOST_BOUNCES, FEWEST_BOUNCES, FEWEST_FOR_BOUNCES = 0.05, 10, 100
LOOK_BACK, CHANNEL_LOOK_BACK = timedelta(days=7), timedelta(days=1)
_TOGETHER = timedelta(seconds=5)  # reports come in crowds; they are counted once for all that came in this time
_TOLD = ("owner", "manager", "marketer")

# Counting reads every message of a source, so it is left to those whose bounces or complaints could be enough; the others count as none.
# `since` is when a person last let them go on.
_COUNT = """
    WITH bad AS (
        SELECT source_kind, source_id, channel,
            count(*) FILTER (WHERE bounced_for_good) AS bounced, count(*) FILTER (WHERE complained_at IS NOT NULL) AS complained
        FROM campaigns_message
        WHERE store_id = %(store)s AND (bounced_for_good OR complained_at IS NOT NULL) AND first_attempt_at > %(look_back)s
            AND stream = 'marketing' AND source_kind IN ('campaign', 'journey')
        GROUP BY source_kind, source_id, channel
    )
    SELECT bad.source_kind, bad.source_id, bad.channel, bad.bounced, bad.complained,
        coalesce(counted.tried, 0), coalesce(counted.bounced, 0), coalesce(counted.complained, 0)
    FROM bad
    LEFT JOIN LATERAL (
        SELECT max(coalesce(ended_at, stopped_at)) AS at FROM campaigns_sendingstop
        WHERE store_id = %(store)s AND source_kind = bad.source_kind AND source_id = bad.source_id
    ) AS since ON true
    LEFT JOIN LATERAL (
        SELECT count(*) AS tried, count(*) FILTER (WHERE m.bounced_for_good) AS bounced,
            count(*) FILTER (WHERE m.complained_at IS NOT NULL) AS complained
        FROM campaigns_message AS m
        WHERE m.store_id = %(store)s AND m.source_kind = bad.source_kind AND m.source_id = bad.source_id AND m.channel = bad.channel
            AND m.state IN ('sent', 'failed', 'unknown') AND m.first_attempt_at > greatest(%(look_back)s, since.at)
    ) AS counted ON bad.bounced >= %(bounces)s OR bad.complained >= %(complaints)s
"""
# A stop of one source takes the blame off the rest: the channel is counted anew from it.
_COUNT_CHANNELS = """
    SELECT m.channel, count(*), count(*) FILTER (WHERE m.bounced_for_good), count(*) FILTER (WHERE m.complained_at IS NOT NULL)
    FROM campaigns_message AS m
    WHERE m.store_id = %(store)s AND m.stream = 'marketing' AND m.state IN ('sent', 'failed', 'unknown') AND m.channel = ANY(%(channels)s)
        AND m.first_attempt_at > greatest(%(look_back)s, (
            SELECT max(coalesce(ended_at, stopped_at)) FROM campaigns_sendingstop
            WHERE store_id = m.store_id AND channel = m.channel
        ))
    GROUP BY m.channel
"""


class Count(NamedTuple):
    """Messages that were tried, came back for good, and were called unwanted."""

    tried: int
    bounced: int
    complained: int


def trips(count: Count) -> str:
    """Return why sending must stop: complaints, bounces, or nothing. Too few messages or cases prove nothing."""
    complaints = count.tried >= FEWEST_FOR_COMPLAINTS and count.complained >= FEWEST_COMPLAINTS
    if complaints and count.complained >= MOST_COMPLAINTS * count.tried:
        return str(SendingStop.Why.COMPLAINTS)
    bounces = count.tried >= FEWEST_FOR_BOUNCES and count.bounced >= FEWEST_BOUNCES
    return str(SendingStop.Why.BOUNCES) if bounces and count.bounced >= MOST_BOUNCES * count.tried else ""


def ring(*, now: datetime) -> None:
    """Say that something bad was reported of the active store's messages; they are counted soon."""
    StoreWork.ring(WORK, store_id=require_store_id(), due_at=now + _TOGETHER)


def look(*, now: datetime) -> list[SendingStop]:
    """Count the active store's sources and stop those that are too much; return the stops made now.

    Any number of processes may look at once: one stop is open for a source, whoever makes it.
    """
    with transaction.atomic():
        transaction_lock(WORK, store_id=require_store_id())
        values = {"look_back": now - LOOK_BACK, "bounces": FEWEST_BOUNCES, "complaints": FEWEST_COMPLAINTS}
        found = _rows(_COUNT, **values)
        sources = [(kind, pk, channel, Count(*counts)) for kind, pk, channel, _bounced, _complained, *counts in found]
        stops = [_stop(kind, pk, channel, count, now=now) for kind, pk, channel, count in sources if trips(count)]
        channels = _doubtful(found)
        for channel, *counts in _rows(_COUNT_CHANNELS, look_back=now - CHANNEL_LOOK_BACK, channels=channels) if channels else []:
            if trips(Count(*counts)):
                mine = [(kind, pk) for kind, pk, of, _ in sources if of == channel]
                stops += [_stop(kind, pk, channel, Count(*counts), now=now, whole=True) for kind, pk in mine]
    return [stop for stop in stops if stop is not None]


def _doubtful(found: Sequence[Sequence[Any]]) -> list[str]:
    """Return the channels with enough bounces or complaints over all their sources to be counted as a whole."""
    bad: dict[str, tuple[int, int]] = {}
    for _kind, _pk, channel, bounced, complained, *_counts in found:
        bounces, complaints = bad.get(channel, (0, 0))
        bad[channel] = bounces + bounced, complaints + complained
    return sorted(one for one, (bounces, complaints) in bad.items() if bounces >= FEWEST_BOUNCES or complaints >= FEWEST_COMPLAINTS)


def lift(kind: str, source_id: int, *, now: datetime) -> None:
    """Note that a person let it go on: what happened before does not count any more. In the transaction that lets it."""
    SendingStop.objects.filter(source_kind=kind, source_id=source_id, ended_at=None).update(ended_at=now)


def open_stop(kind: str, source_id: int) -> SendingStop | None:
    """Return the stop that holds a source back, if one does."""
    found: SendingStop | None = SendingStop.objects.filter(source_kind=kind, source_id=source_id, ended_at=None).first()
    return found


def _stop(kind: str, source_id: int, channel: str, count: Count, *, now: datetime, whole: bool = False) -> SendingStop | None:
    """Pause one source, write down why, and owe the mail; None when it does not send now."""
    why = trips(count)
    source = _pause(kind, source_id, why, now=now)
    if source is None:
        return None
    lift(kind, source_id, now=now)  # a stop left open by a source that was let go on past us
    bad = count.complained if why == SendingStop.Why.COMPLAINTS else count.bounced
    stop = SendingStop(
        source_kind=kind, source_id=source_id, channel=channel, why=why, whole_channel=whole, tried=count.tried, bad=bad, stopped_at=now
    )
    stop.save()
    _tell(stop, source)
    return stop


def _pause(kind: str, source_id: int, why: str, *, now: datetime) -> Campaign | Journey | None:
    """Pause a source that sends. The gate holds a campaign while it marks messages, so none is marked after the commit.

    A journey it only reads: of one, the few it is judging at this moment may still leave.
    """
    if kind == "campaign":
        going = Campaign.objects.filter(pk=source_id, state__in=[Campaign.State.SCHEDULED, Campaign.State.SENDING])
        paused = going.update(state=Campaign.State.PAUSED, paused_at=now, pause_reason=why)
        return Campaign.objects.get(pk=source_id) if paused else None
    live = Journey.objects.filter(pk=source_id, state=Journey.State.LIVE)
    return Journey.objects.get(pk=source_id) if live.update(state=Journey.State.PAUSED, paused_at=now, pause_reason=why) else None


def _tell(stop: SendingStop, source: Campaign | Journey) -> None:
    store = Store.objects.get(pk=stop.store_id)
    page = page_address(f"campaigns:{stop.source_kind}", store.slug, source.public_id)
    words = {"store": store.name, "name": source.name, "stop": stop, "page": page, "complaints": stop.why == SendingStop.Why.COMPLAINTS}
    subject = _("%(store)s: %(name)s was stopped") % {"store": store.name, "name": source.name}
    owe_team("sending_stopped", roles=_TOLD, subject=subject, words=words, key=f"sending-stopped:{source.public_id}:{stop.pk}")


def _rows(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"store": require_store_id(), **values})
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
