"""Who of the chosen will get it, and why the others will not: the gate's own fragments and its order of questions, for everybody at once.

An e-mail address belongs to one customer of a store; a phone number may belong to several, and the first of them counts as reached. So does
what quiet hours only delay.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from campaigns.broadcasts.audience import Audience
from campaigns.measurement import store_wide
from campaigns.measurement.lots import BUCKETS, lot_sql
from campaigns.models.campaign import PATIENCE
from campaigns.sending.browsers import SUBSCRIBED_SQL
from campaigns.sending.budgets import budget_of_store
from campaigns.sending.eligibility import RARELY
from retention.customers.consent import GATE_SQL, PAUSED_SQL, customers_behind
from retention.customers.models import Suppression

_REACH = f"""
    WITH picked AS MATERIALIZED ([[audience]]),
    judged AS (
        SELECT customer.id, customer.phone, CASE
            WHEN {lot_sql("holdout_salt")} < %(holdout)s THEN 'holdout'
            WHEN NOT [[reachable]] THEN 'no_address'
            WHEN customer.id = ANY(%(blocked)s::bigint[]) THEN 'suppressed'
            WHEN {PAUSED_SQL} THEN 'on_break'
            WHEN %(channel)s <> 'onsite' AND NOT {GATE_SQL % "%(channel)s"} THEN 'no_consent'
            WHEN coalesce(lately.contacts[CASE WHEN customer.less_often THEN %(rare_day)s ELSE %(day)s END] + interval '1 day'
                >= %(until)s, false) THEN 'frequency_cap'
            WHEN coalesce(lately.contacts[CASE WHEN customer.less_often THEN %(rare_week)s ELSE %(week)s END] + interval '7 days'
                >= %(until)s, false) THEN 'frequency_cap'
            WHEN coalesce(lately.on_channel[%(channel_day)s::int] + interval '1 day' >= %(until)s, false)
                OR coalesce(lately.on_channel[%(channel_week)s::int] + interval '7 days' >= %(until)s, false) THEN 'channel_cap'
            WHEN %(apart)s > 0 AND coalesce(
                (SELECT side.arm = 'held_out' FROM campaigns_assignment AS side WHERE side.store_id = %(store)s
                    AND side.customer_id = customer.id AND side.experiment_id = %(apart_experiment)s),
                {lot_sql("apart_salt")} < %(apart)s) THEN 'store_holdout'
            ELSE '' END AS reason
        FROM picked AS drawn
        JOIN customers_customer AS customer ON customer.store_id = %(store)s AND customer.id = drawn.customer_id
        LEFT JOIN LATERAL (
            SELECT array_agg(m.first_attempt_at ORDER BY m.first_attempt_at DESC) AS contacts,
                array_agg(m.first_attempt_at ORDER BY m.first_attempt_at DESC) FILTER (WHERE m.channel = %(channel)s) AS on_channel
            FROM campaigns_message AS m
            WHERE m.store_id = %(store)s AND m.customer_id = customer.id AND m.stream = 'marketing'
                AND m.state IN ('sending', 'sent', 'unknown') AND m.first_attempt_at > %(week_ago)s
        ) AS lately ON true
    )
    SELECT reason, count(*) FROM [[counted]] AS counted GROUP BY reason
"""  # noqa: S608 - fragments of ours
_REACHABLE = {
    "email": "coalesce(customer.email, '') <> ''",
    "sms": "coalesce(customer.phone, '') <> ''",
    "push": SUBSCRIBED_SQL,
    "onsite": "true",
}
_ONE_A_NUMBER = """(
    SELECT CASE WHEN reason = '' AND row_number() OVER (PARTITION BY phone, reason ORDER BY id) > 1 THEN 'same_number' ELSE reason END
        AS reason
    FROM judged
)"""


@dataclass(frozen=True)
class Reach:
    """What would happen to the chosen if it went now. dropped: (reason, people), most first; the reasons are those of `reasons.py`."""

    chosen: int
    reached: int
    dropped: tuple[tuple[str, int], ...]


def reach(audience: Audience, *, channel: str, holdout_share: float, salt: str, now: datetime) -> Reach:
    """Count the chosen by what would happen to each at `now`. salt: of the campaign's holdout, so that the lots are its own."""
    digests = list(Suppression.objects.filter(channel=channel).values_list("address_digest", flat=True))
    budget = budget_of_store()
    caps, rare, here = budget.together, budget.together.within(RARELY), budget.channels.get(channel)
    values = audience.values() | {
        "holdout_salt": salt, "holdout": round(holdout_share * BUCKETS), "channel": channel,
        "blocked": customers_behind(digests, channel=channel), "until": now + PATIENCE, "week_ago": now - timedelta(days=7),
        "day": caps.per_day, "week": caps.per_week, "rare_day": rare.per_day, "rare_week": rare.per_week,
        "channel_day": here.per_day if here else None, "channel_week": here.per_week if here else None,
        **store_wide.lots_apart(),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_statement(audience, channel), values)
        counts = dict(cursor.fetchall())
    reached = counts.pop("", 0)
    dropped = tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
    return Reach(reached + sum(counts.values()), reached, dropped)


def _statement(audience: Audience, channel: str) -> str:
    parts = {
        "[[audience]]": audience.sql,
        "[[reachable]]": _REACHABLE.get(channel, "true"),
        "[[counted]]": _ONE_A_NUMBER if channel == "sms" else "judged",
    }
    statement = _REACH
    for place, part in parts.items():
        statement = statement.replace(place, part)
    return statement
