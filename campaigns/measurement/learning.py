"""Lots that follow what works: each day an arm gets so many as it is likely to be the best, and never less than the floor.

For whoever has several ways and no wish to wait for a winner, such as a cell's order of channels:

    lots = learnt(key, arms=("push_first", "mail_first"), holdout_share=0.1, now=now)
    assign_all(key, customer_ids, lots=lots, now=now)

What one reads of such an experiment stays right: people are compared within the days that had the same lots (`statistics/differences.py`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from campaigns.measurement.lots import HELD_OUT, Lots, lots_of
from campaigns.measurement.outcomes import outcome_of
from campaigns.measurement.statistics.choosing import FLOOR, Tried, weights_of
from campaigns.models import Experiment

EVERY = timedelta(days=1)


def learnt(key: str, *, arms: Sequence[str], holdout_share: float, currency: str, now: datetime, floor: float = FLOOR) -> Lots:
    """Return the lots of today: even ones at first, then by what the people of each arm whose time is over have ordered.

    The same lots come back until they are a day old, unless the arms or the part held back are other ones. floor: of each arm, 0 to 1.
    """
    even = Lots(holdout_share, tuple((name, 1) for name in arms))
    experiment: Experiment | None = Experiment.objects.running().filter(key=key).first()
    if experiment is None:
        return even
    newest = experiment.plans[-1]
    before = lots_of(newest["lots"])
    same = {name for name, _ in before.arms} == set(arms)
    if same and now - datetime.fromisoformat(newest["since"]) < EVERY:
        return Lots(holdout_share, before.arms)
    totals = outcome_of(experiment, currency=currency, now=now).now.totals
    tried = [Tried(name, totals[name].people, totals[name].buyers) if name in totals else Tried(name, 0, 0) for name in arms]
    weights = weights_of(tried, floor=floor)
    return Lots(holdout_share, tuple((name, weights[name]) for name in arms))


def arms_of(experiment: Experiment) -> list[str]:
    """Return every arm an experiment ever had, those who got nothing last."""
    names = {name for plan in experiment.plans for name in plan["lots"]}
    return sorted(names - {HELD_OUT}) + ([HELD_OUT] if HELD_OUT in names else [])
