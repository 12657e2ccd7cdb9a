"""A campaign goes to whom it was started for, the test inbox or real people: where that changes before it is through, it stops and asks."""

from collections.abc import Callable
from datetime import time, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.conf import settings as site
from django.db import connection
from django.test import Client

from campaigns.broadcasts import asking, running
from campaigns.broadcasts.marking import shown_mark, standing_mark
from campaigns.models import Campaign
from campaigns.sending import connecting
from campaigns.sending.connecting import stop_using
from campaigns.sending.dispatch import dispatch_slice
from retention.kit import clock
from retention.notices.models import Notice
from retention.stores.models import StoreWork
from tests.campaigns.campaigning import MAIL, connect, make_campaign, make_crowd, make_list, rows, send_all, start
from tests.campaigns.crowd import make_ready
from tests.factories import make_key, member_of, signed_in

pytestmark = pytest.mark.django_db
DAY = (clock.now() + timedelta(days=2)).date()
TEST = {"test_share": 0.5, "decide_metric": "clicks", "decide_hours": 4}
LATER: list[dict[str, Any]] = [
    {"when": "at", "wall_day": DAY, "wall_time": time(10)},
    {"when": "local", "wall_day": DAY, "wall_time": time(10)},
    {"ramp_hours": 6},
    {"ways": (MAIL, type(MAIL)("Later", MAIL.words, delay_hours=3))},
    {"ways": (MAIL, MAIL), **TEST},
]


def make(now: Any, people: int = 4, **more: Any) -> Campaign:
    return make_campaign(make_list(make_crowd(people, now=now), now=now), now=now, **more)


def connect_really(store: Any, *, now: Any, beside: bool = False) -> None:
    """Connect the server that is the test inbox as an account of the store's own, so that what leaves by it is seen."""
    host, port = site.INBOX_SMTP_URL.removeprefix("smtp://").split(":")
    given = {"host": host, "port": int(port), "security": "none"}
    sender = {"from_address": f"shop@{store.slug}.example.test"}
    connecting.keep("email", "smtp", name="SMTP", settings=given, secrets={}, sender=sender, now=now, beside=beside)


def here(campaign: Campaign) -> str:
    return f"/s/{campaign.store.slug}/campaigns/{campaign.public_id}/"


def state_of(campaign: Campaign) -> tuple[str, str]:
    campaign.refresh_from_db()
    return campaign.state, campaign.pause_reason


@pytest.mark.parametrize("more", LATER)
def test_what_does_not_leave_at_once_is_asked_about_twice_although_it_goes_to_the_inbox(store: Any, more: dict[str, Any]) -> None:
    now = clock.now()
    client = signed_in(member_of(store, "marketer"))
    later, at_once = (client.get(here(one)).content.decode() for one in (make(now, **more), make(now)))
    assert "Send to 4 people?" in later
    assert "asks before it goes to real people" in later
    assert "Send to 4 people?" not in at_once


def test_one_that_waits_for_its_day_stops_when_an_account_is_connected_and_asks_for_real_people(store: Any, sink: Any) -> None:
    now = clock.now()
    owner = signed_in(member_of(store, "owner"))
    campaign = make(now, when="at", wall_day=DAY, wall_time=time(10))
    owner.post(f"{here(campaign)}start/", {"seen": shown_mark(campaign)})
    running.tick(store, now=now)
    assert state_of(campaign) == ("scheduled", "")
    StoreWork.objects.filter(kind=running.WORK).update(due_at=now + timedelta(days=2))
    connect_really(store, now=now)
    assert StoreWork.objects.filter(kind=running.WORK, due_at=now).exists()
    running.tick(store, now=now)
    assert state_of(campaign) == ("paused", "outside")
    notice = Notice.objects.get(kind="campaign_asked")
    assert "would reach real people now" in notice.subject
    assert "a provider was connected: it would go to real people now. It is paused." in notice.text
    page = owner.get(here(campaign))
    assert "a provider was connected since" in page.content.decode()
    assert "Send it to real people?" in page.content.decode()
    refused = owner.post(f"{here(campaign)}resume/", {"seen": ""}, follow=True)
    assert "going on sends it to real people" in refused.content.decode()
    assert state_of(campaign) == ("paused", "outside")
    owner.post(f"{here(campaign)}resume/", {"seen": page.context["standing"]})
    assert state_of(campaign) == ("scheduled", "")
    moment = campaign.starts_at
    running.tick(store, now=moment)
    assert (state_of(campaign), rows(campaign).count()) == (("sending", ""), 4)
    assert send_all(store, now=moment) == 4
    assert {one["From"] for one in sink.accepted} == {f"shop@{store.slug}.example.test"}
    assert Notice.objects.filter(kind="campaign_asked").count() == 1


