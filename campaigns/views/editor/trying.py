"""Trying a draft without writing to anybody: in shadow from now on, or replayed over what people did in the last 90 days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages as toasts
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import formats, timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from campaigns.journeys import drafting, replaying, shadowing
from campaigns.journeys.editing.growing import grow
from campaigns.journeys.editing.tree import flatten
from campaigns.models import Journey, JourneyReplay, ShadowNote
from campaigns.sending.reasons import words_of
from campaigns.views.editor.deeds import Shown
from campaigns.views.editor.drawing import Drawing
from campaigns.views.editor.writing import journey_or_404
from campaigns.views.journey_words import CHANNEL_ICONS, CHANNEL_WORDS, ICONS, names_of_store
from retention.dashboard.access import allows, may, needs
from retention.dashboard.drawings import Axis, day_bars
from retention.dashboard.figures import write_number
from retention.kit import clock
from retention.stores import auditing

_DEED_STEPS = {"draw": "coupon", "change": "update", "call": "webhook", "notify": "notify"}


@dataclass(frozen=True)
class ChannelLine:
    """What would have been sent on one channel, and how many of those people do not allow it."""

    icon: str
    name: str
    would: int
    barred: int


@needs("messages.view")
@require_safe
def show_shadow(request: Any, public_id: UUID) -> HttpResponse:
    """Show what a journey's shadow would have done: counts, and the last fifty things."""
    journey = journey_or_404(public_id)
    shadow = shadowing.shadow_of(journey)
    context: dict[str, Any] = {"journey": journey, "shadow": shadow, "may_edit": may(request, "messages.write")}
    if shadow is not None:
        figures = shadowing.figures_of(journey, shadow)
        context |= {
            "figures": figures,
            "channels": channel_lines({what: list(found) for what, found in figures.messages.items()}, barred=True),
            "notes": _notes(request, journey, shadow),
        }
    return render(request, "campaigns/editor/shadow.html", context)


@needs("messages.write")
@require_POST
def switch_shadow(request: Any, public_id: UUID) -> HttpResponse:
    """Let the draft run in shadow from now on, or stop it. do: "begin" or "stop"."""
    journey, now = journey_or_404(public_id), clock.now()
    if request.POST.get("do") == "stop":
        with transaction.atomic():
            if shadowing.stop(journey, now=now):
                auditing.note(request, "journey.shadow_stopped", target=f"journey:{journey.public_id}")
                toasts.success(request, _("The shadow is stopped."))
        return redirect("campaigns:journey_edit", request.store.slug, public_id)
    draft = drafting.unsaved(journey, now=now)
    definition, _problems = drafting.read_tree(draft.tree)
    if definition is None:
        toasts.error(request, _("Mend what is marked first; then it can run in shadow."))
        return redirect("campaigns:journey_edit", request.store.slug, public_id)
    with transaction.atomic():
        shadowing.begin(journey, flatten(draft.tree).data, now=now)
        auditing.note(request, "journey.shadow_begun", target=f"journey:{journey.public_id}")
    toasts.success(request, _("The draft runs in shadow: it decides and writes down, and sends nothing."))
    return redirect("campaigns:journey_shadow", request.store.slug, public_id)


@needs("messages.view")
@require_safe
def show_replay(request: Any, public_id: UUID) -> HttpResponse:
    """Show the newest replay of a journey, and how far it has come."""
    journey = journey_or_404(public_id)
    replay = replaying.replay_of(journey)
    context: dict[str, Any] = {
        "journey": journey, "replay": replay, "may_edit": may(request, "messages.write"), "most_others": replaying.MOST_OTHERS
    }  # fmt: skip
    context["may_ask"] = replay is None or replaying.may_replace(replay, now=clock.now())
    if replay is not None:
        context |= _found(replay)
    return render(request, "campaigns/editor/replay.html", context)


