"""What holds sending back as a whole: a template that keeps ending its process, and the clock of every zone on earth."""

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from campaigns.models import Message
from campaigns.personalization.render import CannotRender, Rendered
from campaigns.sending.pacing import USUAL, first_instant, next_allowed
from campaigns.sending.recording import record_unmade
from campaigns.sending.rendering import MOST_KILLS, Job, Renderer, forget_kills
from retention.kit import clock
from tests.campaigns.crowd import make_ready

_SLOW = {"subject": "", "html": "{% for a in (1..9990) %}{{ big | join: 'x' | size }}{% endfor %}", "text": ""}
_GOOD = {"subject": "Hi", "html": "ok", "text": "ok"}
_ODD_ZONES = ("Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "Asia/Kathmandu", "Pacific/Chatham", "America/Nuuk")


def test_a_template_that_ends_three_processes_is_set_aside_and_its_neighbours_are_rendered() -> None:
    process = Renderer()
    bad, good = Job("guards-slow", _SLOW, {"big": list(range(200_000))}), Job("guards-good", _GOOD, {})
    try:
        answers = process.render_all([good, *[bad] * (MOST_KILLS + 1), good])
    finally:
        process.stop()
        forget_kills()
    assert [type(answers[place]) for place in (0, -1)] == [Rendered, Rendered]
    assert [one.reason for one in answers[1:-1] if isinstance(one, CannotRender)] == ["template_too_slow"] * MOST_KILLS + [
        "template_set_aside"
    ]


@pytest.mark.django_db
def test_a_message_whose_template_is_set_aside_is_quarantined_with_its_reason(store: Any) -> None:
    (message,) = make_ready(1, now=clock.now())
    Message.objects.update(holder=message.public_id, lease_until=clock.now() + timedelta(minutes=1))
    record_unmade({message.pk: CannotRender("template_set_aside", "x")}, holder=message.public_id, now=clock.now())
    assert Message.objects.values_list("state", "reason").get() == ("quarantined", "template_set_aside")


def breaches(name: str, *, years: int) -> list[str]:
    """Return what goes wrong in one zone: a local date without its own moment, or a moment inside the quiet hours."""
    zone, found, seen = zoneinfo.ZoneInfo(name), [], set()
    for number in range(365 * years):
        day = date(2024, 1, 1) + timedelta(days=number)
        moment = first_instant(day, time(9), zone)
        if moment in seen or moment.astimezone(zone).date() != day:
            found.append(f"{name} {day}")
        seen.add(moment)
        asked = datetime.combine(day, time(number % 24, 30), UTC)
        allowed = next_allowed(asked, quiet=USUAL["sms"], zone=zone)
        if allowed < asked or USUAL["sms"].covers(allowed.astimezone(zone).time()):
            found.append(f"{name} {asked}")
    return found


@pytest.mark.parametrize("name", _ODD_ZONES)
def test_each_local_date_has_one_moment_and_no_quiet_hour_is_broken(name: str) -> None:
    assert breaches(name, years=2) == []


@pytest.mark.faults
def test_so_in_every_zone_for_five_years() -> None:
    assert [one for name in sorted(zoneinfo.available_timezones()) for one in breaches(name, years=5)] == []
