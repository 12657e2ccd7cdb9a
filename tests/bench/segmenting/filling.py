"""What working a segment out again costs when nothing changed, against its first fill; and that fresh members lead no plan astray.

Both run the rule's SELECT, which takes as long each time; it is timed beside them, and the ratio is of what is left: comparing and writing
(performance guide 2, A3: "diff part"). The ratio of the whole stands beside it.
Nothing brings the statistics up to date in between: the second time meets a table of members the planner knows nothing of. A plan that
went wrong there ran for minutes in the performance guide (A3).
"""

import secrets
from datetime import datetime
from typing import Any

from retention.kit.clock import now
from retention.stores.models import Store
from retention.tenancy.context import store_context
from segments.asking import LONG_SECONDS, asking, rows_of
from segments.knowing import read, terms_of_store
from segments.library import proven
from segments.membership import fill
from segments.models import Segment, SegmentMember
from segments.rules.compiler import compile_rule
from segments.rules.sql import piece
from segments.rules.terms import At
from segments.saving import archive, create
from tests.bench.segmenting.turns import Rows, ms, timed
from tests.bench.stores.large import owner

TURNS = 3
FILLED = ("never_bought", "birthday_unknown", "engaged", "unengaged", "tenth")


def again_against_first(store: Store) -> tuple[Rows, float, int]:
    """Fill segments with many members and fill them again, in turns; return rows, the worst ratio and the most members."""
    times: dict[str, list[tuple[float, float, float]]] = {key: [] for key in FILLED}
    members: dict[str, int] = {}
    with store_context(store.pk):
        for left in Segment.objects.kept():  # of a run that was broken off
            archive(left)
    for _turn in range(TURNS):
        owner("VACUUM segments_segmentmember", {})  # of what was let go; it also makes the planner believe that nobody is in anything
        with store_context(store.pk):
            made = {key: _made(key) for key in FILLED}
            for key, segment in made.items():
                *taken, members[key] = _fill_twice(segment)
                times[key].append((taken[0], taken[1], taken[2]))
            for segment in made.values():
                archive(segment)
            if SegmentMember.objects.exists():
                raise RuntimeError("Members are left of segments that were put away.")
    rows: Rows = [("fill", "members", "select ms", "first ms", "again ms", "whole / part")]
    ratios = list[float]()
    for key, of_turns in times.items():
        select, first, again = (min(side) for side in zip(*of_turns, strict=True))  # what else the machine does only adds
        ratios.append(max(again - select, 0.0) / (first - select))
        rows.append((key, members[key], ms(select), ms(first), ms(again), f"{again / first:.2f} / {ratios[-1]:.2f}"))
    slowest = max(again for of_turns in times.values() for _, _, again in of_turns)
    rows.append(("the slowest again", "", "", "", ms(slowest), ""))
    return rows, max(ratios), max(members.values())


def _made(key: str) -> Segment:
    template: Any = proven(key)
    return create(name=f"{key} {secrets.token_hex(4)}", rule=template.rule, user_id=None, now=now())


def _fill_twice(segment: Segment) -> tuple[float, float, float, int]:
    """Return the seconds of the rule's SELECT, of the first fill and of the second, and how many members there are."""
    at = now()  # all at one moment: in a large store somebody leaves a window every second
    _select(segment, at)  # nobody pays for reading the pages first
    select, count = timed(lambda: _select(segment, at))
    first, found = timed(lambda: fill(segment, now=at))
    select = min(select, timed(lambda: _select(segment, at))[0])
    again, nothing = timed(lambda: fill(segment, now=at))
    if found is None or nothing is None or (nothing.members, nothing.entered_count, nothing.left_count) != (found.entered_count, 0, 0):
        moved = None if nothing is None else (nothing.members, nothing.entered_count, nothing.left_count)
        raise RuntimeError(f"{segment.name} was filled twice and did not stay the same: {moved}.")
    if count != found.members:
        raise RuntimeError(f"{segment.name} has {found.members} members, and its rule finds {count}.")
    return select, first, again, int(found.members)


def _select(segment: Segment, at: datetime) -> int:
    moment = At(at, terms_of_store(own=str(segment.public_id)))
    counted = (
        piece("WITH found AS MATERIALIZED (") + compile_rule(read(segment.rule, moment.terms), moment) + ") SELECT count(*) FROM found"
    )
    with asking(seconds=LONG_SECONDS):
        rows_of(piece("SET LOCAL enable_nestloop = off"))  # as a fill asks
        return int(rows_of(counted)[0][0])
