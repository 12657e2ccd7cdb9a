"""Which arm of an experiment somebody is in: drawn by lot, stored at their first exposure, and the same from then on.

The door for whoever writes to people. Ask at the moment somebody could be treated, in the transaction that acts on the answer:

    arms = assign_all(journey_key(12), [7, 8], lots=Lots(holdout_share=0.1), now=now)
    if arms[7] == HELD_OUT: ...              # measured, not written to

It takes four statements however many they are. `held_out_of` is for where one only asks who gets nothing. Nothing has to be set up: the
experiment of a key begins with its first person. What is held back is never less than `least_share` asks for, unless it is nothing on
purpose. What came of it: `results.py`.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from campaigns.measurement.lots import FEW_A_MONTH, HELD_OUT, LEAST_SHARE, LEAST_SHARE_OF_FEW, Lots, least_share, lot_of
from campaigns.models import Assignment, Experiment
from retention.customers.personal_data import Pair, plain_move, run_for_pairs
from retention.tenancy.context import require_store_id

__all__ = ["HELD_OUT", "Lots", "assign_all", "held_out_of", "journey_key", "least_share", "stored_arms"]

MONTH = timedelta(days=30)
_SLACK = 0.8
"""Where the larger part is held back, it stays until a thousand came in a month; it comes back only well below, not with every person."""

# Of one person's arms in one experiment the earliest is what they really met first.
_FORGET_LATER = """
    , meant AS (
        SELECT arm.id, row_number() OVER (
            PARTITION BY arm.experiment_id, coalesce(pair.survivor, arm.customer_id) ORDER BY arm.assigned_at, arm.id) AS place
        FROM campaigns_assignment AS arm LEFT JOIN pair ON pair.loser = arm.customer_id
        WHERE arm.store_id = %s AND arm.customer_id IN (SELECT loser FROM pair UNION ALL SELECT survivor FROM pair)
    )
    DELETE FROM campaigns_assignment AS gone USING meant WHERE gone.id = meant.id AND meant.place > 1
"""


def journey_key(journey_id: int) -> str:
    """Return the key of a journey's own experiment, also of one that runs a cell of the recovery plan: who is written to at all."""
    return f"journey-{journey_id}"


def assign_all(key: str, customer_ids: Collection[int], *, lots: Lots, now: datetime) -> dict[int, str]:
    """Return the arm of each of these people: the one they have, else the one they draw by `lots` now, which is stored.

    Somebody whose stored arm is none of `lots` any more is told the one their lot would draw; what is stored, and measured, stays.
    Runs in the caller's transaction. Two at once agree: the first to store decides for both.
    """
    if not customer_ids:
        return {}
    experiment = begin(key, lots=lots.at_least(LEAST_SHARE_OF_FEW), now=now)
    return draw(experiment, customer_ids, lots=lots.at_least(_share_now(experiment, now=now)), now=now)


def held_out_of(key: str, customer_ids: Collection[int], *, share: float, now: datetime) -> frozenset[int]:
    """Return who of these people is only measured, where there is one way to write to them. share: 0 to 1; 0 holds nobody back."""
    if not share:
        return frozenset()
    return frozenset(pk for pk, arm in assign_all(key, customer_ids, lots=Lots(share), now=now).items() if arm == HELD_OUT)


def draw(experiment: Experiment, customer_ids: Collection[int], *, lots: Lots, now: datetime) -> dict[int, str]:
    """Return the arms of these people in one experiment, as `assign_all` does, by exactly these lots."""
    wanted = sorted(set(customer_ids))
    known = stored_arms(experiment, wanted)
    fresh = [pk for pk in wanted if pk not in known]
    if fresh:
        plan = _plan(experiment, lots, now=now)
        drawn = [(pk, _drawn(experiment, lots, pk)) for pk in fresh]
        Assignment.objects.bulk_create(
            [Assignment(experiment=experiment, customer_id=pk, arm=arm, plan=plan, assigned_at=now) for pk, arm in drawn],
            ignore_conflicts=True,
        )
        known |= stored_arms(experiment, fresh)
    offered = {name for name, _ in lots.arms} | ({HELD_OUT} if lots.held else set())
    return {pk: arm if arm in offered else _drawn(experiment, lots, pk) for pk, arm in known.items()}


