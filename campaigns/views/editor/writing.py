"""Writing a journey: begin one, and change its draft step by step. Nobody is written to by a draft."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages as toasts
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.journeys import drafting, shadowing
from campaigns.journeys.checking import faults_of_definition
from campaigns.journeys.editing.rearranging import FRESH
from campaigns.journeys.editing.shaping import PARTS
from campaigns.journeys.editing.tree import Json
from campaigns.models import Journey, JourneyDraft, JourneyVersion
from campaigns.views.editor import overview
from campaigns.views.editor.deeds import Known, Shown, act, rename
from campaigns.views.editor.drawing import LABELS, Drawing, Figures, where_of
from campaigns.views.editor.reading import figures_of, part_lines
from campaigns.views.journey_states import STATE_BADGES
from campaigns.views.journey_words import ICONS, Names, names_of_store, say
from retention.dashboard.access import may, needs
from retention.kit import clock
from retention.stores import auditing


@dataclass(frozen=True)
class Problems:
    """What stands in the way of a draft: with the step, in words; and what it needs of the store."""

    lines: list[tuple[str, str]]
    faults: list[str]

    @property
    def count(self) -> int:
        """Return how many there are."""
        return len(self.lines) + len(self.faults)


@needs("messages.write")
@require_http_methods(["GET", "HEAD", "POST"])
def new_journey(request: Any) -> HttpResponse:
    """Begin an empty journey, which stays a draft until it is made live; the ready-made ones are taken from their gallery."""
    if request.method != "POST":
        return render(request, "campaigns/editor/new.html")
    with transaction.atomic():
        journey = drafting.make(_("New journey"), user_id=request.user.pk, now=clock.now())
        auditing.note(request, "journey.made", target=f"journey:{journey.public_id}")
    return redirect("campaigns:journey_edit", request.store.slug, journey.public_id)


@needs("messages.write")
@require_http_methods(["GET", "HEAD", "POST"])
def edit_journey(request: Any, public_id: UUID) -> HttpResponse:
    """Show the draft of a journey, and do what the pressed button asks for; every change is kept at once."""
    journey = journey_or_404(public_id)
    shown = Shown(open=request.GET.get("open", ""))
    if request.method != "POST":
        return _page(request, journey, drafting.unsaved(journey, now=clock.now()), shown, names=names_of_store())
    called, names = journey.name, names_of_store()
    known = Known(Drawing(drafting.unsaved(journey, now=clock.now()).tree, names, shown=Shown()).steps, names)

    def doing(draft: JourneyDraft) -> bool:
        draft.journey = journey
        rename(draft, request.POST.get("name", ""))
        return act(draft, post=request.POST, shown=shown, known=known)

    stamp = request.POST.get("stamp", "")
    try:
        draft = drafting.change(journey, doing, stamp=stamp, user_id=request.user.pk, now=clock.now())
    except drafting.Overtaken as overtaken:
        return _page(request, journey, overtaken.draft, Shown(), names=names, overtaken=True)
    except drafting.TooLong:
        refused = Shown(request.POST.get("open", ""), refused=_("That is too long to keep. What you wrote last was not saved; shorten it."))
        journey = journey_or_404(public_id)
        return _page(request, journey, drafting.unsaved(journey, now=clock.now()), refused, names=names)
    if journey.name != called:  # rules call journeys by their names
        names = names_of_store()
    return _page(request, journey, draft, shown, names=names)


@needs("messages.write")
@require_POST
def discard_draft(request: Any, public_id: UUID) -> HttpResponse:
    """Throw a draft away; what is live stays as it is."""
    journey = journey_or_404(public_id)
    with transaction.atomic():
        if drafting.discard(journey):
            auditing.note(request, "journey.discarded", target=f"journey:{journey.public_id}")
            toasts.success(request, _("The draft is gone. The journey stays as it was."))
    return redirect("campaigns:journey", request.store.slug, public_id)


def journey_or_404(public_id: UUID) -> Journey:
    """Return a journey people may write: no cell of the recovery plan, and no shadow."""
    journey: Journey = get_object_or_404(Journey.objects.plain(), public_id=public_id)
    return journey


def problems_of(tree: Json, drawing: Drawing, journey: Journey, names: Names) -> Problems:
    """Return what stands in the way of a draft, each with its step in words."""
    definition, problems = drafting.read_tree(tree)
    lines = [(where_of(one, drawing, tree) or _("The journey"), say(one.phrase, names)) for one in problems]
    faults = faults_of_definition(definition, journey_id=journey.pk, now=clock.now()) if definition is not None else []
    return Problems(lines, [say(fault, names.beside(drawing.said)) for fault in faults])


def _page(request: Any, journey: Journey, draft: JourneyDraft, shown: Shown, *, names: Names, overtaken: bool = False) -> HttpResponse:
    """Draw the page, or the builder alone for a script."""
    is_fragment = request.headers.get("HX-Request") == "true"
    context = context_of(request, journey, draft, shown, names) | {"overtaken": overtaken, "is_fragment": is_fragment}
    if is_fragment:
        return render(request, "campaigns/editor/_builder.html", context)
    return render(request, "campaigns/editor/page.html", context)


def context_of(request: Any, journey: Journey, draft: JourneyDraft, shown: Shown, names: Names) -> dict[str, Any]:
    """Return what the editor shows of a draft."""
    definition, problems = drafting.read_tree(draft.tree)
    version = JourneyVersion.objects.filter(journey=journey).order_by("-number").first()
    figures = figures_of(journey, definition, version) if definition is not None else Figures()
    sees = may(request, "customers.view")
    drawing = Drawing(draft.tree, names, shown=shown, problems=problems, figures=figures, sees_people=sees)
    lines = drawing.lines()
    return {
        "journey": journey,
        "badge": STATE_BADGES[journey.state],
        "here": reverse("campaigns:journey_edit", args=[request.store.slug, journey.public_id]),
        "draft": draft,
        "shown": shown,
        "lines": lines,
        "parts": part_lines(draft.tree, names, drawing),
        "open_part": shown.open if shown.open in PARTS else "",
        "part_fields": drawing.fields(shown.open) if shown.open in PARTS else [],
        "problems": problems_of(draft.tree, drawing, journey, names),
        "sends": definition is not None and bool(definition.sent),
        "may_rule": may(request, "messages.edit"),
        "kinds": [(kind, ICONS[kind], LABELS[kind]) for kind in FRESH],
        "overview": overview.draw(lines),
        "version": version,
        "shadow": shadowing.shadow_of(journey),
    }
