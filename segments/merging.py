"""When two customers turn out to be one: the survivor is in every segment either was in, until the rules are asked again."""

from collections import Counter
from collections.abc import Sequence

from django.db.models import F

from retention.customers.personal_data import Pair
from retention.tenancy.context import require_store_id
from retention.tenancy.statistics import said_to_be_few
from segments.asking import rows_of
from segments.models import Segment
from segments.rules.sql import piece

_JOIN = f"""
    INSERT INTO segments_segmentmember (store_id, segment_id, customer_id, entered_at)
    SELECT member.store_id, member.segment_id, pair.survivor, min(member.entered_at)
    FROM segments_segmentmember AS member
    JOIN unnest(%s::bigint[], %s::bigint[]) AS pair(loser, survivor)
        ON pair.loser = member.customer_id AND {said_to_be_few("pair.loser")}
    WHERE member.store_id = %s GROUP BY member.store_id, member.segment_id, pair.survivor
    ON CONFLICT DO NOTHING RETURNING segment_id
"""  # noqa: S608 - the condition above
_LEAVE = "DELETE FROM segments_segmentmember WHERE store_id = %s AND customer_id = ANY(%s) RETURNING segment_id"


def move_memberships(pairs: Sequence[Pair]) -> None:
    """Give the survivors the losers' memberships, and keep the counts right."""
    losers, survivors = [pair.loser for pair in pairs], [pair.survivor for pair in pairs]
    came = Counter(segment_id for (segment_id,) in rows_of(piece(_JOIN, losers, survivors, require_store_id())))
    went = Counter(segment_id for (segment_id,) in rows_of(piece(_LEAVE, require_store_id(), losers)))
    for segment_id, count in (went - came).items():
        Segment.objects.filter(pk=segment_id).update(members_count=F("members_count") - count)
