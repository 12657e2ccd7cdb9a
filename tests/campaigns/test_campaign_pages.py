"""Campaigns by page and by API: written, looked over, started, paused, called off; figures; and who may do it."""

from typing import Any

import pytest
from django.test import Client

from campaigns.broadcasts import running
from campaigns.broadcasts.marking import mark_of, shown_mark
from campaigns.models import Campaign
from retention.kit import clock
from retention.stores.audit_words import words_of
from retention.stores.models import AuditEntry
from tests.campaigns.campaigning import connect, make_campaign, make_crowd, make_list, rows, send_all, start
from tests.factories import make_key, member_of, signed_in

pytestmark = pytest.mark.django_db


def test_a_merchant_writes_starts_and_reads_a_campaign(store: Any, sink: Any) -> None:
    segment = make_list(make_crowd(3, now=clock.now()), now=clock.now())
    client, here = signed_in(member_of(store, "marketer")), f"/s/{store.slug}/campaigns/"
    assert "No campaign yet" in client.get(here).content.decode()
    edit = client.post(f"{here}new/", {"ready_made": "newsletter"}).headers["Location"]
    begun = client.get(edit).content.decode()
    assert "News from" in begun
    assert 'value="https://lumen.example.test"' in begun, "the button leads to the shop until somebody says where"
    form = {
        "name": "First", "include": [str(segment.public_id)], "subject_a": "Hello", "heading_a": "New", "text_a": "Look.", "when": "now",
        "holdout": "0",
    }  # fmt: skip
    wrong = client.post(edit, form | {"name": "", "url_a": "javascript:alert(1)"})
    assert wrong.status_code == 422
    assert "Give it a name." in wrong.content.decode()
    campaign = Campaign.objects.get()
    assert ">3<" in client.post(f"{here}{campaign.public_id}/reach/", form).content.decode()
    review = client.post(edit, form, follow=True).content.decode()
    assert "Send to 3" in review
    client.post(f"{here}{campaign.public_id}/start/")
    running.tick(store, now=clock.now())
    assert send_all(store, now=clock.now()) == 3
    running.tick(store, now=clock.now())
    report = client.get(f"{here}{campaign.public_id}/").content.decode()
    assert "3 messages have left" in report
    assert "First" in client.get(here).content.decode()
    deeds = AuditEntry.objects.filter(action__startswith="campaign.").order_by("number").values_list("action", flat=True)
    assert list(deeds) == ["campaign.made", "campaign.changed", "campaign.started"]
    assert words_of("campaign.started") == "Started a campaign"
    again = client.post(f"{here}{campaign.public_id}/again/", follow=True)
    assert "Did not click" in again.content.decode()


def test_mail_is_seen_before_it_leaves_in_a_frame_that_can_do_nothing(store: Any, now: Any) -> None:
    campaign = make_campaign(make_list(make_crowd(1, now=now), now=now), now=now)
    here = f"/s/{store.slug}/campaigns/{campaign.public_id}/"
    client = signed_in(member_of(store, "analyst"))
    assert f'src="{here}preview/?variant=a&amp;' in client.get(here).content.decode()
    seen = client.get(f"{here}preview/?variant=a")
    assert "sandbox" in seen.headers["Content-Security-Policy"]
    assert store.name in seen.content.decode()
    assert client.get(f"{here}preview/?variant=a&as=text").headers["Content-Type"].startswith("text/plain")
    assert client.get(f"{here}preview/?variant=z").status_code == 404


def test_it_is_asked_twice_only_where_it_can_reach_somebody(store: Any, now: Any) -> None:
    here = f"/s/{store.slug}/campaigns/{make_campaign(make_list(make_crowd(2, now=now), now=now), now=now).public_id}/"
    client = signed_in(member_of(store, "marketer"))
    to_inbox = client.get(here).content.decode()
    assert "Send to 2" in to_inbox
    assert "Send to 2 people?" not in to_inbox
    connect(store)
    assert "Send to 2 people?" in client.get(here).content.decode()


