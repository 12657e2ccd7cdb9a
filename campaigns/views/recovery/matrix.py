"""The recovery plan: the matrix of stages and visitor groups, with or without an open cell, and what its buttons do."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.contrib import messages as toasts
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from campaigns.models import RecoveryReplay, RecoveryStage
from campaigns.recovery import looking_back, planning
from campaigns.recovery.checking import overlaps
from campaigns.recovery.figures import totals_of
from campaigns.recovery.rules.cells import CHANNELS
from campaigns.recovery.rules.groups import BY_KEY
from campaigns.sending.connecting import without_provider
from campaigns.views.journey_words import CHANNEL_WORDS
from campaigns.views.recovery.grid import VIEWS, Ask, Grid, bounds_of, grid_of, groups_of_page, ready_channels, ready_rows
from campaigns.views.recovery.panel import panel_of
from retention.customers.models import CustomerEvent
from retention.dashboard.access import may, needs
from retention.dashboard.figures import write_money, write_number
from retention.kit import clock
from retention.kit.locks import transaction_lock
from retention.stores import auditing

MOST_NAMED = 3
"""So many cells that stay drafts are named in one sentence."""


@needs("messages.view")
@require_safe
def show_plan(request: Any) -> HttpResponse:
    """Show the matrix."""
    return _page(request, None)


@needs("messages.view")
@require_safe
def show_cell(request: Any, public_id: UUID, group: str) -> HttpResponse:
    """Show the matrix with one cell open; `edit` names the part of it that is being changed."""
    stage = get_object_or_404(RecoveryStage.objects.filter(archived_at=None), public_id=public_id)
    if group not in BY_KEY:
        raise Http404
    return _page(request, (stage, group))


def _page(request: Any, opened: tuple[RecoveryStage, str] | None) -> HttpResponse:
    now, ask = clock.now(), Ask.of(request)
    if not RecoveryStage.objects.exists():
        return render(
            request,
            "campaigns/recovery/none.html",
            {
                "may_send": may(request, "messages.send"),
                "overlaps": overlaps(),
                "groups": groups_of_page(),
                "open_group": "buying",
                "rows": ready_rows(request.store),
                **_to_inbox(request, ready_channels()),
            },
        )
    replay = RecoveryReplay.objects.first()
    asks_how_far = request.headers.get("HX-Target") == "replay"  # the part that says how far the past is counted renews itself
    if asks_how_far and replay is not None and replay.finished_at is None:
        return render(request, "campaigns/recovery/_replay.html", {"replay": replay, "here": request.get_full_path()})
    grid = grid_of(request.store, ask, opened=(opened[0].pk, opened[1]) if opened else None, now=now)
    context = {
        "grid": grid,
        **_to_inbox(request, grid.channels),
        "ask": ask,
        "query": ask.query(),
        "bounds": bounds_of(ask.by, currency=request.store.currency),
        "views": _choices(ask),
        "periods": [{"label": label, "query": ask.query(days=days), "current": ask.days == days} for days, label in _periods()],
        "groups": groups_of_page(),
        "open_group": opened[1] if opened else "buying",
        "lead": lead_of(request.store, grid, ask),
        "overlaps": overlaps(),
        "replay": replay if asks_how_far or (replay is not None and replay.finished_at is None) else None,
        "here": request.get_full_path(),
        "may_edit": may(request, "messages.edit"),
        "may_send": may(request, "messages.send"),
        "panel": panel_of(request, opened[0], opened[1], grid, ask, now=now) if opened else None,
    }
    return render(request, "campaigns/recovery/plan.html", context)


def _to_inbox(request: Any, channels: Collection[str]) -> dict[str, Any]:
    """Return what the page says of messages on these channels that go to the test inbox."""
    missing = without_provider([channel for channel in CHANNELS if channel in channels])
    return {"inbox": [CHANNEL_WORDS[channel] for channel in missing], "may_connect": may(request, "connections.view")}


def _choices(ask: Ask) -> list[dict[str, Any]]:
    labels = {"plan": _("Plan"), "people": _("People lost"), "money": _("Money left"), "lift": _("Lift")}
    return [{"key": key, "label": labels[key], "query": ask.query(by=key) or "?", "current": ask.by == key} for key in VIEWS]


def _periods() -> list[tuple[int, str]]:
    return [(30, _("30 days")), (90, _("90 days"))]


def lead_of(store: Any, grid: Grid, ask: Ask) -> list[str]:
    """Return the sentences the page opens with: what came back and what of it is the plan's, or what is left behind."""
    totals = totals_of(grid.figures)
    people, left = sum(row.people for row in grid.rows), sum(row.left_minor for row in grid.rows)
    money = write_money(left, currency=store.currency)
    if not totals.came_back:
        said = ngettext(
            "In %(days)s days %(count)s person left, with %(money)s.", "In %(days)s days %(count)s people left, with %(money)s.", people
        )
        if not people:
            said = _("Nobody was seen leaving in %(days)s days. Whoever leaves is counted here half an hour later.")
            if not CustomerEvent.objects.exclude(kind="own").exists():
                said = _("Your shop has told nothing yet. Once it is connected, whoever leaves is counted here half an hour later.")
        now = _("Each cell says what they get, and when.") if grid.live else _("Nothing is sent yet.")
        return [said % {"days": ask.days, "count": write_number(people), "money": money}, now]
    back = ngettext(
        "Last %(days)s days %(count)s person came back, worth %(money)s.",
        "Last %(days)s days %(count)s people came back, worth %(money)s.",
        totals.came_back,
    ) % {"days": ask.days, "count": write_number(totals.came_back), "money": write_money(totals.worth_minor, currency=store.currency)}
    if totals.lift is None:
        return [back, _("How much of it would have come by itself cannot be said yet.")]
    names = ("guess", "low", "high")
    values = {name: write_money(round(getattr(totals.lift, name)), currency=store.currency) for name in names}
    return [
        back,
        _("Since its cells began, the plan brought %(guess)s beyond what the held-back bought (95%% sure: %(low)s to %(high)s).") % values,
    ]


