"""Why and why not: what the gate was asked, what it answered, what never wrote at all; on the page, in the panel and by API."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from campaigns.models import Decision, Enrollment, Journey, Message, SendRule
from campaigns.playbooks.switching import switch_on
from campaigns.sending.answers import QUESTIONS, answers_of
from campaigns.sending.eligibility import Do, Facts, judge
from campaigns.sending.sweeping import stores_to_sweep, sweep_store
from campaigns.sending.tracing import KEPT
from campaigns.trace.absent import absent_for
from campaigns.trace.messages import traces_of
from retention.customers.consent import Said, record_consents
from retention.customers.events import NewEvent, record, record_many
from tests.campaigns.campaigning import make_campaign, make_crowd, make_list, start
from tests.campaigns.crowd import make_ready, make_version
from tests.campaigns.story import leave_cart, make_shopper, send, tick
from tests.campaigns.truth.test_last_second import make_product
from tests.factories import make_key, member_of, signed_in

pytestmark = pytest.mark.django_db


def say(text: str) -> str:
    return text


def facts(now: Any, **changes: Any) -> Facts:
    usual: dict[str, Any] = {
        "channel": "email", "transactional": False, "due_at": now, "expires_at": now + timedelta(hours=1), "source_live": True,
        "run_going": True, "cart_open": True, "has_address": True, "consent": True, "suppressed": False, "wins": True, "store_zone": "UTC",
    }  # fmt: skip
    return Facts(**(usual | changes))


@pytest.mark.parametrize(
    ("changes", "noes"),
    [
        ({}, set()),
        ({"run_going": False, "consent": False, "suppressed": True}, {"run", "consent", "blocked"}),
        ({"cart_open": False}, {"basket"}),
        ({"source_live": False, "on_break": True}, {"source", "break"}),
        ({"wins": False}, {"first"}),
        ({"untrue": "sold_out"}, {"truth"}),
    ],
)
def test_every_question_is_answered_and_agrees_with_the_verdict(now: Any, changes: Any, noes: set[str]) -> None:
    found = facts(now, **changes)
    answers = dict(zip(QUESTIONS, answers_of(found, now=now), strict=True))
    assert {name for name, sign in answers.items() if sign == "n"} == noes
    assert (judge(found, now=now).do is Do.SEND) == (not noes)


def test_what_has_no_place_for_a_message_is_not_asked(now: Any) -> None:
    answers = dict(zip(QUESTIONS, answers_of(facts(now, transactional=True, cart_open=None, consent=False), now=now), strict=True))
    unasked = {"basket", "number", "break", "consent", "first", "budget", "hours", "compared", "moves"}
    assert {name for name, sign in answers.items() if sign == "-"} == unasked


def test_budget_and_hours_are_told_apart(now: Any) -> None:
    full = answers_of(facts(now, contacts=(now - timedelta(hours=3), now - timedelta(hours=2))), now=now)
    night = answers_of(facts(now.replace(hour=23), channel="sms", expires_at=None), now=now.replace(hour=23))
    names = list(QUESTIONS)
    assert [full[names.index(name)] for name in ("first", "budget")] == ["y", "n"]
    assert night[names.index("hours")] == "n"


def test_message_that_simply_left_costs_no_row_and_still_has_its_trace(store: Any, sink: Any, now: Any) -> None:
    (message,) = make_ready(1, now=now)
    send(store, now=now)
    assert Decision.objects.count() == 0
    message.refresh_from_db()
    (trace,) = traces_of([message], say=say)
    assert [(told.verdict, all(gate.passed for gate in told.gates), told.first_at) for told in trace.told] == [("send", True, now)]


def test_held_back_message_says_every_no(store: Any, sink: Any, now: Any) -> None:
    (message,) = make_ready(1, now=now, consent=False)
    send(store, now=now)
    message.refresh_from_db()
    (trace,) = traces_of([message], say=say)
    assert trace.why == "No e-mail consent"
    assert [gate.key for gate in trace.told[0].gates if gate.passed is False] == ["consent"]


def test_message_that_waits_again_and_again_has_one_row_with_a_count(store: Any, sink: Any, now: Any) -> None:
    first, second = make_ready(2, now=now)
    Message.objects.filter(pk=second.pk).update(customer_id=first.customer_id, step="second", expires_at=None)
    Message.objects.filter(pk=first.pk).update(state="sent", sent_at=now)
    for minutes in (0, 31, 62):
        Message.objects.filter(pk=second.pk).update(due_at=now + timedelta(minutes=minutes))
        Message.objects.filter(pk=first.pk).update(first_attempt_at=now + timedelta(minutes=minutes))
        send(store, now=now + timedelta(minutes=minutes))
    (row,) = Decision.objects.all()
    assert (row.verdict, row.reason, row.times, row.first_at, row.last_at) == (
        "hold", "other_message_first", 3, now, now + timedelta(minutes=62),
    )  # fmt: skip
    assert row.until == now + timedelta(minutes=92)


def test_swapped_product_is_told(store: Any, sink: Any, now: Any) -> None:
    switch_on("abandoned_cart", now=now - timedelta(days=1))
    leave_cart(make_shopper(now=now), now=now)
    tick(now=now)
    version = make_version(
        html='{% for line in cart.lines %}{{ line.name }}{% endfor %}{{ fallback }} <a href="{{ unsubscribe_url }}">x</a>'
    )
    Message.objects.update(template_version=version)
    SendRule(template=version.template, sold_out="fallback", fallback="Sorry.").save()
    make_product("hand-grinder", price=4900, now=now, stock=0)
    send(store, now=now)
    message = Message.objects.get()
    (trace,) = traces_of([message], say=say)
    assert message.state == "sent"
    assert trace.told[0].changes == ("“Hand grinder” is left out and other words are said",)


def test_why_a_journey_never_wrote(store: Any, now: Any) -> None:
    journey = switch_on("abandoned_cart", now=now)
    shopper = make_shopper(now=now)

    def reason() -> str:
        return absent_for(shopper, say=say, now=now)[0].reason

    assert reason() == "not_happened"
    record_many([NewEvent(shopper.pk, "Cart Idle", {"cart_id": "x"}, occurred_at=now - timedelta(hours=1))], now=now)
    assert reason() == "before_launch"
    record(shopper.pk, name="Cart Idle", now=now, properties={})
    assert reason() == "no_key"
    leave_cart(shopper, now=now)
    assert reason() == "soon"
    version = journey.versions.get()
    run = Enrollment(
        journey=journey, version=version, customer=shopper, occurrence="x", trigger_at=now, state="finished", held_out=True,
        entered_at=now, ended_at=now,
    )  # fmt: skip
    run.save()
    assert reason() == "holdout"
    Enrollment.objects.update(held_out=False, state="stopped", reason="Order Completed")
    assert reason() == "run_ended"
    Journey.objects.update(state="paused", paused_at=now)
    assert absent_for(shopper, say=say, now=now) == []


def test_why_a_campaign_never_wrote(store: Any, now: Any) -> None:
    inside, outside, barred = make_crowd(3, now=now)
    campaign = make_campaign(make_list([inside, barred], now=now), exclude=(make_list([barred], now=now),), now=now)
    start(campaign, store, now=now)
    (newcomer,) = make_crowd(1, now=now + timedelta(days=100))
    people = {"inside": inside, "outside": outside, "barred": barred, "newcomer": newcomer}
    found = {name: [one.reason for one in absent_for(person, say=say, now=now)] for name, person in people.items()}
    assert found == {"inside": [], "outside": ["not_chosen"], "barred": ["left_out"], "newcomer": ["came_later"]}


def test_old_decisions_leave(store: Any, sink: Any, now: Any) -> None:
    make_ready(2, now=now, consent=False)
    send(store, now=now)
    later = now + KEPT + timedelta(seconds=1)
    assert store.pk in stores_to_sweep(now=later)
    sweep_store(now=now + KEPT)
    assert Decision.objects.count() == 2
    sweep_store(now=later)
    assert (Decision.objects.count(), Message.objects.count()) == (0, 2)


def test_page_panel_and_api_say_the_same(store: Any, sink: Any, now: Any) -> None:
    switch_on("abandoned_cart", now=now - timedelta(days=1))
    shopper = make_shopper(now=now)
    leave_cart(shopper, now=now)
    tick(now=now)
    record_consents([Said(shopper.pk, "email", "refused", now)], now=now)
    send(store, now=now)
    client, here = signed_in(member_of(store, "support")), f"/s/{store.slug}/customers/{shopper.public_id}/"
    page = client.get(f"{here}why/").content.decode()
    assert "1 message was held back" in page
    assert "Did they allow it?" in page
    assert "No e-mail consent" in client.get(here).content.decode()
    assert signed_in(member_of(store, "analyst")).get(f"{here}why/").status_code == 403
    _, key = make_key(store, scopes=["customers:read"])
    api = Client(headers={"authorization": f"Bearer {key}"})
    (told,) = api.get(f"/api/v1/customers/{shopper.public_id}/decisions").json()["results"]
    assert (told["state"], told["reason"], told["name"]) == ("suppressed", "no_consent", "Abandoned basket")
    assert [gate["key"] for gate in told["decisions"][0]["gates"] if gate["passed"] is False] == ["consent"]
    other = make_shopper(now=now)
    assert "No message was ever planned for this person." in client.get(f"/s/{store.slug}/customers/{other.public_id}/").content.decode()
    not_written = client.get(f"/s/{store.slug}/customers/{other.public_id}/why/").content.decode()
    assert "“Basket left alone” never happened to them" in not_written
    (absent,) = api.get(f"/api/v1/customers/{other.public_id}/not-written").json()
    assert (absent["kind"], absent["reason"]) == ("journey", "not_happened")