def test_nothing_of_a_spread_one_leaves_by_an_account_that_was_connected_on_the_way(store: Any, sink: Any, now: Any) -> None:
    campaign = make(now, 40, ramp_hours=4)
    start(campaign, store, now=now)
    assert campaign.begun_inside
    half = now + timedelta(hours=1)
    early = send_all(store, now=half)
    assert 0 < early < 40
    connect_really(store, now=half)
    late = now + timedelta(hours=1, minutes=50)
    assert rows(campaign).filter(state="ready", due_at__lte=late).exists()
    assert send_all(store, now=late) == 0, "not even before somebody looks after the campaign"
    assert len(sink.accepted) == early
    running.tick(store, now=late)
    assert state_of(campaign) == ("paused", "outside")
    assert running.resume(campaign, now=late, seen=standing_mark(campaign))
    assert not Campaign.objects.get(pk=campaign.pk).begun_inside
    assert send_all(store, now=late) > 0


def test_a_yes_to_the_inbox_is_none_to_people_and_an_account_that_is_gone_again_asks_nothing(store: Any, sink: Any, now: Any) -> None:
    campaign = make(now, ramp_hours=4)
    assert asking.ask(campaign, store=store, user_id=None, now=now)
    assert asking.approve(campaign, store=store, user_id=None, seen=shown_mark(campaign), now=now)
    inside = standing_mark(Campaign.objects.get(pk=campaign.pk))
    assert running.pause(campaign, now=now)
    connect_really(store, now=now)
    assert not running.resume(campaign, now=now, seen=inside), "it was looked at as it went to the inbox"
    assert state_of(campaign) == ("paused", "outside")
    assert stop_using("email", now=now)
    assert running.resume(campaign, now=now)
    connect_really(store, now=now)
    running.tick(store, now=now)
    assert state_of(campaign) == ("paused", "outside")


def test_one_a_person_paused_says_on_its_page_where_it_would_go_now(store: Any, now: Any) -> None:
    owner, campaign = signed_in(member_of(store, "owner")), make(now, ramp_hours=4)
    start(campaign, store, now=now)
    assert running.pause(campaign, now=now)
    assert owner.get(here(campaign)).context["standing"] == ""
    connect(store)
    page = owner.get(here(campaign))
    assert "Going on sends what is left to real people." in page.content.decode()
    owner.post(f"{here(campaign)}resume/", {"seen": page.context["standing"]})
    assert state_of(campaign) == ("sending", "")


def test_one_of_which_all_has_left_is_over_whatever_is_connected_then(store: Any, sink: Any, now: Any) -> None:
    campaign = make(now)
    start(campaign, store, now=now)
    assert send_all(store, now=now) == 4
    connect_really(store, now=now)
    running.tick(store, now=now)
    assert state_of(campaign) == ("finished", "")
    assert not Notice.objects.filter(kind="campaign_asked").exists()


