"""The automatic winner: some of the audience try the variants, then they are compared, and the rest is let go.

Compared once, at the hour named beforehand; or, where the merchant chose so, before it as soon as one is clearly ahead. Looking often finds
winners by luck, so that asks for a range that holds however often one looks. Without a clear one the rest is split by the weights, and the
page says so.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Q

from campaigns.broadcasts.planning import salt_of, ways_of
from campaigns.measurement.lots import BUCKETS, lot_sql
from campaigns.measurement.statistics import Side, choosing
from campaigns.models import Attribution, Campaign, Message
from campaigns.models.campaign import PATIENCE
from retention.stores.models import StoreWork
from retention.tenancy.context import require_store_id

BITE = 10_000
FEWEST_TRIED = 50
SURE = 0.9
"""How sure we must be at the hour that the best is better than the second. Source: field guide, experiments (Klaviyo asks for 90 %)."""
EARLY_EVERY, EARLY_SPAN = timedelta(minutes=5), timedelta(seconds=20)
"""How often a clear lead is looked for, as that counts all messages of a campaign; the span is longer than a campaign goes unseen."""

_LET_GO = f"""
    WITH drawn AS MATERIALIZED (
        SELECT id, customer_id FROM campaigns_message
        WHERE store_id = %(store)s AND source_kind = 'campaign' AND source_id = %(campaign)s AND state = 'planned'
        ORDER BY id LIMIT %(limit)s FOR UPDATE
    )
    UPDATE campaigns_message AS m SET state = 'ready', variant = way.letter, template_version_id = way.version_id,
        due_at = %(now)s, expires_at = %(now)s + %(patience)s
    FROM drawn
    JOIN unnest(%(lows)s::int[], %(highs)s::int[], %(letters)s::text[], %(versions)s::bigint[]) AS way(low, high, letter, version_id)
        ON {lot_sql("variant_salt")} >= way.low AND {lot_sql("variant_salt")} < way.high
    WHERE m.store_id = %(store)s AND m.id = drawn.id
"""  # noqa: S608 - fragments of ours


@dataclass(frozen=True)
class Arm:
    """How one variant did: of how many sent, how many did what is counted."""

    letter: str
    sent: int
    hits: int


def arms_of(campaign: Campaign) -> list[Arm]:
    """Return how the variants did so far by the campaign's metric, in the order of their letters. Machines' clicks do not count."""
    rows = Message.objects.filter(source_kind="campaign", source_id=campaign.pk).exclude(variant="")
    counts = rows.values_list("variant").annotate(
        sent=Count("id", filter=Q(state="sent")), clicked=Count("id", filter=Q(clicked_at__isnull=False))
    )
    found = {letter: (sent, clicked) for letter, sent, clicked in counts}
    if campaign.decide_metric == Campaign.Metric.ORDERS:
        credits = Attribution.objects.filter(message__source_kind="campaign", message__source_id=campaign.pk)
        ordered = dict(credits.values_list("message__variant").annotate(Count("message_id", distinct=True)))
        found = {letter: (sent, ordered.get(letter, 0)) for letter, (sent, _) in found.items()}
    letters = campaign.variants.order_by("letter").values_list("letter", flat=True)
    return [Arm(letter, *found.get(letter, (0, 0))) for letter in letters]


def winner_of(arms: list[Arm]) -> str:
    """Return the letter of the variant that is surely better than the second at the one look at the hour; or nothing."""
    ranked = sorted(arms, key=lambda arm: (-(arm.hits / arm.sent if arm.sent else 0), arm.letter))
    if len(ranked) < 2 or min(arm.sent for arm in arms) < FEWEST_TRIED:
        return ""
    return ranked[0].letter if certainty(ranked[0], ranked[1]) >= SURE else ""


def early_winner_of(arms: list[Arm], *, fewest: int) -> str:
    """Return the letter of the variant that is ahead of every other however often one asks, each sent to so many; or nothing."""
    sides = {arm.letter: Side.of_shares(min(arm.hits, arm.sent), arm.sent) for arm in arms}
    return choosing.winner_of(sides, fewest=fewest, tuned_for=fewest * len(arms))


def certainty(best: Arm, second: Arm) -> float:
    """Return how likely the first arm's true share is higher, by the normal approximation with one hit and one miss added to each."""
    one, two = (best.hits + 1) / (best.sent + 2), (second.hits + 1) / (second.sent + 2)
    spread = math.sqrt(one * (1 - one) / (best.sent + 2) + two * (1 - two) / (second.sent + 2))
    return 0.5 * (1 + math.erf((one - two) / spread / math.sqrt(2)))


def decide(campaign: Campaign, *, now: datetime) -> bool:
    """Compare the variants once their time is over, or before it where a clear lead may decide; say whether it was done now."""
    if campaign.decides_at is None or campaign.opened_at is None or campaign.decided_at is not None:
        return False
    early = now < campaign.decides_at
    if early and (campaign.decide_count is None or (now - campaign.opened_at) % EARLY_EVERY > EARLY_SPAN):
        return False
    arms = arms_of(campaign)
    winner = early_winner_of(arms, fewest=campaign.decide_count or FEWEST_TRIED) if early else winner_of(arms)
    if early and not winner:
        return False
    undecided = Campaign.objects.sending().filter(pk=campaign.pk, decided_at=None, planned_at__isnull=False)
    done = bool(undecided.update(decided_at=now, winner=winner))
    campaign.refresh_from_db()
    return done


def let_rest_go(campaign: Campaign, *, now: datetime) -> int:
    """Make the messages that waited for the decision ready, by the winner or by the weights, and return how many."""
    if campaign.decided_at is None:
        return 0
    ways = ways_of(campaign)
    if campaign.winner:
        index = ways["letters"].index(campaign.winner)
        ways = {"lows": [0], "highs": [BUCKETS], "letters": [campaign.winner], "versions": [ways["versions"][index]]}
    values = ways | {
        "store": require_store_id(), "campaign": campaign.pk, "limit": BITE, "lots": BUCKETS, "now": now, "patience": PATIENCE,
        "variant_salt": salt_of(campaign, "variant"),
    }  # fmt: skip
    total = 0
    while True:
        with transaction.atomic():
            held = Campaign.objects.sending().filter(pk=campaign.pk).select_for_update(no_key=True).exists()
            count = _let_go(values) if held else 0
        total += count
        if count < BITE:
            break
    if total:
        StoreWork.ring("dispatch", store_id=campaign.store_id, due_at=now)
    return total


def _let_go(values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_LET_GO, values)
        return int(cursor.rowcount)
