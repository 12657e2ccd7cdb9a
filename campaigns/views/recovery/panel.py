"""One open cell: its verdict, its ladder, the reason to come back, what never happens, who is held back, and who left there lately."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.journeys.yielding import tellers
from campaigns.measurement.learning import shares_of_orders
from campaigns.measurement.lots import HELD_OUT
from campaigns.measurement.results import wording
from campaigns.measurement.statistics.reading import Sums
from campaigns.models import CouponPool, Departure, RecoveryCell, RecoveryCellVersion, RecoveryStage, Template, TemplateVersion
from campaigns.recovery.checking import faults_of_cell
from campaigns.recovery.figures import CellFigures, Lift
from campaigns.recovery.lately import sent_lately
from campaigns.recovery.planning import cell_at, plan_of
from campaigns.recovery.rules.cells import CHANNELS, GIFTED_GROUPS, USUAL_MINUTES, CellPlan, Rung
from campaigns.recovery.rules.groups import BY_KEY
from campaigns.recovery.rules.saying import CHANNEL_ICONS, CHANNEL_NAMES, lead_sentence, long_delay, missing_words
from campaigns.recovery.rules.stages import SOLD_OUT
from campaigns.sending.breaking import open_stop
from campaigns.sending.budgets import budget_of_store
from campaigns.views.experiments.figures import people_words
from campaigns.views.recovery.grid import Ask, Grid, cell_url, gift_of, rule_words, signed_money
from retention.dashboard.access import allows
from retention.dashboard.figures import write_money, write_number, write_share
from retention.kit.money import to_major
from retention.kit.words import Phrase
from retention.stores.models import Store

LATEST = 5
_UNITS = ((24 * 60, "days"), (60, "hours"), (1, "minutes"))


@dataclass(frozen=True)
class Line:
    """One channel of the ladder on the page; rung is None where it is left out."""

    channel: str
    name: str
    icon: str
    rung: Rung | None
    delay: str
    says: str
    template: Template | None
    languages: str
    missing: str
    sent: int
    edit_url: str
    is_open: bool
    amount: int
    unit: str


def panel_of(request: Any, stage: RecoveryStage, group: str, grid: Grid, ask: Ask, *, now: datetime) -> dict[str, Any]:
    """Return what the panel of a cell shows."""
    store: Store = request.store
    cell = grid.cells.get((stage.pk, group)) or cell_at(stage, group, now=now)
    state = cell.going if cell.pk else "hole"
    plan = plan_of(cell) if cell.pk else None
    figures = grid.figures.get((stage.pk, group), CellFigures())
    version = RecoveryCellVersion.objects.filter(cell=cell, number=cell.number).select_related("saved_by").first() if cell.pk else None
    editing = request.GET.get("edit", "")
    here = cell_url(store, stage, group, ask)
    faults = faults_of_cell(cell, plan, now=now) if plan is not None and cell.state != "empty" else []
    about_stock = stage.rule.get("kind") == SOLD_OUT
    return {
        "stage": stage,
        "rule": rule_words(stage),
        "group": group,
        "group_name": BY_KEY[group].name.render(_),
        "cell": cell,
        "state": state,
        "is_ready_made": cell.number == 0 and cell.changed_at == stage.created_at,  # as the plan was begun: nobody decided it
        "stop": open_stop("journey", cell.journey_id) if state == "paused" and cell.journey_id is not None else None,
        "plan": plan,
        "version": version,
        "next_number": cell.number + 1,
        "figures": figures,
        "verdict": verdict_of(figures, currency=store.currency) if state in {"live", "paused"} else None,
        "faults": [fault.render(_) for fault in faults],
        "lacks_pool": bool(faults) and plan is not None and bool(plan.gift.costs) and _pool(plan) is None,
        "lines": _lines(cell, plan, here, editing),
        "sentence": lead_sentence(plan, stage=stage.name, group=BY_KEY[group].name).render(_) if plan is not None else "",
        "waits": plan.waits if plan is not None else about_stock,
        "speaks_too_soon": about_stock and plan is not None and not plan.waits,
        "tellers": [journey.name for journey in tellers()] if plan is not None and plan.waits else [],
        "gift": gift_of(plan, currency=store.currency) if plan is not None else "",
        "editing": editing,
        "here": here,
        "edit_gift": _with_edit(here, "gift"),
        "edit_guard": _with_edit(here, "guard"),
        "close": reverse("campaigns:recovery", args=[store.slug]) + ask.query(),
        "save": reverse("campaigns:recovery_save", args=[store.slug, stage.public_id, group]) + ask.query(),
        "switch": reverse("campaigns:recovery_state", args=[store.slug, stage.public_id, group]) + ask.query(),
        "templates": _templates(),
        "pools": list(CouponPool.objects.filter(archived_at=None).order_by("name", "id")),
        "pool": _pool(plan),
        "gift_amount": _gift_amount(plan, currency=store.currency),
        "gift_step": str(to_major(1, currency=store.currency)),
        "currency": store.currency,
        "may_gift": group in GIFTED_GROUPS,
        "ceiling": round(plan.gift.ceiling_share * 100) if plan is not None else 20,
        "holdout": round(plan.holdout_share * 100) if plan is not None else 10,
        "latest": latest_of(stage, group),
        "may_customers": _sees_people(request),
        "budget": budget_of_store().together,
        "orders": _orders(cell) if plan is not None and plan.learns else [],
    }


def _orders(cell: RecoveryCell) -> list[str]:
    """Say which channel goes first to how many of those who may be reached on the same channels."""
    shares = shares_of_orders(cell.journey_id) if cell.journey_id is not None else {}
    said = []
    for parts in shares.values():
        most_first = sorted(parts.items(), key=lambda one: (-one[1], one[0]))
        said.append(" · ".join(f"{_(CHANNEL_NAMES[channel])} {write_share(share)}" for channel, share in most_first))
    return said


def _gift_amount(plan: CellPlan | None, *, currency: str) -> str:
    """Return how much is given as its field takes it: percent, or money in its main unit, with a point whatever the language."""
    if plan is None:
        return "0"
    return str(to_major(plan.gift.amount, currency=currency)) if plan.gift.kind == "amount" else str(plan.gift.amount)


def _sees_people(request: Any) -> bool:
    return allows(getattr(request, "role", None), capability="customers.view")


def _with_edit(here: str, part: str) -> str:
    return f"{here}{'&' if '?' in here else '?'}edit={part}"


def _lines(cell: RecoveryCell, plan: CellPlan | None, here: str, editing: str) -> list[Line]:
    templates = {one.key: one for one in Template.objects.filter(key__in=[rung.template for rung in plan.rungs] if plan else [])}
    languages = _languages(templates)
    sent = sent_lately(cell.journey) if cell.pk and cell.journey is not None else {}
    found = []
    for channel in CHANNELS:
        rung = plan.rung(channel) if plan is not None else None
        minutes = rung.minutes if rung is not None else USUAL_MINUTES[channel]
        size, unit = next((size, unit) for size, unit in _UNITS if minutes % size == 0)
        template = templates.get(rung.template) if rung is not None else None
        found.append(
            Line(
                channel=channel,
                name=_(CHANNEL_NAMES[channel]),
                icon=CHANNEL_ICONS[channel],
                rung=rung,
                delay=long_delay(minutes).render(_),
                says=str(template.name) if template is not None else (rung.template if rung is not None else ""),
                template=template,
                languages=languages.get(template.pk, "") if template is not None else "",
                missing=missing_words(channel).render(_),
                sent=sent.get(channel, 0),
                edit_url=_with_edit(here, channel),
                is_open=editing == channel,
                amount=minutes // size,
                unit=unit,
            )
        )
    return sorted(found, key=lambda line: line.rung.minutes if line.rung is not None else USUAL_MINUTES[line.channel])


def _languages(templates: Mapping[str, Template]) -> dict[int, str]:
    """Return the further languages each template is written in, as one text."""
    numbers = {one.pk: one.live_number for one in templates.values()}
    rows = TemplateVersion.objects.filter(template_id__in=numbers).values_list("template_id", "number", "languages")
    return {pk: ", ".join(sorted(languages)) for pk, number, languages in rows if numbers[pk] == number and languages}


def _templates() -> dict[str, list[Template]]:
    """Return the store's messages that could be sent, by channel."""
    found: dict[str, list[Template]] = {channel: [] for channel in CHANNELS}
    for one in Template.objects.kept().by_name().filter(live_number__isnull=False, channel__in=CHANNELS):
        found[one.channel].append(one)
    return found


