"""A campaign's clicks and noes, added up before the rows behind them leave, so that its report says the same afterwards.

What is added up reaches to a moment; the report adds what came after it. A message remembers which of its links were clicked by clicks that
have left, so that nobody is counted among a link's people twice.
"""

from datetime import datetime, timedelta

from django.db import connection, transaction

from campaigns.broadcasts import following, reading
from campaigns.broadcasts.freezing import as_written
from campaigns.measurement.attribution import MOST_DAYS, REPORTED_WITHIN
from campaigns.models import Campaign, CampaignTally
from retention.kit.locks import transaction_lock
from retention.tenancy.context import require_store_id

_REMEMBER = """
    WITH clicked AS (
        SELECT store_id, message_id, jsonb_agg(DISTINCT position) AS positions FROM campaigns_click
        WHERE store_id = %s AND id = ANY(%s::bigint[]) AND suspected = '' GROUP BY store_id, message_id
    )
    UPDATE campaigns_message AS m SET links_counted =
        (SELECT jsonb_agg(DISTINCT known) FROM jsonb_array_elements(m.links_counted || clicked.positions) AS known)
    FROM clicked WHERE m.store_id = clicked.store_id AND m.id = clicked.message_id AND m.source_kind = 'campaign'
        AND NOT m.links_counted @> clicked.positions
"""
SETTLED = timedelta(days=MOST_DAYS + 1) + REPORTED_WITHIN
"""By the longest window an order is credited so late; what is older than this does not change. Shorter than any store keeps events."""
WRITTEN = timedelta(hours=1)
"""An event is written within seconds of its moment; what is older than this is complete."""


def add_up_clicks(campaign: Campaign, *, reaching: datetime, now: datetime) -> None:
    """Add up all clicks of a campaign that are settled, unless those up to `reaching` are; in the caller's transaction."""
    tally = _locked(campaign)
    if tally.clicks_before is not None and tally.clicks_before > reaching:
        return
    until = now - SETTLED
    links, bars = following.clicks_between(campaign, after=tally.clicks_before, before=until)
    tally.links = [list(row) for row in following.folded([*map(tuple, tally.links), *links])]
    counts: dict[int, int] = dict(tally.bars)
    for number, count in bars:
        counts[number] = counts.get(number, 0) + count
    tally.bars, tally.clicks_before = sorted([number, count] for number, count in counts.items()), until
    tally.save()


def remember_links(click_ids: list[int]) -> None:
    """Let messages remember which of their links people clicked by these clicks, which are about to leave; in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_REMEMBER, [require_store_id(), click_ids])


def add_up_noes(campaign: Campaign, *, now: datetime) -> None:
    """Add up who said no because of a campaign, until an hour ago."""
    with transaction.atomic():
        tally, until = _locked(campaign), now - WRITTEN
        more = reading.noes_between(campaign, after=tally.noes_before, before=until)
        tally.noes = {name: tally.noes.get(name, 0) + more.get(name, 0) for name in {*tally.noes, *more}}
        tally.noes_before = until
        tally.save()


def freeze(campaign: Campaign, *, currency: str, now: datetime) -> None:
    """Write a campaign's whole report down, once, so that its messages may leave. Call it long after its last link leads nowhere."""
    add_up_noes(campaign, now=now)
    with transaction.atomic():
        add_up_clicks(campaign, reaching=now, now=now)
        tally = _locked(campaign)
        if tally.report is not None:
            return
        segments = following.by_segment(campaign, currency=currency)
        tally.report = as_written(
            figures=reading.figures_of([campaign.pk], currency=currency)[campaign.pk],
            reasons=reading.reasons_of(campaign),
            variants=reading.variants_of(campaign, currency=currency),
            difference=reading.difference_of(campaign, currency=currency, now=now),
            segments=[(one.segment.pk, one.sent, one.clicked, one.orders, one.revenue_minor) for one in segments],
            bars=following.order_bars(campaign, until=now),
            currency=currency,
            at=now,
        )
        tally.save()


def _locked(campaign: Campaign) -> CampaignTally:
    transaction_lock(f"tally:{campaign.pk}", store_id=require_store_id())
    return CampaignTally.of(campaign)
