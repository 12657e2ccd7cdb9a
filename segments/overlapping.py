"""Who is in several segments at once, counted from the members that are kept; nothing is worked out anew."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from retention.tenancy.context import require_store_id
from segments.asking import QUICK_SECONDS, asking, rows_of
from segments.counting import Counted, count_where
from segments.knowing import terms_of_store
from segments.models import Segment
from segments.rules.sql import piece
from segments.rules.terms import At

MOST_COMPARED = 6
_SHARED = """
    SELECT other.segment_id, count(*) FROM segments_segmentmember AS own
    JOIN segments_segmentmember AS other ON other.store_id = own.store_id AND other.customer_id = own.customer_id
    WHERE own.store_id = %s AND own.segment_id = %s AND other.segment_id <> own.segment_id GROUP BY other.segment_id
"""
_TOGETHER = """
    SELECT together, count(*) FROM (
        SELECT array_agg(segment_id ORDER BY segment_id) AS together FROM segments_segmentmember
        WHERE store_id = %s AND segment_id = ANY(%s) GROUP BY customer_id
    ) AS person GROUP BY together ORDER BY count(*) DESC, together
"""


@dataclass(frozen=True)
class Overlap:
    """Several segments compared. together: how many are in exactly these of them, most first. shared: how many two have in common."""

    segments: list[Segment]
    together: list[tuple[frozenset[int], int]]

    def shared(self, one: Segment, other: Segment) -> int:
        """Return how many are in both; of one segment alone, how many are in it."""
        return sum(count for ids, count in self.together if one.pk in ids and other.pk in ids)

    @property
    def everybody(self) -> int:
        """Return how many are in at least one."""
        return sum(count for _ids, count in self.together)


def shared_with(segment: Segment) -> dict[int, int]:
    """Return how many members of a segment are in each other one, by its id; raises CannotAsk."""
    with asking(seconds=QUICK_SECONDS):
        return dict(rows_of(piece(_SHARED, require_store_id(), segment.pk)))


def compare(segments: Sequence[Segment]) -> Overlap:
    """Compare up to six segments; raises CannotAsk."""
    ids: Collection[int] = [segment.pk for segment in segments[:MOST_COMPARED]]
    with asking(seconds=QUICK_SECONDS):
        rows = rows_of(piece(_TOGETHER, require_store_id(), list(ids)))
    return Overlap(list(segments[:MOST_COMPARED]), [(frozenset(together), count) for together, count in rows])


def count_members(segment: Segment, *, now: datetime) -> Counted:
    """Count a segment's members, and how many of them we may write to; raises CannotAsk."""
    at = At(now, terms_of_store())
    there = piece(
        "customer.id IN (SELECT member.customer_id FROM segments_segmentmember AS member "
        "WHERE member.store_id = %s AND member.segment_id = %s)",
        at.terms.store_id,
        segment.pk,
    )
    return count_where(there, at)
