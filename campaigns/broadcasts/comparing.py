"""A campaign as an experiment: what the people of each variant and those held out bought, day by day since it opened.

Everybody counts whether or not their message left, so that nothing but the lot tells the arms apart. Where variants were tried first, only
those who tried them are in the variants' arms: the rest got theirs later, and because it had won. They are the arm `REST`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from campaigns.broadcasts.freezing import report_of
from campaigns.broadcasts.planning import salt_of
from campaigns.measurement import store_wide
from campaigns.measurement.attribution import window_days
from campaigns.measurement.lots import BUCKETS, HELD_OUT, Lots, lot_sql
from campaigns.measurement.outcomes import DAY, MARGIN_SQL, Day, Outcome, Split, ask
from campaigns.measurement.statistics.reading import Sums, as_whole, read
from campaigns.measurement.wording import Wording
from campaigns.models import Campaign
from retention.tenancy.context import require_store_id

REST = "rest"

_ROWS = f"""
    rows AS MATERIALIZED (
        SELECT drawn.customer_id, CASE
            WHEN drawn.state = 'held_out' THEN '{HELD_OUT}'
            WHEN drawn.variant = '' OR (%(test)s < %(lots)s AND {lot_sql("test_salt")} >= %(test)s) THEN '{REST}'
            ELSE drawn.variant END AS arm
        FROM campaigns_message AS drawn
        WHERE drawn.store_id = %(store)s AND drawn.source_kind = 'campaign' AND drawn.source_id = %(campaign)s
            AND NOT {store_wide.apart_sql(since="%(since)s", until="%(finished)s")}
    )
"""  # noqa: S608 - fragments of ours
_PEOPLE = f"WITH {_ROWS} SELECT arm, count(*) FROM rows GROUP BY arm"  # noqa: S608 - fragments of ours
_BY_DAY = f"""
    WITH {_ROWS}, bought AS MATERIALIZED (
        SELECT rows.arm, rows.customer_id, floor(extract(epoch FROM placed.placed_at - %(since)s) / 86400)::int + 1 AS day,
            sum(placed.total_minor)::float8 AS total, coalesce(sum(earned.margin), 0)::float8 AS margin,
            bool_or(earned.margin IS NULL) AS uncosted
        FROM rows
        JOIN orders_order AS placed ON placed.store_id = %(store)s AND placed.customer_id = rows.customer_id
            AND placed.placed_at >= %(since)s AND placed.placed_at < %(until)s
        LEFT JOIN LATERAL ({MARGIN_SQL}) AS earned ON true
        WHERE placed.cancelled_at IS NULL AND placed.currency = %(currency)s
        GROUP BY rows.arm, rows.customer_id, day
    ), so_far AS (
        SELECT bought.arm, last.day, bought.customer_id, sum(bought.total) AS total, sum(bought.margin) AS margin,
            bool_or(bought.uncosted) AS uncosted
        FROM generate_series(1, %(days)s) AS last(day) JOIN bought ON bought.day <= last.day
        GROUP BY bought.arm, last.day, bought.customer_id
    )
    SELECT day, arm, count(*), sum(total), sum(total * total), sum(margin), sum(margin * margin), count(*) FILTER (WHERE uncosted)
    FROM so_far GROUP BY day, arm
"""  # noqa: S608 - fragments of ours


def counts_until(campaign: Campaign) -> datetime | None:
    """Return until when orders count: so long after the last message as they are credited to its channel; None before it opened."""
    if campaign.opened_at is None:
        return None
    return (campaign.finished_at or campaign.opened_at) + timedelta(days=window_days(campaign.channel))


def outcome_of(campaign: Campaign, *, currency: str, now: datetime) -> Outcome | None:
    """Return what came of a campaign, day by day; None before it opened and once its single messages have left (its report stays).

    The one look planned beforehand is when orders stop counting.
    """
    until = counts_until(campaign)
    if campaign.opened_at is None or until is None or report_of(campaign) is not None:
        return None
    days = max(1, -(-(min(now, until) - campaign.opened_at) // DAY))
    values = _values(campaign) | {"currency": currency, "since": campaign.opened_at, "until": until, "days": days}
    values["finished"] = campaign.finished_at or until
    people = dict(ask(_PEOPLE, values))
    found: dict[int, dict[str, Sums]] = {day: {arm: Sums(people=count) for arm, count in people.items()} for day in range(1, days + 1)}
    for day, arm, *sums in ask(_BY_DAY, values):
        found[day][arm] = Sums(people[arm], *sums)
    came = _split(campaign, people)
    counted = tuple(Day(day, [_ways(arms)]) for day, arms in found.items())
    latest = read(counted[-1].counted, came=came)
    return Outcome(
        days=counted,
        came=came,
        now=latest,
        planned=latest if campaign.finished_at is not None and until <= now else None,
        planned_at=until,
        watched=0,
        window=timedelta(days=window_days(campaign.channel)),
        whole=read(as_whole([found[days]])),
        since=campaign.opened_at,
    )


def wording_of(campaign: Campaign, *, currency: str) -> Wording:
    """Return how a campaign's experiment speaks: its variants by their letters, or writing against not writing."""
    letters = list(campaign.variants.order_by("letter").values_list("letter", flat=True))
    return Wording({letter: letter.upper() for letter in letters} if len(letters) > 1 else {"a": _("Written to")}, currency)


def _ways(arms: Mapping[str, Sums]) -> dict[str, Sums]:
    return {name: sums for name, sums in arms.items() if name != REST}


def _split(campaign: Campaign, people: Mapping[str, int]) -> Split:
    """Return how many people were expected where: held out or not, and of those who try the variants each."""
    held = Lots(campaign.holdout_share)
    written = sum(count for arm, count in people.items() if arm != HELD_OUT)
    found: Split = [(held.counts, {HELD_OUT: people.get(HELD_OUT, 0), "a": written})]
    ways = Lots(0.0, tuple(campaign.variants.order_by("letter").values_list("letter", "weight")))
    return [*found, (ways.counts, {name: people.get(name, 0) for name, _weight in ways.arms})]


def _values(campaign: Campaign) -> dict[str, Any]:
    test = BUCKETS if campaign.test_share is None else round(campaign.test_share * BUCKETS)
    return {
        "store": require_store_id(),
        "campaign": campaign.pk,
        "test": test,
        "test_salt": salt_of(campaign, "test"),
        **store_wide.lots_ever_apart(),
    }
