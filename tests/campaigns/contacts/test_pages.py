"""The pages about how often people are written to: what they say, what they keep, and for whom."""

from datetime import date, time, timedelta
from typing import Any

import pytest

from campaigns.contacts import counting
from campaigns.models import ContactCap, Journey, SourceRank
from campaigns.playbooks.switching import switch_on
from campaigns.sending.budgets import budget_of_store
from campaigns.sending.eligibility import Budget, Caps
from campaigns.views.contacts.planned import title_of_week
from retention.kit import clock
from retention.stores.models import AuditEntry, StoreWork
from tests.campaigns.campaigning import make_campaign, make_crowd, make_list
from tests.campaigns.contacts.test_counting import got
from tests.campaigns.contacts.test_days import planned
from tests.factories import member_of, signed_in

pytestmark = pytest.mark.django_db


def test_an_owner_says_in_plain_words_how_many_messages_a_person_may_get(store: Any) -> None:
    owner, here = signed_in(member_of(store, "owner")), f"/s/{store.slug}/settings/sending/"
    page = owner.get(here).content.decode()
    assert "Marketing messages one person may get: 2 in 24 hours, 5 in 7 days." in page
    said = {"per_day": "1", "per_week": "4", "sms_day": "1", "sms_week": "2"}
    assert owner.post(f"{here}budget/", said).status_code == 302
    assert budget_of_store() == Budget(Caps(1, 4), {"sms": Caps(1, 2)})
    assert "Marketing messages one person may get: 1 in 24 hours, 4 in 7 days." in owner.get(here).content.decode()
    assert list(AuditEntry.objects.filter(action="sending.budget").values_list("action", flat=True)) == ["sending.budget"]
    assert owner.post(f"{here}budget/", said).status_code == 302
    assert AuditEntry.objects.filter(action="sending.budget").count() == 1, "the same again is no change"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"per_day": "3", "per_week": "2"}, "7 days cannot allow fewer than 24 hours."),
        ({"per_day": "0", "per_week": "2"}, "greater than or equal to 1"),
        ({"per_day": "2", "per_week": "5", "sms_day": "1"}, "Fill in both"),
        ({"per_day": "2", "per_week": "5", "push_day": "2", "push_week": "1"}, "7 days cannot allow fewer than 24 hours."),
        ({}, "required"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused_with_its_reason(store: Any, said: dict[str, str], words: str) -> None:
    answer = signed_in(member_of(store, "owner")).post(f"/s/{store.slug}/settings/sending/budget/", said)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not ContactCap.objects.exists()


def test_who_goes_first_is_shown_in_its_order_and_may_be_changed(store: Any) -> None:
    now = clock.now()
    journey = switch_on("abandoned_cart", now=now)
    campaign = make_campaign(make_list(make_crowd(2, now=now), now=now), now=now)
    SourceRank.objects.create(source_kind="campaign", source_id=0, worth=240.0)
    shadow = Journey(name=journey.name, shadow_of=journey, state="live", live_number=1, launched_at=now)
    shadow.save()
    marketer, here = signed_in(member_of(store, "marketer")), f"/s/{store.slug}/settings/sending/"
    page = marketer.get(here).content.decode()
    assert f'name="journey-{shadow.pk}"' not in page, "what writes to nobody goes before nobody"
    assert page.index(f'name="campaign-{campaign.pk}"') < page.index(f'name="journey-{journey.pk}"'), "campaigns bring in more here"
    assert "€2.40" in page
    answer = marketer.post(f"{here}ranks/", {f"journey-{journey.pk}": "1", f"campaign-{campaign.pk}": "9", "journey-77": "1"})
    assert answer.status_code == 302
    kept = set(SourceRank.objects.exclude(source_id=0).values_list("source_kind", "source_id", "priority"))
    assert kept == {("journey", journey.pk, 1)}, "only what is shown, and only what may be said"
    page = marketer.get(here).content.decode()
    assert page.index(f'name="journey-{journey.pk}"') < page.index(f'name="campaign-{campaign.pk}"')
    assert marketer.post(f"{here}budget/", {"per_day": "1", "per_week": "1"}).status_code == 403
    support = signed_in(member_of(store, "support"))
    assert f'name="journey-{journey.pk}"' not in support.get(here).content.decode()
    assert support.post(f"{here}ranks/", {f"journey-{journey.pk}": "0"}).status_code == 403


def test_the_frequency_page_is_counted_when_somebody_looks_and_says_what_to_change(store: Any) -> None:
    now = clock.now()
    analyst, owner = signed_in(member_of(store, "analyst")), signed_in(member_of(store, "owner"))
    here = f"/s/{store.slug}/frequency/"
    assert "It is being counted." in analyst.get(here).content.decode()
    assert StoreWork.objects.filter(store=store, kind=counting.WORK).exists()
    rows = got(3, now=now)
    got(2, now=now, ago=timedelta(days=9))
    counting.go_on(store, now=now + timedelta(seconds=1))
    page = owner.get(here).content.decode()
    assert "In 30 days 5 people got something: half of them at most 1 message." in page
    assert "Too few people to say whether more messages make more of them say no." in page
    assert f"/customers/{rows[0].customer.public_id}/why/" in page
    assert "In 7 days 3 people got something" in owner.get(f"{here}?days=7").content.decode()
    assert str(rows[0].customer.public_id) not in analyst.get(here).content.decode(), "an analyst sees figures, not people"


def test_the_calendar_turns_its_pages_and_refuses_no_address(store: Any) -> None:
    now = clock.now()
    day = (now + timedelta(days=1)).date()
    make_campaign(make_list(make_crowd(2, now=now), now=now), when="at", wall_day=day, wall_time=now.time(), now=now)
    client, here = signed_in(member_of(store, "support")), f"/s/{store.slug}/calendar/"
    for query in ("", "?by=week", f"?by=week&day={day}", "?day=2026-13-45", "?day=9999-12-31", "?by=year&day=1"):
        assert client.get(f"{here}{query}").status_code == 200, query
    page = client.get(f"{here}?by=week&day={day}").content.decode()
    assert "Campaign " in page
    assert f'datetime="{day}"' in page
    assert "up to 2 people" in page
    assert "No campaign is ahead." in page, "a draft is not"
    people = make_crowd(1, now=now)
    for _ in range(5):
        planned(store, people, day=day, at=time(12), now=now)
    page = client.get(f"{here}?by=week&day={day}").content.decode()
    assert "5 campaigns are ahead. 6 pairs of them want the same people within a day." in page
    assert "4 more pairs leave within a day of each other and were not compared." in page


@pytest.mark.parametrize(
    ("first", "title"),
    [
        (date(2026, 11, 16), "16 to 22 Nov 2026"),
        (date(2026, 11, 30), "30 Nov to 6 Dec 2026"),
        (date(2026, 12, 28), "28 Dec 2026 to 3 Jan 2027"),
    ],
)
def test_a_week_is_named_by_its_first_and_its_last_day(first: date, title: str) -> None:
    assert title_of_week(first, first + timedelta(days=6)) == title