def test_one_started_for_people_stops_where_its_account_is_not_used_any_more_and_none_goes_to_the_inbox_unasked(
    store: Any, sink: Any, now: Any
) -> None:
    owner = signed_in(member_of(store, "owner"))
    connect_really(store, now=now)
    campaign = make(now, 40, ramp_hours=4)
    start(campaign, store, now=now)
    half, late = now + timedelta(hours=1), now + timedelta(hours=1, minutes=50)
    early = send_all(store, now=half)
    assert 0 < early < 40
    StoreWork.objects.filter(kind=running.WORK).update(due_at=now + timedelta(days=2))
    assert stop_using("email", now=half)
    assert StoreWork.objects.filter(kind=running.WORK, due_at=half).exists()
    assert rows(campaign).filter(state="ready", due_at__lte=late).exists()
    assert send_all(store, now=late) == 0, "not even before somebody looks after the campaign"
    running.tick(store, now=late)
    assert state_of(campaign) == ("paused", "inside")
    notice = Notice.objects.get(kind="campaign_asked")
    assert "would go to the test inbox now" in notice.subject
    assert "its provider is not used any more: what is left would go to the test inbox. It is paused." in notice.text
    page = owner.get(here(campaign))
    assert "Going on sends what is left to the test inbox, and these people never get it." in page.content.decode()
    assert "Send it to the test inbox?" in page.content.decode()
    refused = owner.post(f"{here(campaign)}resume/", {"seen": ""}, follow=True)
    assert "going on sends what is left to the test inbox" in refused.content.decode()
    assert (state_of(campaign), len(sink.accepted)) == (("paused", "inside"), early)
    owner.post(f"{here(campaign)}resume/", {"seen": page.context["standing"]})
    assert (state_of(campaign), campaign.begun_inside) == (("sending", ""), True)
    assert send_all(store, now=late) > 0


def test_who_stops_using_a_provider_reads_that_campaigns_to_real_people_stop(store: Any, now: Any) -> None:
    owner, said = signed_in(member_of(store, "owner")), "Campaigns on their way to real people are paused."
    stop = f"/s/{store.slug}/settings/channels/smtp/stop/"
    connect(store)
    assert said not in owner.post(stop, follow=True).content.decode()
    inside = make(now, ramp_hours=4)
    start(inside, store, now=now)
    connect(store)
    assert said not in owner.post(stop, follow=True).content.decode(), "it stays where it was started to go"
    connect(store)
    start(make(now, ramp_hours=4), store, now=now)
    assert said in owner.post(stop, follow=True).content.decode()


def test_one_that_waits_for_its_day_stops_when_its_account_goes_and_goes_on_unasked_when_it_is_back(store: Any, sink: Any) -> None:
    now = clock.now()
    member_of(store, "owner")
    connect_really(store, now=now)
    campaign = make(now, when="at", wall_day=DAY, wall_time=time(10))
    start(campaign, store, now=now)
    assert stop_using("email", now=now)
    running.tick(store, now=now)
    assert state_of(campaign) == ("paused", "inside")
    assert not running.resume(campaign, now=now)
    connect_really(store, now=now)
    assert running.resume(campaign, now=now)
    assert send_all(store, now=campaign.starts_at) == 0
    running.tick(store, now=campaign.starts_at)
    assert send_all(store, now=campaign.starts_at) == 4
    assert {one["From"] for one in sink.accepted} == {f"shop@{store.slug}.example.test"}
    assert Notice.objects.filter(kind="campaign_asked").count() == 1


def test_a_yes_to_real_people_is_none_to_the_inbox(store: Any, sink: Any, now: Any) -> None:
    connect_really(store, now=now)
    campaign = make(now, ramp_hours=4)
    assert asking.ask(campaign, store=store, user_id=None, now=now)
    assert asking.approve(campaign, store=store, user_id=None, seen=shown_mark(campaign), now=now)
    outside = standing_mark(Campaign.objects.get(pk=campaign.pk))
    assert running.pause(campaign, now=now)
    assert stop_using("email", now=now)
    assert not running.resume(campaign, now=now, seen=outside), "it was looked at as it went to real people"
    assert running.resume(campaign, now=now, seen=standing_mark(Campaign.objects.get(pk=campaign.pk)))
    running.tick(store, now=now)
    assert state_of(campaign) == ("sending", "")


def test_one_started_for_people_goes_on_where_an_account_is_back_before_anybody_looked(store: Any, sink: Any, now: Any) -> None:
    connect_really(store, now=now)
    campaign = make(now, ramp_hours=1)
    start(campaign, store, now=now)
    assert stop_using("email", now=now)
    assert send_all(store, now=now + timedelta(hours=1)) == 0
    connect_really(store, now=now)
    running.tick(store, now=now)
    assert (campaign.begun_inside, state_of(campaign)) == (False, ("sending", ""))
    assert send_all(store, now=now + timedelta(hours=1)) == 4


