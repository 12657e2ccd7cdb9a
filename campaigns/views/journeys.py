"""The journeys of a store: the list, one journey as sentences with live counts, and its switches."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages as toasts
from django.db import transaction
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from campaigns.journeys import reading
from campaigns.journeys.checking import faults_of, hints_of
from campaigns.journeys.drafting import draft_of
from campaigns.journeys.editing.growing import grow
from campaigns.journeys.occasions import people_words
from campaigns.journeys.shadowing import shadow_of
from campaigns.journeys.triggers import read_trigger
from campaigns.journeys.versions import definitions_of, held_back_shares
from campaigns.measurement.assignment import journey_key
from campaigns.measurement.results import outcome_of_key, wording
from campaigns.models import Journey, JourneyDraft, JourneyVersion, RecoveryCell
from campaigns.playbooks import PLAYBOOKS
from campaigns.sending import breaking
from campaigns.sending.reasons import words_of
from campaigns.views.editor import overview
from campaigns.views.editor.deeds import Shown
from campaigns.views.editor.drawing import Drawing
from campaigns.views.editor.reading import figures_of
from campaigns.views.experiments.figures import beyond_held_back, result_card
from campaigns.views.journey_states import STATE_BADGES
from campaigns.views.journey_words import names_of_store, occasion_words, say, starts
from campaigns.views.playbooks import PLAN
from retention.dashboard.access import may, needs
from retention.kit import clock
from retention.kit.fields import Fields, Problem
from retention.stores import auditing
from retention.stores.models import Store, StoreWork

LATELY = timedelta(days=30)


@needs("messages.view")
@require_safe
def list_journeys(request: HttpRequest) -> HttpResponse:
    """Show all journeys with their figures, and the ready-made ones that are not switched on."""
    journeys = list(Journey.objects.by_name().plain())  # cells of the recovery plan have a page of their own
    figures = reading.figures_of((journey.pk for journey in journeys), currency=_store(request).currency)
    beyond = beyond_held_back([journey_key(journey.pk) for journey in journeys], currency=_store(request).currency, now=clock.now())
    shares = held_back_shares(journeys)
    lately = reading.sent_since((one.pk for one in journeys), since=clock.now() - LATELY)
    started, shadows = _what_starts(journeys), set(Journey.objects.live().exclude(shadow_of=None).values_list("shadow_of_id", flat=True))
    rows = [
        {
            "journey": one,
            "badge": STATE_BADGES[one.state],
            "starts": started.get(one.pk, ""),
            "in_shadow": one.pk in shadows,
            "figures": figures[one.pk],
            "lately": lately.get(one.pk, 0),
            "share": shares.get(one.pk, 0),
            **beyond.get(journey_key(one.pk), {}),
        }
        for one in journeys
    ]
    present = {journey.playbook for journey in journeys}
    ready = any(playbook.key not in present for playbook in PLAYBOOKS if playbook.key != PLAN)
    context = {"rows": rows, "ready": ready, "may_write": may(request, "messages.write"), "may_send": may(request, "messages.send")}
    return render(request, "campaigns/journeys.html", context)


def _what_starts(journeys: Sequence[Journey]) -> dict[int, str]:
    """Return what starts each of these journeys, in words: by the version people enter by, or the newest, or the draft."""
    names = names_of_store()
    rows: Any = JourneyVersion.objects.filter(journey__in=[one.pk for one in journeys])
    newest = rows.filter(journey__live_number=None).order_by("journey_id", "-number").distinct("journey_id")
    entered = rows.filter(number=F("journey__live_number"))
    found = {pk: trigger for some in (entered, newest) for pk, trigger in some.values_list("journey_id", "definition__trigger")}
    drafts: Any = JourneyDraft.objects.filter(journey__in=[one.pk for one in journeys if one.pk not in found])
    found |= dict(drafts.values_list("journey_id", "tree__trigger"))
    said = {}
    for pk, data in found.items():
        problems: list[Problem] = []
        trigger = read_trigger(Fields(data or {}, "trigger", problems))
        said[pk] = starts(trigger, names) if not problems else ""
    return said


@needs("messages.view")
@require_safe
def show_journey(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show one journey: what starts and ends it, its steps, what went out and what was held back."""
    journey = get_object_or_404(Journey.objects.no_shadows(), public_id=public_id)
    cell = RecoveryCell.objects.filter(journey=journey).select_related("stage").first() if journey.for_quiet else None
    if cell is not None:  # a part of the recovery plan; it is read and switched there
        plan, where = ("recovery", []) if cell.stage.archived_at else ("recovery_cell", [cell.stage.public_id, cell.group])
        return redirect(f"campaigns:{plan}", _store(request).slug, *where)
    version = _shown(journey)
    if version is None:
        if not may(request, "messages.write"):
            return redirect("campaigns:journeys", _store(request).slug)
        return redirect("campaigns:journey_edit", _store(request).slug, public_id)
    definition = definitions_of([version.pk]).get(version.pk)
    if definition is None:
        raise Http404
    names = names_of_store()
    lines = Drawing(grow(version.definition), names, shown=Shown(), figures=figures_of(journey, definition, version)).lines()
    held = [
        (words_of(reason, channel=channel).render(_), state, count) for state, reason, channel, count in reading.reasons_by_state(journey)
    ]
    currency, draft = _store(request).currency, draft_of(journey)
    context = {
        "journey": journey,
        "badge": STATE_BADGES[journey.state],
        "number": version.number,
        "starts": starts(definition.trigger, names),
        "again": definition.again.words().render(_),
        "people": say(people_words(definition.people), names) if definition.people else "",
        "ends": [occasion_words(occasion) for occasion in definition.exits],
        "lines": lines,
        "overview": overview.draw(lines),
        "draft": draft,
        "shadow": shadow_of(journey),
        "may_write": may(request, "messages.write"),
        "figures": reading.figures_of([journey.pk], currency=_store(request).currency)[journey.pk],
        "held": held,
        "result": result_card(
            outcome_of_key(journey_key(journey.pk), currency=currency, now=clock.now()), wording(currency), share=definition.held_back_share
        ),
        "hints": [hint.render(_) for hint in hints_of(journey)],
        "faults": [fault.render(_) for fault in faults_of(journey, now=clock.now())],
        "may_send": may(request, "messages.send"),
        "may_switch_on": journey.playbook in PLAYBOOKS and draft is None and may(request, "messages.send"),
        "may_edit": may(request, "messages.edit"),
        "stop": breaking.open_stop("journey", journey.pk) if journey.state == Journey.State.PAUSED else None,
    }
    return render(request, "campaigns/journey.html", context)