@needs("messages.send")
@require_POST
def begin_plan(request: Any) -> HttpResponse:
    """Make the ready-made plan and, with `switch_on`, let every cell go live that may.

    `pause` names journeys outside the plan, by public id, that begin with the same people leaving: they are paused in the same moment.
    """
    now = clock.now()
    with transaction.atomic():
        if planning.begin(request.store, user_id=request.user.pk, now=now):
            auditing.note(request, "recovery.begun")
            looking_back.begin(days=30, now=now)
        if request.POST.get("switch_on"):
            _switch_on(request)
            _pause_asked(request)
    return redirect("campaigns:recovery", store_slug=request.store.slug)


@needs("messages.send")
@require_POST
def switch_plan_on(request: Any) -> HttpResponse:
    """Let every drafted cell go live that may."""
    with transaction.atomic():
        _switch_on(request)
    return redirect("campaigns:recovery", store_slug=request.store.slug)


def _switch_on(request: Any) -> None:
    switched = planning.switch_on(user_id=request.user.pk, now=clock.now())
    if switched.live:
        auditing.note(request, "recovery.switched_on", details={"cells": switched.live})
        said = ngettext(
            "%(count)s cell is live. People who leave get its messages.",
            "%(count)s cells are live. People who leave get their messages.",
            switched.live,
        )
        toasts.success(request, said % {"count": switched.live})
    if switched.waiting:
        said = ngettext(
            "%(count)s cell stays a draft, and says what it needs: %(names)s.",
            "%(count)s cells stay drafts, and say what they need: %(names)s.",
            len(switched.waiting),
        )
        names = ", ".join(switched.waiting[:MOST_NAMED]) + (" …" if len(switched.waiting) > MOST_NAMED else "")
        toasts.info(request, said % {"count": len(switched.waiting), "names": names})


def _pause_asked(request: Any) -> None:
    """Pause the overlapping journeys that were ticked."""
    asked = set(request.POST.getlist("pause"))
    for one in overlaps():
        journey = one.journey
        if str(journey.public_id) in asked and journey.pause(now=clock.now()):
            auditing.note(request, "journey.paused", target=f"journey:{journey.public_id}")
            toasts.success(request, _("%(name)s is paused. Messages that wait will not go.") % {"name": journey.name})


@needs("messages.edit")
@require_POST
def replay(request: Any) -> HttpResponse:
    """Count the last 90 days as the plan would have seen them; nothing is sent."""
    now = clock.now()
    with transaction.atomic():
        transaction_lock("recovery-replay", store_id=request.store.pk)
        refused = looking_back.replay_refusal(now=now)
        if refused is None:
            looking_back.begin(days=looking_back.MOST_DAYS, now=now)
    if refused is None:
        toasts.success(request, _("The last 90 days are being counted. Nothing is sent."))
    else:
        toasts.info(request, refused.render(_))
    return redirect("campaigns:recovery", store_slug=request.store.slug)
