"""A push message as a merchant writes it: made, looked at, counted, sent by a campaign and by a journey, and read in the test inbox."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from campaigns.broadcasts.drafting import Faulty, Way
from campaigns.journeys.definition import read_definition
from campaigns.models import Message, PushSubscription, Template, TemplateVersion
from campaigns.personalization import saving
from campaigns.personalization.push_texts import PushText
from campaigns.personalization.wording import Content
from campaigns.trace.absent import absent_for
from campaigns.views.broadcasts.showing import reach_of
from retention.customers.models import Customer
from retention.inbox.keeping import keep
from retention.inbox.reading import push_of, read_mail
from retention.kit import clock
from retention.kit.words import Phrase
from tests.campaigns.campaigning import MAIL, make_campaign, make_list, rows, start
from tests.campaigns.push_stage import Browser, send_pushes, subscribe
from tests.factories import member_of, signed_in

pytestmark = pytest.mark.django_db
PARTS = {"subject": "Hello {{ profile.first_name }}", "text": "New lamps", "link": "{{ shop.web_address }}/new", "picture": ""}


@pytest.fixture
def client(store: Any) -> Client:
    return signed_in(member_of(store, "marketer"))


def make_push(*, now: Any, **parts: str) -> Template:
    """Save a push template with a live version."""
    said = PARTS | parts
    source = str(PushText(said["text"], said["link"], said["picture"]))
    made = saving.create("Lamps", content=Content("push"), user_id=None, now=now, channel="push")
    saving.save_version(made, subject=said["subject"], source=source, kind="push", now=now)
    made.refresh_from_db()
    return made


def test_a_push_message_is_made_seen_as_a_notification_checked_and_goes_live(client: Client, store: Any) -> None:
    where = client.post(f"/s/{store.slug}/content/new/", {"name": "Lamps", "channel": "push"})["Location"]
    page = client.get(where).content.decode()
    assert "The title is empty" in page or "the title is empty" in page
    assert 'name="text"' in page
    assert 'name="source"' not in page
    client.post(where, {**PARTS, "text": "x" * 130, "do": "save", "basis": "0:1"})
    page = client.get(where).content.decode()
    assert "The text is 130 letters long; small screens show 120." in page
    assert Template.objects.get().live_number == 1
    frame = client.get(f"{where}preview/")
    body = frame.content.decode()
    assert "Hello Luca" in body
    assert "lumen.example.test" in body
    assert "script-src" not in frame["Content-Security-Policy"]
    client.post(where, {**PARTS, "text": "{{ profile.frist_name }}", "do": "save", "basis": "1:3"})
    assert "Did you mean profile.first_name?" in client.get(where).content.decode()
    assert Template.objects.get().live_number == 1
    version = saving.latest_version(Template.objects.get())
    assert version is not None
    assert (version.kind, version.html, PushText.read(version.source).link) == ("push", "", "{{ shop.web_address }}/new")


def test_a_push_message_is_kept_and_seen_while_it_is_typed(client: Client, store: Any) -> None:
    where = client.post(f"/s/{store.slug}/content/new/", {"name": "Lamps", "channel": "push"})["Location"]
    assert "push_editor.js" in client.get(where).content.decode()
    told = client.post(f"{where}draft/", {**PARTS, "text": "Only {{ profile.first_name }}", "basis": "0:1"}).json()
    assert told["saved"].startswith("Kept at ")
    assert "Only Luca" in client.get(f"{where}preview/").content.decode()
    assert client.post(f"{where}draft/", {**PARTS, "text": "Late", "basis": "0:1"}).status_code == 409
    assert "Only Luca" in client.get(f"{where}preview/").content.decode()
    again = client.post(f"{where}draft/", {**PARTS, "text": "{{ profile.frist_name }}", "basis": told["basis"]}).json()
    assert "Did you mean profile.first_name?" in again["checks"]
    assert TemplateVersion.objects.count() == 0


def test_a_campaign_of_a_push_template_goes_by_push_and_says_who_is_not_reached(store: Any, sink: Any, now: Any) -> None:
    reader, stranger = (
        subscribe(Browser("https://push.example.net/1"), now=now),
        Customer(first_name="Bo", email="bo@example.test", created_at=now),
    )
    stranger.save()
    Customer.objects.filter(pk=reader.pk).update(first_name="Ana")
    push = make_push(now=now)
    campaign = make_campaign(make_list([reader, stranger], now=now), now=now, ways=(Way("", template=str(push.public_id)),))
    assert campaign.channel == "push"
    PushSubscription.objects.update(seen_at=clock.now())
    reached = reach_of(campaign)
    assert (reached.chosen, reached.reached, reached.dropped) == (2, 1, (("no_address", 1),))
    start(campaign, store, now=now)
    send_pushes(store, now=now)
    assert sorted(rows(campaign).values_list("channel", "state", "reason")) == [("push", "sent", ""), ("push", "suppressed", "no_address")]
    (mail,) = sink.accepted
    assert mail["Subject"] == "Hello Ana"


def test_one_campaign_does_not_mix_channels(store: Any, now: Any) -> None:
    push = make_push(now=now)
    with pytest.raises(Faulty) as refusal:
        make_campaign(now=now, everybody=True, ways=(MAIL, Way("", template=str(push.public_id))))
    assert isinstance(refusal.value.faults["variants"], Phrase)


def test_the_pages_of_a_push_campaign_show_the_notification_and_its_reasons(client: Client, store: Any, now: Any) -> None:
    stranger = Customer(first_name="Bo", email="bo@example.test", created_at=now - timedelta(days=3))
    stranger.save()
    push = make_push(now=now)
    campaign = make_campaign(make_list([stranger], now=now), now=now, ways=(Way("", template=str(push.public_id)),))
    base = f"/s/{store.slug}/campaigns/{campaign.public_id}/"
    page = client.get(base).content.decode()
    assert "The push message, as the example person sees it" in page
    assert "Send a test" in page
    assert "No push subscription" in page
    assert "On a locked phone" in client.get(f"{base}preview/").content.decode()
    edit = client.get(f"{base}edit/").content.decode()
    assert f'value="{push.public_id}" selected' in edit
    assert "The message</legend>" in edit
    form = {"include": str(campaign.segments.get().segment.public_id), "subject_a": "", "template_a": str(push.public_id), "name": "x"}
    assert "No push subscription" in client.post(f"{base}reach/", form).content.decode()


def test_everybody_of_a_push_campaign_are_those_with_a_browser_whatever_their_address(client: Client, store: Any, now: Any) -> None:
    visitor = subscribe(Browser("https://push.example.net/1"), now=now)
    stranger = Customer(first_name="Bo", email="bo@example.test", email_key="bo@example.test", created_at=now - timedelta(days=3))
    stranger.save()
    way = Way("", template=str(make_push(now=now).public_id))
    campaign = make_campaign(now=now, everybody=True, ways=(way,))
    PushSubscription.objects.update(seen_at=clock.now())
    assert (reach_of(campaign).chosen, reach_of(campaign).reached) == (1, 1)
    start(campaign, store, now=now)
    assert list(rows(campaign).values_list("customer_id", flat=True)) == [visitor.pk]
    (absent,) = absent_for(stranger, say=str, now=now)
    assert (absent.reason, absent.words) == ("no_address", "No push subscription")


def test_a_campaign_on_the_site_never_says_that_it_goes_to_the_test_inbox(client: Client, store: Any, now: Any) -> None:
    push = make_push(now=now)
    assert "No provider is connected." in _review(client, store, push, now=now)
    Template.objects.update(channel="onsite")
    page = _review(client, store, push, now=now)
    assert "The message on the site, as the example person sees it" in page
    assert "No provider is connected." not in page


def _review(client: Client, store: Any, template: Template, *, now: Any) -> str:
    campaign = make_campaign(now=now, everybody=True, ways=(Way("", template=str(template.public_id)),))
    return client.get(f"/s/{store.slug}/campaigns/{campaign.public_id}/").content.decode()


def test_a_journey_may_send_a_push_message() -> None:
    step = {"id": "first", "kind": "send", "channel": "push", "template": "lamps"}
    journey = read_definition(
        {"trigger": {"event": "Cart Idle"}, "exits": [], "guards": [], "steps": [step, {"id": "end", "kind": "exit"}]}
    )
    assert journey.steps[0].describe().render(str) == "Send the push message “lamps”"


def test_the_inbox_shows_a_push_message_as_people_see_it(client: Client, store: Any, settings: Any, tmp_path: Any) -> None:
    settings.INBOX_DIR = tmp_path

    def arrive(body: bytes) -> str:
        head = b"From: Lumen <l@inbox.example.test>\r\nTo: push@x.test\r\nSubject: Lamps\r\nX-Boomerang-Channel: push\r\n\r\n"
        return keep(tmp_path, name=str(store.public_id), content=head + body, sender="a@b.test", recipients=["c@d.test"]).name

    good = arrive(b'{"title": "Lamps <b>", "body": "New", "url": "http://localhost:8000/c/x.0", "image": "javascript:alert(1)"}')
    page = client.get(f"/s/{store.slug}/inbox/{good}/").content.decode()
    assert 'href="http://localhost:8000/c/x.0"' in page
    frame = client.get(f"/s/{store.slug}/inbox/{good}/body/").content.decode()
    assert "Lamps &lt;b&gt;" in frame
    assert "javascript:" not in frame
    for strange in (b"no json", b"[1]", b"[" * 5000):
        found = read_mail(tmp_path, name=str(store.public_id), mail=arrive(strange))
        assert found is not None
        assert push_of(found) == {}
        assert client.get(f"/s/{store.slug}/inbox/{found.heading.name}/").status_code == 200
    assert Message.objects.count() == 0