def _pool(plan: CellPlan | None) -> CouponPool | None:
    return CouponPool.objects.filter(public_id=plan.gift.pool).first() if plan is not None and plan.gift.pool else None


def verdict_of(figures: CellFigures, *, currency: str) -> dict[str, str]:
    """Return what the cell's experiment says: tone, verdict and the figures behind it. Order of the verdicts: look.md, section 7."""
    outcome, lift = figures.outcome, figures.lift
    if outcome is None:
        return {"tone": "", "strong": _("Too few to say."), "text": ""}
    if outcome.now.is_alarmed:
        told = wording(currency).verdict(outcome)
        return told._asdict()
    people = people_words(outcome)
    if lift is None:
        return {"tone": "", "strong": _("Too few to say."), "text": people}
    written, held = (outcome.now.totals.get(name, Sums()) for name in ("a", HELD_OUT))
    counts = _("%(came)s of %(written)s came back with a message, %(by)s of %(held)s without.") % {
        "came": write_number(written.buyers),
        "written": write_number(written.people),
        "by": write_number(held.buyers),
        "held": write_number(held.people),
    }
    write = write_money if lift.says > 0 else signed_money
    values = {name: write(round(getattr(lift.range, name)), currency=currency) for name in ("guess", "low", "high")}
    return _verdict(lift, values, f"{counts} {people}")


def _verdict(lift: Lift, values: dict[str, str], counts: str) -> dict[str, str]:
    fits = _("That is %(guess)s, but anything from %(low)s to %(high)s fits.") % values
    if lift.says > 0:
        return {"tone": "good", "strong": _("It brings %(guess)s, 95%% sure between %(low)s and %(high)s.") % values, "text": counts}
    if lift.says < 0:
        strong = _("It costs more than it brings: %(guess)s, between %(low)s and %(high)s.") % values
        return {"tone": "bad", "strong": strong, "text": counts}
    if lift.range.says:
        fits += " " + _("A single look would call that sure; who looks again and again needs a wider range, and that one still holds zero.")
    return {"tone": "", "strong": _("Too early to say."), "text": f"{counts} {fits}"}


def latest_of(stage: RecoveryStage, group: str) -> list[dict[str, Any]]:
    """Return who left at a stage lately, with the evidence in words and what was decided."""
    rows = Departure.objects.filter(stage=stage, group=group).select_related("customer").order_by("-left_at", "-id")[:LATEST]
    return [{"row": row, "why": evidence_words(row), "decision": row.get_decision_display()} for row in rows]


def evidence_words(row: Departure) -> list[str]:
    """Return why a departure is where it is, in words."""
    said = [row.evidence.get(part) for part in ("stage", "group", "gift")]
    return [Phrase(text, values).render(_) for text, values in (one for one in said if one) if text]