def test_an_account_connected_after_the_page_was_drawn_is_asked_about_before_anything_leaves(store: Any, now: Any) -> None:
    campaign = make_campaign(make_list(make_crowd(2, now=now), now=now), now=now)
    here = f"/s/{store.slug}/campaigns/{campaign.public_id}/"
    client = signed_in(member_of(store, "marketer"))
    seen = client.get(here).context["seen"]
    connect(store)
    page = client.post(f"{here}start/", {"seen": seen}, follow=True)
    assert "Look it over again; nothing has left." in page.content.decode()
    assert "Send to 2 people?" in page.content.decode()
    campaign.refresh_from_db()
    assert (campaign.state, rows(campaign).count()) == ("draft", 0)
    assert "It was changed." in client.get(f"{here}preview/?variant=a&seen={seen}").content.decode()
    client.post(f"{here}start/", {"seen": page.context["seen"]})
    campaign.refresh_from_db()
    assert campaign.state == "scheduled"


@pytest.mark.parametrize("channel", ["sms", "push", "onsite"])
def test_an_account_of_another_channel_changes_nothing_on_the_page(store: Any, now: Any, channel: str) -> None:
    campaign = make_campaign(make_list(make_crowd(2, now=now), now=now), now=now)
    Campaign.objects.filter(pk=campaign.pk).update(channel=channel)
    campaign.refresh_from_db()
    before = shown_mark(campaign)
    connect(store)
    assert shown_mark(campaign) == before
    assert (before == mark_of(campaign)) == (channel == "onsite"), "what waits on the site needs no account"


def test_nothing_is_offered_to_send_when_nobody_would_get_it(store: Any, now: Any) -> None:
    campaign = make_campaign(make_list([], now=now), now=now)
    page = signed_in(member_of(store, "marketer")).get(f"/s/{store.slug}/campaigns/{campaign.public_id}/").content.decode()
    assert "Nobody would get it now." in page
    assert "Send to 0" not in page


@pytest.mark.parametrize("role", ["analyst", "support"])
def test_who_may_not_send_changes_nothing(store: Any, now: Any, role: str) -> None:
    campaign = make_campaign(make_list(make_crowd(1, now=now), now=now), now=now)
    client: Client = signed_in(member_of(store, role))
    for deed in ("start", "pause", "cancel", "archive", "duplicate"):
        assert client.post(f"/s/{store.slug}/campaigns/{campaign.public_id}/{deed}/").status_code == 403
    assert list(Campaign.objects.values_list("state", flat=True)) == ["draft"]


def test_api_makes_starts_and_calls_off_once(store: Any, now: Any) -> None:
    segment = make_list(make_crowd(2, now=now), now=now)
    _, key = make_key(store, scopes=["campaigns:read", "campaigns:write", "campaigns:send"])
    client = Client(headers={"authorization": f"Bearer {key}"})
    told = {"name": "By key", "include": [str(segment.public_id)], "variants": [{"subject": "S", "heading": "H", "text": "T"}]}
    answers = [
        client.post("/api/v1/campaigns", told, content_type="application/json", headers={"idempotency-key": "one"}) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert Campaign.objects.count() == 1
    here = f"/api/v1/campaigns/{answers[0].json()['id']}"
    assert client.post(f"{here}/start", {}, content_type="application/json").json()["state"] == "scheduled"
    assert client.post(f"{here}/start", {}, content_type="application/json").status_code == 409
    running.tick(store, now=clock.now())
    assert client.get(here).json()["figures"]["waiting"] == 2
    assert client.post(f"{here}/cancel").json()["state"] == "cancelled"
    assert set(rows(Campaign.objects.get()).values_list("state", "reason")) == {("suppressed", "called_off")}
    assert client.post("/api/v1/campaigns", {"name": "X", "when": "at"}, content_type="application/json").status_code == 400
    _, reader = make_key(store, scopes=["campaigns:read"])
    assert Client(headers={"authorization": f"Bearer {reader}"}).post(f"{here}/start").status_code == 403


def test_report_of_a_running_campaign_shows_progress(store: Any, now: Any) -> None:
    campaign = make_campaign(make_list(make_crowd(30, now=now), now=now), holdout_share=0.5, now=now)
    start(campaign, store, now=now)
    page = signed_in(member_of(store, "owner")).get(f"/s/{store.slug}/campaigns/{campaign.public_id}/").content.decode()
    assert 'role="progressbar"' in page
    assert "every 2s" in page
