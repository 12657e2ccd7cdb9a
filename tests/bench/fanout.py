"""Fan-out of one campaign: a row for each of a million people, beside one bare INSERT of the same rows into the same table.

The campaign has two variants and holds some people back, as a real one may. Both sides write all indexes
and obey all policies. `seconds` and the worker's memory are those of the fan-out alone; a second run over the same people must add nothing.

`turn_vs_small`: what a sender's turn takes with all of them waiting, by what it takes with a few thousand. Nobody allowed e-mail, so the
gate holds each back and nothing leaves: it is what a turn does beside sending.
"""

import os
import statistics
import time
from typing import Any

from django.db import connection, connections

from campaigns.broadcasts import running
from campaigns.broadcasts.planning import plan
from campaigns.models import Campaign, Message
from campaigns.tasks import send_due
from retention.kit import clock
from retention.stores.models import Store
from retention.tenancy.context import store_context
from tests.campaigns.campaigning import WORDS, Way, make_campaign

PEOPLE, AT_ONCE, FEW, TURNS = 1_000_000, 50_000, 4_000, 5
MOST_SECONDS, MOST_BYTES = 60.0, 300 << 20
_PEOPLE = """
    INSERT INTO customers_customer (store_id, public_id, email, email_key, phone, first_name, last_name, name_key, gender, interests,
        language, zone, city, country, attributes, learnt_at, created_at)
    SELECT %(store)s, gen_random_uuid(), 'f' || n || '@example.test', 'f' || n || '@example.test', '', 'Kim', '', 'kim', '', '[]', 'en',
        (ARRAY['', 'Europe/Berlin', 'America/New_York', 'Asia/Tokyo'])[1 + n %% 4], '', 'DE', '{}', '{}', now()
    FROM generate_series(%(first)s::int, %(last)s::int) AS n
"""
_BARE = """
    INSERT INTO campaigns_message (store_id, public_id, source_kind, source_id, step, variant, occurrence, customer_id, channel, stream,
        template_version_id, address_digest, subject, state, reason, detail, token, attempts, planned_at, due_at, expires_at,
        provider_message_id, provider_key)
    SELECT store_id, gen_random_uuid(), 'bare', 1, 'body', 'a', 'once', id, 'email', 'marketing', %(version)s, '', '', 'ready', '', '', 0,
        0, %(now)s, %(now)s, %(now)s, '', ''
    FROM customers_customer WHERE store_id = %(store)s ORDER BY id
"""


def main(scale: float) -> tuple[list[tuple[object, ...]], dict[str, Any]]:
    """Seed the people, write their rows both ways, and return the table and the figures."""
    people, now = max(5_000, int(PEOPLE * scale)), clock.now()
    small, store = make_store("small"), make_store("fanout")
    seed(small, FEW)
    seed(store, people)
    with store_context(small.pk):
        plan(_campaign(small), now=now)
        small_turn = _turn(small)
    with store_context(store.pk):
        campaign = _campaign(store)
        memory, peak = _resident_bytes(), 0
        began = time.monotonic()
        while campaign.planned_at is None:
            plan(campaign, now=now, seconds=5)
            campaign.refresh_from_db()
            peak = max(peak, _resident_bytes())
        seconds = time.monotonic() - began
        turn = _turn(store)
        peak = max(peak, _resident_bytes())
        again = _again(campaign)
        bare = _bare(store, campaign)
        written = Message.objects.filter(source_kind="campaign", source_id=campaign.pk).count()
    rows: list[tuple[object, ...]] = [
        ("what", "rows", "seconds", "rows a second"),
        ("fan-out", written, round(seconds, 1), round(written / seconds)),
        ("bare INSERT", people, round(bare, 1), round(people / bare)),
    ]
    ratios = {"fanout_vs_insert": round(bare / seconds, 3), "seconds": round(seconds, 1), "turn_vs_small": round(turn / small_turn, 2)}
    counts = {"people": people, "missing": people - written, "again": again, "worker_mb": peak >> 20, "grown_mb": (peak - memory) >> 20}
    return rows, {"ratios": ratios, "counts": counts}


def make_store(name: str) -> Store:
    """Save a shop."""
    return Store.objects.create(
        name="Fanout",
        slug=f"{name}-{clock.now():%H%M%S%f}",
        web_address="https://lumen.example.test",
        postal_address="Weg 7, Berlin",
        zone="Europe/Berlin",
    )


def _turn(store: Store) -> float:
    """Return the seconds a sender's turn takes, the first ones left out."""
    times = []
    for _turn in range(TURNS):
        began = time.monotonic()
        send_due(store)
        times.append(time.monotonic() - began)
    return statistics.median(times[1:])


def _resident_bytes() -> int:
    """Return the memory of this process alone."""
    with open(f"/proc/{os.getpid()}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def seed(store: Store, people: int) -> None:
    """Save people of a shop, with addresses and in several zones."""
    with connections["owner"].cursor() as cursor:
        for first in range(1, people + 1, AT_ONCE):
            cursor.execute(_PEOPLE, {"store": store.pk, "first": first, "last": min(first + AT_ONCE - 1, people)})
        cursor.execute("VACUUM ANALYZE customers_customer")


def _campaign(store: Store) -> Campaign:
    """Return a campaign to everybody that has just begun."""
    ways = (Way("Just in", WORDS), Way("New on the shelf", WORDS))
    campaign = make_campaign(now=clock.now(), ways=ways, everybody=True, holdout_share=0.1)
    if not running.start(campaign, store=store, user_id=None, now=clock.now()):
        raise RuntimeError("The campaign does not start.")
    Campaign.objects.filter(pk=campaign.pk).update(state=Campaign.State.SENDING, opened_at=clock.now(), seen_at=clock.now())
    campaign.refresh_from_db()
    return campaign


def _again(campaign: Campaign) -> int:
    """Plan from the beginning once more and return how many rows that added."""
    Campaign.objects.filter(pk=campaign.pk).update(planned_at=None, planned_to=0)
    campaign.refresh_from_db()
    return plan(campaign, now=clock.now(), seconds=600)


def _bare(store: Store, campaign: Campaign) -> float:
    version = campaign.variants.order_by("letter").values_list("version_id", flat=True)[0]
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(_BARE, {"store": store.pk, "version": version, "now": clock.now()})
    return time.monotonic() - began