@needs("messages.write")
@require_POST
def ask_replay(request: Any, public_id: UUID) -> HttpResponse:
    """Begin a replay of the draft as it stands."""
    journey = journey_or_404(public_id)
    draft = drafting.unsaved(journey, now=clock.now())
    definition, _problems = drafting.read_tree(draft.tree)
    if definition is None:
        toasts.error(request, _("Mend what is marked first; then it can be replayed."))
        return redirect("campaigns:journey_edit", request.store.slug, public_id)
    with transaction.atomic():
        if replaying.begin(journey, flatten(draft.tree).data, now=clock.now()):
            auditing.note(request, "journey.replayed", target=f"journey:{journey.public_id}")
        else:
            toasts.error(request, _("A replay of this journey is under way already."))
    return redirect("campaigns:journey_replay", request.store.slug, public_id)


def channel_lines(counted: dict[str, Any], *, barred: bool = False) -> list[ChannelLine]:
    """Return the channels with something to say, in the order people know them. barred: whether the second number is who is not allowed."""
    found = []
    for channel, icon in CHANNEL_ICONS.items():
        would, other = counted.get(channel, (0, 0))
        if would:
            found.append(ChannelLine(icon, str(CHANNEL_WORDS[channel]), would, other if barred else would - other))
    return found


def _notes(request: Any, journey: Journey, shadow: Journey) -> list[dict[str, Any]]:
    """Return the last things with who they are about, for a role that may see people."""
    names = names_of_store()
    version = shadow.versions.order_by("-number").first()
    said = Drawing(grow(version.definition), names, shown=Shown()).said if version is not None else {}
    sees = allows(request.role, capability="customers.view")
    return [
        {"row": note, "icon": _icon(note), "words": said.get(note.step, note.step), "customer": note.customer if sees else None}
        for note in shadowing.latest(journey, shadow)
    ]


def _icon(note: ShadowNote) -> str:
    return CHANNEL_ICONS.get(note.what) or ICONS[_DEED_STEPS[note.what]]


def _found(replay: JourneyReplay) -> dict[str, Any]:
    found = replay.found or {}
    names = {str(one.public_id): one.name for one in Journey.objects.plain().filter(public_id__in=list(found.get("met", {})))}
    days = sorted(found.get("days", {}).items())
    met = sorted(((names.get(public_id, public_id), count) for public_id, count in found.get("met", {}).items()), key=lambda one: -one[1])
    ends = found.get("ends", {})
    return {
        "found": found,
        "channels": channel_lines(found.get("sent", {})),
        "no_permission": [(CHANNEL_WORDS[channel], count) for channel, count in sorted(found.get("people", {}).items())],
        "days": [(_day(day), count) for day, count in days],
        "chart": _chart(dict(days), replay) if days else "",
        "busiest": [(_day(day), count) for day, count in sorted(days, key=lambda one: -one[1])[:1]],
        "met": met,
        "still": ends.get("still", 0),
        "through": ends.get("", 0),
        "stopped": _reasons(ends),
    }


def _reasons(ends: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return why runs would have stopped, in words, the most frequent first."""
    said = [(words_of(name).render(_), count) for name, count in ends.items() if name not in {"", "still"}]
    return sorted(said, key=lambda one: -one[1])


def _day(written: str) -> str:
    return formats.date_format(date.fromisoformat(written), "j M Y")


def _chart(counted: Mapping[str, int], replay: JourneyReplay) -> SafeString:
    """Draw how many would have entered on each day of the time, also on those without."""
    last = timezone.localtime(replay.asked_at).date()
    days = [last - timedelta(days=before) for before in range(replay.days, -1, -1)]
    totals = [counted.get(day.isoformat(), 0) for day in days]
    step = max(1, -(-max(totals) // 4))
    ticks = tuple(float(step * number) for number in range(5))
    words = [formats.date_format(day, "j M") if place % 14 == 0 else "" for place, day in enumerate(days)]
    axis = Axis(ticks, tuple(write_number(tick) for tick in ticks))
    label = _("Runs that would have begun, by day: %(most)s at most") % {"most": write_number(max(totals))}
    return day_bars(totals, totals, axis=axis, days=words, label=label)
