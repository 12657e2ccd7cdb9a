"""A test of an SMS or push message: to the team's own numbers and browsers, with the provider's real answer, and in no figure."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from campaigns.broadcasts.content import Words
from campaigns.broadcasts.drafting import Way
from campaigns.models import Message, PushSubscription, TestNumber
from retention.customers.consent import suppress
from retention.customers.models import Customer
from retention.kit import clock
from retention.stores.models import AuditEntry, Membership
from tests.campaigns import push_stage, twilio_stage
from tests.campaigns.campaigning import make_campaign, make_list
from tests.campaigns.push_stage import push_service, subscribe
from tests.campaigns.test_push_campaigns import make_push
from tests.campaigns.twilio_stage import PHONE, accepts, posted, refuses
from tests.factories import member_of, signed_in
from tests.kit.stage import Stage

pytestmark = pytest.mark.django_db
TEXT = Way(words=Words(text="Hi {{ profile.first_name }}: https://lumen.example.test/sale"))


@pytest.fixture
def stage(settings: Any) -> Iterator[Stage]:
    """Run an HTTP server where Twilio would be."""
    with Stage(address="127.0.0.1") as running:
        settings.FETCH_ALLOWED_PORTS = [running.port]
        accepts(running)
        yield running


def page_of(campaign: Any, store: Any) -> str:
    return f"/s/{store.slug}/campaigns/{campaign.public_id}/"


def test_a_test_sms_goes_to_numbers_the_team_wrote_down_and_to_no_other(store: Any, stage: Stage) -> None:
    now = clock.now()
    twilio_stage.connect(stage)
    mia, ben = member_of(store, "marketer"), member_of(store, "owner")
    campaign = make_campaign(make_list([], now=now), now=now, ways=(TEXT,), channel="sms")
    client, here = signed_in(mia), page_of(campaign, store)
    assert "Your own number" in client.get(here).content.decode()
    nobody = client.post(f"{here}try/", {"to": [mia.email, ben.email, PHONE]}, follow=True).content.decode()
    assert "Write down your number" in nobody
    wrong = client.post(f"{here}try/", {"to": [mia.email], "number": "12"}, follow=True).content.decode()
    assert "That is no phone number" in wrong
    assert (posted(stage), TestNumber.objects.count()) == ([], 0)
    asked = client.post(f"{here}try/", {"to": [mia.email], "number": "0151 12345678"}, follow=True).content.decode()
    assert f"A code is on its way to {PHONE}" in asked
    assert 'name="code"' in asked
    (form,) = posted(stage)
    code = form["Body"].split()[1]
    assert (form["To"], len(code), "Hi Luca" in form["Body"]) == (PHONE, 6, False), "nothing of what was written goes to a number unproven"
    guess = client.post(f"{here}try/", {"to": [mia.email], "number": PHONE, "code": f"{(int(code) + 1) % 1_000_000:06d}"}, follow=True)
    assert "That is not the code" in guess.content.decode()
    assert (len(posted(stage)), TestNumber.objects.count()) == (1, 0)
    said = client.post(f"{here}try/", {"to": [mia.email, ben.email, "+4915187654321"], "number": PHONE, "code": code}, follow=True)
    assert "on its way to 1 person" in said.content.decode()
    form = posted(stage)[1]
    assert (form["To"], form["Body"]) == (PHONE, "[Test] Hi Luca: https://lumen.example.test/sale\nReply STOP to opt out")
    assert list(TestNumber.objects.values_list("user_id", "phone")) == [(mia.pk, PHONE)]
    shown = signed_in(ben).get(here).content.decode()
    assert ("+49…78" in shown, PHONE in shown) == (True, False), "whoever tests next may choose who has a number, and not read it"
    assert (Message.objects.count(), AuditEntry.objects.filter(action="campaign.tried").count()) == (0, 1)
    Membership.objects.filter(user=mia).delete()
    signed_in(ben).post(f"{here}try/", {"to": [mia.email]})
    assert len(posted(stage)) == 2, "who left the team gets no tests"


def test_a_person_gets_two_codes_a_day_and_five_tries(store: Any, stage: Stage) -> None:
    twilio_stage.connect(stage)
    mia = member_of(store, "marketer")
    campaign = make_campaign(make_list([], now=clock.now()), now=clock.now(), ways=(TEXT,), channel="sms")
    client, there = signed_in(mia), f"{page_of(campaign, store)}try/"
    for number in range(3):
        last = client.post(there, {"to": [mia.email], "number": f"+491511234567{number}"}, follow=True).content.decode()
    assert ("many numbers for one day" in last, len(posted(stage))) == (True, 2)
    code = posted(stage)[1]["Body"].split()[1]
    for number in range(5):
        client.post(there, {"to": [mia.email], "code": f"wrong{number}"})
    last = client.post(there, {"to": [mia.email], "code": code}, follow=True).content.decode()
    assert ("Too many tries" in last, TestNumber.objects.count()) == (True, 0)


def test_what_the_sms_provider_says_is_shown_and_who_said_stop_gets_none(store: Any, stage: Stage) -> None:
    now = clock.now()
    twilio_stage.connect(stage)
    mia = member_of(store, "marketer")
    TestNumber.objects.create(user=mia, phone=PHONE)
    campaign = make_campaign(make_list([], now=now), now=now, ways=(TEXT,), channel="sms")
    client, here = signed_in(mia), page_of(campaign, store)
    refuses(stage, 400, 21408)
    assert "400 21408" in client.post(f"{here}try/", {"to": [mia.email]}, follow=True).content.decode()
    suppress(PHONE, channel="sms", reason="unsubscribed", now=now)
    assert "Number blocked" in client.post(f"{here}try/", {"to": [mia.email]}, follow=True).content.decode()
    assert (len(posted(stage)), AuditEntry.objects.filter(action="campaign.tried").count()) == (1, 0)


def test_a_test_push_reaches_the_browsers_of_the_team_as_their_shop_s_visitors(store: Any, settings: Any) -> None:
    now = clock.now()
    mia, ben = member_of(store, "marketer"), member_of(store, "owner")
    with push_service() as service:
        settings.FETCH_ALLOWED_PORTS = [service.port]
        push_stage.connect(now=now)
        browser = service.browser()
        person = subscribe(browser, now=now)
        Customer.objects.filter(pk=person.pk).update(email=mia.email, email_key=mia.email)
        PushSubscription.objects.update(seen_at=now)
        template = make_push(now=now)
        campaign = make_campaign(now=now, everybody=True, ways=(Way("", template=str(template.public_id)),))
        client, here = signed_in(mia), page_of(campaign, store)
        assert "no browser of theirs" in client.get(here).content.decode(), "Ben has none"
        page = client.post(f"{here}try/", {"to": [mia.email, ben.email]}, follow=True).content.decode()
        assert "on its way to 1 person" in page
        ((_path, _headers, body),) = service.got
        told = browser.read(body)
        assert (told["title"], told["body"], told["url"]) == ("[Test] Hello Luca", "New lamps", "https://lumen.example.test/new")
        client.post(f"/s/{store.slug}/content/{template.public_id}/try/", {"to": [mia.email]})
        assert len(service.got) == 2
    assert (Message.objects.count(), json.dumps(told).count("/c/")) == (0, 0)


def test_without_a_provider_tests_of_every_channel_come_to_the_test_inbox(store: Any, sink: Any) -> None:
    now = clock.now()
    mia = member_of(store, "marketer")
    client: Client = signed_in(mia)
    text = make_campaign(make_list([], now=now), now=now, ways=(TEXT,), channel="sms")
    push = make_campaign(now=now, everybody=True, ways=(Way("", template=str(make_push(now=now).public_id)),))
    TestNumber.objects.create(user=mia, phone=PHONE)
    client.post(f"{page_of(text, store)}try/", {"to": [mia.email], "number": PHONE})
    client.post(f"{page_of(push, store)}try/", {"to": [mia.email]})
    assert [mail["X-Boomerang-Channel"] for mail in sink.accepted] == ["sms", "push"]
    assert sink.accepted[1]["Subject"] == "[Test] Hello Luca"


def test_what_waits_on_the_site_is_looked_at_and_not_sent(store: Any, sink: Any) -> None:
    now = clock.now()
    mia = member_of(store, "marketer")
    template = make_push(now=now)
    type(template).objects.update(channel="onsite")
    campaign = make_campaign(now=now, everybody=True, ways=(Way("", template=str(template.public_id)),))
    client, here = signed_in(mia), page_of(campaign, store)
    assert "Send a test" not in client.get(here).content.decode()
    assert "cannot be sent as a test" in client.post(f"{here}try/", {"to": [mia.email]}, follow=True).content.decode()
    assert client.get(f"/s/{store.slug}/content/{template.public_id}/try/").status_code == 404
    assert sink.accepted == []
