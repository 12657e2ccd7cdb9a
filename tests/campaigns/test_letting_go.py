"""Rows that only grow: they leave when their time is over, a report says the same without them, and nobody else's are touched."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from campaigns.broadcasts import exporting, following, keeping, reading, running
from campaigns.broadcasts.keeping import BITE, let_old_go, let_old_go_of
from campaigns.journeys import reading as journey_reading
from campaigns.models import (
    Attribution,
    Campaign,
    CampaignTally,
    Click,
    Enrollment,
    Message,
    OnsiteMessage,
    Opening,
    ProviderReport,
    PushSubscription,
)
from campaigns.playbooks import switching
from campaigns.trace.absent import absent_for
from retention.customers.keeping import delete_old_events
from retention.customers.models import CustomerEvent
from retention.stores.models import Store
from retention.tenancy.context import store_context
from tests.campaigns.outcomes import buy_after, click_on, make_sent, say_no
from tests.campaigns.story import leave_cart, make_shopper, send, tick
from tests.factories import make_store, member_of, signed_in
from tests.factories.customers import make_customer

pytestmark = pytest.mark.django_db
LATER = timedelta(days=40)


def report_of(campaign: Campaign, *, now: datetime) -> dict[str, Any]:
    """Return everything a report says that is read from rows which leave."""
    return {
        "links": following.links_of(campaign),
        "of a": following.links_of(campaign, variant="a"),
        "bars": following.over_time(campaign, now=now),
        "noes": reading.after_of(campaign),
        "figures": reading.figures_of([campaign.pk], currency="EUR")[campaign.pk],
    }


@pytest.fixture
def sent(store: Any, now: datetime) -> Campaign:
    """Return a campaign that was clicked, bought from and refused, in a shop that keeps events for a month."""
    Store.objects.filter(pk=store.pk).update(event_months=1)
    store.refresh_from_db()
    campaign = make_sent(store, now=now, people=200)
    clicked = click_on(campaign, now=now, counts={"a": 6, "b": 10}, machines=4)
    buy_after(clicked[:3], now=now)
    say_no(clicked[:2], campaign, now=now)
    say_no(clicked[3:4], campaign, now=now, name="Email Complained")
    Click.objects.update(noted_at=now)
    return campaign


def test_a_report_says_the_same_after_its_clicks_and_events_have_left(store: Any, sent: Campaign, now: datetime) -> None:
    before = report_of(sent, now=now + LATER)
    assert (len(before["links"]), before["noes"]) == (1, reading.After(unsubscribed=2, complained=1, replied=0))
    let_old_go_of(store, now=now + timedelta(days=9))
    assert Click.objects.count() == 20
    assert CampaignTally.objects.get().noes == {"Unsubscribed": 2, "Email Complained": 1}
    with_rows = report_of(sent, now=now + LATER)
    let_old_go_of(store, now=now + LATER)
    delete_old_events(now=now + LATER)
    assert (Click.objects.count(), CustomerEvent.objects.count()) == (0, 0)
    assert report_of(sent, now=now + LATER) == with_rows == before
    assert let_old_go_of(store, now=now + LATER) == 0


def test_late_clicks_are_added_to_what_was_added_up(store: Any, sent: Campaign, now: datetime) -> None:
    let_old_go_of(store, now=now + LATER)
    [link] = following.links_of(sent)
    late = Message.objects.filter(source_id=sent.pk, state="sent", clicked_at=None).order_by("pk")[:2]
    moment = now + LATER + timedelta(days=1)
    for message in late:
        Click.objects.create(message=message, customer_id=message.customer_id, position=0, at=moment, method="GET", noted_at=moment)
    [more] = following.links_of(sent)
    assert (more.people, more.clicks, more.machines, more.orders) == (link.people + 2, link.clicks + 2, link.machines, link.orders)
    let_old_go_of(store, now=moment + LATER)
    assert (Click.objects.count(), following.links_of(sent)) == (0, [more])


def test_who_clicks_a_link_again_after_their_click_was_added_up_counts_as_one_person(store: Any, sent: Campaign, now: datetime) -> None:
    Message.objects.update(targets=["https://lumen.example.test/a", "https://lumen.example.test/b", "https://lumen.example.test/a"])
    let_old_go_of(store, now=now + LATER)
    [link] = following.links_of(sent)
    message = Message.objects.filter(source_id=sent.pk).exclude(links_counted=[]).order_by("pk").first()
    moment = now + LATER + timedelta(days=1)
    for position in (0, 2, 1):  # the same link, the same target at another place, another link
        Click.objects.create(message=message, customer_id=message.customer_id, position=position, at=moment, method="GET", noted_at=moment)
    more, other = following.links_of(sent)
    assert (more.people, more.clicks) == (link.people, link.clicks + 2)
    assert (other.people, other.clicks) == (1, 1)
    let_old_go_of(store, now=moment + LATER)
    assert Click.objects.count() == 0
    assert following.links_of(sent) == [more, other]
    Click.objects.create(message=message, customer_id=message.customer_id, position=1, at=moment + LATER, method="GET", noted_at=moment)
    assert [one.people for one in following.links_of(sent)] == [more.people, 1]
    message.refresh_from_db()
    assert sorted(message.links_counted) == [0, 1, 2]


def test_a_shop_that_keeps_events_for_ever_keeps_clicks_for_25_months_and_what_is_not_noted_stays(store: Any, now: datetime) -> None:
    Store.objects.filter(pk=store.pk).update(message_months=None)
    store.refresh_from_db()
    campaign = make_sent(store, now=now, people=60)
    click_on(campaign, now=now, counts={"a": 3})
    Click.objects.update(noted_at=now)
    message = Message.objects.filter(source_id=campaign.pk, state="sent").first()
    for noted in (now, None):
        Opening.objects.create(message=message, customer_id=message.customer_id, at=now, noted_at=noted)
    let_old_go_of(store, now=now + timedelta(days=25 * 30))
    assert (Click.objects.count(), Opening.objects.count()) == (3, 2)
    let_old_go_of(store, now=now + timedelta(days=25 * 31))
    assert (Click.objects.count(), Opening.objects.count(), Opening.objects.get().noted_at) == (0, 1, None)


def test_what_has_had_its_use_leaves_after_a_month(store: Any, now: datetime) -> None:
    person, other = make_customer(store), make_store("Other")
    keep = {"anonymous_id": "b", "endpoint": "https://fcm.googleapis.com/x", "p256dh": "k", "auth": "a", "created_at": now}
    PushSubscription.objects.create(customer=person, endpoint_digest="gone", seen_at=now, gone_at=now, **keep)
    PushSubscription.objects.create(customer=person, endpoint_digest="silent", seen_at=now - timedelta(days=180), **keep)
    PushSubscription.objects.create(customer=person, endpoint_digest="live", seen_at=now, **keep)
    campaign = make_sent(store, now=now, people=60)
    message = Message.objects.filter(source_id=campaign.pk).first()
    OnsiteMessage.objects.create(customer=person, message=message, content={}, every_days=1, kept_at=now, until=now)
    with store_context(other.pk):
        PushSubscription.objects.create(customer=make_customer(other), endpoint_digest="theirs", seen_at=now, gone_at=now, **keep)
    assert let_old_go_of(store, now=now + timedelta(days=30)) == 0
    assert let_old_go_of(store, now=now + timedelta(days=31)) == 3
    assert list(PushSubscription.objects.values_list("endpoint_digest", flat=True)) == ["live"]
    assert not OnsiteMessage.objects.exists()
    with store_context(other.pk):
        assert PushSubscription.objects.count() == 1
    assert let_old_go(now=now + timedelta(days=31)) == 1
    assert not ProviderReport.objects.exists()


@pytest.mark.parametrize(
    ("model", "by", "index", "narrow"),
    [
        (Click, "at", "click_by_age", {}),
        (Opening, "at", "opening_by_age", {}),
        (OnsiteMessage, "until", "onsite_by_age", {}),
        (PushSubscription, "gone_at", "push_subscription_gone", {}),
        (PushSubscription, "seen_at", "push_subscription_silent", {"gone_at": None}),
        (ProviderReport, "received_at", "provider_report_by_age", {}),
    ],
)
def test_the_oldest_are_found_by_an_index_of_their_age(store: Any, now: datetime, model: Any, by: str, index: str, narrow: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    rows = model.objects.filter(**{f"{by}__lt": now}, **narrow).order_by(by)
    plan = rows.values_list("pk", flat=True)[:BITE].explain()
    assert index in plan
    assert "Sort" not in plan


def test_a_run_takes_a_bounded_part_and_the_next_goes_on(store: Any, sent: Campaign, now: datetime, monkeypatch: Any) -> None:
    monkeypatch.setattr(keeping, "BITE", 3)
    monkeypatch.setattr(keeping, "BITES_OF_A_STORE", 2)
    whole = report_of(sent, now=now + LATER)
    left = []
    while Click.objects.exists():
        let_old_go_of(store, now=now + LATER)
        left.append(Click.objects.count())
        assert report_of(sent, now=now + LATER)["links"] == whole["links"]
    assert left == [14, 8, 2, 0]


def whole_report(campaign: Campaign, store: Any, *, now: datetime) -> dict[str, Any]:
    """Return everything a report shows."""
    return report_of(campaign, now=now) | {
        "reasons": reading.reasons_of(campaign),
        "variants": reading.variants_of(campaign, currency="EUR"),
        "difference": reading.difference_of(campaign, currency="EUR", now=now),
        "segments": following.by_segment(campaign, currency="EUR"),
        "file": exporting.figures_file(campaign, currency="EUR", now=now),
    }


def test_single_messages_leave_after_fourteen_months_and_the_report_stays_to_the_letter(store: Any, now: datetime) -> None:
    campaign = make_sent(store, now=now, people=300)
    clicked = click_on(campaign, now=now, counts={"a": 6, "b": 10}, machines=4)
    buy_after(clicked[:3], now=now)
    say_no(clicked[:2], campaign, now=now)
    Click.objects.update(noted_at=now)
    young = make_sent(store, now=now + timedelta(days=300), people=60, called="young")
    old = now + timedelta(days=430)
    before = whole_report(campaign, store, now=old)
    assert (before["difference"] is None, len(before["segments"]), len(before["variants"])) == (False, 1, 2)
    assert let_old_go_of(store, now=now + timedelta(days=420)) == 0
    let_old_go_of(store, now=old)
    assert not Message.objects.filter(source_kind="campaign", source_id=campaign.pk).exists()
    assert Message.objects.filter(source_kind="campaign", source_id=young.pk).exists()
    assert (Click.objects.filter(message__source_id=campaign.pk).count(), Attribution.objects.count()) == (0, 0)
    assert whole_report(campaign, store, now=old) == before
    client = signed_in(member_of(store, "marketer"))
    assert client.get(f"/s/{store.slug}/campaigns/{campaign.public_id}/").status_code == 200
    assert "kept no longer" in client.get(f"/s/{store.slug}/campaigns/{campaign.public_id}/messages/").content.decode()
    assert not running.resume(campaign, now=old)
    running.tick(store, now=old)
    assert not Message.objects.filter(source_kind="campaign", source_id=campaign.pk).exists(), "nobody gets it a second time"


def test_a_shop_that_keeps_messages_for_good_keeps_them_and_what_still_runs_stays_in_any(store: Any, now: datetime) -> None:
    campaign = make_sent(store, now=now, people=60)
    later = now + timedelta(days=500)
    Store.objects.filter(pk=store.pk).update(message_months=None)
    store.refresh_from_db()
    let_old_go_of(store, now=later)
    assert Message.objects.exists()
    Store.objects.filter(pk=store.pk).update(message_months=14)
    store.refresh_from_db()
    Campaign.objects.filter(pk=campaign.pk).update(state="paused", pause_reason="person", paused_at=now, finished_at=None)
    let_old_go_of(store, now=later)
    assert Message.objects.exists()


def test_a_journey_s_figures_stay_when_its_old_messages_leave(store: Any, sink: Any, now: datetime) -> None:
    journey = switching.switch_on("abandoned_cart", now=now - timedelta(days=1))
    people = [make_shopper(name, now=now) for name in ("Ana", "Bo", "Kim")]
    for person in people:
        leave_cart(person, now=now)
    tick(now=now)
    send(store, now=now)
    Message.objects.filter(customer=people[2]).update(state="suppressed", reason="no_consent", finished_at=now)
    [mail, other] = Message.objects.filter(state="sent").order_by("pk")
    Click.objects.create(message=mail, customer_id=mail.customer_id, position=0, at=now, method="GET")
    buy_after([mail], now=now + timedelta(hours=1))
    Enrollment.objects.exclude(pk=other.enrollment_id).update(state="finished", due_at=None, ended_at=now)
    figures = journey_reading.figures_of([journey.pk], currency="EUR")[journey.pk]
    told = (journey_reading.sent_by_step(journey), journey_reading.reasons_by_state(journey))
    assert (figures.sent, figures.orders, figures.revenue_minor) == (2, 1, 4400)
    for _run in range(2):
        let_old_go_of(store, now=now + timedelta(days=430))
        assert list(Message.objects.values_list("pk", flat=True)) == [other.pk], "a run that goes on keeps its messages"
        assert journey_reading.figures_of([journey.pk], currency="EUR")[journey.pk] == figures
        assert (journey_reading.sent_by_step(journey), journey_reading.reasons_by_state(journey)) == told
    assert [one.reason for one in absent_for(people[0], say=str, now=now + timedelta(days=430))] == ["long_ago"]
