"""The message calendar: campaigns at their time, what left, what is to be expected, and who is in two of them."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.broadcasts import running
from campaigns.contacts.days import Day, days_of
from campaigns.models import Campaign, Decision, Journey
from campaigns.playbooks.switching import switch_on
from tests.campaigns.campaigning import make_campaign, make_crowd, make_list
from tests.campaigns.crowd import make_ready

pytestmark = pytest.mark.django_db


def calendar(store: Any, now: Any, *, figures: Any = None, before: int = 3, after: int = 10) -> dict[date, Day]:
    first, last = now.date() - timedelta(days=before), now.date() + timedelta(days=after)
    return {day.date: day for day in days_of(store, first=first, last=last, figures=figures, now=now)}


def planned(store: Any, people: list[Any], *, day: date, at: time, now: Any) -> Campaign:
    """Save a campaign that is to leave at a time of the shop."""
    campaign = make_campaign(make_list(people, now=now), when="at", wall_day=day, wall_time=at, now=now)
    assert running.start(campaign, store=store, user_id=None, now=now)
    campaign.refresh_from_db()
    return campaign


def test_campaigns_stand_on_their_day_and_say_whom_they_share(store: Any, now: Any) -> None:
    people = make_crowd(30, now=now)
    day = now.date() + timedelta(days=2)
    first = planned(store, people[:20], day=day, at=time(10), now=now)
    second = planned(store, people[12:], day=day + timedelta(days=1), at=time(9), now=now)
    alone = planned(store, people[:3], day=day + timedelta(days=5), at=time(9), now=now)
    draft = make_campaign(make_list(people, now=now), when="at", wall_day=day, wall_time=time(18), now=now)
    days = calendar(store, now)
    assert [one.campaign.pk for one in days[day].campaigns] == [first.pk, draft.pk]
    assert [(one.campaign.pk, one.people) for one in days[day + timedelta(days=1)].campaigns] == [(second.pk, 18)]
    assert [one.campaign.pk for one in days[day + timedelta(days=5)].campaigns] == [alone.pk]
    pairs = [(pair.one.campaign.pk, pair.other.campaign.pk, pair.shared) for one in days.values() for pair in one.pairs]
    assert pairs == [(first.pk, second.pk, 8)], "a draft wants nobody yet"


def test_pairs_to_come_are_looked_at_first_and_those_left_over_are_said(store: Any, now: Any) -> None:
    people = make_crowd(7, now=now)
    past, day = now.date() - timedelta(days=2), now.date() + timedelta(days=2)
    for person in people[:2]:
        begun = planned(store, [person], day=day, at=time(9), now=now)
        Campaign.objects.filter(pk=begun.pk).update(state="sending", starts_at=now - timedelta(days=2), opened_at=now, seen_at=now)
    for person in people[2:6]:
        planned(store, [person], day=day, at=time(9), now=now)
    days = calendar(store, now)
    assert [days[one].pairs_left for one in (past, day)] == [1, 0], "six pairs are looked at, those of the past last"
    planned(store, people[6:], day=day, at=time(9), now=now)
    days = calendar(store, now)
    assert ([days[one].pairs_left for one in (past, day)], days[day].pairs) == ([1, 4], [])


def test_what_left_is_on_past_days_and_what_is_usual_on_those_to_come(store: Any, now: Any) -> None:
    journey = switch_on("abandoned_cart", now=now)
    cell = Journey(name="Cell", for_quiet=True, state="live", live_number=1, launched_at=now)
    cell.save()
    ended = Journey(name="Over", state="ended")
    ended.save()
    monday = now.date()  # 2 March 2026
    counts = {f"journey:{journey.pk}:email": 12, f"journey:{cell.pk}:push": 4, f"journey:{ended.pk}:email": 100, "campaign:1:email": 900}
    sent = {(monday - timedelta(days=7 * weeks)).isoformat(): counts for weeks in (1, 2)}
    sent |= {(monday - timedelta(days=1)).isoformat(): {"campaign:1:email": 7, f"journey:{journey.pk}:sms": 2}}
    days = calendar(store, now, figures={"days": sent})
    assert days[monday - timedelta(days=1)].sent == {"email": 7, "sms": 2}
    assert days[monday].expected == {"journey": 12, "cell": 4}, "by the two Mondays there were; what ended sends nothing more"
    assert days[monday + timedelta(days=7)].expected == {"journey": 12, "cell": 4}
    assert days[monday + timedelta(days=6)].expected == {"journey": 1}
    assert days[monday + timedelta(days=2)].expected == {}


def test_messages_that_had_to_give_way_are_counted_on_their_day(store: Any, now: Any) -> None:
    rows = make_ready(4, now=now)
    reasons = ("outbid", "frequency_cap", "no_consent", "channel_cap")
    for row, reason in zip(rows, reasons, strict=True):
        values = {"verdict": "hold", "answers": "y", "first_at": now, "last_at": now - timedelta(days=1)}
        Decision.objects.create(message=row, customer_id=row.customer_id, reason=reason, **values)
    assert {day: one.crowded for day, one in calendar(store, now).items() if one.crowded} == {now.date() - timedelta(days=1): 3}


def test_however_much_there_is_the_calendar_takes_the_same_statements(store: Any, now: Any) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            calendar(store, now, figures={"days": {}})
        return len(seen.captured_queries)

    people = make_crowd(6, now=now)
    planned(store, people, day=now.date() + timedelta(days=1), at=time(9), now=now)
    before = asked()
    for number in range(5):
        planned(store, people, day=now.date() + timedelta(days=2 + 2 * number), at=time(9), now=now)
    assert asked() == before
