"""A campaign's figures as a file for a spreadsheet: one figure a line, so that nothing has to be told apart by its place."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime

from campaigns.broadcasts import following, reading
from campaigns.models import Campaign
from retention.customers.importing.formulas import quote_formula

HEADINGS = ("Part", "Of", "Figure", "Value")
Line = tuple[str, str, str, object]


def figures_file(campaign: Campaign, *, currency: str, now: datetime) -> str:
    """Return the file's text. Money is in the currency's smallest unit, as in the API; shares lie between 0 and 1."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADINGS)
    for line in (*_whole(campaign, currency, now), *_parts(campaign, currency), *_hours(campaign, now)):
        writer.writerow([quote_formula(str(cell)) if isinstance(cell, str) else cell for cell in line])
    return out.getvalue()


def _whole(campaign: Campaign, currency: str, now: datetime) -> Iterator[Line]:
    figures, after = reading.figures_of([campaign.pk], currency=currency)[campaign.pk], reading.after_of(campaign)
    counted: dict[str, object] = {
        "chosen": figures.chosen, "held_out": figures.held_out, "held_back": figures.held_back, "waiting": figures.waiting,
        "sent": figures.sent, "failed": figures.failed, "unknown": figures.unknown, "delivered": figures.delivered,
        "bounced": figures.bounced, "opened": figures.opened, "loaded": figures.loaded, "clicked": figures.clicked,
        "orders": figures.orders, "revenue_minor": figures.revenue_minor, "currency": currency,
        "unsubscribed": after.unsubscribed, "complained": after.complained, "replied": after.replied, "sms_parts": figures.parts,
    }  # fmt: skip
    for name, value in counted.items():
        yield "campaign", campaign.name, name, value
    for state, reason, count in reading.reasons_of(campaign):
        yield "reason", reason, state, count
    difference = reading.difference_of(campaign, currency=currency, now=now)
    if difference is not None:
        for name, amount in (("guess", difference.range.guess), ("low", difference.range.low), ("high", difference.range.high)):
            yield "brought_in_minor", "95%", name, round(amount)


def _parts(campaign: Campaign, currency: str) -> Iterator[Line]:
    for way in reading.variants_of(campaign, currency=currency):
        for name in ("subject", "sent", "clicked", "ordered", "revenue_minor"):
            yield "variant", way.letter, name, getattr(way, name)
    for part in following.by_segment(campaign, currency=currency):
        for name in ("sent", "clicked", "orders", "revenue_minor"):
            yield "segment", part.segment.name, name, getattr(part, name)
    for link in following.links_of(campaign):
        for name in ("people", "clicks", "machines", "orders"):
            yield "link", link.target, name, getattr(link, name)


def _hours(campaign: Campaign, now: datetime) -> Iterator[Line]:
    found = following.over_time(campaign, now=now)
    for bar in found.bars if found else ():
        yield "from", bar.at.isoformat(), "clicks", bar.clicks
        yield "from", bar.at.isoformat(), "orders", bar.orders
