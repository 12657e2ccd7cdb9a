"""The next batch of a slice is rendered while the one before it leaves: the right text to each, and a render process kept from nobody."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from django.db import DatabaseError

from campaigns.models import Message
from campaigns.personalization.render import CannotRender, Rendered
from campaigns.sending import batches, dispatch, handing_over, lending
from campaigns.sending.accounts import account_for
from campaigns.sending.building import Making
from campaigns.sending.handing_over import leave_alone
from campaigns.sending.rendering import MOST_KILLS, Job, Renderer, forget_kills
from retention.customers.models import Consent
from retention.kit import clock
from tests.campaigns.coupons.pools import make_coupon_messages, make_pool
from tests.campaigns.crowd import make_ready, make_version
from tests.campaigns.test_hostile_neighbours import NEVER_ENDS

SMALL = 4


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make few at a time, and forget which templates ended processes."""
    monkeypatch.setattr(batches, "MADE_AT_ONCE", SMALL)
    monkeypatch.setattr(dispatch, "MADE_AT_ONCE", SMALL)
    monkeypatch.setattr(dispatch, "SENDERS", SMALL // 2)
    monkeypatch.setattr(handing_over, "FEW_SECONDS", 5.0)  # a busy machine is no slow relay
    forget_kills()
    yield
    forget_kills()


def job(name: str, *, html: str = "<p>{{ profile.first_name }}</p>") -> Job:
    return Job(f"batches-{hash(html)}", {"subject": "Hi", "html": html, "text": "Hi"}, {"profile": {"first_name": name}})


@pytest.fixture
def process() -> Iterator[Renderer]:
    """Give a render process that ends with the test."""
    with closing(Renderer()) as made:
        yield made


def names(answers: list[Rendered | CannotRender]) -> list[str]:
    return [one.html for one in answers if isinstance(one, Rendered)]


def test_what_was_begun_is_finished_later_and_in_order(process: Renderer) -> None:
    begun = process.begin([job("Ann"), job("Bob")])
    assert names(process.finish(begun)) == ["<p>Ann</p>", "<p>Bob</p>"]
    assert names(process.render_all([job("Cleo")])) == ["<p>Cleo</p>"]


def test_what_nobody_came_for_is_not_taken_for_what_is_asked_next(process: Renderer) -> None:
    process.begin([job("Ann"), job("Bob")])
    assert names(process.render_all([job("Cleo")])) == ["<p>Cleo</p>"]


def test_one_that_never_ends_costs_those_begun_with_it_nothing(process: Renderer) -> None:
    begun = process.begin([job("Ann"), job("Bob", html=NEVER_ENDS), job("Cleo")])
    answers = process.finish(begun)
    assert names(answers) == ["<p>Ann</p>", "<p>Cleo</p>"]
    assert isinstance(answers[1], CannotRender)
    assert answers[1].reason == "template_too_slow"


def test_what_is_begun_waits_for_no_room_in_the_pipe(process: Renderer) -> None:
    long = "x" * 200_000
    begun = process.begin([job(f"{number}{long}") for number in range(20)])
    assert [len(one) for one in names(process.finish(begun))] == [len(f"<p>{number}{long}</p>") for number in range(20)]


def test_a_process_whose_borrower_failed_is_ended_and_begins_anew() -> None:
    with lending.renderer() as first:
        first.warm_up()
    with pytest.raises(ZeroDivisionError):
        _begin_and_fail()
    (given_back,) = [one for one in lending._idle if one is first]
    assert given_back._process is None
    assert lending.none_is_lent()
    with lending.renderer() as after:
        assert names(after.render_all([job("Bob")])) == ["<p>Bob</p>"]


def _begin_and_fail() -> None:
    with lending.renderer() as borrowed:
        borrowed.begin([job("Ann")])
        raise ZeroDivisionError


def send_and_watch(store: Any, sink: Any, count: int) -> list[int]:
    """Send so many messages in one slice; return how many render processes were lent when each of them arrived."""
    lent: list[int] = []

    def answer(_mail: object) -> str:
        lent.append(len(lending._lent))
        return "250 taken"

    sink.data_answer = answer
    make_ready(count, now=clock.now())
    dispatch.dispatch_slice(store, channel="email", clock=clock.now)
    return lent


@pytest.mark.django_db
def test_each_gets_its_own_text_while_the_next_are_made(store: Any, sink: Any) -> None:
    lent = send_and_watch(store, sink, 5 * SMALL + 1)
    assert set(lent[:SMALL]) == {0}, "an account that has not answered yet may take its time"
    assert set(lent[SMALL : 5 * SMALL]) == {1}
    assert set(lent[5 * SMALL :]) == {0}
    assert lending.none_is_lent()
    said = {one["To"].rpartition("<")[2].rstrip(">"): one["Subject"] for one in sink.accepted}
    assert said == {one.customer.email: f"Hello {one.customer.first_name}" for one in Message.objects.select_related("customer")}
    assert len(said) == 5 * SMALL + 1


@pytest.mark.django_db
def test_a_slow_account_holds_no_render_process_while_it_takes_its_time(store: Any, sink: Any) -> None:
    leave_alone(account_for(store, channel="email"))
    assert set(send_and_watch(store, sink, 4 * SMALL)) == {0}
    assert Message.objects.filter(state="sent").count() == 4 * SMALL


@pytest.mark.django_db
def test_who_else_has_a_render_process_leaves_none_to_hold(store: Any, sink: Any) -> None:
    with lending.renderer():
        assert set(send_and_watch(store, sink, 4 * SMALL)) == {1}


@pytest.mark.django_db
def test_what_was_begun_for_an_account_that_stops_is_let_go_and_sent_later(store: Any, sink: Any) -> None:
    lent = send_and_watch(store, sink, 3 * SMALL)
    assert 1 in lent
    sink.rcpt_answer = lambda _address: "421 4.7.0 too many" if len(sink.accepted) >= 5 * SMALL else None
    send_and_watch(store, sink, 6 * SMALL)
    assert lending.none_is_lent()
    states = Counter(Message.objects.values_list("state", flat=True))
    assert set(states) == {"sent", "ready"}
    assert states["sent"] == len(sink.accepted)


@pytest.mark.django_db
def test_a_template_that_never_ends_takes_nothing_from_the_batch_before_it_or_behind(store: Any, sink: Any) -> None:
    make_ready(3 * SMALL, now=clock.now())
    make_ready(MOST_KILLS + 1, now=clock.now(), version=make_version(html=NEVER_ENDS))
    make_ready(3 * SMALL, now=clock.now())
    dispatch.dispatch_slice(store, channel="email", clock=clock.now)
    states = Counter(Message.objects.values_list("state", "reason"))
    assert states == {("sent", ""): 6 * SMALL, ("failed", "template_too_slow"): MOST_KILLS, ("quarantined", "template_set_aside"): 1}
    assert len(sink.accepted) == 6 * SMALL
    assert lending.none_is_lent()


@pytest.mark.django_db
def test_the_last_codes_of_a_pool_go_to_whoever_may_have_them(store: Any, sink: Any) -> None:
    """Nothing is begun ahead that draws codes: those of whom the gate keeps back come to the next batch."""
    now = clock.now()
    send_and_watch(store, sink, SMALL)
    pool = make_pool(*(f"C-{place}" for place in range(SMALL)), now=now)
    made = make_coupon_messages(2 * SMALL, pool, now=now)
    Consent.objects.filter(customer_id__in=[one.customer_id for one in made[:SMALL]]).update(status="refused")
    dispatch.dispatch_slice(store, channel="email", clock=clock.now)
    assert Counter(Message.objects.filter(pk__in=[one.pk for one in made]).values_list("state", "reason")) == {
        ("suppressed", "no_consent"): SMALL,
        ("sent", ""): SMALL,
    }


@pytest.mark.django_db
def test_what_cannot_be_begun_ahead_fails_at_its_own_turn(store: Any, sink: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    send_and_watch(store, sink, SMALL)
    make_ready(3 * SMALL, now=clock.now())
    began: list[int] = []

    class Failing(Making):
        def __init__(self, *told: Any, **more: Any) -> None:
            began.append(len(sink.accepted))
            if len(began) > 1:
                raise DatabaseError("gone")
            super().__init__(*told, **more)

    monkeypatch.setattr(batches, "Making", Failing)
    with pytest.raises(DatabaseError):
        dispatch.dispatch_slice(store, channel="email", clock=clock.now)
    assert began == [SMALL, SMALL, 2 * SMALL]
    assert Message.objects.filter(state="sent").count() == len(sink.accepted) == 2 * SMALL
    assert Message.objects.filter(state="ready", lease_until=None).count() == 2 * SMALL
    assert lending.none_is_lent()
