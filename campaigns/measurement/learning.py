"""Lots that follow what works: once a day an arm gets so many as it is likely to be the best, and never less than the floor.

For whoever has several ways and no wish to wait for a winner. A cell of the recovery plan lets its channels draw which of them goes first:

    lots = lots_now(order_key(journey_id, ("push", "email")), arms=("push", "email"))
    assign_all(key, customer_ids, lots=lots, now=now)

What one reads of such an experiment stays right: people are compared within the days that had the same lots (`statistics/differences.py`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from campaigns.measurement.assignment import change_lots, end
from campaigns.measurement.lots import BUCKETS, HELD_OUT, Lots, lots_of
from campaigns.measurement.outcomes import outcomes_of
from campaigns.measurement.statistics.choosing import FLOOR, Tried, weights_of
from campaigns.models import Experiment

EVERY = timedelta(days=1)
LEAST_MOVE = 0.02
"""Lots that would move by less than this stay: each change begins another part that is compared by itself."""
_ORDER = "order-"


def order_key(journey_id: int, channels: Sequence[str]) -> str:
    """Return the key of the experiment about which of these channels goes first in a journey; people reached by others have another one."""
    return f"{_ORDER}{journey_id}-{'-'.join(sorted(channels))}"


def _journey_of(key: str) -> int:
    return int(key.removeprefix(_ORDER).partition("-")[0])


def lots_now(key: str, *, arms: Sequence[str], holdout_share: float = 0.0) -> Lots:
    """Return the lots of today: even ones at first, or where the arms were others. Reads one row and changes nothing."""
    experiment: Experiment | None = Experiment.objects.running().filter(key=key).first()
    before = lots_of(experiment.plans[-1]["lots"]) if experiment is not None else Lots(holdout_share)
    same = {name for name, _ in before.arms} == set(arms)
    return Lots(holdout_share, before.arms if same else tuple((name, 1) for name in arms))


def follow_orders(learning: Mapping[int, bool], *, currency: str, now: datetime, floor: float = FLOOR) -> int:
    """Let the lots of orders of channels follow what the people whose time is over have ordered; return how many moved.

    At most once a day for each. learning: the journeys that draw which channel goes first, and whether they are live; those of others end,
    and those that are not live rest as they are. floor: of each arm, 0 to 1.
    """
    running = {one: _journey_of(one.key) for one in Experiment.objects.running().filter(key__startswith=_ORDER).order_by("pk")}
    for experiment, journey_id in running.items():
        if journey_id not in learning:
            end(experiment.key, now=now)
    live = [one for one, journey_id in running.items() if learning.get(journey_id, False)]
    due = [one for one in live if now - datetime.fromisoformat(one.plans[-1]["since"]) >= EVERY]
    outcomes = outcomes_of(due, currency=currency, now=now) if due else {}
    moved = 0
    for experiment in due:
        before = lots_of(experiment.plans[-1]["lots"])
        totals = outcomes[experiment.pk].now.totals
        arms = [name for name, _ in before.arms]
        tried = [Tried(name, totals[name].people, totals[name].buyers) if name in totals else Tried(name, 0, 0) for name in arms]
        weights = weights_of(tried, floor=floor)
        lots = Lots(before.holdout_share, tuple((name, weights[name]) for name in arms))
        if max(abs(lots.counts[name] - before.counts[name]) for name in arms) >= LEAST_MOVE * BUCKETS:
            change_lots(experiment, lots=lots, now=now)
            moved += 1
    return moved


def shares_of_orders(journey_id: int) -> dict[tuple[str, ...], dict[str, float]]:
    """Return for each set of channels of a journey which part of its people each channel goes first to, 0 to 1."""
    found = Experiment.objects.running().filter(key__startswith=f"{_ORDER}{journey_id}-").order_by("key")
    lots = [lots_of(one.plans[-1]["lots"]).counts for one in found]
    return {tuple(sorted(counts)): {name: count / BUCKETS for name, count in counts.items() if name != HELD_OUT} for counts in lots}
