"""What one message of each source brings in: from its experiment, learned from the others, usual where nothing is known."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns.contacts import worth
from campaigns.contacts.worth import Known, reckon, worths
from campaigns.measurement.assignment import Lots, journey_key
from campaigns.measurement.lots import HELD_OUT
from campaigns.models import Campaign, Journey, Message, SourceRank
from campaigns.playbooks.switching import add
from tests.campaigns.crowd import make_version
from tests.campaigns.measurement.people import drawn, sold
from tests.campaigns.outcomes import make_sent, rows_of_people

SURE = 5.0


def test_sources_learn_from_each_other_and_small_ones_most() -> None:
    found = worths(
        {
            ("journey", 1): Known(100.0, SURE, 900),
            ("journey", 2): Known(110.0, SURE, 900),
            ("cell", 3): Known(90.0, SURE, 900),
            ("cell", 4): Known(900.0, 400.0, 30),
        }
    )
    assert found["cell", 4]["worth"] < 300, "a few lucky orders do not make it go before all others"
    assert found["cell", 4]["guess"] == 900.0
    assert abs(found["journey", 1]["worth"] - 100) < 5
    assert 95 < found["journey", 0]["worth"] < 110
    assert 90 < found["campaign", 0]["worth"] < 110, "what nothing is known of has what is usual of the store"


def test_with_too_few_sources_all_have_what_is_usual_of_the_store() -> None:
    found = worths({("journey", 1): Known(100.0, 10.0, 900), ("cell", 2): Known(40.0, 20.0, 900)})
    assert {round(row["worth"]) for row in found.values()} == {88}
    assert worths({}) == {}


@pytest.mark.django_db
def test_a_journey_s_worth_is_what_it_brings_in_beyond_the_held_back_for_each_message(store: Any, now: Any) -> None:
    journey = add("abandoned_cart", now=now - timedelta(days=60), holdout_share=0.5)
    Journey.objects.filter(pk=journey.pk).update(state="live", live_number=1, launched_at=now)
    _, arms = drawn(journey_key(journey.pk), 400, now=now, days_ago=40, lots=Lots(0.5))
    written, held = arms["a"], arms[HELD_OUT]
    sold(written[: len(written) // 2], at=now - timedelta(days=39), total_minor=4000)
    sold(held[: len(held) // 4], at=now - timedelta(days=39), total_minor=4000)
    version = make_version()
    for step in ("one", "two"):  # each of them got two
        Message.objects.bulk_create(
            [
                Message(
                    source_kind="journey", source_id=journey.pk, step=step, occurrence="x", customer=one, channel="email",
                    template_version=version, state="sent", sent_at=now, planned_at=now, due_at=now, first_attempt_at=now,
                )
                for one in written[:50]
            ]
        )  # fmt: skip
    SourceRank.objects.create(source_kind="journey", source_id=journey.pk, priority=1)
    reckon(currency="EUR", now=now)
    found = SourceRank.objects.get(source_kind="journey", source_id=journey.pk)
    per_person = 4000 * (len(written) // 2 / len(written) - len(held) // 4 / len(held))
    assert found.guess == pytest.approx(per_person / 2)
    assert (found.people, found.priority, found.counted_at) == (400, 1, now)
    assert set(SourceRank.objects.filter(source_id=0).values_list("source_kind", flat=True)) == {"cell", "journey", "campaign"}


@pytest.mark.django_db
def test_campaigns_that_are_over_are_measured_once_and_say_what_is_usual_of_them(store: Any, now: Any) -> None:
    campaign = make_sent(store, now=now, people=300, holdout_share=0.3)
    Campaign.objects.filter(pk=campaign.pk).update(state="finished", finished_at=now - timedelta(hours=4))
    written = rows_of_people(campaign, state="sent")
    held = rows_of_people(campaign, state="held_out")
    sold(written[:90], at=now + timedelta(hours=1))
    sold(held[:10], at=now + timedelta(hours=1))
    reckon(currency="EUR", now=now + timedelta(days=1))
    assert not SourceRank.objects.exists(), "orders still count"
    later = now + timedelta(days=20)
    reckon(currency="EUR", now=later)
    own, usual = SourceRank.objects.get(source_id=campaign.pk), SourceRank.objects.get(source_kind="campaign", source_id=0)
    assert own.final
    assert own.guess is not None
    assert own.guess > 500
    assert own.worth == usual.worth == pytest.approx(own.guess)
    sold(held, at=now + timedelta(hours=2))
    reckon(currency="EUR", now=later + timedelta(days=1))
    assert SourceRank.objects.get(pk=own.pk).guess == own.guess


@pytest.mark.django_db
def test_a_store_that_measured_nothing_has_no_worth(store: Any, now: Any) -> None:
    reckon(currency="EUR", now=now)
    assert not SourceRank.objects.exists()
    assert worth.known(None, per_person=1.0) is None
