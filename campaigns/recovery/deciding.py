"""What the plan does about people who left: who enters a journey, who is held back to compare with, and for everybody else why not.

One run at a time for a person, and one for a basket (the database keeps that). A deeper stage takes over while nothing has been sent. Who
waits for something that is sold out is in nobody's way: one such run for a person and a product, and so many for a person. Of what is back
already nobody waits: that is a run like any other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import F

from campaigns.journeys.engine import STOPPED, Due, Standing, advance, begin
from campaigns.journeys.facts import NOTHING, channels_of
from campaigns.journeys.standings import carry_out
from campaigns.journeys.steps import Run, Withdraw
from campaigns.journeys.versions import definitions_of
from campaigns.measurement.assignment import assign_all, held_out_of, journey_key
from campaigns.measurement.learning import lots_now, order_key
from campaigns.models import Departure, Enrollment, Journey, Message, RecoveryCell, RecoveryCellVersion, RecoveryStage
from campaigns.recovery.departing import Left
from campaigns.recovery.earlier import Asked, Earlier
from campaigns.recovery.gifting import gift_refusals
from campaigns.recovery.rules.cells import CellPlan, read_cell
from campaigns.recovery.rules.compiling import Ladder, ladder_for, leaders_of, led_by
from campaigns.recovery.versions import version_for
from retention.kit.words import Phrase
from retention.stores.models import StoreWork
from retention.tenancy.context import require_store_id

LATE = timedelta(days=1)
"""Who left longer ago is written down and gets nothing: it would come too late."""
_LEFT_ALREADY = ("sending", "sent", "unknown")
_BY_STATE = {state: Departure.Decision(str(state)) for state in ("empty", "draft", "paused")}


@dataclass
class _Case:
    """One departure that is being decided."""

    left: Left
    row: Departure
    cell: RecoveryCell | None
    plan: CellPlan | None = None
    ladder: Ladder = field(default=Ladder((), ()))
    channels: frozenset[str] = frozenset()
    gifted: bool = True

    @property
    def since(self) -> datetime:
        """Return since when what happens counts: since they wanted what was sold out, else since they left."""
        return self.left.wanted_at or self.row.left_at


def decide(
    found: Sequence[Left], *, rows: Mapping[str, RecoveryStage], cells: Mapping[tuple[str, str], RecoveryCell], now: datetime
) -> int:
    """Write down departures that were not noted before and let people in; return how many were noted. Runs in the caller's transaction.

    rows, cells: of the active store, by the stage's key and the group. Customers must be locked by the caller.
    """
    known = _noted(found)
    fresh = [left for left in found if (left.seen.customer.pk, left.visit.began_at) not in known]
    last = {left.seen.customer.pk: left for left in found if left.stage is not None}
    cases = [_case(left, rows, cells, now=now) for left in fresh]
    open_cases = []
    for case in cases:
        decision = _at_once(case, newest=last.get(case.left.seen.customer.pk) is case.left, now=now)
        if decision is None:
            open_cases.append(case)
        else:
            case.row.decision = decision
    _plan(open_cases, now=now)
    asked = [Asked(case.row.customer_id, case.row.about, case.left.wanted, case.row.left_at, case.since) for case in open_cases]
    earlier = Earlier.of(asked)
    entering = [case for case in open_cases if _admit(case, earlier, now=now)]
    _enter(entering, earlier, now=now)
    Departure.objects.bulk_create([case.row for case in cases], ignore_conflicts=True)
    return len(cases)


def _noted(found: Sequence[Left]) -> set[tuple[int, datetime]]:
    people = {left.seen.customer.pk for left in found}
    began = min((left.visit.began_at for left in found), default=None)
    if began is None:
        return set()
    return set(Departure.objects.filter(customer_id__in=people, left_at__gte=began).values_list("customer_id", "began_at"))


def _case(left: Left, rows: Mapping[str, RecoveryStage], cells: Mapping[tuple[str, str], RecoveryCell], *, now: datetime) -> _Case:
    public_id = uuid4()
    row = departure_row(left, rows.get(left.stage.key) if left.stage else None, now=now)
    row.public_id = public_id
    row.about = str(left.cart.public_id) if left.cart is not None else str(public_id)
    return _Case(left, row, cells.get((left.stage.key, left.group)) if left.stage else None)


def departure_row(left: Left, stage: RecoveryStage | None, *, now: datetime) -> Departure:
    """Return the row of a departure that nothing was decided about, not saved."""
    public_id = uuid4()
    return Departure(
        public_id=public_id,
        customer_id=left.seen.customer.pk,
        stage=stage,
        group=left.group,
        decision=Departure.Decision.PAST if stage is not None else _ended_well(left),
        reached=left.visit.reached,
        cart=left.cart,
        about=str(public_id),
        began_at=left.visit.began_at,
        left_at=left.visit.left_at,
        noticed_at=now,
        amount_minor=max(0, left.amount_minor),
        currency=left.currency,
        device=left.visit.device(),
        source=left.visit.origin(),
        evidence={"stage": as_json(left.why_stage), "group": as_json(left.why_group)} if stage is not None else {},
    )


def _ended_well(left: Left) -> Departure.Decision:
    return Departure.Decision.ORDERED if left.visit.bought else Departure.Decision.NOWHERE


def as_json(phrase: Phrase) -> list[Any]:
    """Return a phrase as a departure keeps it: its text and its values."""
    return [phrase.text, {name: value if isinstance(value, int | float | str) else str(value) for name, value in phrase.values.items()}]


def _at_once(case: _Case, *, newest: bool, now: datetime) -> str | None:
    """Decide what needs no further look: bought meanwhile, too long ago, another visit counts, nothing planned there."""
    if case.left.stage is None:
        return _ended_well(case.left)
    bought = case.left.cart is not None and case.left.cart.state in {"bought", "recovered"}
    if bought or case.left.seen.ordered_since(case.left.visit.began_at):
        return Departure.Decision.BOUGHT
    if not newest:
        return Departure.Decision.REPLACED
    if now - case.left.visit.left_at > LATE:
        return Departure.Decision.PAST
    if case.cell is None:
        return Departure.Decision.HOLE
    case.row.cell, case.row.cell_number = case.cell, case.cell.number
    return _BY_STATE.get(case.cell.going)


def _plan(cases: Sequence[_Case], *, now: datetime) -> None:
    """Read what the cells say and on which channels these people may be reached."""
    wanted = {case.cell.pk: case.cell for case in cases if case.cell is not None}
    plans = dict(RecoveryCellVersion.objects.filter(cell__in=wanted, number=F("cell__number")).values_list("cell_id", "plan"))
    channels = channels_of({case.row.customer_id for case in cases}) if cases else {}
    for case in cases:
        if case.cell is not None:
            case.plan = read_cell(plans[case.cell.pk], group=case.cell.group)
            if not case.plan.waits:
                case.left = replace(case.left, wanted="", wanted_at=None)
            case.channels = channels[case.row.customer_id]
            case.ladder = ladder_for(case.plan, case.channels)
    refusals = gift_refusals([(case.row, case.plan) for case in cases if case.plan is not None], now=now)
    for case in cases:
        why = refusals.get(case.row.public_id)
        case.gifted = why is None
        evidence: dict[str, Any] = {
            "ladder": [[rung.channel, rung.minutes] for rung in case.ladder.rungs],
            "missing": list(case.ladder.missing),
        }
        case.row.evidence |= evidence if why is None else evidence | {"gift": as_json(why)}


def _admit(case: _Case, earlier: Earlier, *, now: datetime) -> bool:
    """Say whether somebody may enter a live cell; writes the decision where not."""
    cell = case.cell
    if not case.ladder.rungs or cell is None or case.plan is None:
        case.row.decision = Departure.Decision.UNREACHABLE
        return False
    if cell.state == RecoveryCell.State.SHADOW:
        case.row.decision = Departure.Decision.SHADOW
        return False
    if not _make_way(case, earlier, now=now):
        case.row.decision = Departure.Decision.ALREADY
        return False
    return True


def _make_way(case: _Case, earlier: Earlier, *, now: datetime) -> bool:
    """Say whether no earlier run stands in the way; one at a shallower stage that has sent nothing gives way."""
    customer_id, wanted = case.row.customer_id, case.left.wanted
    if wanted and not earlier.may_want(customer_id, wanted, left_at=case.row.left_at):
        return False
    if wanted and earlier.came_back(customer_id, wanted) is None:
        return earlier.may_wait(customer_id)
    runs, before = earlier.runs[customer_id], earlier.departures[customer_id]
    # What a paused cell began goes on with the cell: until then it keeps nobody out of another one.
    going = {about for about, run in runs.items() if run.journey.state == Journey.State.LIVE}
    standing = [one for one in before if one.about == case.row.about or one.about in going]
    if not standing:
        return case.left.basket or not earlier.rests(customer_id, left_at=case.row.left_at)
    for one in standing:
        run = runs.get(one.about)
        deeper = case.left.stage is not None and one.stage is not None and case.left.stage.depth > one.stage.depth
        if run is None or one.decision != Departure.Decision.ENTERED or not deeper or not _stop_unsent(run, now=now):
            return False
        Departure.objects.filter(pk=one.pk).update(decision=Departure.Decision.REPLACED)
    return True


def _stop_unsent(run: Enrollment, *, now: datetime) -> bool:
    """End a run that has sent nothing and say so; one of whose messages something may have left is left as it is."""
    stopped = Standing(STOPPED, run.step, None, run.held_out, "taken_over")
    with transaction.atomic():
        carry_out([run], {run.pk: (stopped, (Withdraw("taken_over"),))}, streams={}, now=now)
        if not Message.objects.filter(enrollment_id=run.pk, state__in=_LEFT_ALREADY).exists():
            return True
        transaction.set_rollback(True)
    return False


def _held_out(cases: Sequence[_Case], *, now: datetime) -> set[tuple[int, int]]:
    """Return who is held back to compare with, as (journey, person)."""
    people: dict[tuple[int, float], list[int]] = {}
    for case in cases:
        if case.cell is not None and case.cell.journey_id is not None and case.plan is not None:
            people.setdefault((case.cell.journey_id, case.plan.holdout_share), []).append(case.row.customer_id)
    return {
        (journey_id, customer_id)
        for (journey_id, share), found in people.items()
        for customer_id in held_out_of(journey_key(journey_id), found, share=share, now=now)
    }


def _draw_orders(cases: Sequence[_Case], held: set[tuple[int, int]], *, now: datetime) -> dict[Any, str]:
    """Return which channel goes first for those whose cell learns it, by the departure's id; whoever gets nothing draws nothing."""
    drawing: dict[tuple[int, tuple[str, ...]], list[_Case]] = {}
    for case in cases:
        if case.cell is None or case.plan is None or case.cell.journey_id is None:
            continue
        leaders = leaders_of(case.plan, case.ladder)
        if leaders and (case.cell.journey_id, case.row.customer_id) not in held:
            drawing.setdefault((case.cell.journey_id, leaders), []).append(case)
    found = {}
    for (journey_id, leaders), several in drawing.items():
        key, people = order_key(journey_id, leaders), [case.row.customer_id for case in several]
        arms = assign_all(key, people, lots=lots_now(key, arms=leaders), now=now)
        for case in several:
            found[case.row.public_id] = arms[case.row.customer_id]
            case.ladder = led_by(case.ladder, found[case.row.public_id])
            case.row.evidence["ladder"] = [[rung.channel, rung.minutes] for rung in case.ladder.rungs]
    return found


