"""What working a segment out again costs when nothing changed, against its first fill; and that fresh members lead no plan astray.

Nothing brings the statistics up to date in between: the second time meets a table of members the planner knows nothing of. A plan that
went wrong there ran for minutes in the performance guide (A3).
"""

import secrets
import statistics
from typing import Any

from retention.kit.clock import now
from retention.stores.models import Store
from retention.tenancy.context import store_context
from segments.library import proven
from segments.membership import fill
from segments.models import Segment, SegmentMember
from segments.saving import archive, create
from tests.bench.segmenting.turns import Rows, ms, timed
from tests.bench.stores.large import owner

TURNS = 3
FILLED = ("never_bought", "birthday_unknown", "engaged", "unengaged", "tenth")


def again_against_first(store: Store) -> tuple[Rows, float, int]:
    """Fill segments with many members and fill them again, in turns; return rows, the worst ratio and the most members."""
    times: dict[str, list[tuple[float, float]]] = {key: [] for key in FILLED}
    members: dict[str, int] = {}
    with store_context(store.pk):
        for left in Segment.objects.kept():  # of a run that was broken off
            archive(left)
    for _turn in range(TURNS):
        owner("VACUUM segments_segmentmember", {})  # of what was let go; it also makes the planner believe that nobody is in anything
        with store_context(store.pk):
            made = {key: _made(key) for key in FILLED}
            for key, segment in made.items():
                first, again, members[key] = _fill_twice(segment)
                times[key].append((first, again))
            for segment in made.values():
                archive(segment)
            if SegmentMember.objects.exists():
                raise RuntimeError("Members are left of segments that were put away.")
    ratios = {key: statistics.median(again / first for first, again in taken) for key, taken in times.items()}
    rows: Rows = [("fill", "members", "first ms", "again ms", "ratio", "slowest again ms")]
    for key, taken in times.items():
        first, again = (statistics.median(side) for side in zip(*taken, strict=True))
        rows.append((key, members[key], ms(first), ms(again), f"{ratios[key]:.2f}", ms(max(one for _, one in taken))))
    return rows, max(ratios.values()), max(members.values())


def _made(key: str) -> Segment:
    template: Any = proven(key)
    return create(name=f"{key} {secrets.token_hex(4)}", rule=template.rule, user_id=None, now=now())


def _fill_twice(segment: Segment) -> tuple[float, float, int]:
    """Return the seconds of the first fill and of the second, and how many members there are."""
    at = now()  # both at one moment: in a large store somebody leaves a window every second
    first, found = timed(lambda: fill(segment, now=at))
    again, nothing = timed(lambda: fill(segment, now=at))
    if found is None or nothing is None or (nothing.members, nothing.entered_count, nothing.left_count) != (found.entered_count, 0, 0):
        moved = None if nothing is None else (nothing.members, nothing.entered_count, nothing.left_count)
        raise RuntimeError(f"{segment.name} was filled twice and did not stay the same: {moved}.")
    return first, again, int(found.members)
