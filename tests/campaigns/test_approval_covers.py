"""What a yes covers and whom it reaches: mail to those who may say it, its answer to who asked, and a new question after any change."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from campaigns.broadcasts import asking, running
from campaigns.broadcasts.marking import mark_of
from campaigns.models import Campaign, CouponPool, SendRule
from retention.kit import clock
from retention.notices.models import Notice
from retention.stores.models import AuditEntry
from segments.models import Segment
from tests.campaigns.campaigning import make_campaign, make_crowd, make_list, rows, send_all, start
from tests.campaigns.coupons.pools import make_pool
from tests.factories import make_key, member_of, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(store: Any, now: Any) -> Campaign:
    return make_campaign(make_list(make_crowd(2, now=now), now=now), now=now)


def change_rule(campaign: Campaign) -> None:
    SendRule.objects.create(campaign=campaign, sold_out="block", changed_at=clock.now())


def change_segment(campaign: Campaign) -> None:
    Segment.objects.filter(pk=campaign.segments.get().segment_id).update(version=9)


def change_words(campaign: Campaign) -> None:
    campaign.variants.update(subject="Other")


def change_hour(campaign: Campaign) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(ramp_hours=3)


CHANGES = [change_rule, change_segment, change_words, change_hour]


def test_who_may_say_yes_is_told_and_who_asked_hears_the_outcome(store: Any, draft: Campaign) -> None:
    writer, owner, other = (member_of(store, role) for role in ("writer", "owner", "writer"))
    here = f"/s/{store.slug}/campaigns/{draft.public_id}/"
    signed_in(writer).post(f"{here}ask/")
    asked = Notice.objects.get(kind="campaign_asked")
    assert asked.to == owner.email
    assert draft.name in asked.text
    assert here in asked.text
    signed_in(owner).post(f"{here}return/", {"why": "The price is wrong."})
    answered = Notice.objects.get(kind="campaign_answered")
    assert (answered.to, "The price is wrong." in answered.text, "given back" in answered.subject) == (writer.email, True, True)
    signed_in(writer).post(f"{here}ask/")
    assert Notice.objects.filter(kind="campaign_asked").count() == 2
    page = signed_in(owner).get(here)
    signed_in(owner).post(f"{here}start/", {"seen": page.context["seen"]})
    assert "was approved" in Notice.objects.filter(kind="campaign_answered").order_by("pk").last().subject
    assert not Notice.objects.filter(to=other.email).exists()


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_after_the_question_is_not_what_was_asked_about(store: Any, draft: Campaign, now: Any, change: Any) -> None:
    assert asking.ask(draft, store=store, user_id=None, now=now)
    assert not asking.ask(draft, store=store, user_id=None, now=now)
    before = mark_of(draft)
    change(draft)
    draft.refresh_from_db()
    assert asking.is_stale(draft)
    for seen in ("", before):
        with pytest.raises(asking.Changed):
            asking.approve(draft, store=store, user_id=None, seen=seen, now=now)
    draft.refresh_from_db()
    assert draft.state == "draft"
    assert asking.ask(draft, store=store, user_id=None, now=now + timedelta(minutes=1))
    draft.refresh_from_db()
    assert not asking.is_stale(draft)
    assert asking.approve(draft, store=store, user_id=None, now=now)


def test_a_rule_pool_or_segment_changed_after_the_yes_stops_it_until_somebody_says_yes_again(
    store: Any, sink: Any, draft: Campaign, now: Any
) -> None:
    owner = member_of(store, "owner")
    pool = make_pool(now=now)
    rule = SendRule.objects.create(campaign=draft, pool=pool, changed_at=now)
    assert asking.ask(draft, store=store, user_id=None, now=now)
    assert asking.approve(draft, store=store, user_id=None, now=now)
    CouponPool.objects.filter(pk=pool.pk).update(valid_days=3)
    running.tick(store, now=now)
    draft.refresh_from_db()
    assert (draft.state, draft.pause_reason, rows(draft).count()) == ("paused", "changed", 0)
    notice = Notice.objects.get(kind="campaign_asked", to=owner.email, subject__contains="again")
    assert "It is paused." in notice.text
    running.resume(draft, now=now)
    running.tick(store, now=now)
    draft.refresh_from_db()
    assert (draft.state, rows(draft).count()) == ("sending", 2)
    change_segment(draft)
    running.tick(store, now=now)
    draft.refresh_from_db()
    assert draft.state == "sending", "everybody has a row: the segment chooses nobody any more"
    SendRule.objects.filter(pk=rule.pk).update(sold_out="block")
    running.tick(store, now=now)
    draft.refresh_from_db()
    assert (draft.state, draft.pause_reason) == ("paused", "changed")
    assert send_all(store, now=now) == 0


def test_what_nobody_asked_about_is_not_stopped(store: Any, draft: Campaign, now: Any) -> None:
    start(draft, store, now=now)
    change_rule(draft)
    running.tick(store, now=now)
    draft.refresh_from_db()
    assert draft.state == "sending"


def test_a_program_asks_approves_and_rejects_with_a_scope_of_its_own(store: Any, draft: Campaign) -> None:
    _, writes = make_key(store, scopes=["campaigns:read", "campaigns:write"])
    _, approves = make_key(store, scopes=["campaigns:approve"])
    writer, boss = (Client(headers={"authorization": f"Bearer {key}"}) for key in (writes, approves))
    here = f"/api/v1/campaigns/{draft.public_id}"

    def post(who: Client, what: str, **told: str) -> Any:
        return who.post(f"{here}/{what}", told, content_type="application/json")

    assert [post(writer, what).status_code for what in ("approve", "reject", "start")] == [403, 403, 403]
    assert post(boss, "approve").status_code == 409
    assert post(writer, "ask").json()["asked_at"]
    assert post(boss, "reject", why="Not today").json()["asked_at"] is None
    mark = post(writer, "ask").json()["mark"]
    change_words(draft)
    assert [post(boss, "approve").status_code, post(boss, "approve", mark=mark).status_code] == [409, 409]
    mark = writer.get(here).json()["mark"]
    assert post(boss, "approve", mark=mark).json()["state"] == "scheduled"
    deeds = AuditEntry.objects.filter(action__startswith="campaign.").order_by("number").values_list("action", flat=True)
    assert list(deeds) == ["campaign.asked", "campaign.returned", "campaign.asked", "campaign.started"]


def test_the_page_says_that_it_is_not_what_was_asked_about(store: Any, draft: Campaign) -> None:
    writer, marketer = signed_in(member_of(store, "writer")), signed_in(member_of(store, "marketer"))
    here = f"/s/{store.slug}/campaigns/{draft.public_id}/"
    writer.post(f"{here}ask/")
    assert "It is not what was asked about any more." not in marketer.get(here).content.decode()
    change_rule(draft)
    page = writer.get(here).content.decode()
    assert "It is not what was asked about any more." in page
    assert "Ask for a yes" in page
    assert "What should be different" in marketer.get(here).content.decode()
