"""All experiments of a store on one page: all marketing together, journeys, cells of the recovery plan, and the newest campaigns."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from campaigns.journeys.versions import held_back_shares
from campaigns.measurement import store_wide
from campaigns.measurement.assignment import journey_key
from campaigns.models import Campaign, Journey, RecoveryCell
from campaigns.recovery.rules.groups import BY_KEY, ON_PAGES
from campaigns.views.broadcasts.showing import badge_of, word_of
from campaigns.views.experiments.figures import beyond_held_back
from campaigns.views.journey_states import STATE_BADGES
from retention.dashboard.access import allows, needs
from retention.kit import clock

RECENT = timedelta(days=180)
MOST_CAMPAIGNS = 30


@needs("insight.view")
@require_safe
def list_experiments(request: Any) -> HttpResponse:
    """Show what is measured, and how many more ordered than of those who got nothing."""
    now, currency = clock.now(), request.store.currency
    journeys = list(Journey.objects.by_name().plain().exclude(live_number=None))
    beyond = beyond_held_back([journey_key(one.pk) for one in journeys], currency=currency, now=now)
    shares = held_back_shares(journeys)
    context = {
        "journeys": [
            {"journey": one, "badge": STATE_BADGES[one.state], "share": shares.get(one.pk, 0), **beyond.get(journey_key(one.pk), {})}
            for one in journeys
        ],
        "cells": _cells(currency=currency, now=now),
        "campaigns": [{"campaign": one, "badge": badge_of(one), "word": word_of(one)} for one in _campaigns(now)],
        "whole": beyond_held_back([store_wide.KEY], currency=currency, now=now).get(store_wide.KEY),
        "share": store_wide.share(),
        "may_set": allows(request.role, capability="store.view"),
    }
    return render(request, "campaigns/experiments.html", context)


def _cells(*, currency: str, now: datetime) -> list[dict[str, Any]]:
    """Return the cells of the recovery plan that ran, in the order of the plan."""
    ran = RecoveryCell.objects.select_related("stage", "journey").filter(journey__live_number__isnull=False, stage__archived_at=None)
    found = sorted(ran, key=lambda one: (one.stage.position, one.stage_id, ON_PAGES.index(one.group)))
    beyond = beyond_held_back([journey_key(one.journey_id) for one in found], currency=currency, now=now)
    shares = held_back_shares(one.journey for one in found)
    return [
        {
            "cell": one,
            "group_name": BY_KEY[one.group].name.render(_),
            "share": shares.get(one.journey_id, 0),
            **beyond.get(journey_key(one.journey_id), {}),
        }
        for one in found
    ]


def _campaigns(now: datetime) -> list[Campaign]:
    """Return the newest campaigns that can show something: with people held back, or with several ways to say it."""
    counted = Campaign.objects.kept().exclude(state=Campaign.State.DRAFT).annotate(ways=Count("variants"))
    recent = counted.filter(Q(holdout_share__gt=0) | Q(ways__gt=1), created_at__gt=now - RECENT)
    return list(recent.order_by("-created_at", "-id")[:MOST_CAMPAIGNS])
