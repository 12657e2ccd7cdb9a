"""What a yes covers and whom it reaches: mail to those who may say it, its answer to who asked, and a new question after any change."""

from datetime import time, timedelta
from typing import Any

import pytest
from django.test import Client

from campaigns.broadcasts import asking, running
from campaigns.broadcasts.marking import differs, mark_of, shown_mark, standing_mark
from campaigns.models import Campaign, CouponPool, SendRule
from retention.kit import clock
from retention.notices.models import Notice
from retention.rest.models import KeptAnswer
from retention.stores.limits import Limit
from retention.stores.models import AuditEntry, StoreWork
from segments import saving
from segments.models import Segment
from tests.campaigns.campaigning import connect, make_campaign, make_crowd, make_list, rows, send_all, start
from tests.campaigns.coupons.pools import make_pool
from tests.factories import make_key, member_of, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(store: Any, now: Any) -> Campaign:
    return make_campaign(make_list(make_crowd(2, now=now), now=now), now=now)


def say_yes(campaign: Campaign, store: Any, *, now: Any) -> None:
    assert asking.ask(campaign, store=store, user_id=None, now=now)
    assert asking.approve(campaign, store=store, user_id=None, seen=shown_mark(campaign), now=now)


def change_rule(campaign: Campaign) -> None:
    SendRule.objects.create(campaign=campaign, sold_out="block", changed_at=clock.now())


def change_segment(campaign: Campaign) -> None:
    Segment.objects.filter(pk=campaign.segments.get().segment_id).update(version=9)


def change_words(campaign: Campaign, subject: str = "Other") -> None:
    campaign.variants.update(subject=subject)


def change_hour(campaign: Campaign) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(ramp_hours=3)


def change_people(campaign: Campaign) -> None:
    saving.change_list(campaign.segments.get().segment, add=[make_crowd(1, now=clock.now())[0].pk], remove=[], now=clock.now())


CHANGES = [change_rule, change_segment, change_words, change_hour, change_people]


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
    before = shown_mark(draft)
    change(draft)
    draft.refresh_from_db()
    assert asking.is_stale(draft)
    assert not asking.is_still(draft, "")
    for seen in ("", before):
        with pytest.raises(asking.Changed):
            asking.approve(draft, store=store, user_id=None, seen=seen, now=now)
    draft.refresh_from_db()
    assert draft.state == "draft"
    assert asking.ask(draft, store=store, user_id=None, now=now + timedelta(minutes=1))
    draft.refresh_from_db()
    assert not asking.is_stale(draft)
    assert asking.approve(draft, store=store, user_id=None, seen=shown_mark(draft), now=now)


def test_a_rule_pool_or_segment_changed_after_the_yes_stops_it_until_somebody_says_yes_again(
    store: Any, sink: Any, draft: Campaign, now: Any
) -> None:
    owner = member_of(store, "owner")
    pool = make_pool(now=now)
    rule = SendRule.objects.create(campaign=draft, pool=pool, changed_at=now)
    say_yes(draft, store, now=now)
    CouponPool.objects.filter(pk=pool.pk).update(valid_days=3)
    running.tick(store, now=now)
    draft.refresh_from_db()
    assert (draft.state, draft.pause_reason, rows(draft).count()) == ("paused", "changed", 0)
    notice = Notice.objects.get(kind="campaign_asked", to=owner.email, subject__contains="again")
    assert "It is paused." in notice.text
    assert not running.resume(draft, now=now)
    assert running.resume(draft, now=now, seen=standing_mark(draft))
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


def test_what_changed_during_a_pause_does_not_go_on_before_somebody_looked_at_it(store: Any, draft: Campaign, now: Any) -> None:
    owner = member_of(store, "owner")
    here = f"/s/{store.slug}/campaigns/{draft.public_id}/"
    say_yes(draft, store, now=now)
    assert running.pause(draft, now=now)
    change_people(draft)
    early = signed_in(owner).get(here)
    assert early.context["standing"] == ""
    answer = signed_in(owner).post(f"{here}resume/", {"seen": ""}, follow=True)
    assert "It is not what was approved any more." in answer.content.decode()
    assert f'name="seen" value="{answer.context["standing"]}"' in answer.content.decode()
    draft.refresh_from_db()
    assert (draft.state, draft.pause_reason) == ("paused", "changed")
    assert Notice.objects.filter(kind="campaign_asked", to=owner.email, subject__contains="again").count() == 1
    change_people(draft)
    signed_in(owner).post(f"{here}resume/", {"seen": answer.context["standing"]})
    draft.refresh_from_db()
    assert draft.state == "paused", "it changed once more after the page was opened"
    signed_in(owner).post(f"{here}resume/", {"seen": standing_mark(draft)})
    draft.refresh_from_db()
    assert (draft.state, differs(draft)) == ("scheduled", False)
    assert Notice.objects.filter(kind="campaign_asked", to=owner.email, subject__contains="again").count() == 1