def begin(key: str, *, lots: Lots, now: datetime, window_days: int | None = None, planned_days: int | None = None) -> Experiment:
    """Return the running experiment of a key, or begin one. window_days, planned_days: other than usual, of one that begins now."""
    found: Experiment | None = Experiment.objects.running().filter(key=key).first()
    if found is not None:
        return found
    days = {name: value for name, value in (("window_days", window_days), ("planned_days", planned_days)) if value is not None}
    fresh = Experiment(key=key, started_at=now, plans=[_as_plan(lots, now)], **days)
    Experiment.objects.bulk_create([fresh], ignore_conflicts=True)
    made: Experiment = Experiment.objects.running().get(key=key)
    return made


def change_lots(experiment: Experiment, *, lots: Lots, now: datetime) -> None:
    """Let whoever comes from now on draw by other lots; who has drawn keeps their arm."""
    with transaction.atomic():
        held: Any = Experiment.objects.select_for_update(no_key=True).get(pk=experiment.pk)
        if held.plans[-1]["lots"] != lots.counts:
            held.plans.append(_as_plan(lots, now))
            held.save(update_fields=["plans"])
    experiment.plans = held.plans


def end(key: str, *, now: datetime) -> bool:
    """End the running experiment of a key, so that the next person begins another with new lots; say whether one ran."""
    return bool(Experiment.objects.running().filter(key=key).update(ended_at=now))


def newest_of(key: str) -> Experiment | None:
    """Return the experiment of a key that runs, or else the last one that did."""
    found: Experiment | None = Experiment.objects.filter(key=key).order_by("-started_at", "-id").first()
    return found


def stored_arms(experiment: Experiment, customer_ids: Sequence[int]) -> dict[int, str]:
    """Return the stored arms of these people; who has none is left out."""
    rows = Assignment.objects.filter(experiment=experiment, customer_id__in=customer_ids)
    return dict(rows.values_list("customer_id", "arm"))


def salt_of(experiment: Experiment) -> str:
    """Return what makes the lots of one experiment differ from all others."""
    return f"experiment-{experiment.pk}"


def follow_merge(pairs: Sequence[Pair]) -> None:
    """Let the arms of people who turned out to be one follow: of one experiment the earliest counts."""
    run_for_pairs(_FORGET_LATER, pairs)
    plain_move(Assignment, pairs)


def _drawn(experiment: Experiment, lots: Lots, customer_id: int) -> str:
    return lots.arm_of(lot_of(salt_of(experiment), store_id=require_store_id(), customer_id=customer_id))


def _share_now(experiment: Experiment, *, now: datetime) -> float:
    """Return the smallest part to hold back by how many people came in thirty days; counts no further than it must."""
    recent = Assignment.objects.filter(experiment=experiment, assigned_at__gt=now - MONTH)[:FEW_A_MONTH]
    count = recent.count()
    held_now = experiment.plans[-1]["lots"].get(HELD_OUT, 0)
    if 0 < held_now < Lots(LEAST_SHARE_OF_FEW).held and count >= FEW_A_MONTH * _SLACK:
        return LEAST_SHARE
    return least_share(count)


def _plan(experiment: Experiment, lots: Lots, *, now: datetime) -> int:
    """Return the number of the plan that splits like this, and write it down where it is new."""
    if experiment.plans[-1]["lots"] != lots.counts:
        change_lots(experiment, lots=lots, now=now)
    return len(experiment.plans) - 1


def _as_plan(lots: Lots, now: datetime) -> dict[str, Any]:
    return {"since": now.isoformat(), "lots": lots.counts}
