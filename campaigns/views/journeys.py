"""The journeys of a store: the list, one journey as sentences with live counts, and its switches."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages as toasts
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from campaigns.journeys import reading
from campaigns.journeys.checking import faults_of, hints_of
from campaigns.journeys.definition import Definition
from campaigns.journeys.occasions import Occasion
from campaigns.journeys.steps import Step
from campaigns.journeys.versions import WAITING, definitions_of
from campaigns.measurement.assignment import journey_key
from campaigns.measurement.lots import LEAST_SHARE_OF_FEW
from campaigns.measurement.results import outcome_of_key, wording
from campaigns.models import CouponPool, Journey, JourneyVersion, RecoveryCell, Template
from campaigns.playbooks import PLAYBOOKS
from campaigns.playbooks.switching import switch_on as launch_playbook
from campaigns.sending import breaking
from campaigns.sending.reasons import words_of
from campaigns.views.experiments.figures import beyond_held_back, result_card
from campaigns.views.journey_states import STATE_BADGES
from retention.dashboard.access import may, needs
from retention.kit import clock
from retention.kit.words import gettext_noop
from retention.stores import auditing
from retention.stores.models import Store, StoreWork
from retention.webhooks.models import Endpoint
from segments.models import Segment

_ICONS = {
    "send": "mail", "wait": "clock-pause", "wait_date": "clock", "wait_event": "hourglass", "branch": "arrows-split-2",
    "split": "arrows-shuffle", "ladder": "ladder", "coupon": "ticket", "update": "pencil", "webhook": "bolt", "notify": "bell",
    "exit": "flag",
}  # fmt: skip
_EVENTS = {
    "Cart Idle": gettext_noop("a basket is left alone"),
    "Order Completed": gettext_noop("they place an order"),
}


@dataclass(frozen=True)
class StepLine:
    """One step as the page shows it."""

    icon: str
    sentence: str
    count: int | None
    word: str
    key: str = ""  # of a step that sends


@needs("messages.view")
@require_safe
def list_journeys(request: HttpRequest) -> HttpResponse:
    """Show all journeys with their figures, and the ready-made ones that are not switched on."""
    journeys = list(Journey.objects.by_name().filter(for_quiet=False))  # cells of the recovery plan have a page of their own
    figures = reading.figures_of((journey.pk for journey in journeys), currency=_store(request).currency)
    beyond = beyond_held_back([journey_key(journey.pk) for journey in journeys], currency=_store(request).currency, now=clock.now())
    rows = [
        {"journey": one, "badge": STATE_BADGES[one.state], "figures": figures[one.pk], **beyond.get(journey_key(one.pk), {})}
        for one in journeys
    ]
    present = {journey.playbook for journey in journeys}
    ready = [
        {"key": playbook.key, "name": playbook.name.render(_), "summary": playbook.summary.render(_)}
        for playbook in PLAYBOOKS
        if playbook.key not in present
    ]
    return render(request, "campaigns/journeys.html", {"rows": rows, "ready": ready})


@needs("messages.view")
@require_safe
def show_journey(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show one journey: what starts and ends it, its steps, what went out and what was held back."""
    journey = get_object_or_404(Journey.objects.all(), public_id=public_id)
    cell = RecoveryCell.objects.filter(journey=journey).select_related("stage").first() if journey.for_quiet else None
    if cell is not None:  # a part of the recovery plan; it is read and switched there
        plan, where = ("recovery", []) if cell.stage.archived_at else ("recovery_cell", [cell.stage.public_id, cell.group])
        return redirect(f"campaigns:{plan}", _store(request).slug, *where)
    version = JourneyVersion.objects.filter(journey=journey).order_by("-number").first()
    if version is None:
        raise Http404
    definition = definitions_of([version.pk]).get(version.pk)
    if definition is None:
        raise Http404
    names = _names()
    held = [
        (words_of(reason, channel=channel).render(_), state, count) for state, reason, channel, count in reading.reasons_by_state(journey)
    ]
    currency = _store(request).currency
    context = {
        "journey": journey,
        "badge": STATE_BADGES[journey.state],
        "number": version.number,
        "starts": _starts(definition, names),
        "ends": [_occasion_words(occasion) for occasion in definition.exits],
        "steps": _step_lines(journey, definition, names),
        "figures": reading.figures_of([journey.pk], currency=_store(request).currency)[journey.pk],
        "held": held,
        "result": result_card(outcome_of_key(journey_key(journey.pk), currency=currency, now=clock.now()), wording(currency)),
        "hints": [hint.render(_) for hint in hints_of(journey)],
        "faults": [fault.render(_) for fault in faults_of(journey, now=clock.now())],
        "may_send": may(request, "messages.send"),
        "may_switch_on": journey.playbook in PLAYBOOKS and may(request, "messages.send"),
        "may_edit": may(request, "messages.edit"),
        "stop": breaking.open_stop("journey", journey.pk) if journey.state == Journey.State.PAUSED else None,
    }
    return render(request, "campaigns/journey.html", context)


