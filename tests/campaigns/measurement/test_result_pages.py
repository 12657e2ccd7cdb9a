"""The pages of results and of what the store measures by: what they say, to whom, and the same by API."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from campaigns.broadcasts import holding, running
from campaigns.broadcasts.audience import Audience
from campaigns.broadcasts.drafting import Faulty
from campaigns.journeys.checking import faults_of
from campaigns.measurement import store_wide
from campaigns.measurement.assignment import Lots, journey_key
from campaigns.measurement.attribution import windows
from campaigns.measurement.lots import HELD_OUT
from campaigns.models import Campaign, CreditRule, Experiment, JourneyVersion, RecoveryCell, RecoveryStage
from campaigns.playbooks.switching import add
from retention.kit import clock
from retention.stores.models import AuditEntry
from tests.campaigns.campaigning import MAIL, make_campaign, make_crowd, make_list, start
from tests.campaigns.measurement.people import drawn, sold
from tests.campaigns.outcomes import make_sent
from tests.factories import make_key, member_of, signed_in

pytestmark = pytest.mark.django_db


def won(store: Any) -> Any:
    """Return a journey that clearly brings people back."""
    now = clock.now()
    journey = add("abandoned_cart", now=now - timedelta(days=60), holdout_share=0.5)
    lots = Lots(0.5)
    for days_ago in (50, 45, 30):
        _, arms = drawn(journey_key(journey.pk), 160, now=now, days_ago=days_ago, lots=lots)
        sold(arms["a"][:50], at=now - timedelta(days=days_ago))
        sold(arms[HELD_OUT][:12], at=now - timedelta(days=days_ago))
    return journey


def test_a_journey_s_result_says_the_verdict_both_ways_of_counting_and_both_readings(store: Any) -> None:
    journey = won(store)
    page = signed_in(member_of(store, "analyst")).get(f"/s/{store.slug}/journeys/{journey.public_id}/result/").content.decode()
    for words in (
        "It brings people back: +",
        "Would not have come by itself",
        "Last click would count",
        "However often you look",
        "The one look planned beforehand was on",
        "People came to the sides as the lots say.",
        "480 people count so far.",
        'class="c1o"',
    ):
        assert words in page, words
    money = signed_in(member_of(store, "owner")).get(f"/s/{store.slug}/journeys/{journey.public_id}/result/?metric=revenue")
    assert "Money per person, Written to against Held back to compare" in money.content.decode()
    own = signed_in(member_of(store, "owner")).get(f"/s/{store.slug}/journeys/{journey.public_id}/").content.decode()
    assert "Against the held-back" in own
    assert "It brings people back: +" in own


def test_a_journey_that_holds_nobody_back_says_that_nobody_can_say(store: Any, now: Any) -> None:
    journey = add("abandoned_cart", now=now)
    client = signed_in(member_of(store, "owner"))
    for page in ("", "result/"):
        assert "really brings in" in client.get(f"/s/{store.slug}/journeys/{journey.public_id}/{page}").content.decode()


def test_before_the_first_one_enters_it_is_too_early_and_nobody_says_that_nobody_can_say(store: Any, now: Any) -> None:
    client = signed_in(member_of(store, "owner"))
    client.post(f"/s/{store.slug}/journeys/ready/abandoned_cart/switch-on/")
    here = f"/s/{store.slug}/journeys/{JourneyVersion.objects.get().journey.public_id}/"
    page = client.get(f"{here}result/").content.decode()
    assert ("Too early to say." in page, "Nobody can say" in page) == (True, False)
    assert "Nobody has entered yet." in client.get(here).content.decode()


def test_a_journey_from_the_page_holds_a_tenth_back_and_one_with_less_than_a_twentieth_does_not_start(store: Any, now: Any) -> None:
    signed_in(member_of(store, "owner")).post(f"/s/{store.slug}/journeys/ready/abandoned_cart/switch-on/")
    version = JourneyVersion.objects.get()
    assert version.definition["holdout_share"] == 0.1
    assert faults_of(version.journey, now=now) == []
    JourneyVersion.objects.create(journey=version.journey, number=2, definition=version.definition | {"holdout_share": 0.04})
    type(version.journey).objects.update(live_number=2)
    version.journey.refresh_from_db()
    [fault] = faults_of(version.journey, now=now)
    assert fault.text.startswith("Hold back at least 5%.")


def test_a_campaign_s_result_waits_for_enough_people_and_is_linked_from_its_report(store: Any) -> None:
    campaign = make_sent(store, now=clock.now(), people=120)
    client, here = signed_in(member_of(store, "analyst")), f"/s/{store.slug}/campaigns/{campaign.public_id}/"
    assert f"{here}result/" in client.get(here).content.decode()
    page = client.get(f"{here}result/").content.decode()
    for words in ("Too early to say.", "It takes at least 100 people on each side and 20 who ordered.", "Too early for a line.", "too few"):
        assert words in page, words
    draft = make_campaign(make_list([], now=clock.now()), now=clock.now())
    assert client.get(f"/s/{store.slug}/campaigns/{draft.public_id}/result/").status_code == 404


def test_the_api_says_the_same(store: Any) -> None:
    journey, campaign = won(store), make_sent(store, now=clock.now(), people=120)
    _, key = make_key(store, scopes=["campaigns:read"])
    client = Client(headers={"authorization": f"Bearer {key}"})
    told = client.get(f"/api/v1/journeys/{journey.public_id}/experiment").json()
    assert told["verdict"]["code"] == "wins"
    assert told["verdict"]["strong"].startswith("It brings people back: +")
    assert {one["name"]: one["buyers"] for one in told["arms"]} == {"a": 150, "held_out": 36}
    [orders, revenue] = told["comparisons"]
    assert (orders["metric"], revenue["metric"]) == ("orders", "revenue")
    assert orders["always"]["low"] < orders["plain"]["low"] < orders["plain"]["guess"]
    assert orders["planned"] is not None
    assert told["brought_in"]["low"] > 0
    assert told["last_click"] == {"orders": 0, "revenue_minor": 0}
    early = client.get(f"/api/v1/campaigns/{campaign.public_id}/experiment").json()
    assert (early["verdict"]["code"], early["brought_in"]) == ("early", None)
    assert client.get("/api/v1/experiments/store").status_code == 404
    store_wide.keep_share(0.1, now=clock.now())
    assert client.get("/api/v1/experiments/store").json()["verdict"]["code"] == "early"


def test_the_store_wide_holdout_is_chosen_in_plain_words_and_noted(store: Any) -> None:
    owner, here = signed_in(member_of(store, "owner")), f"/s/{store.slug}/settings/measuring/"
    assert "Nobody: everybody who allows it is written to" in owner.get(here).content.decode()
    assert owner.post(f"{here}holdout/", {"percent": "10"}).status_code == 302
    assert store_wide.share() == 0.1
    page = owner.get(here).content.decode()
    assert "Begin a new comparison" in page
    assert 'value="10" checked' in page or "checked" in page
    result = owner.get(f"/s/{store.slug}/experiments/store/").content.decode()
    assert "What all messages bring in" in result
    assert "Too early to say." in result
    assert owner.post(f"{here}anew/").status_code == 302
    assert Experiment.objects.filter(key="store").count() == 2
    assert owner.post(f"{here}holdout/", {"percent": "3"}).status_code == 422
    assert store_wide.share() == 0.1
    assert owner.post(f"{here}holdout/", {"percent": "0"}).status_code == 302
    assert store_wide.share() == 0
    assert list(AuditEntry.objects.filter(action__startswith="measuring").order_by("pk").values_list("action", flat=True)) == [
        "measuring.holdout", "measuring.anew", "measuring.holdout",
    ]  # fmt: skip
    assert signed_in(member_of(store, "marketer")).post(f"{here}holdout/", {"percent": "20"}).status_code == 403


def test_the_list_names_what_is_measured(store: Any) -> None:
    journey = won(store)
    journey.launch(number=1, now=clock.now())
    campaign = make_sent(store, now=clock.now(), people=60)
    client, here = signed_in(member_of(store, "analyst")), f"/s/{store.slug}/experiments/"
    page = client.get(here).content.decode()
    for words in (
        "nobody can say what all of it together brings in",
        journey.name,
        campaign.name,
        "points",
        f"{campaign.public_id}/result/",
    ):
        assert words in page, words
    assert "Recovery plan</h2>" not in page
    stage = RecoveryStage.objects.create(name="At payment", rule={"kind": "idle"}, position=1, depth=1)
    RecoveryCell.objects.create(stage=stage, group="buying", number=1, state="live", journey=journey)
    type(journey).objects.filter(pk=journey.pk).update(for_quiet=True)
    page = client.get(here).content.decode()
    assert f"/recovery/{stage.public_id}/buying/" in page
    assert f"/journeys/{journey.public_id}/" not in page
    store_wide.keep_share(0.1, now=clock.now())
    assert "10.0% of all people get no marketing." in client.get(here).content.decode()
    assert signed_in(member_of(store, "writer")).get(here).status_code == 403


@pytest.mark.parametrize(
    ("share", "listed", "told"),
    [
        (0.1, "10.0% held back, nobody yet", "10.0% of those who enter get nothing"),
        (0.0, "nobody is held back", "Nobody is held back"),
    ],
)
def test_every_page_says_the_same_of_a_journey_nobody_entered(store: Any, share: float, listed: str, told: str) -> None:
    journey = add("abandoned_cart", now=clock.now(), holdout_share=share)
    journey.launch(number=1, now=clock.now())
    client, here = signed_in(member_of(store, "owner")), f"/s/{store.slug}/"
    for page in ("experiments/", "journeys/"):
        assert listed in client.get(f"{here}{page}").content.decode(), page
    for page in (f"journeys/{journey.public_id}/", f"journeys/{journey.public_id}/result/"):
        assert told in client.get(f"{here}{page}").content.decode(), page


def test_windows_are_kept_and_wrong_ones_named(store: Any) -> None:
    owner, here = signed_in(member_of(store, "owner")), f"/s/{store.slug}/settings/measuring/windows/"
    refused = owner.post(here, {"email": "30", "sms": "5", "push": "1", "onsite": "1"})
    assert refused.status_code == 422
    assert "21" in refused.content.decode()
    assert not CreditRule.objects.exists()
    assert owner.post(here, {"email": "7", "sms": "5", "push": "2", "onsite": "1"}).status_code == 302
    assert windows() == {"email": 7, "sms": 5, "push": 2, "onsite": 1}


@pytest.mark.parametrize(("people", "share"), [(99, 0.0), (100, 0.10), (1000, 0.05)])
def test_a_campaign_holds_back_as_many_as_its_size_asks_for(store: Any, now: Any, people: int, share: float) -> None:
    campaign = make_campaign(make_list(make_crowd(people, now=now), now=now), holdout_share=None, now=now)
    assert holding.share_of(campaign) == share == holding.share_for(Audience.of(campaign))
    start(campaign, store, now=now)
    assert campaign.holdout_share == share


def test_a_part_that_could_show_nothing_is_refused_and_nobody_is_a_choice(store: Any, now: Any) -> None:
    with pytest.raises(Faulty) as refusal:
        make_campaign(make_list([], now=now), holdout_share=0.02, now=now)
    assert list(refusal.value.faults) == ["holdout_share"]
    campaign = make_campaign(make_list(make_crowd(120, now=now), now=now), holdout_share=0.0, ways=(MAIL,), now=now)
    assert running.start(campaign, store=store, user_id=None, now=now)
    assert Campaign.objects.get(pk=campaign.pk).holdout_share == 0.0
