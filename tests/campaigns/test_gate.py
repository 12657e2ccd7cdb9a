"""What changes between planning and leaving counts: consent, an order, a pause, a blocked address, a cap. And bounces are remembered."""

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from campaigns.channels import Answer, Outcome
from campaigns.models import Enrollment, Flight, Message
from campaigns.playbooks.switching import switch_on
from campaigns.sending.recording import ending_of
from campaigns.sending.sweeping import stores_to_sweep, sweep_store
from retention.customers.consent import Said, is_suppressed, record_consents, suppress
from retention.kit import clock
from retention.orders.models import Cart
from retention.stores.models import PlatformState
from tests.campaigns.crowd import make_ready, make_version
from tests.campaigns.story import buy, leave_cart, make_shopper, send, tick

pytestmark = pytest.mark.django_db


def planned(now: Any) -> tuple[Any, Any, Message]:
    """Return a shopper, the basket and the first mail, which waits."""
    switch_on("abandoned_cart", now=now - timedelta(days=1))
    shopper = make_shopper(now=now)
    cart = leave_cart(shopper, now=now)
    tick(now=now)
    return shopper, cart, Message.objects.get()


def ending(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.state, message.reason


def test_consent_withdrawn_in_between_holds_it_back(store: Any, sink: Any, now: Any) -> None:
    shopper, _, message = planned(now)
    record_consents([Said(shopper.pk, "email", "refused", now)], now=now)
    send(store, now=now)
    assert (ending(message), sink.accepted) == (("suppressed", "no_consent"), [])


def test_a_rung_whose_moment_passed_while_nothing_ran_comes_too_late(store: Any, sink: Any, now: Any) -> None:
    planned(now)
    send(store, now=now)
    due = Enrollment.objects.get().due_at
    late = due + timedelta(days=20)
    tick(now=late)
    second = Message.objects.latest("pk")
    assert due < second.expires_at < late, "it counts from the rung's own moment"
    send(store, now=late)
    assert (ending(second)[0], len(sink.accepted)) == ("skipped", 1)


def test_order_before_sending_stops_it(store: Any, sink: Any, now: Any) -> None:
    shopper, cart, message = planned(now)
    buy(shopper, cart, now=now)
    tick(now=now)
    send(store, now=now)
    assert (ending(message), sink.accepted) == (("suppressed", "run_ended"), [])
    assert Enrollment.objects.get().reason == "Order Completed"


def test_bought_basket_stops_it_even_before_the_news_is_read(store: Any, sink: Any, now: Any) -> None:
    _, cart, message = planned(now)
    Cart.objects.filter(pk=cart.pk).update(state="bought", closed_at=now)
    send(store, now=now)
    assert (ending(message), sink.accepted) == (("suppressed", "cart_closed"), [])


def test_blocked_address_is_never_written_to(store: Any, sink: Any, now: Any) -> None:
    shopper, _, message = planned(now)
    suppress(shopper.email.upper(), channel="email", reason="complained", now=now)
    send(store, now=now)
    assert (ending(message), sink.accepted) == (("suppressed", "suppressed"), [])


def test_message_too_old_dies(store: Any, sink: Any, now: Any) -> None:
    _, _, message = planned(now)
    send(store, now=now + timedelta(hours=12))
    assert (ending(message), sink.accepted) == (("skipped", "too_late"), [])


def test_one_person_gets_one_of_several_and_no_more_than_the_budget(store: Any, sink: Any, now: Any) -> None:
    rows = make_ready(4, now=now)
    Message.objects.filter(pk__in=[row.pk for row in rows[1:]]).delete()
    for step in ("b", "c", "d"):
        copy = Message.objects.get(pk=rows[0].pk)
        copy.pk, copy.step, copy.public_id = None, step, rows["bcd".index(step) + 1].public_id
        copy.save(force_insert=True)
    for minutes in range(0, 26 * 60, 31):
        send(store, now=now + timedelta(minutes=minutes))
        moments = sorted(Message.objects.exclude(first_attempt_at=None).values_list("first_attempt_at", flat=True))
        assert all(sum(one - timedelta(days=1) < other <= one for other in moments) <= 2 for one in moments)
    assert len(sink.accepted) == 4


def test_address_that_does_not_exist_is_blocked(store: Any, sink: Any, now: Any) -> None:
    shopper, _, message = planned(now)
    sink.rcpt_answer = lambda _address: "550 5.1.1 nobody here"
    send(store, now=now)
    assert ending(message) == ("failed", "bad_address")
    assert is_suppressed(shopper.email, channel="email")


def test_greylisted_mail_is_tried_again_and_arrives_once(store: Any, sink: Any, now: Any) -> None:
    _, _, message = planned(now)
    sink.rcpt_answer = lambda _address: "451 4.7.1 later"
    send(store, now=now)
    assert ending(message) == ("ready", "refused_for_now")
    sink.rcpt_answer = None
    assert send(store, now=now).reserved == 0
    send(store, now=now + timedelta(minutes=2))
    assert (ending(message)[0], len(sink.accepted)) == ("sent", 1)


def test_no_answer_after_the_dot_is_unknown_and_never_repeated(store: Any, sink: Any, now: Any) -> None:
    _, _, message = planned(now)
    sink.data_answer = lambda _mail: "451 hm"
    send(store, now=now)
    assert ending(message) == ("unknown", "no_answer")
    send(store, now=now + timedelta(hours=3))
    assert len(sink.accepted) == 1


def test_faulty_template_fails_alone(store: Any, sink: Any, now: Any) -> None:
    make_ready(2, now=now)
    make_ready(1, now=now, version=make_version(html="{{ nothing.here }}"))
    send(store, now=now)
    assert Counter(Message.objects.values_list("state", "reason")) == {("sent", ""): 2, ("failed", "template_variable"): 1}


def test_lease_that_ran_out_becomes_unknown_by_the_sweeper(store: Any, now: Any) -> None:
    (message,) = make_ready(1, now=now)
    Message.objects.update(state="sending", token=1, lease_until=clock.now() - timedelta(seconds=1))
    Flight.objects.create(message_ids=[message.pk])
    assert store.pk in stores_to_sweep(now=now)
    assert sweep_store(now=now) == 1
    assert ending(message) == ("unknown", "worker_lost")


def test_restored_copy_sends_nothing(store: Any, sink: Any, now: Any, monkeypatch: Any) -> None:
    make_ready(1, now=now)
    monkeypatch.setattr(PlatformState, "sending_allowed", classmethod(lambda _cls: False))
    assert send(store, now=now).reserved == 0
    assert sink.accepted == []


def test_same_message_cannot_be_planned_twice(store: Any, now: Any) -> None:
    (message,) = make_ready(1, now=now)
    message.pk, message.public_id = None, uuid4()
    with pytest.raises(IntegrityError, match="message_once"), transaction.atomic():
        Message.objects.bulk_create([message])


@pytest.mark.parametrize(
    ("outcome", "keyed", "state"),
    [
        (Outcome.ACCEPTED, False, "sent"),
        (Outcome.NOT_SENT, False, "ready"),
        (Outcome.LATER, False, "ready"),
        (Outcome.REFUSED, False, "failed"),
        (Outcome.AMBIGUOUS, False, "unknown"),
        (Outcome.AMBIGUOUS, True, "ready"),
    ],
)
def test_classification(outcome: Outcome, keyed: bool, state: str, now: Any) -> None:
    assert ending_of(Answer(outcome), attempts=1, keyed=keyed, now=now).state == state
