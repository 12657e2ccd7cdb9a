"""When two customers turn out to be one: their runs become the survivor's, and of two about the same thing the one begun first goes on."""

from collections.abc import Sequence

from campaigns.journeys.triggers import FOR_STOCK
from retention.customers.personal_data import Pair, run_for_pairs

# Runs about the customer themselves are about the survivor from now on. Of those of one journey about one thing all but the oldest end
# first, for of each only one may go on at a time. The recovery plan is one journey here, whichever cells its runs are of: who left the shop
# climbs one ladder, a live one first. Waiting for something that is sold out is no climbing yet, and is there once for each thing; it ends
# where a ladder about that thing is climbed.
_END_DOUBLES = f"""
    , mine AS (
        SELECT run.id, run.climbs, row_number() OVER (
            PARTITION BY run.person, run.plan, run.subject ORDER BY NOT run.climbs, run.rests, run.entered_at, run.id
        ) AS twin, row_number() OVER (PARTITION BY run.person, run.climbs ORDER BY run.rests, run.entered_at, run.id) AS place
        FROM (
            SELECT run.id, CASE WHEN journey.for_quiet THEN 0 ELSE run.journey_id END AS plan, run.entered_at,
                coalesce(pair.survivor, run.customer_id) AS person,
                journey.for_quiet AND run.step <> '{FOR_STOCK}' AS climbs, journey.for_quiet AND journey.state <> 'live' AS rests,
                CASE WHEN run.about = 'customer-' || run.customer_id THEN '' ELSE run.about END AS subject
            FROM campaigns_enrollment AS run LEFT JOIN pair ON pair.loser = run.customer_id
            JOIN campaigns_journey AS journey ON journey.store_id = run.store_id AND journey.id = run.journey_id
            WHERE run.store_id = %s AND run.state = 'running' AND run.about <> ''
                AND (pair.loser IS NOT NULL OR run.customer_id IN (SELECT survivor FROM pair))
        ) AS run
    ), ended AS (
        UPDATE campaigns_enrollment AS run SET state = 'stopped', due_at = NULL, ended_at = clock_timestamp(), reason = 'merged'
        FROM mine WHERE run.id = mine.id AND (mine.twin > 1 OR mine.climbs AND mine.place > 1) RETURNING run.id, run.store_id
    )
    UPDATE campaigns_message AS message SET
        state = CASE WHEN provider_key <> '' THEN 'unknown' ELSE 'suppressed' END,
        reason = CASE WHEN provider_key <> '' THEN 'no_answer' ELSE 'run_ended' END,
        finished_at = clock_timestamp(), holder = NULL, lease_until = NULL
    FROM ended WHERE message.store_id = ended.store_id AND message.enrollment_id = ended.id AND message.state IN ('planned', 'ready')
"""  # noqa: S608 - a name of ours
_MOVE = """
    UPDATE campaigns_enrollment AS run SET customer_id = pair.survivor,
        about = CASE WHEN run.about = 'customer-' || run.customer_id THEN 'customer-' || pair.survivor ELSE run.about END
    FROM pair WHERE run.store_id = %s AND run.customer_id = pair.loser
"""
_MOVE_TURNED_AWAY = """
    INSERT INTO campaigns_turnedaway AS away (store_id, journey_id, customer_id, about, reason, until, noted_at)
    SELECT DISTINCT ON (lost.journey_id, pair.survivor, subject) lost.store_id, lost.journey_id, pair.survivor, subject, lost.reason,
        lost.until, lost.noted_at
    FROM campaigns_turnedaway AS lost JOIN pair ON pair.loser = lost.customer_id
    CROSS JOIN LATERAL (
        SELECT CASE WHEN lost.about = 'customer-' || lost.customer_id THEN 'customer-' || pair.survivor ELSE lost.about END AS subject
    ) AS said
    WHERE lost.store_id = %s ORDER BY lost.journey_id, pair.survivor, subject, lost.until DESC
    ON CONFLICT (store_id, customer_id, journey_id, about) DO UPDATE SET until = greatest(away.until, excluded.until)
"""
_FORGET_LOSERS = "DELETE FROM campaigns_turnedaway AS lost USING pair WHERE lost.store_id = %s AND lost.customer_id = pair.loser"


def move_runs(pairs: Sequence[Pair]) -> None:
    """Give the survivors the losers' runs; what a run that ends had planned and not sent does not leave."""
    run_for_pairs(_END_DOUBLES, pairs)
    run_for_pairs(_MOVE, pairs)


def move_turned_away(pairs: Sequence[Pair]) -> None:
    """Join what the two were turned away from: the later moment counts."""
    run_for_pairs(_MOVE_TURNED_AWAY, pairs)
    run_for_pairs(_FORGET_LOSERS, pairs)
