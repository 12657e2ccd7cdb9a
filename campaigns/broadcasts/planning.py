"""Fan-out: one row for everybody chosen, ten thousand at a time, in the transaction that also says how far we are.

Killed at any point it goes on after the last chunk that was committed; a chunk that runs twice adds nothing, for the message's unique key
decides. Those held back to compare get their row too: everybody is accounted for. Source: reliability guide 2.3, point 1.
"""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from campaigns.broadcasts.audience import Audience
from campaigns.broadcasts.moments import moments_of_zones
from campaigns.measurement.lots import BUCKETS, lot_sql, ranges_of
from campaigns.models import Campaign
from campaigns.models.campaign import PATIENCE
from retention.customers.models import Customer
from retention.stores.models import Store, StoreWork
from retention.tenancy.context import require_store_id

CHUNK = 10_000
_WITH_RISING_UUIDS = 180_000  # PostgreSQL 18

# Lots and rows are materialized, and a lot nobody needs is not drawn: a digest for every mention of one costs more than writing the row.
_PLAN = f"""
    WITH picked AS MATERIALIZED ([[audience]]),
    lots AS MATERIALIZED (
        SELECT drawn.customer_id, [[zone]] AS zone,
            CASE WHEN %(holdout)s > 0 THEN {lot_sql("holdout_salt")} END AS holdout,
            CASE WHEN cardinality(%(lows)s::int[]) > 1 THEN {lot_sql("variant_salt")} ELSE 0 END AS variant,
            CASE WHEN %(test)s < %(lots)s THEN {lot_sql("test_salt")} END AS test,
            CASE WHEN %(ramp_seconds)s > 0 THEN {lot_sql("ramp_salt")} ELSE 0 END AS ramp
        FROM picked AS drawn [[people]]
    ), rows AS MATERIALIZED (
        SELECT lots.customer_id, way.version_id,
            CASE WHEN lots.holdout < %(holdout)s THEN 'held_out' WHEN lots.test >= %(test)s THEN 'planned' ELSE 'ready' END AS state,
            way.letter,
            coalesce(own.moment, %(due)s) + lots.ramp * %(ramp_seconds)s::float8 / %(lots)s * interval '1 second'
                + way.delay_hours * interval '1 hour' AS due_at
        FROM lots
        JOIN unnest(%(lows)s::int[], %(highs)s::int[], %(letters)s::text[], %(versions)s::bigint[], %(delays)s::int[])
            AS way(low, high, letter, version_id, delay_hours) ON lots.variant >= way.low AND lots.variant < way.high
        LEFT JOIN unnest(%(zones)s::text[], %(moments)s::timestamptz[]) AS own(zone, moment) ON own.zone = lots.zone
    ), written AS (
        INSERT INTO campaigns_message (
            store_id, public_id, source_kind, source_id, step, variant, occurrence, customer_id, channel, stream, template_version_id,
            address_digest, subject, state, reason, detail, token, attempts, planned_at, due_at, expires_at, finished_at,
            provider_message_id, provider_key)
        SELECT %(store)s, [[uuid]], 'campaign', %(campaign)s, 'body',
            CASE WHEN rows.state = 'ready' THEN rows.letter ELSE '' END, 'once', rows.customer_id, %(channel)s, 'marketing',
            rows.version_id, '', '', rows.state, CASE WHEN rows.state = 'held_out' THEN 'holdout' ELSE '' END, '', 0, 0, %(now)s,
            rows.due_at, rows.due_at + %(patience)s, CASE WHEN rows.state = 'held_out' THEN %(now)s END, '', ''
        FROM rows ORDER BY rows.customer_id
        ON CONFLICT (store_id, source_kind, source_id, step, occurrence, customer_id, channel) DO NOTHING RETURNING 1
    )
    SELECT (SELECT count(*) FROM picked), (SELECT max(customer_id) FROM picked), (SELECT count(*) FROM written)
"""  # noqa: S608 - fragments of ours
_PEOPLE = "JOIN customers_customer AS customer ON customer.store_id = %(store)s AND customer.id = drawn.customer_id"


