"""A campaign's clicks and noes, added up before the rows behind them leave, so that its report says the same afterwards.

What is added up reaches to a moment; the report adds what came after it. Somebody who clicks the same link again after their first click
was added up and has left is counted among its people once more.
"""

from datetime import datetime, timedelta

from django.db import transaction

from campaigns.broadcasts import following, reading
from campaigns.measurement.attribution import MOST_DAYS, REPORTED_WITHIN
from campaigns.models import Campaign, CampaignTally
from retention.kit.locks import transaction_lock
from retention.tenancy.context import require_store_id

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


def add_up_noes(campaign: Campaign, *, now: datetime) -> None:
    """Add up who said no because of a campaign, until an hour ago."""
    with transaction.atomic():
        tally, until = _locked(campaign), now - WRITTEN
        more = reading.noes_between(campaign, after=tally.noes_before, before=until)
        tally.noes = {name: tally.noes.get(name, 0) + more.get(name, 0) for name in {*tally.noes, *more}}
        tally.noes_before = until
        tally.save()


def _locked(campaign: Campaign) -> CampaignTally:
    transaction_lock(f"tally:{campaign.pk}", store_id=require_store_id())
    return CampaignTally.of(campaign)
