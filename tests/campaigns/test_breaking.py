"""Too many complaints or bounces stop what sends them, tell the shop, and count anew once a person lets it go on."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns import tasks
from campaigns.broadcasts import running
from campaigns.models import Campaign, Journey, Message, SendingStop
from campaigns.playbooks.switching import switch_on
from campaigns.sending import breaking
from campaigns.sending.breaking import Count, look, trips
from campaigns.sending.receipts import note_bounced, note_complained
from retention.kit import clock
from retention.notices.models import Notice
from retention.stores.models import StoreWork
from tests.campaigns.campaigning import make_campaign, make_crowd, make_list, start
from tests.campaigns.crowd import make_ready
from tests.factories import member_of, signed_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("tried", "bounced", "complained", "why"),
    [
        (1000, 0, 3, "complaints"),
        (1001, 0, 3, ""),
        (200, 0, 2, ""),
        (199, 0, 9, ""),
        (200, 10, 0, "bounces"),
        (201, 10, 0, ""),
        (99, 50, 0, ""),
        (100, 9, 0, ""),
        (1000, 50, 3, "complaints"),
        (0, 0, 0, ""),
    ],
)
def test_what_stops_sending(tried: int, bounced: int, complained: int, why: str) -> None:
    assert trips(Count(tried, bounced, complained)) == why


def sent(count: int, *, kind: str, source: int, now: datetime) -> list[int]:
    """Save messages of a source that left just now."""
    ids = [one.pk for one in make_ready(count, now=now)]
    Message.objects.filter(pk__in=ids).update(source_kind=kind, source_id=source, state="sent", sent_at=now, first_attempt_at=now)
    return ids


@pytest.fixture
def campaign(store: Any, now: Any) -> Campaign:
    made = make_campaign(make_list(make_crowd(1, now=now), now=now), now=now)
    start(made, store, now=now)
    return made


def test_complaints_stop_a_campaign_and_tell_the_shop(store: Any, now: Any, campaign: Campaign) -> None:
    member_of(store, "owner")
    ids = sent(300, kind="campaign", source=campaign.pk, now=now)
    note_complained(ids[:2], now=now)
    assert look(now=now) == []
    note_complained(ids[2:3], now=now)
    (stop,) = look(now=now)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.pause_reason) == ("paused", "complaints")
    assert (stop.tried, stop.bad, stop.whole_channel) == (300, 3, False)
    assert "3 of 300 people called it unwanted (1.00%)" in Notice.objects.get(kind="sending_stopped").text.replace("\u00a0", "")
    assert look(now=now) == []
    assert Notice.objects.filter(kind="sending_stopped").count() == 1


def test_a_channel_is_counted_as_a_whole_only_where_its_cases_could_be_enough(store: Any, now: Any, campaign: Campaign) -> None:
    ids = sent(200, kind="campaign", source=campaign.pk, now=now)
    counts = []
    for cases in (2, 3):
        note_complained(ids[:cases], now=now)
        with CaptureQueriesContext(connection) as asked:
            assert bool(look(now=now)) == (cases == 3)
        counts.append(sum("GROUP BY m.channel" in one["sql"] for one in asked))
    assert counts == [0, 1]


def test_bounces_stop_a_journey_and_only_those_for_good_count(store: Any, now: Any) -> None:
    journey = switch_on("abandoned_cart", now=now)
    ids = sent(100, kind="journey", source=journey.pk, now=now)
    note_bounced(ids[:20], now=now, permanent=False)
    assert look(now=now) == []
    note_bounced(ids[20:30], now=now)
    assert [stop.why for stop in look(now=now)] == ["bounces"]
    journey.refresh_from_db()
    assert (journey.state, journey.pause_reason) == ("paused", "bounces")


def test_after_a_person_let_it_go_on_counting_begins_anew(store: Any, now: Any, campaign: Campaign) -> None:
    ids = sent(200, kind="campaign", source=campaign.pk, now=now)
    note_complained(ids[:5], now=now)
    look(now=now)
    later = now + timedelta(minutes=5)
    assert running.resume(campaign, now=later)
    assert look(now=later) == []
    assert SendingStop.objects.get().ended_at == later
    again = sent(200, kind="campaign", source=campaign.pk, now=later + timedelta(minutes=1))
    note_complained(again[:3], now=later + timedelta(minutes=1))
    (stop,) = look(now=later + timedelta(minutes=2))
    assert (stop.tried, stop.bad) == (200, 3)


def test_channel_that_is_too_much_as_a_whole_stops_all_of_it(store: Any, now: Any, campaign: Campaign) -> None:
    journey = switch_on("abandoned_cart", now=now)
    first, second = (sent(150, kind=kind, source=pk, now=now) for kind, pk in (("campaign", campaign.pk), ("journey", journey.pk)))
    note_complained([first[0], first[1], second[0]], now=now)
    assert {(stop.source_kind, stop.whole_channel, stop.tried) for stop in look(now=now)} == {
        ("campaign", True, 300),
        ("journey", True, 300),
    }
    assert (Campaign.objects.get().state, Journey.objects.get().state) == ("paused", "paused")


def test_other_campaigns_of_the_channel_go_on_where_one_is_to_blame(store: Any, now: Any, campaign: Campaign) -> None:
    other = make_campaign(make_list(make_crowd(1, now=now), now=now), now=now)
    start(other, store, now=now)
    bad = sent(200, kind="campaign", source=campaign.pk, now=now)
    sent(1_400, kind="campaign", source=other.pk, now=now)
    note_complained(bad[:4], now=now)
    assert [stop.source_id for stop in look(now=now)] == [campaign.pk]
    other.refresh_from_db()
    assert other.state == "sending"


def test_report_rings_and_the_timed_job_stops_it(store: Any, now: Any, campaign: Campaign) -> None:
    ids = sent(200, kind="campaign", source=campaign.pk, now=clock.now())
    note_complained(ids[:4], now=clock.now())
    assert StoreWork.objects.filter(kind=breaking.WORK).count() == 1
    StoreWork.objects.filter(kind=breaking.WORK).update(due_at=clock.now())
    tasks.watch()
    campaign.refresh_from_db()
    assert campaign.state == "paused"
    assert not StoreWork.objects.filter(kind=breaking.WORK).exists()


def test_page_says_why_and_going_on_lifts_it(store: Any, now: Any) -> None:
    journey = switch_on("abandoned_cart", now=now)
    ids = sent(100, kind="journey", source=journey.pk, now=now)
    note_bounced(ids[:10], now=now)
    look(now=now)
    client, here = signed_in(member_of(store, "marketer")), f"/s/{store.slug}/journeys/{journey.public_id}/"
    assert "It was stopped by itself." in client.get(here).content.decode()
    client.post(f"{here}resume/")
    assert "It was stopped by itself." not in client.get(here).content.decode()
    assert SendingStop.objects.get().ended_at is not None
