"""Small steps of journeys for tests: one made of data, templates it names, and ticks until nothing is due."""

import itertools
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from campaigns.journeys.intake import take_news
from campaigns.journeys.products import take_product_news
from campaigns.journeys.running import run_due
from campaigns.journeys.versions import publish
from campaigns.journeys.waves import make_waves, run_wave
from campaigns.models import Enrollment, Journey, JourneyAction, Message, Template, TemplateVersion

_numbers = itertools.count(1)
SEND = {"id": "mail", "kind": "send", "channel": "email", "template": "hello"}
LATER = {"id": "pause", "kind": "wait", "hours": 1}


def make_template(key: str = "hello", *, channel: str = "email") -> Template:
    """Save a template with a live version that says nothing much."""
    template = Template(key=key, name=key.title(), channel=channel, live_number=1)
    template.save()
    TemplateVersion.objects.create(template=template, number=1, subject="Hello", kind="text", source="Hello", html="", text="Hello")
    return template


def make_journey(data: Mapping[str, Any], *, now: datetime, since: timedelta = timedelta(days=1)) -> Journey:
    """Save a journey that has been live for a while."""
    journey = Journey(name=f"Journey {next(_numbers)}", created_at=now - since)
    journey.save()
    publish(journey, data, now=now - since)
    return journey


def tick(*, now: datetime) -> None:
    """Do everything journeys have to do at a moment."""
    make_waves(now=now)
    for _round in range(50):
        if not take_product_news(now=now) + run_wave(now=now) + take_news(now=now) + run_due(now=now):
            return
    raise AssertionError("journeys do not come to rest")


def runs_of(journey: Journey) -> list[tuple[str, str, str]]:
    """Return (state, step, reason) of a journey's runs, the oldest first."""
    return list(Enrollment.objects.filter(journey=journey).order_by("id").values_list("state", "step", "reason"))


def planned(journey: Journey) -> list[tuple[str, str]]:
    """Return (step, channel) of a journey's messages in the order they were planned."""
    rows = Message.objects.filter(source_kind="journey", source_id=journey.pk).order_by("planned_at", "id")
    return list(rows.values_list("step", "channel"))


def actions(journey: Journey) -> list[tuple[str, str, str]]:
    """Return (kind, step, detail) of what a journey's runs did beside messages."""
    return list(JourneyAction.objects.filter(journey=journey).order_by("id").values_list("kind", "step", "detail"))
