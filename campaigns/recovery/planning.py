"""The plan as it is kept: begun from the ready-made one, cells written as versions, switched on, paused, emptied on purpose.

Whatever is switched on is checked first (`checking.py`); people who are in a cell's journey finish on the version they entered by.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, Max
from django.utils.translation import gettext

from campaigns.journeys.standings import end_runs_of
from campaigns.models import CouponPool, Journey, RecoveryCell, RecoveryCellVersion, RecoveryGroup, RecoveryStage, SendRule
from campaigns.personalization.ready.messages import add_messages
from campaigns.recovery.checking import faults_of_cell
from campaigns.recovery.ready import MESSAGES
from campaigns.recovery.rules.cells import CellPlan, read_cell
from campaigns.recovery.rules.defaults import CELLS, IN_STOCK, STAGES
from campaigns.recovery.rules.groups import BY_KEY
from campaigns.recovery.rules.stages import Rule, read_rule
from campaigns.recovery.versions import journey_for, whole_version
from campaigns.sending.breaking import lift
from retention.kit.locks import transaction_lock
from retention.kit.words import Phrase, gettext_noop
from retention.stores.models import Store, StoreWork
from retention.tenancy.context import require_store_id
from segments.models import Segment

MOST_STAGES = 15
OWN_DEPTH = 45  # of a stage of the merchant's own: deeper than looking, not as deep as a full basket


class PlanRefused(ValueError):
    """Something cannot be done with the plan; `phrase` says why."""

    def __init__(self, phrase: Phrase) -> None:
        super().__init__(phrase.render(str))
        self.phrase = phrase


@dataclass(frozen=True)
class Switched:
    """What came of switching the plan on: how many cells went live, and which must be mended first, by what they are called."""

    live: int
    waiting: tuple[str, ...]


def begin(store: Store, *, user_id: int | None, now: datetime) -> bool:
    """Make the ready-made plan of the active store, with its messages, all as drafts; say whether there was none before."""
    with transaction.atomic():
        transaction_lock("recovery-plan", store_id=store.pk)
        if RecoveryStage.objects.exclude(ready="").exists():
            return False
        add_messages(MESSAGES, store, now=now)
        stages = {}
        for ready in STAGES:
            stage = RecoveryStage(
                ready=ready.key, name=ready.name.render(gettext), rule=ready.rule, position=ready.position, depth=ready.depth
            )
            stage.created_at = now
            stage.save()
            stages[ready.key] = stage
        for (key, group), plan in CELLS.items():
            cell = RecoveryCell(stage=stages[key], group=group, owner_id=user_id, changed_by_id=user_id, changed_at=now)
            cell.state, cell.number = (RecoveryCell.State.EMPTY, 0) if plan is None else (RecoveryCell.State.DRAFT, 1)
            cell.save()
            if plan is not None:
                _keep(cell, plan, user_id=user_id, now=now)
    return True


def add_in_stock(store: Store, *, now: datetime) -> None:
    """Make the message that says a product is back, where a plan of before it was there lacks it."""
    add_messages([one for one in MESSAGES if one.key == IN_STOCK], store, now=now)


def _keep(cell: RecoveryCell, plan: CellPlan, *, user_id: int | None, now: datetime) -> None:
    RecoveryCellVersion.objects.create(cell=cell, number=cell.number, plan=plan.as_json(), saved_by_id=user_id, saved_at=now)


def plan_of(cell: RecoveryCell) -> CellPlan | None:
    """Return what a cell says by the version that counts; None for one that is empty."""
    version = RecoveryCellVersion.objects.filter(cell=cell, number=cell.number).first() if cell.number else None
    return read_cell(version.plan, group=cell.group) if version is not None else None


def plans_of_store() -> Mapping[int, CellPlan]:
    """Return what every cell of the active store says, by the cell's id."""
    rows = RecoveryCellVersion.objects.filter(number=F("cell__number")).select_related("cell")
    return {row.cell_id: read_cell(row.plan, group=row.cell.group) for row in rows}


