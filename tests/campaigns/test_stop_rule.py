"""A winner before its hour, and mails without the picture that tells of an opening."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns.broadcasts import drafting, running
from campaigns.broadcasts.drafting import Faulty, Way
from campaigns.broadcasts.explaining import next_steps
from campaigns.models import Brand, Campaign
from tests.campaigns.campaigning import MAIL, WORDS, make_campaign, make_crowd, make_list, rows, send_all, start
from tests.factories import member_of, signed_in

pytestmark = pytest.mark.django_db
TEST: dict[str, Any] = {"test_share": 0.5, "decide_metric": "clicks", "decide_hours": 4, "decide_count": 50}


def click(campaign: Campaign, letter: str, count: int, *, now: Any) -> None:
    ids = list(rows(campaign).filter(state="sent", variant=letter).order_by("pk").values_list("pk", flat=True)[:count])
    rows(campaign).filter(pk__in=ids).update(clicked_at=now)


def test_a_clear_lead_wins_early_and_a_small_one_waits_for_the_hour(store: Any, sink: Any, now: Any) -> None:
    ways = (MAIL, Way("Other", WORDS))
    campaign = make_campaign(make_list(make_crowd(400, now=now), now=now), ways=ways, now=now, **TEST)  # who gets which is drawn
    start(campaign, store, now=now)
    send_all(store, now=now)
    sent = {letter: rows(campaign).filter(state="sent", variant=letter).count() for letter in "ab"}
    assert min(sent.values()) >= 50
    click(campaign, "b", 6, now=now)
    running.tick(store, now=now + timedelta(minutes=5))
    campaign.refresh_from_db()
    assert campaign.decided_at is None, "six clicks more are enough for 90%, and not for a look every few seconds"
    click(campaign, "b", 20, now=now)
    early = now + timedelta(minutes=10)
    running.tick(store, now=early)
    campaign.refresh_from_db()
    assert (campaign.winner, campaign.decided_at) == ("b", early)
    assert set(rows(campaign).filter(state="ready").values_list("variant", flat=True)) == {"b"}


def test_without_that_choice_nothing_is_decided_before_the_hour(store: Any, sink: Any, now: Any) -> None:
    ways = (MAIL, Way("Other", WORDS))
    campaign = make_campaign(make_list(make_crowd(260, now=now), now=now), ways=ways, now=now, **TEST | {"decide_count": None})
    start(campaign, store, now=now)
    send_all(store, now=now)
    click(campaign, "b", 30, now=now)
    running.tick(store, now=now + timedelta(hours=1))
    campaign.refresh_from_db()
    assert campaign.decided_at is None
    running.tick(store, now=now + timedelta(hours=4))
    campaign.refresh_from_db()
    assert campaign.winner == "b"


def test_the_rule_is_told_in_words_kept_by_the_form_and_refused_by_name(store: Any, now: Any) -> None:
    ways = (MAIL, Way("Other", WORDS))
    campaign = make_campaign(make_list([], now=now), ways=ways, now=now, **TEST | {"decide_count": 400})
    said = " ".join(phrase.render(str) for phrase in next_steps(campaign, store=store, now=now))
    assert "as soon as each went to 400 people and one is ahead by a range that holds however often" in said
    assert "On a tie nobody wins" in said
    assert drafting.duplicate(campaign, user_id=None, now=now).decide_count == 400
    with pytest.raises(Faulty) as refusal:
        make_campaign(make_list([], now=now), ways=ways, now=now, **TEST | {"decide_count": 10})
    assert list(refusal.value.faults) == ["decide_count"]
    client, here = signed_in(member_of(store, "marketer")), f"/s/{store.slug}/campaigns/{campaign.public_id}/edit/"
    form = {"name": "X", "everybody": "1", "winner": "clicks", "test_share": "20", "decide_hours": "6", "early": "1", "decide_count": "300"}
    for letter in "ab":
        form |= {f"subject_{letter}": letter, f"heading_{letter}": "H", f"text_{letter}": "T", f"weight_{letter}": "1"}
    assert client.post(here, form | {"no_picture": "1"}).status_code == 302
    campaign.refresh_from_db()
    assert (campaign.decide_count, campaign.decide_hours, campaign.measure_opens) == (300, 6, False)
    assert 'name="no_picture" value="1" checked' in client.get(here).content.decode()


def test_a_campaign_without_the_picture_says_that_opens_are_not_measured(store: Any, sink: Any, now: Any) -> None:
    silent = make_campaign(make_list(make_crowd(1, now=now), now=now), now=now, measure_opens=False)
    told = make_campaign(make_list(make_crowd(1, now=now), now=now), now=now)
    for campaign in (silent, told):
        start(campaign, store, now=now)
    send_all(store, now=now)
    pictures = ['width="1" height="1"' in mail.get_body(("html",)).get_content() for mail in sink.accepted]
    assert sorted(pictures) == [False, True]
    client = signed_in(member_of(store, "marketer"))
    page = client.get(f"/s/{store.slug}/campaigns/{silent.public_id}/").content.decode()
    assert "not measured" in page
    assert "Opened, at least" not in page
    assert "Opened, at least" in client.get(f"/s/{store.slug}/campaigns/{told.public_id}/").content.decode()


def test_a_store_that_measures_no_opens_measures_none_in_any_campaign(store: Any, sink: Any, now: Any) -> None:
    Brand.objects.create(measure_opens=False)
    campaign = make_campaign(make_list(make_crowd(1, now=now), now=now), now=now)
    start(campaign, store, now=now)
    send_all(store, now=now)
    assert campaign.measure_opens is False
    assert 'width="1" height="1"' not in sink.accepted[0].get_body(("html",)).get_content()