def test_what_goes_on_while_no_account_is_connected_goes_to_the_inbox_from_then_on(store: Any, sink: Any, now: Any) -> None:
    connect_really(store, now=now)
    campaign = make(now, ramp_hours=4)
    start(campaign, store, now=now)
    assert running.pause(campaign, now=now)
    assert stop_using("email", now=now)
    assert running.resume(campaign, now=now, seen=standing_mark(Campaign.objects.get(pk=campaign.pk)))
    connect_really(store, now=now)
    assert send_all(store, now=now + timedelta(hours=4)) == 0
    running.tick(store, now=now)
    assert (state_of(campaign)[0], campaign.begun_inside, len(sink.accepted)) == ("paused", True, 0)


def test_what_was_under_way_without_an_account_before_it_was_kept_asks_before_it_goes_to_people(store: Any, sink: Any, now: Any) -> None:
    keeping = import_module("campaigns.migrations.0054_begun_inside_before_it_was_kept")._KEEP
    moment = clock.now()
    waits, spread, paused, over = make(moment, when="at", wall_day=DAY, wall_time=time(10)), make(now, ramp_hours=4), make(now), make(now)
    for one in (waits, spread, paused, over):
        start(one, store, now=moment if one is waits else now)
    assert running.pause(paused, now=now)
    assert running.cancel(over, now=now)
    Campaign.objects.update(begun_inside=False)  # as they stand after the update that brought the column
    Campaign.objects.filter(pk=paused.pk).update(channel="onsite")
    with connection.cursor() as cursor:
        cursor.execute(keeping)
    kept = dict(Campaign.objects.values_list("pk", "begun_inside"))
    assert kept == {waits.pk: True, spread.pk: True, paused.pk: False, over.pk: False}
    connect_really(store, now=now)
    assert send_all(store, now=now + timedelta(hours=4)) == 0
    Campaign.objects.update(begun_inside=False)
    with connection.cursor() as cursor:
        cursor.execute(keeping)
    assert not Campaign.objects.filter(begun_inside=True).exists(), "they go to real people already"


def test_what_was_under_way_for_people_and_lost_its_account_before_it_was_kept_asks_before_it_goes_to_the_inbox(
    store: Any, sink: Any, now: Any
) -> None:
    member_of(store, "owner")
    before = import_module("campaigns.migrations.0054_begun_inside_before_it_was_kept")
    connect_really(store, now=now)
    campaign, moment = make(now, ramp_hours=4), clock.now()
    start(campaign, store, now=now)
    assert stop_using("email", now=now)
    StoreWork.objects.filter(kind=running.WORK).update(due_at=moment + timedelta(days=2))
    with connection.cursor() as cursor:
        for one in before.Migration.operations:
            cursor.execute(one.sql)
    assert not Campaign.objects.get(pk=campaign.pk).begun_inside
    assert StoreWork.objects.filter(kind=running.WORK, due_at__lte=clock.now()).exists(), "it is asked about now, not on its day"
    assert send_all(store, now=now + timedelta(hours=4)) == 0
    running.tick(store, now=now)
    assert state_of(campaign) == ("paused", "inside")
    assert Notice.objects.filter(kind="campaign_asked").count() == 1


def send_until(store: Any, sink: Any, deed: Callable[[], Any], *, now: Any) -> int:
    """Send one slice, and do the deed once its first mails have left; return how many those were."""
    seen: list[int] = []

    def clocked() -> Any:
        if sink.accepted and not seen:
            seen.append(len(sink.accepted))
            deed()
        return now

    dispatch_slice(store, channel="email", clock=clocked)
    return seen[0]


def test_a_yes_to_the_inbox_in_the_middle_of_a_slice_sends_nothing_more_by_the_account_it_has_in_hand(
    store: Any, sink: Any, now: Any
) -> None:
    connect_really(store, now=now)
    campaign = make(now, 40)
    start(campaign, store, now=now)

    def say_yes() -> None:
        assert stop_using("email", now=now)
        running.tick(store, now=now)
        assert state_of(campaign) == ("paused", "inside")
        assert running.resume(campaign, now=now, seen=standing_mark(campaign))

    early = send_until(store, sink, say_yes, now=now)
    assert (0 < early < 40, len(sink.accepted)) == (True, early)
    assert send_all(store, now=now) == 40 - early
    assert {one["From"] for one in sink.accepted[early:]} == {f"Lumen <{store.slug}@inbox.example.test>"}
    assert len(set(sink.recipients)) == 40


