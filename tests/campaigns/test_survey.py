"""The question after a delivery: its page changes nothing until an answer is sent, and the answer becomes attributes and an event."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from campaigns.journeys.surveying import answer
from campaigns.models import JourneyAction, Message
from campaigns.personalization.links import survey_url
from campaigns.playbooks.switching import switch_on
from campaigns.views import surveys
from retention.customers.models import Attribute, CustomerEvent
from retention.kit import clock
from retention.stores.limits import Limit
from tests.campaigns.journeys.journeying import tick
from tests.campaigns.playbooks.living import DELIVERED
from tests.campaigns.recovery.shopping import shopper
from tests.campaigns.story import send
from tests.campaigns.test_story import links_of

pytestmark = pytest.mark.django_db


def path_of(message: Message, *, now: Any) -> str:
    return survey_url(message.pk, store_id=message.store_id, planned_at=now).removeprefix("http://localhost:8000")


def asked(now: Any) -> Message:
    """Let a parcel arrive six days ago, and return the question that was planned."""
    switch_on("survey", now=now - timedelta(days=7))
    DELIVERED(shopper("email", now=now), now - timedelta(days=6))
    for days in (6, 0):
        tick(now=now - timedelta(days=days))
    message: Message = Message.objects.get()
    return message


def test_the_mail_s_button_leads_to_the_question_and_is_no_click(store: Any, sink: Any) -> None:
    now = clock.now().replace(hour=11)
    message = asked(now)
    assert send(store, now=now).states == {"sent": 1}
    links = links_of(sink.accepted[0])
    assert f"http://localhost:8000{path_of(message, now=message.planned_at)}" in links
    assert survey_url(message.pk, store_id=store.pk, planned_at=message.planned_at) in str(
        sink.accepted[0].get_body(("plain",)).get_content()
    )


def test_an_answer_becomes_attributes_and_a_bad_one_goes_to_support(store: Any) -> None:
    now = clock.now()
    message = asked(now)
    page, where = Client(), path_of(message, now=now)
    for ask in (page.get, page.head):
        assert ask(where).status_code == 200
    assert not CustomerEvent.objects.filter(name="Survey Answered").exists()
    empty = page.post(where, {"note": "Too late"})
    assert (empty.status_code, "Choose one of the answers." in empty.content.decode()) == (422, True)
    for _twice in range(2):
        assert "has your answer" in page.post(where, {"score": "1", "note": "The box\0 was wet."}).content.decode()
    message.customer.refresh_from_db()
    said = message.customer.attributes
    assert (said["survey_score"], said["survey_note"], said["survey_on"]) == (1, "The box was wet.", now.date().isoformat())
    assert CustomerEvent.objects.filter(name="Survey Answered").count() == 1
    assert dict(Attribute.objects.values_list("key", "kind")) == {"survey_score": "number", "survey_note": "text", "survey_on": "date"}
    tick(now=clock.now())
    assert list(JourneyAction.objects.values_list("kind", "step")) == [("notify", "support")]


def test_a_good_answer_is_written_and_the_later_one_counts(store: Any) -> None:
    now = clock.now()
    message = asked(now)
    for score in ("2", "5"):
        Client().post(path_of(message, now=now), {"score": score})
    message.customer.refresh_from_db()
    assert message.customer.attributes["survey_score"] == 5
    tick(now=clock.now())
    assert not JourneyAction.objects.exists()


def test_the_same_answer_to_the_next_order_is_one_more_and_an_empty_note_takes_the_old_one_away(store: Any) -> None:
    now = clock.now()
    first = asked(now)
    ana = first.customer
    assert answer(first, score=4, note="Fine.", now=now)
    assert answer(first, score=4, note="", now=now + timedelta(minutes=1))
    assert not answer(first, score=4, note=" ", now=now + timedelta(minutes=2))
    ana.refresh_from_db()
    assert (ana.attributes["survey_score"], ana.attributes["survey_note"]) == (4, "")
    tick(now=now + timedelta(days=1))
    DELIVERED(ana, now + timedelta(days=30))
    for days in (30, 36):
        tick(now=now + timedelta(days=days))
    second = Message.objects.exclude(pk=first.pk).get()
    assert answer(second, score=4, note="", now=now + timedelta(days=37))
    told = CustomerEvent.objects.filter(name="Survey Answered").order_by("occurred_at").values_list("properties__message_id", flat=True)
    assert list(told) == [first.public_id.hex, first.public_id.hex, second.public_id.hex]


@pytest.mark.parametrize(("of_shop", "taken"), [(100, 10), (4, 4)])
def test_one_mail_s_link_does_not_write_without_end(store: Any, monkeypatch: Any, of_shop: int, taken: int) -> None:
    monkeypatch.setattr(surveys, "OF_STORE", Limit("survey-of-store-tried", of_shop, 3600))
    now = clock.now()
    message = asked(now)
    answers = [Client().post(path_of(message, now=now), {"score": str(1 + number % 5)}) for number in range(taken + 1)]
    assert [answer.status_code for answer in answers] == [200] * taken + [429]
    assert "Too many answers. Try again in an hour." in answers[-1].content.decode()
    assert 0 < int(answers[-1]["Retry-After"]) <= 3600
    message.customer.refresh_from_db()
    assert message.customer.attributes["survey_score"] == 1 + (taken - 1) % 5, "what they said last counts"
    told = CustomerEvent.objects.filter(name="Survey Answered").order_by("id")
    assert [event.properties["score"] for event in told] == [1, 2, 3], "and after a few times nothing begins anew"


@pytest.mark.parametrize("score", ["0", "6", "five", "", "1 "])
def test_what_is_no_answer_changes_nothing(store: Any, score: str) -> None:
    now = clock.now()
    message = asked(now)
    assert Client().post(path_of(message, now=now), {"score": score}).status_code == 422
    assert Client().post(f"{path_of(message, now=now)}x", {"score": "1"}).status_code == 404
    assert Client().post(path_of(message, now=now - timedelta(days=61)), {"score": "1"}).status_code == 404
    message.customer.refresh_from_db()
    assert message.customer.attributes == {}