@pytest.mark.parametrize("key", ["", "once"])
def test_a_program_that_lets_a_changed_one_go_on_is_refused_and_its_team_is_asked(store: Any, draft: Campaign, now: Any, key: str) -> None:
    owner, (_, secret) = member_of(store, "owner"), make_key(store, scopes=["campaigns:read", "campaigns:send"])
    client = Client(headers={"authorization": f"Bearer {secret}", **({"idempotency-key": key} if key else {})})
    there = f"/api/v1/campaigns/{draft.public_id}"
    say_yes(draft, store, now=now)
    assert running.pause(draft, now=now)
    change_people(draft)
    for _again in range(2):
        assert client.post(f"{there}/resume", {}, content_type="application/json").status_code == 409
        draft.refresh_from_db()
        assert (draft.state, draft.pause_reason) == ("paused", "changed")
        assert Notice.objects.filter(kind="campaign_asked", to=owner.email, subject__contains="again").count() == 1
    assert not KeptAnswer.objects.exists(), "with the new mark the same key may go on"
    mark = client.get(there).json()["mark"]
    assert client.post(f"{there}/resume", {"mark": mark}, content_type="application/json").status_code == 200


def test_a_list_below_the_segment_and_the_rule_of_the_mail_that_leaves_count(store: Any, now: Any) -> None:
    below = make_list(make_crowd(2, now=now), now=now)
    rule = {"version": 1, "root": {"join": "all", "rules": [{"is": "in_segment", "segment": str(below.public_id), "in": True}]}}
    above = saving.create(name="Above", rule=rule, user_id=None, now=now)
    draft = make_campaign(above, now=now)
    say_yes(draft, store, now=now)
    draft.refresh_from_db()
    saving.change_list(below, add=[], remove=[], now=now)
    assert not differs(draft), "nobody came or went"
    saving.change_list(below, add=[make_crowd(1, now=now)[0].pk], remove=[], now=now)
    assert differs(draft)
    assert running.pause(draft, now=now)
    assert running.resume(draft, now=now, seen=standing_mark(draft))
    draft.refresh_from_db()
    assert not differs(draft)
    SendRule.objects.create(template_id=draft.variants.get().version.template_id, sold_out="block", changed_at=now)
    assert differs(draft)


def test_one_that_waits_for_its_day_is_stopped_as_soon_as_something_changes(store: Any, now: Any) -> None:
    owner = member_of(store, "owner")
    people, tomorrow = make_crowd(2, now=now), {"when": "at", "wall_day": (now + timedelta(days=1)).date(), "wall_time": time(10)}
    draft = make_campaign(make_list(people, now=now), now=now, **tomorrow)
    work = StoreWork.objects.filter(kind=running.WORK)
    say_yes(draft, store, now=now)
    running.tick(store, now=now)
    assert not work.filter(due_at__lte=now).exists()
    saving.change_list(draft.segments.get().segment, add=[], remove=[people[0].pk], now=now)
    assert work.filter(due_at__lte=now).exists()
    running.tick(store, now=now)
    draft.refresh_from_db()
    assert (draft.state, draft.pause_reason) == ("paused", "changed")
    assert running.resume(draft, now=now, seen=standing_mark(draft))
    work.update(due_at=clock.now() + timedelta(days=1))
    signed_in(owner).post(
        f"/s/{store.slug}/campaigns/{draft.public_id}/rule/", {"sold_out": "block", "dearer": "", "fallback": "", "pool": ""}
    )
    assert SendRule.objects.get().sold_out == "block"
    assert work.filter(due_at__lte=clock.now()).exists()


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
    assert post(boss, "approve", mark=shown_mark(draft)).status_code == 409
    assert post(boss, "approve").json()["errors"]["mark"]
    assert post(writer, "ask").json()["asked_at"]
    assert post(boss, "reject", why="Not today").json()["asked_at"] is None
    mark = post(writer, "ask").json()["mark"]
    change_words(draft)
    assert [post(boss, "approve").status_code, post(boss, "approve", mark=mark).status_code] == [400, 409]
    mark = writer.get(here).json()["mark"]
    assert post(boss, "approve", mark=mark).json()["state"] == "scheduled"
    deeds = AuditEntry.objects.filter(action__startswith="campaign.").order_by("number").values_list("action", flat=True)
    assert list(deeds) == ["campaign.asked", "campaign.returned", "campaign.asked", "campaign.started"]