@needs("messages.edit")
@require_POST
def pause_journey(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Stop a journey before its next message leaves."""
    journey = get_object_or_404(Journey.objects.filter(for_quiet=False), public_id=public_id)
    with transaction.atomic():
        paused = journey.pause(now=clock.now())
        if paused:
            _note(request, "journey.paused", journey)
    if paused:
        toasts.success(request, _("%(name)s is paused. Messages that wait will not go.") % {"name": journey.name})
    return _back(request, journey)


@needs("messages.send")
@require_POST
def resume_journey(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Let a paused journey go on where it stopped."""
    journey = get_object_or_404(Journey.objects.filter(for_quiet=False), public_id=public_id)
    if journey.state == Journey.State.PAUSED and faults_of(journey, now=clock.now()):
        toasts.error(request, _("%(name)s does not go on yet: something must be mended first.") % {"name": journey.name})
        return _back(request, journey)
    with transaction.atomic():
        resumed = journey.resume()
        if resumed:
            now = clock.now()
            breaking.lift("journey", journey.pk, now=now)
            for kind in ("dispatch", "journeys"):
                StoreWork.ring(kind, store_id=journey.store_id, due_at=now)
            _note(request, "journey.resumed", journey)
    if resumed:
        toasts.success(request, _("%(name)s goes on.") % {"name": journey.name})
    return _back(request, journey)


@needs("messages.send")
@require_POST
def switch_on(request: HttpRequest, key: str) -> HttpResponse:
    """Launch a ready-made journey; one that was launched before stays as it is."""
    if key not in PLAYBOOKS:
        raise Http404
    now = clock.now()
    with transaction.atomic():
        journey = launch_playbook(key, now=now, holdout_share=LEAST_SHARE_OF_FEW)
        launched = journey.launched_at == now
        if launched:
            _note(request, "journey.launched", journey)
    if launched:
        toasts.success(request, _("%(name)s is live. People enter from now on.") % {"name": journey.name})
    elif journey.state == Journey.State.DRAFT:
        toasts.error(request, _("%(name)s is not live yet: something must be mended first.") % {"name": journey.name})
    return _back(request, journey)


def _back(request: HttpRequest, journey: Journey) -> HttpResponse:
    return redirect("campaigns:journey", store_slug=_store(request).slug, public_id=journey.public_id)


def _store(request: HttpRequest) -> Store:
    store: Store = request.store  # type: ignore[attr-defined]
    return store


def _note(request: HttpRequest, action: str, journey: Journey) -> None:
    auditing.note(request, action, target=f"journey:{journey.public_id}")


def _starts(definition: Definition, names: dict[str, str]) -> str:
    """Say what starts it; events people know by another name are called so."""
    trigger = definition.trigger
    if trigger.kind == "event" and trigger.event in _EVENTS and not trigger.occasion.where:
        return _(_EVENTS[trigger.event])
    return trigger.words().render(_, show=lambda value: names.get(str(value), str(value)))


def _occasion_words(occasion: Occasion) -> str:
    return _(_EVENTS[occasion.event]) if occasion.event in _EVENTS else _("“%(event)s” happens") % {"event": occasion.event}


def _names() -> dict[str, str]:
    """Return what the store calls the things steps name by a key or a public id."""
    things = {str(public_id): name for public_id, name in Segment.objects.values_list("public_id", "name")}
    things |= {str(public_id): name for public_id, name in CouponPool.objects.values_list("public_id", "name")}
    things |= {str(one.public_id): str(one) for one in Endpoint.objects.all()}
    return {**things, **dict(Template.objects.values_list("key", "name"))}


def _step_lines(journey: Journey, definition: Definition, names: dict[str, str]) -> list[StepLine]:
    waiting, sent = reading.waiting_at(journey), reading.sent_by_step(journey)
    return [_step_line(step, waiting, sent, names) for step in definition.steps]


def _step_line(step: Step, waiting: Any, sent: Any, names: dict[str, str]) -> StepLine:
    sentence = step.describe().render(_, show=lambda value: names.get(str(value), str(value)))
    icon = _ICONS.get(step.kind, "flag")
    if step.kind in {"send", "ladder"}:
        return StepLine(icon, sentence, sent.get(step.id, 0), _("sent"), step.id)
    if step.kind in WAITING:
        return StepLine(icon, sentence, waiting.get(step.id, 0), _("wait here"))
    return StepLine(icon, sentence, None, "")