def _waiting(standing: Standing, version_id: int, case: _Case, *, now: datetime) -> Standing:
    """Return where a run stands that waits for what is sold out: at that step at once, and what happened since they wanted it counts."""
    definition = definitions_of([version_id])[version_id]
    journey_id = case.cell.journey_id if case.cell is not None else None
    run = Run(require_store_id(), journey_id or 0, case.row.customer_id, case.left.wanted)
    waiting, _nothing = advance(definition, standing, signal=Due(), facts=NOTHING, run=run, now=now)
    return replace(waiting, memory={**waiting.memory, "since": case.since.isoformat(), "since_event": 0})


def _enter(cases: Sequence[_Case], earlier: Earlier, *, now: datetime) -> None:
    """Begin the runs of these people, or hold them back to compare with; of whom none begins, because one is there, that is said."""
    versions: dict[tuple[Any, ...], int] = {}
    held = _held_out(cases, now=now)
    first = _draw_orders(cases, held, now=now)
    runs = []
    for case in cases:
        cell, plan = case.cell, case.plan
        if cell is None or plan is None or cell.journey_id is None:
            continue
        out = (cell.journey_id, case.row.customer_id) in held
        leader, basket = first.get(case.row.public_id, ""), case.row.cart_id is not None
        came_back = earlier.came_back(case.row.customer_id, case.left.wanted)
        waits = bool(case.left.wanted) and came_back is None
        way = (cell.pk, case.channels, basket, case.gifted, leader, waits)
        if way not in versions:
            versions[way] = version_for(cell, plan, case.channels, basket=basket, gifted=case.gifted, first=leader, waits=waits, now=now)
        standing = begin(held_out=out, now=now)
        if waits:
            standing = _waiting(standing, versions[way], case, now=now)
        case.row.decision = Departure.Decision.HELD_OUT if out else Departure.Decision.ENTERED
        runs.append(
            Enrollment(
                journey_id=cell.journey_id,
                version_id=versions[way],
                customer_id=case.row.customer_id,
                cart_id=case.row.cart_id,
                occurrence=case.row.about,
                about=case.left.wanted or case.row.about,
                trigger_event_id=came_back,
                trigger_at=case.since,
                state=standing.status,
                step=standing.step,
                due_at=standing.due_at,
                held_out=standing.held_out,
                entered_at=now,
                memory=dict(standing.memory),
            )
        )
    Enrollment.objects.bulk_create(runs, ignore_conflicts=True)
    begun = _begun(runs)
    for case in cases:
        if case.row.about not in begun:
            case.row.decision = Departure.Decision.ALREADY
    if begun:
        StoreWork.ring("journeys", store_id=require_store_id(), due_at=now)


def _begun(runs: Sequence[Enrollment]) -> set[str]:
    """Return of which departures, by what they are about, these very runs are stored: another about the same may be there."""
    mine = {run.public_id: run.occurrence for run in runs}
    stored = Enrollment.objects.filter(journey_id__in={run.journey_id for run in runs}, occurrence__in=mine.values())
    return {mine[public_id] for public_id in stored.values_list("public_id", flat=True) if public_id in mine} if runs else set()