def test_a_program_that_may_send_shows_what_it_saw_where_a_yes_is_part_of_it(store: Any, draft: Campaign, now: Any) -> None:
    _, sends = make_key(store, scopes=["campaigns:read", "campaigns:send"])
    client, here = Client(headers={"authorization": f"Bearer {sends}"}), f"/api/v1/campaigns/{draft.public_id}"
    assert asking.ask(draft, store=store, user_id=None, now=now)
    start_it = client.post(f"{here}/start", {}, content_type="application/json")
    assert start_it.status_code == 409
    seen = {"mark": client.get(here).json()["mark"]}
    assert client.post(f"{here}/start", seen, content_type="application/json").json()["state"] == "scheduled"
    assert running.pause(draft, now=now)
    change_rule(draft)
    assert client.post(f"{here}/resume", seen, content_type="application/json").status_code == 409
    seen = {"mark": client.get(here).json()["mark"]}
    assert client.post(f"{here}/resume", seen, content_type="application/json").json()["state"] == "scheduled"


def test_after_many_questions_of_a_shop_in_an_hour_one_is_kept_and_no_mail_goes(
    store: Any, draft: Campaign, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, _owner = (member_of(store, role) for role in ("writer", "owner"))
    monkeypatch.setattr(asking, "MAILS", Limit(asking.MAILS.name, 2, 3600))
    other = make_campaign(draft.segments.get().segment, now=now)
    _, writes = make_key(store, scopes=["campaigns:write"])
    program = Client(headers={"authorization": f"Bearer {writes}"})
    assert asking.ask(draft, store=store, user_id=writer.pk, now=now) == "told"
    assert program.post(f"/api/v1/campaigns/{other.public_id}/ask").json()["mailed"] is True
    change_words(draft)
    page = signed_in(writer).post(f"/s/{store.slug}/campaigns/{draft.public_id}/ask/", follow=True).content.decode()
    assert "no mail tells of this one" in page
    change_words(other, "Third")
    assert program.post(f"/api/v1/campaigns/{other.public_id}/ask").json()["mailed"] is False
    assert Notice.objects.filter(kind="campaign_asked").count() == 2
    draft.refresh_from_db()
    assert (draft.asked_mark, draft.asked_by_id) == (mark_of(draft), writer.pk)


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


def test_a_question_outlives_a_connected_account_and_the_yes_is_to_where_it_goes_now(store: Any, draft: Campaign, now: Any) -> None:
    assert asking.ask(draft, store=store, user_id=None, now=now)
    draft.refresh_from_db()
    here = f"/s/{store.slug}/campaigns/{draft.public_id}/"
    _, key = make_key(store, scopes=["campaigns:read", "campaigns:write", "campaigns:send", "campaigns:approve"])
    api, boss = Client(headers={"authorization": f"Bearer {key}"}), signed_in(member_of(store, "marketer"))
    told, seen = api.get(f"/api/v1/campaigns/{draft.public_id}").json()["mark"], boss.get(here).context["seen"]
    assert told == seen
    connect(store)
    assert not asking.is_stale(draft)
    assert not asking.ask(draft, store=store, user_id=None, now=now)
    for deed in ("start", "approve"):
        assert api.post(f"/api/v1/campaigns/{draft.public_id}/{deed}", {"mark": told}, content_type="application/json").status_code == 409
    boss.post(f"{here}start/", {"seen": seen})
    draft.refresh_from_db()
    assert (draft.state, rows(draft).count(), draft.asked_at is None) == ("draft", 0, False)
    page = boss.get(here)
    assert "It is not what was asked about any more." not in page.content.decode()
    boss.post(f"{here}start/", {"seen": page.context["seen"]})
    draft.refresh_from_db()
    assert draft.state == "scheduled"