def plan(campaign: Campaign, *, now: datetime, chunk: int = CHUNK, seconds: float = 45.0) -> int:
    """Write the rows that are missing and return how many were; `planned_at` is set once all are there.

    Stops after `seconds`, and before the next chunk once the campaign is not sending any more. Call it outside a transaction.
    """
    audience, written, began = Audience.of(campaign), 0, time.monotonic()
    values = values_of(campaign, now=now)
    while time.monotonic() - began < seconds:
        found = _plan_chunk(campaign, audience, values, chunk=chunk, now=now)
        if found is None:
            break
        picked, added = found
        written += added
        if picked < chunk:
            break
    return written


def _plan_chunk(campaign: Campaign, audience: Audience, values: dict[str, Any], *, chunk: int, now: datetime) -> tuple[int, int] | None:
    """Write one chunk; None when there is nothing to do. Holds the campaign, so that calling it off waits for this chunk or prevents it."""
    with transaction.atomic():
        held = Campaign.objects.sending().filter(pk=campaign.pk, planned_at=None).select_for_update(no_key=True).first()
        if held is None:
            return None
        with connection.cursor() as cursor:
            cursor.execute(_statement(audience, values), values | audience.values(after=held.planned_to, limit=chunk) | {"now": now})
            picked, last, added = cursor.fetchone()
        done = picked < chunk
        Campaign.objects.filter(pk=campaign.pk).update(planned_to=last or held.planned_to, planned_at=now if done else None)
        if added:
            StoreWork.ring("dispatch", store_id=campaign.store_id, due_at=now)
    return picked, added


def _statement(audience: Audience, values: Mapping[str, Any]) -> str:
    """Return the statement of a chunk. People are looked up only for their zones; ids that rise with time keep their index in memory."""
    zone, people = ("customer.zone", _PEOPLE) if values["zones"] else ("''", "")
    rising = getattr(connection, "pg_version", 0) >= _WITH_RISING_UUIDS
    statement = _PLAN.replace("[[zone]]", zone).replace("[[people]]", people)
    return statement.replace("[[uuid]]", "uuidv7()" if rising else "gen_random_uuid()").replace("[[audience]]", audience.sql)


def values_of(campaign: Campaign, *, now: datetime) -> dict[str, Any]:
    """Return what every chunk of a campaign has in common: lots, variants and moments."""
    zones = _zones(campaign)
    return ways_of(campaign) | {
        "campaign": campaign.pk,
        "channel": campaign.channel,
        "lots": BUCKETS,
        "holdout": round(campaign.holdout_share * BUCKETS),
        "test": BUCKETS if campaign.test_share is None else round(campaign.test_share * BUCKETS),
        "due": campaign.starts_at or now,
        "ramp_seconds": (campaign.ramp_hours or 0) * 3600,
        "zones": list(zones),
        "moments": list(zones.values()),
        "patience": PATIENCE,
        **{f"{name}_salt": salt_of(campaign, name) for name in ("holdout", "variant", "test", "ramp")},
    }


def ways_of(campaign: Campaign) -> dict[str, Any]:
    """Return the variants as ranges of lots: lows, highs, letters, versions, and how many hours later each leaves."""
    variants = list(campaign.variants.order_by("letter"))
    ranges = ranges_of([variant.weight for variant in variants])
    return {
        "lows": [low for low, _ in ranges],
        "highs": [high for _, high in ranges],
        "letters": [variant.letter for variant in variants],
        "versions": [variant.version_id for variant in variants],
        "delays": [variant.delay_hours for variant in variants],
    }


def salt_of(campaign: Campaign, name: str) -> str:
    """Return what makes the lots of one campaign and question differ from all others."""
    return f"campaign-{campaign.pk}-{name}"


def _zones(campaign: Campaign) -> dict[str, datetime]:
    if campaign.when != Campaign.When.LOCAL or campaign.wall_day is None or campaign.wall_time is None:
        return {}
    store = Store.objects.only("zone").get(pk=require_store_id())
    known = Customer.objects.order_by().values_list("zone", flat=True).distinct()
    return moments_of_zones(
        known,
        day=campaign.wall_day,
        wall=campaign.wall_time,
        store_zone=store.zone,
        confirmed_at=campaign.confirmed_at or campaign.created_at,
    )
