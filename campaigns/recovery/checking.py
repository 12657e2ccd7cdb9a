"""What stands in the way of switching a cell on, and where two senders want the same people: said before anybody is written to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q

from campaigns.journeys.checking import live_versions, message_faults
from campaigns.journeys.versions import live_journeys
from campaigns.models import CouponPool, Journey, RecoveryCell, SendRule, TemplateVersion
from campaigns.recovery.rules.cells import CellPlan, Gift
from campaigns.recovery.rules.compiling import TRIGGER
from campaigns.truth.codes import code_fault
from retention.kit.words import Phrase, gettext_noop

_ABOUT_BASKETS = frozenset(
    {"Cart Idle", "Cart Abandoned", "Cart Viewed", "Product Added", "Checkout Started", "Checkout Step Viewed", "Payment Failed"}
)
_ABOUT_LEAVING = _ABOUT_BASKETS | {"Product Viewed"}


@dataclass(frozen=True)
class Overlap:
    """A live journey that writes to people the plan writes to."""

    journey: Journey
    event: str


def faults_of_cell(cell: RecoveryCell, plan: CellPlan, *, now: datetime) -> list[Phrase]:
    """Return what must be mended before a cell may go live; nothing when it may."""
    sent = [(rung.channel, rung.channel, key) for rung in plan.rungs for key in (rung.template, rung.plain) if key]
    versions = live_versions(key for _, _, key in sent)
    return message_faults(sent, versions) + _gift_faults(plan, versions, cell=cell, now=now)


def _gift_faults(plan: CellPlan, versions: dict[str, TemplateVersion], *, cell: RecoveryCell, now: datetime) -> list[Phrase]:
    """Say what keeps the gift from being given: no message shows it, no pool holds it, or the pool holds something else."""
    if not plan.gift.costs:
        return []
    for rung in plan.rungs:
        version = versions.get(rung.template)
        if version is None or not rung.plain:
            continue
        fault = code_fault(version.texts(), place=_place(cell, rung.channel, version), now=now)
        pool = pool_of(cell, rung.channel, version)
        if fault is not None and pool is None:
            fault = Phrase(gettext_noop("It gives a code. Choose the pool the codes come from, under “Reason to come back”."))
        return [fault] if fault is not None else _other_gift(plan.gift, pool)
    return [Phrase(gettext_noop("No message gives the reason to come back. Choose one that shows a code."))]


def _place(cell: RecoveryCell, step: str, version: TemplateVersion) -> Q:
    return Q(journey_id=cell.journey_id, journey__isnull=False, step=step) | Q(template_id=version.template_id)


def pool_of(cell: RecoveryCell, step: str, version: TemplateVersion) -> CouponPool | None:
    """Return the pool a message of a cell draws its codes from, or None."""
    rules = SendRule.objects.filter(_place(cell, step, version), pool__isnull=False).select_related("pool")
    rule = rules.order_by(F("template_id").asc(nulls_first=True)).first()
    return rule.pool if rule is not None else None


def _other_gift(gift: Gift, pool: CouponPool | None) -> list[Phrase]:
    if pool is None:
        return []
    same = pool.benefit == gift.kind and gift.amount == {"percent": pool.percent, "amount": pool.amount_minor}.get(gift.kind, gift.amount)
    if same:
        return []
    return [Phrase(gettext_noop("The codes of the pool “%(pool)s” give something else than this cell says."), {"pool": pool.name})]


def overlaps() -> list[Overlap]:
    """Return the live journeys outside the plan that begin with somebody leaving: they may write to the same people."""
    found = {one.journey_id: one.definition.trigger.event for one in live_journeys()}
    wanted = {pk: event for pk, event in found.items() if event in _ABOUT_LEAVING and event != TRIGGER}
    rows: Iterable[Journey] = Journey.objects.by_name().plain().filter(pk__in=wanted)
    return [Overlap(journey, wanted[journey.pk]) for journey in rows]


def brings_baskets_back() -> bool:
    """Say whether somebody writes to who leaves a basket: a live cell of the plan, or a live journey that begins with it."""
    cells = Journey.objects.live().no_shadows().filter(for_quiet=True)
    return cells.exists() or any(one.event in _ABOUT_BASKETS for one in overlaps())
