"""Messages on the site: kept when they are sent, shown to their own person alone, as often as they may, and what became of them."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from campaigns.broadcasts import running
from campaigns.broadcasts.drafting import Way
from campaigns.broadcasts.explaining import next_steps
from campaigns.models import Message, OnsiteMessage, Template
from campaigns.personalization import saving
from campaigns.personalization.push_texts import PushText
from campaigns.personalization.wording import Content
from campaigns.playbooks import switching
from campaigns.sending.dispatch import dispatch_slice
from campaigns.sending.receipts import note_clicks
from campaigns.sending.shelving import KEPT
from campaigns.sending.visiting import note_closed, note_shown, visitor, waiting_for
from campaigns.views.broadcasts.showing import reach_of
from retention.customers.identifying import Claim, identify
from retention.customers.models import Customer, CustomerEvent
from retention.kit import clock
from tests.campaigns.campaigning import make_campaign, make_list, rows, start
from tests.factories import make_key, member_of, signed_in

pytestmark = pytest.mark.django_db


def meet(name: str, *, now: Any, **fields: Any) -> Customer:
    """Make a customer of a browser that came by."""
    (pk,) = identify([Claim(anonymous=name)], now=now)
    Customer.objects.filter(pk=pk).update(**fields)
    return Customer.objects.get(pk=pk)


def make_onsite(*, now: Any, look: str = "bar", days: str = "", text: str = "For {{ profile.first_name }}: <b>new</b>") -> Template:
    """Save an on-site template with a live version."""
    made = saving.create("Hello", content=Content("push"), user_id=None, now=now, channel="onsite")
    said = PushText(text, "{{ shop.web_address }}/new", "https://lumen.example.test/p.png", look, days)
    saving.save_version(made, subject="Welcome back", source=str(said), kind="push", now=now)
    made.refresh_from_db()
    return made


@pytest.fixture
def ana(store: Any, now: Any) -> Customer:
    """Return somebody who came by."""
    return meet("browser-of-ana", now=now, first_name="Ana")


def sent(store: Any, *people: Customer, now: Any, **more: str) -> Any:
    """Send a campaign on the site and return it."""
    way = Way("", template=str(make_onsite(now=now, **more).public_id))
    campaign = make_campaign(make_list(list(people), now=now), now=now, ways=(way,))
    start(campaign, store, now=now)
    dispatch_slice(store, channel="onsite", clock=lambda: now)
    return campaign


def names() -> list[str]:
    return sorted(CustomerEvent.objects.filter(kind="own").exclude(name__startswith="Segment").values_list("name", flat=True))


def test_a_campaign_on_the_site_waits_for_its_person_without_asking_for_consent(store: Any, ana: Customer, now: Any) -> None:
    campaign = sent(store, ana, now=now)
    assert (campaign.channel, reach_of(campaign).dropped) == ("onsite", ())
    message = rows(campaign).get()
    assert (message.state, message.delivered_at) == ("sent", None)
    waiting = waiting_for(ana.pk, now=now)
    assert waiting is not None
    url = waiting.content.pop("url")
    assert waiting.id == message.public_id
    assert waiting.content == {
        "v": 1,
        "title": "Welcome back",
        "text": "For Ana: <b>new</b>",
        "look": "bar",
        "picture": "https://lumen.example.test/p.png",
    }
    dispatch_slice(store, channel="onsite", clock=lambda: now)
    assert OnsiteMessage.objects.count() == 1

    assert note_shown(ana.pk, message.public_id, now=now)
    assert note_shown(ana.pk, message.public_id, now=now)
    message.refresh_from_db()
    assert (message.delivered_at, names()) == (now, ["On-site Shown"])
    Message.objects.update(sent_at=clock.now() - timedelta(seconds=30))
    found = Client(headers={"user-agent": "Mozilla/5.0 (X11)"}).get(url.removeprefix("http://localhost:8000"))
    assert found["Location"].startswith("https://lumen.example.test/new?utm_source=boomerang&utm_medium=onsite")
    note_clicks(now=clock.now())
    assert names() == ["On-site Clicked", "On-site Shown"]


@pytest.mark.parametrize(("days", "hours", "again"), [("", 24 * 9, False), ("2", 47, False), ("2", 48, True)])
def test_it_comes_again_as_often_as_it_may(store: Any, ana: Customer, now: Any, days: str, hours: int, again: bool) -> None:
    message = rows(sent(store, ana, now=now, days=days)).get()
    note_shown(ana.pk, message.public_id, now=now)
    assert (waiting_for(ana.pk, now=now + timedelta(hours=hours)) is not None) is again


@pytest.mark.parametrize("end", ["closed", "clicked", "old"])
def test_it_never_comes_again_once_it_was_closed_or_clicked_or_is_old(store: Any, ana: Customer, now: Any, end: str) -> None:
    message = rows(sent(store, ana, now=now, days="1")).get()
    later = now + timedelta(days=2)
    if end == "closed":
        assert note_closed(ana.pk, message.public_id, now=now)
        assert not note_closed(ana.pk, message.public_id, now=now)
        assert names() == ["On-site Closed"]
    elif end == "clicked":
        Message.objects.update(clicked_at=now)
    else:
        later = now + KEPT
    assert waiting_for(ana.pk, now=later) is None


@pytest.mark.parametrize("deed", ["pause", "cancel", "archive"])
def test_what_waits_is_silent_while_its_campaign_is_paused_and_once_it_is_called_off_or_put_away(
    store: Any, ana: Customer, now: Any, deed: str
) -> None:
    campaign = sent(store, ana, now=now)
    message = rows(campaign).get().public_id
    assert seen(ana, now) == message
    if deed == "archive":
        running.tick(store, now=now)
        assert running.archive(campaign)
    else:
        assert getattr(running, deed)(campaign, now=now)
    assert seen(ana, now) is None
    came_back = {"pause": lambda: running.resume(campaign, now=now), "archive": lambda: running.unarchive(campaign)}
    assert came_back.get(deed, lambda: False)() is (deed != "cancel")
    assert seen(ana, now) == (None if deed == "cancel" else message)


def test_what_a_journey_keeps_waiting_is_silent_while_the_journey_is_paused(store: Any, ana: Customer, now: Any) -> None:
    message = rows(sent(store, ana, now=now)).get()
    journey = switching.switch_on("abandoned_cart", now=now)
    Message.objects.filter(pk=message.pk).update(source_kind="journey", source_id=journey.pk)
    assert seen(ana, now) == message.public_id
    journey.pause(now=now)
    assert seen(ana, now) is None
    journey.resume()
    assert seen(ana, now) == message.public_id


def test_a_campaign_on_the_site_says_when_it_will_be_seen(store: Any, ana: Customer, now: Any) -> None:
    campaign = sent(store, ana, now=now)
    first = next_steps(campaign, store=store, now=now)[0].render(str)
    assert first == "Within a minute after you press the button it waits on the site. Each person sees it on their next visit."
    campaign.when, campaign.wall_day, campaign.wall_time = "at", now.date(), now.time()
    assert next_steps(campaign, store=store, now=now)[0].render(str).startswith("It waits for its people from ")


def seen(person: Customer, now: Any) -> Any:
    """Return the id of what a page would show a person."""
    found = waiting_for(person.pk, now=now + timedelta(minutes=2))
    return found and found.id


def test_nobody_sees_or_closes_what_is_another_person_s(store: Any, ana: Customer, now: Any) -> None:
    message = rows(sent(store, ana, now=now)).get()
    other = meet("other", now=now)
    assert waiting_for(other.pk, now=now) is None
    assert not note_shown(other.pk, message.public_id, now=now)
    assert not note_closed(other.pk, message.public_id, now=now)
    assert names() == []


def test_who_types_an_address_the_server_knows_sees_nothing_of_that_person(store: Any, now: Any) -> None:
    (known,) = identify([Claim(external="c-1", email="ana@example.test", trusted=True)], now=now)
    identify([Claim(anonymous="stranger")], now=now)
    identify([Claim(email="ana@example.test", anonymous="stranger")], now=now)
    assert visitor("stranger") is None
    identify([Claim(external="c-1", anonymous="stranger", trusted=True)], now=now)
    assert visitor("stranger") == known
    assert visitor("nobody") is None


def test_a_person_on_a_break_is_left_in_peace_on_the_site_too(store: Any, ana: Customer, now: Any) -> None:
    Customer.objects.filter(pk=ana.pk).update(paused_until=clock.now() + timedelta(days=9))
    campaign = sent(store, ana, now=now)
    assert rows(campaign).values_list("state", "reason").get() == ("suppressed", "on_break")
    assert not OnsiteMessage.objects.exists()


def test_a_page_asks_and_tells(store: Any, ana: Customer) -> None:
    now = clock.now()
    message = rows(sent(store, ana, now=now)).get()
    _row, key = make_key(store, "public")
    door = "/site/messages"

    def tell(**more: Any) -> Any:
        body = {"writeKey": key, "anonymousId": "browser-of-ana", "message": str(message.public_id), "what": "shown", **more}
        return Client().post(door, json.dumps(body), content_type="text/plain")

    answer = Client().get(door, {"key": key, "id": "browser-of-ana"})
    assert (answer.json()["message"]["id"], answer["Access-Control-Allow-Origin"]) == (str(message.public_id), "*")
    assert Client().get(door, {"key": key, "id": "nobody"}).json() == {"message": None}
    assert Client().get(door, {"key": "pk_x", "id": "browser-of-ana"}).status_code == 401
    assert [tell(what="eaten").status_code, tell(message="x").status_code, tell(message="x").json()["errors"][0]["field"]] == [
        422,
        422,
        "message",
    ]
    assert [tell(message=str(uuid4())).json(), tell(anonymousId="other").json()] == [{"noted": False}, {"noted": False}]
    assert names() == []
    assert [tell().json(), tell(what="closed").json()] == [{"noted": True}, {"noted": True}]
    assert Client().get(door, {"key": key, "id": "browser-of-ana"}).json() == {"message": None}


def test_it_is_made_in_the_editor_with_its_look_and_how_often(store: Any) -> None:
    client = signed_in(member_of(store, "marketer"))
    where = client.post(f"/s/{store.slug}/content/new/", {"name": "Hello", "channel": "onsite"})["Location"]
    parts = {"subject": "Hi <i>", "text": "Welcome", "link": "{{ shop.web_address }}", "look": "modal", "days": "7"}
    client.post(where, {**parts, "do": "save", "basis": "0:1"})
    template = Template.objects.get()
    version = saving.latest_version(template)
    assert version is not None
    assert (template.channel, PushText.read(version.source).look, PushText.read(version.source).every_days) == ("onsite", "modal", 7)
    frame = client.get(f"{where}preview/").content.decode()
    assert 'class="m modal"' in frame
    assert "Hi &lt;i&gt;" in frame
    assert PushText(days="x").every_days == PushText(days="²").every_days == 0


def test_the_number_of_an_order_is_no_browser(store: Any, now: Any) -> None:
    told = "shopify-order:1001"
    (owner,) = identify([Claim(anonymous=told, at=now, trusted=True)], now=now)
    (stranger,) = identify([Claim(anonymous=told, at=now)], now=now)
    assert visitor(told) == stranger != owner


def test_a_finished_campaign_says_how_long_it_waits_and_can_be_taken_off_the_site(store: Any, ana: Customer) -> None:
    now = clock.now()
    bo = meet("browser-of-bo", now=now, first_name="Bo")
    campaign = sent(store, ana, bo, now=now)
    running.tick(store, now=now)
    campaign.refresh_from_db()
    assert campaign.state == "finished"
    note_shown(ana.pk, rows(campaign).get(customer=ana).public_id, now=now)
    client, here = signed_in(member_of(store, "marketer")), f"/s/{store.slug}/campaigns/{campaign.public_id}/"
    page = client.get(here).content.decode()
    for words in ("Waits on the site", "Kept for their next visit", "Seen", "Waits for their next visit", "Take it off the site"):
        assert words in page
    assert waiting_for(bo.pk, now=now) is not None
    page = client.post(f"{here}cancel/", follow=True).content.decode()
    assert "Did not come by in time" in page
    assert waiting_for(bo.pk, now=now) is None
    campaign.refresh_from_db()
    assert (campaign.state, running.archive(campaign), running.unarchive(campaign)) == ("cancelled", True, True)
    assert waiting_for(bo.pk, now=clock.now()) is None, "it ended for good"
    assert rows(campaign).filter(state="sent").count() == 2


def test_after_its_days_a_campaign_on_the_site_is_over(store: Any, ana: Customer) -> None:
    now = clock.now() - KEPT - timedelta(hours=1)
    campaign = sent(store, ana, now=now)
    running.tick(store, now=now)
    page = signed_in(member_of(store, "marketer")).get(f"/s/{store.slug}/campaigns/{campaign.public_id}/").content.decode()
    assert "Waits on the site" not in page
    assert "Did not come by in time" in page
    assert "Take it off the site" not in page
    assert not running.cancel(campaign, now=clock.now())