def _shown(journey: Journey) -> JourneyVersion | None:
    """Return the version people enter by, or the newest of a journey that was never live."""
    rows = JourneyVersion.objects.filter(journey=journey)
    if journey.live_number is not None:
        rows = rows.filter(number=journey.live_number)
    found: JourneyVersion | None = rows.order_by("-number").first()
    return found


@needs("messages.edit")
@require_POST
def pause_journey(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Stop a journey before its next message leaves."""
    journey = get_object_or_404(Journey.objects.plain(), public_id=public_id)
    with transaction.atomic():
        paused = journey.pause(now=clock.now())
        if paused:
            _note(request, "journey.paused", journey)
    if paused:
        toasts.success(request, _("%(name)s is paused. Messages that wait will not go.") % {"name": journey.name})
    if request.POST.get("to") == "plan":
        return redirect("campaigns:recovery", store_slug=_store(request).slug)
    return _back(request, journey)


@needs("messages.send")
@require_POST
def resume_journey(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Let a paused journey go on where it stopped."""
    journey = get_object_or_404(Journey.objects.plain(), public_id=public_id)
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


def _back(request: HttpRequest, journey: Journey) -> HttpResponse:
    return redirect("campaigns:journey", store_slug=_store(request).slug, public_id=journey.public_id)


def _store(request: HttpRequest) -> Store:
    store: Store = request.store  # type: ignore[attr-defined]
    return store


def _note(request: HttpRequest, action: str, journey: Journey) -> None:
    auditing.note(request, action, target=f"journey:{journey.public_id}")