def learning_cells() -> dict[int, bool]:
    """Return the journeys of the cells that let results choose which channel goes first, and whether they write to people now."""
    rows = RecoveryCellVersion.objects.filter(number=F("cell__number"), cell__stage__archived_at=None).exclude(cell__journey=None)
    rows = rows.exclude(cell__state=RecoveryCell.State.EMPTY).select_related("cell__journey")
    cells = [row.cell for row in rows if read_cell(row.plan, group=row.cell.group).learns]
    return {cell.journey_id: cell.going == RecoveryCell.State.LIVE for cell in cells}


def cell_at(stage: RecoveryStage, group: str, *, now: datetime) -> RecoveryCell:
    """Return the cell of a stage and a group, not saved where nobody decided yet."""
    found: RecoveryCell | None = RecoveryCell.objects.filter(stage=stage, group=group).select_related("stage", "journey").first()
    return found or RecoveryCell(stage=stage, group=group, state=RecoveryCell.State.EMPTY, number=0, changed_at=now)


def save_cell(cell: RecoveryCell, plan: CellPlan, *, user_id: int | None, now: datetime) -> bool:
    """Save what a cell says as its next version; the same again is no new one. Say whether it is new.

    A cell that was empty becomes a draft. One that is live lets people in by the new version from now on, if that may be sent: raises
    PlanRefused with what must be mended, and then nothing changed.
    """
    with transaction.atomic():
        held = _held(cell)
        if held.number and plan_of(held) == plan:
            return False
        newest = RecoveryCellVersion.objects.filter(cell=held).aggregate(most=Max("number"))["most"] if held.pk else 0
        held.number = (newest or 0) + 1
        if held.state == RecoveryCell.State.EMPTY:
            held.state = RecoveryCell.State.DRAFT
        held.changed_by_id, held.changed_at = user_id, now
        held.owner_id = held.owner_id or user_id
        held.save()
        _keep(held, plan, user_id=user_id, now=now)
        _keep_pool(held, plan, now=now)
        if held.state == RecoveryCell.State.LIVE:
            _refuse_faults(held, plan, now=now)  # with the new pool; what was written goes with the refusal
            _launch(held, plan, now=now)
    return True


def _keep_pool(cell: RecoveryCell, plan: CellPlan, *, now: datetime) -> None:
    """Let the messages that give the reason to come back draw their codes from the chosen pool; without one, as they themselves say."""
    if not plan.gift.pool and cell.journey_id is not None:
        SendRule.objects.filter(journey_id=cell.journey_id, pool__isnull=False).update(pool=None, changed_at=now)
    pool = CouponPool.objects.filter(public_id=plan.gift.pool, archived_at=None).first() if plan.gift.pool else None
    if pool is None:
        return
    journey = journey_for(cell, name=_name_of(cell), now=now)
    for rung in plan.rungs:
        if rung.plain:
            SendRule.objects.update_or_create(journey=journey, step=rung.channel, defaults={"pool": pool, "changed_at": now})


def _name_of(cell: RecoveryCell) -> str:
    return gettext("%(stage)s × %(group)s") % {"stage": cell.stage.name, "group": BY_KEY[cell.group].name.render(gettext)}


def set_state(cell: RecoveryCell, state: str, *, user_id: int | None, now: datetime) -> bool:
    """Bring a cell into a state and say whether that changed anything; raises PlanRefused with what stands in the way.

    Cells that are no longer live stop before their next message; runs of a paused one, or of one in shadow, go on when it does. Those of
    an emptied one, or of a draft, end: they would keep their people out of every other cell.
    """
    with transaction.atomic():
        held = _held(cell)
        if held.state == state == held.going and held.pk:
            return False
        if state != RecoveryCell.State.EMPTY:
            plan = plan_of(held)
            if plan is None:
                raise PlanRefused(Phrase(gettext_noop("Nothing is said here yet. Write a message first.")))
            if state == RecoveryCell.State.LIVE:
                _refuse_faults(held, plan, now=now)
                _go_on(held, now=now)
                _launch(held, plan, now=now)
        if state != RecoveryCell.State.LIVE and held.journey is not None:
            held.journey.pause(now=now)
            if state in (RecoveryCell.State.EMPTY, RecoveryCell.State.DRAFT):
                end_runs_of(held.journey, reason="cell_ended", now=now)
        held.state = state
        held.changed_by_id, held.changed_at = user_id, now
        held.save()
    return True


