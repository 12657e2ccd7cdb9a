"""The journeys behind cells: one for each, made when it is first needed, with a version for every way its ladder can be climbed."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Max

from campaigns.journeys.definition import read_definition
from campaigns.models import Journey, JourneyVersion, RecoveryCell
from campaigns.recovery.rules.cells import CHANNELS, CellPlan
from campaigns.recovery.rules.compiling import journey_of
from campaigns.recovery.rules.stages import BASKET
from retention.kit.locks import transaction_lock
from retention.tenancy.context import require_store_id


def journey_for(cell: RecoveryCell, *, name: str, now: datetime) -> Journey:
    """Return the journey of a cell; the first who asks makes it, as a draft. Runs in the caller's transaction."""
    if cell.journey is not None:
        return cell.journey
    journey = Journey(name=name[:120], playbook=f"recovery:{cell.pk}", for_quiet=True, created_at=now)
    journey.save()
    cell.journey = journey
    cell.save(update_fields=["journey"])
    return journey


def version_for(
    cell: RecoveryCell,
    plan: CellPlan,
    allowed: Collection[str],
    *,
    basket: bool,
    gifted: bool = True,
    first: str = "",
    waits: bool = False,
    now: datetime,
) -> int:
    """Return the id of the version by which somebody with these permissions goes through a cell; it is stored once.

    first: the channel that goes first, where it was drawn. waits: for a product that is sold out. Runs in the caller's transaction. The
    cell must have its journey.
    """
    definition = journey_of(plan, allowed, basket=basket, gifted=gifted, first=first, waits=waits)
    known = JourneyVersion.objects.filter(journey_id=cell.journey_id)
    found = known.filter(definition=definition).values_list("pk", flat=True).first()
    if found is not None:
        return int(found)
    read_definition(definition)
    transaction_lock(f"recovery-{cell.journey_id}", store_id=require_store_id())
    again = known.filter(definition=definition).values_list("pk", flat=True).first()
    if again is not None:
        return int(again)
    number = (known.aggregate(most=Max("number"))["most"] or 0) + 1
    return int(JourneyVersion.objects.create(journey_id=cell.journey_id, number=number, definition=definition, created_at=now).pk)


def whole_version(cell: RecoveryCell, plan: CellPlan, *, now: datetime) -> int:
    """Return the number of the version for somebody who may be reached everywhere: the one pages show."""
    pk = version_for(cell, plan, CHANNELS, basket=cell.stage.rule.get("kind") in BASKET, waits=plan.waits, now=now)
    return int(JourneyVersion.objects.values_list("number", flat=True).get(pk=pk))
