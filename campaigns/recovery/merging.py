"""Two customers turned out to be one: what the plan noted of both follows the survivor, each visit and each look once."""

from collections.abc import Sequence

from campaigns.models import Departure, RecoveryWatch
from retention.customers.personal_data import Pair, plain_move, run_for_pairs

_FORGET_TWINS = """
    , meant AS (
        SELECT gone.id, row_number() OVER (
            PARTITION BY coalesce(pair.survivor, gone.customer_id), gone.began_at ORDER BY pair.loser NULLS FIRST, gone.id) AS place
        FROM campaigns_departure AS gone LEFT JOIN pair ON pair.loser = gone.customer_id
        WHERE gone.store_id = %s AND gone.customer_id IN (SELECT loser FROM pair UNION ALL SELECT survivor FROM pair)
    )
    DELETE FROM campaigns_departure AS gone USING meant WHERE gone.id = meant.id AND meant.place > 1
"""
# The latest moment counts: who moves on one of their devices has not left.
_FORGET_EARLIER = """
    , meant AS (
        SELECT look.id, row_number() OVER (
            PARTITION BY coalesce(pair.survivor, look.customer_id) ORDER BY look.look_at DESC, look.id) AS place
        FROM campaigns_recoverywatch AS look LEFT JOIN pair ON pair.loser = look.customer_id
        WHERE look.store_id = %s AND look.customer_id IN (SELECT loser FROM pair UNION ALL SELECT survivor FROM pair)
    )
    DELETE FROM campaigns_recoverywatch AS look USING meant WHERE look.id = meant.id AND meant.place > 1
"""


def follow_merge(pairs: Sequence[Pair]) -> None:
    """Give the losers' departures to the survivors; of two of the same moment one stays."""
    run_for_pairs(_FORGET_TWINS, pairs)
    plain_move(Departure, pairs)


def follow_watch(pairs: Sequence[Pair]) -> None:
    """Give the losers' looks to the survivors; of two the later stays."""
    run_for_pairs(_FORGET_EARLIER, pairs)
    plain_move(RecoveryWatch, pairs)
