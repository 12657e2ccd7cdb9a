"""Before a draft goes live: who gets what and when in plain sentences, what stands in the way, and what happens to the people inside."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib import messages as toasts
from django.db import transaction
from django.db.models import Max
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from campaigns.journeys import drafting, replaying, versions
from campaigns.journeys.definition import Definition, DefinitionError
from campaigns.journeys.soundness import met_again
from campaigns.models import Journey, JourneyDraft, JourneyVersion
from campaigns.sending.connecting import without_provider
from campaigns.views.editor.deeds import Shown
from campaigns.views.editor.drawing import Drawing, Line
from campaigns.views.editor.reading import PartLine, part_lines
from campaigns.views.editor.writing import journey_or_404, problems_of
from campaigns.views.journey_words import CHANNEL_WORDS, names_of_store
from retention.dashboard.access import may, needs
from retention.kit import clock
from retention.stores import auditing


@dataclass(frozen=True)
class Told:
    """One step as the page before the launch says it. depth: in how many ways it stands; way: of which it is the heading instead."""

    words: str
    icon: str
    depth: int
    way: bool = False


@dataclass(frozen=True)
class Moving:
    """People who stand at a step of an older version, and where they may go on. chosen: "" lets them finish as they began."""

    step: str
    name: str
    people: int
    choices: list[tuple[str, str]] = field(default_factory=list)
    chosen: str = ""


@needs("messages.write")
@require_safe
def launch_journey(request: Any, public_id: UUID) -> HttpResponse:
    """Say what will happen once the draft is live."""
    journey = journey_or_404(public_id)
    return _page(request, journey, drafting.unsaved(journey, now=clock.now()))


@needs("messages.send")
@require_POST
def publish_journey(request: Any, public_id: UUID) -> HttpResponse:
    """Let the draft that was looked at go live; people inside finish as they began, or go on where they are told to."""
    journey = journey_or_404(public_id)
    draft = drafting.unsaved(journey, now=clock.now())
    moving = {name.removeprefix("move."): to for name, to in request.POST.items() if name.startswith("move.") and to}
    try:
        with transaction.atomic():
            version, moved = drafting.release(journey, stamp=request.POST.get("stamp", ""), moving=moving, now=clock.now())
            details = {"version": version.number, "moved": moved}
            auditing.note(request, "journey.launched", target=f"journey:{journey.public_id}", details=details)
    except drafting.NotReady:
        return _page(request, journey, draft, status=422)
    except drafting.Overtaken as overtaken:
        toasts.error(request, _("The draft was changed while you looked at it. This is how it stands now."))
        return _page(request, journey, overtaken.draft, status=409)
    except DefinitionError as error:
        toasts.error(request, _("People inside cannot go on so: %(fault)s.") % {"fault": error.problems[0].phrase.render(_)})
        return _page(request, journey, draft, status=422)
    _say_live(request, journey, version.number, moved)
    return redirect("campaigns:journey", request.store.slug, public_id)


def _say_live(request: Any, journey: Journey, number: int, moved: int) -> None:
    if journey.state == Journey.State.PAUSED:
        toasts.success(request, _("Version %(number)s is ready. The journey stays paused until you let it go on.") % {"number": number})
        return
    said = _("Version %(number)s of %(name)s is live. People enter by it from now on.") % {"number": number, "name": journey.name}
    inside = ngettext("%(count)s person inside goes on in it.", "%(count)s people inside go on in it.", moved) % {"count": moved}
    toasts.success(request, f"{said} {inside}" if moved else said)


def _page(request: Any, journey: Journey, draft: JourneyDraft, *, status: int = 200) -> HttpResponse:
    names = names_of_store()
    definition, problems = drafting.read_tree(draft.tree)
    drawing = Drawing(draft.tree, names, shown=Shown(), problems=problems)
    found = problems_of(draft.tree, drawing, journey, names)
    moving = _moving(journey, definition, drawing) if definition is not None and journey.launched_at is not None else []
    sent = definition.sent if definition is not None else ()
    parts: list[PartLine] = part_lines(draft.tree, names, drawing)
    context = {
        "journey": journey,
        "draft": draft,
        "parts": parts,
        "told": _told(drawing.lines(), 0),
        "problems": found,
        "may_send": may(request, "messages.send"),
        "number": 1 + (JourneyVersion.objects.filter(journey=journey).aggregate(newest=Max("number"))["newest"] or 0),
        "promise": _promise(definition) if definition is not None else _("What it sends is said here once it is mended."),
        "moving": moving,
        "most_moved": versions.MOST_MOVED if sum(one.people for one in moving) > versions.MOST_MOVED else None,
        "replay": replaying.replay_of(journey),
        "is_first": journey.launched_at is None,
        "inbox": [CHANNEL_WORDS[channel] for channel in without_provider(sorted({channel for _step, channel, _key in sent}))],
        "may_connect": may(request, "connections.view"),
    }
    return render(request, "campaigns/editor/launch.html", context, status=status)


def _promise(definition: Definition) -> str:
    """Say how many messages somebody gets at most, and whether they go out without consent."""
    count = len(definition.sent)
    if not count:
        return _("It sends no message to anybody.")
    if not met_again(definition.steps).isdisjoint(step for step, _channel, _key in definition.sent):
        said = ngettext(
            "It leads back: each time round it sends at most %(count)s message to each person.",
            "It leads back: each time round it sends at most %(count)s messages to each person.",
            count,
        )
    else:
        said = ngettext(
            "It sends at most %(count)s message to each person who enters.",
            "It sends at most %(count)s messages to each person who enters.",
            count,
        )
    free = definition.stream == "transactional"
    consent = _("They go out without consent, as part of an order.") if free else _("They go only where people allow it.")
    return f"{said % {'count': count}} {consent}"


def _told(lines: list[Line], depth: int) -> list[Told]:
    """Return the steps one after the other, each way under its name."""
    found: list[Told] = []
    for line in lines:
        found.append(Told("".join(part.text for part in line.parts), line.icon, depth))
        for way in line.ways:
            found.append(Told(way.name, "", depth + 1, way=True))
            found += _told(way.lines, depth + 2)
    return found


def _moving(journey: Journey, definition: Definition, drawing: Drawing) -> list[Moving]:
    """Return where people inside may go on: at their step, where it is there still, and as they began where they are too many at once."""
    choices = [(step.id, drawing.said.get(step.id, step.id)) for step in definition.steps if step.kind in versions.WAITING]
    inside = [one for one in drafting.standings_of(journey, definition) if one.step]
    at_once = sum(one.people for one in inside) <= versions.MOST_MOVED
    return [
        Moving(one.step, drawing.said.get(one.step, one.step), one.people, choices, one.step if one.goes_on and at_once else "")
        for one in inside
    ]