def test_what_is_started_for_the_inbox_leaves_by_no_second_account_of_a_round_that_is_under_way(store: Any, sink: Any, now: Any) -> None:
    """The first account sends what was started for people; by the time the second has its slice, both are gone."""
    for beside in (False, True):
        connect_really(store, now=now, beside=beside)
    connecting.share(connecting.connections_of("email")[0], weight=50, warm_up=None, now=now)
    people, inbox = make(now, 30), make(now, 30)
    start(people, store, now=now)

    def begin_inside() -> None:
        assert stop_using("email", now=now)
        start(inbox, store, now=now)
        assert inbox.begun_inside

    early = send_until(store, sink, begin_inside, now=now)
    assert (0 < early < 30, len(sink.accepted)) == (True, early)
    assert send_all(store, now=now) == 30
    assert {one["From"] for one in sink.accepted[early:]} == {f"Lumen <{store.slug}@inbox.example.test>"}
    assert set(rows(inbox).values_list("state", flat=True)) == {"sent"}


def test_nothing_else_leaves_by_an_account_that_is_not_used_any_more_either(store: Any, sink: Any, now: Any) -> None:
    connect_really(store, now=now)
    make_ready(40, now=now)
    early = send_until(store, sink, lambda: stop_using("email", now=now), now=now)
    assert (0 < early < 40, len(sink.accepted)) == (True, early)
    assert send_all(store, now=now) == 40 - early
    assert {one["From"] for one in sink.accepted[early:]} == {f"Lumen <{store.slug}@inbox.example.test>"}


def test_a_reason_is_still_true_when_the_account_has_come_and_gone(store: Any, now: Any) -> None:
    owner, campaign = signed_in(member_of(store, "owner")), make(now, ramp_hours=4)
    start(campaign, store, now=now)
    connect(store)
    running.tick(store, now=now)
    assert stop_using("email", now=now)
    page = owner.get(here(campaign)).content.decode()
    assert "A provider was connected after it was started for the test inbox." in page
    assert "It was changed after it was approved" not in page
    assert running.pause(campaign, now=now) is False
    assert running.resume(campaign, now=now)
    assert running.pause(campaign, now=now)
    assert state_of(campaign) == ("paused", "person")


def test_what_a_program_is_told_holds_for_where_it_goes_too(store: Any, now: Any) -> None:
    _, key = make_key(store, scopes=["campaigns:read", "campaigns:send"])
    client, campaign = Client(headers={"authorization": f"Bearer {key}"}), make(now, ramp_hours=4)
    start(campaign, store, now=now)
    connect(store)
    running.tick(store, now=now)
    refused = client.post(f"/api/v1/campaigns/{campaign.public_id}/resume", {}, content_type="application/json")
    assert refused.status_code == 409
    assert "goes elsewhere now, to real people or to the test inbox" in refused.json()["detail"]


def test_a_program_reads_the_mark_and_goes_on_with_it(store: Any, now: Any) -> None:
    _, key = make_key(store, scopes=["campaigns:read", "campaigns:send"])
    client, campaign = Client(headers={"authorization": f"Bearer {key}"}), make(now, when="at", wall_day=DAY, wall_time=time(10))
    there = f"/api/v1/campaigns/{campaign.public_id}"
    assert client.post(f"{there}/start", {}, content_type="application/json").json()["state"] == "scheduled"
    connect(store)
    running.tick(store, now=now)
    shown = client.get(there).json()
    assert (shown["state"], shown["pause_reason"], len(shown["mark"])) == ("paused", "outside", 64)
    assert client.post(f"{there}/resume", {}, content_type="application/json").status_code == 409
    assert client.post(f"{there}/resume", {"mark": shown["mark"]}, content_type="application/json").json()["state"] == "scheduled"