def switch_on(*, user_id: int | None, now: datetime) -> Switched:
    """Let every drafted cell of the active store go live that may; the others stay drafts."""
    live, waiting = 0, []
    drafts = RecoveryCell.objects.filter(state=RecoveryCell.State.DRAFT, stage__archived_at=None).select_related("stage", "journey")
    for cell in drafts.order_by("stage__position", "id"):
        try:
            set_state(cell, RecoveryCell.State.LIVE, user_id=user_id, now=now)
            live += 1
        except PlanRefused:
            waiting.append(_name_of(cell))
    return Switched(live, tuple(waiting))


def _held(cell: RecoveryCell) -> RecoveryCell:
    if cell.pk is None:
        transaction_lock("recovery-plan", store_id=require_store_id())
        return RecoveryCell.objects.filter(stage=cell.stage, group=cell.group).first() or cell
    held: RecoveryCell = RecoveryCell.objects.select_for_update(of=("self",)).select_related("stage", "journey").get(pk=cell.pk)
    return held


def _refuse_faults(cell: RecoveryCell, plan: CellPlan, *, now: datetime) -> None:
    faults = faults_of_cell(cell, plan, now=now)
    if faults:
        raise PlanRefused(faults[0])


def _go_on(cell: RecoveryCell, *, now: datetime) -> None:
    """Let a stopped journey of a cell go on, because a person said so: what it was stopped for does not count any more."""
    if cell.journey is not None and cell.journey.resume():
        lift("journey", cell.journey.pk, now=now)
        cell.journey.refresh_from_db()


def _launch(cell: RecoveryCell, plan: CellPlan, *, now: datetime) -> None:
    """Make the cell's journey take people in by what the plan says now; one that was stopped stays so and keeps it for when it goes on."""
    journey = journey_for(cell, name=_name_of(cell), now=now)
    number = whole_version(cell, plan, now=now)
    if journey.state in {Journey.State.LIVE, Journey.State.PAUSED}:
        type(journey).objects.filter(pk=journey.pk).update(live_number=number)
    else:
        journey.launch(number=number, now=now)
    for kind in ("journeys", "dispatch"):
        StoreWork.ring(kind, store_id=require_store_id(), due_at=now)


def add_stage(name: str, rule: Rule, *, now: datetime) -> RecoveryStage:
    """Add a row of the merchant's own, all its cells without a plan; raises PlanRefused where the name is taken or the plan is full."""
    with transaction.atomic():
        transaction_lock("recovery-plan", store_id=require_store_id())
        there = RecoveryStage.objects.filter(archived_at=None)
        if there.filter(name=name).exists():
            raise PlanRefused(Phrase(gettext_noop("There is a row of this name already.")))
        if there.count() >= MOST_STAGES:
            raise PlanRefused(Phrase(gettext_noop("A plan has at most 15 rows. Take one out first.")))
        position = (RecoveryStage.objects.aggregate(most=Max("position"))["most"] or 0) + 1
        data = {"kind": rule.kind, **{key: value for key, value in vars(rule).items() if key != "kind"}}
        stage = RecoveryStage(name=name, rule=data, position=position, depth=OWN_DEPTH, created_at=now)
        read_rule(stage.rule)
        stage.save()
    return stage


def archive_stage(stage: RecoveryStage, *, user_id: int | None, now: datetime) -> None:
    """Take a row out of the plan: its live cells stop and their runs end, what happened stays counted. Ready-made rows stay."""
    with transaction.atomic():
        for cell in RecoveryCell.objects.filter(stage=stage).select_related("stage", "journey"):
            if cell.state == RecoveryCell.State.LIVE:
                set_state(cell, RecoveryCell.State.PAUSED, user_id=user_id, now=now)
            if cell.journey is not None:
                end_runs_of(cell.journey, reason="cell_ended", now=now)
        RecoveryStage.objects.filter(pk=stage.pk, ready="", archived_at=None).update(archived_at=now)


def name_group(group: str, segment: Segment | None) -> None:
    """Let a segment of the active store say who is in a visitor group, from the next visit on; None: its own rule again."""
    if segment is None:
        RecoveryGroup.objects.filter(group=group).delete()
    else:
        RecoveryGroup.objects.update_or_create(group=group, store_id=require_store_id(), defaults={"segment": segment})
