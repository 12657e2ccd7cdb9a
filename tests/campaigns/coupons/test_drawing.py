"""Each person gets a code of their own, once, whatever is repeated or fails; what does not leave goes back to the pool."""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from campaigns.coupons import drawing
from campaigns.coupons.reading import figures_of
from campaigns.models import Coupon, Message, SendRule
from campaigns.sending.sweeping import stores_to_sweep, sweep_store
from retention.kit import clock
from retention.notices.models import Notice
from retention.tenancy.context import store_context
from tests.campaigns.coupons.pools import codes_in, make_coupon_mail, make_coupon_messages, make_pool
from tests.campaigns.crowd import make_ready
from tests.campaigns.story import send
from tests.factories import member_of

pytestmark = pytest.mark.django_db


def endings() -> Counter[tuple[str, str]]:
    return Counter(Message.objects.values_list("state", "reason"))


def test_everybody_gets_a_code_of_their_own(store: Any, sink: Any, now: Any) -> None:
    pool = make_pool(*(f"C-{place:03}" for place in range(40)), now=now)
    make_coupon_messages(35, pool, now=now)
    send(store, now=now)
    codes = codes_in(sink)
    assert (len(codes), len(set(codes))) == (35, 35)
    assert sorted(Coupon.objects.given().values_list("code", flat=True)) == codes
    assert figures_of([pool])[pool.pk].free == 5


def test_code_is_the_same_when_the_message_is_sent_again(store: Any, sink: Any, now: Any) -> None:
    make_coupon_messages(1, make_pool("C-1", "C-2", now=now), now=now)
    sink.rcpt_answer = lambda _address: "451 4.7.1 later"
    send(store, now=now)
    sink.rcpt_answer = None
    send(store, now=now + timedelta(minutes=5))
    assert codes_in(sink) == ["C-1"]
    assert Coupon.objects.free().get().code == "C-2"


def test_two_messages_of_one_run_show_the_same_code(store: Any, sink: Any, now: Any) -> None:
    (first,) = make_coupon_messages(1, make_pool("C-1", "C-2", now=now), now=now)
    again = Message.objects.get(pk=first.pk)
    again.pk, again.step, again.public_id = None, "second", uuid4()
    again.save(force_insert=True)
    send(store, now=now)
    send(store, now=now + timedelta(hours=1))
    assert codes_in(sink) == ["C-1", "C-1"]


def test_message_held_back_leaves_its_code_in_the_pool(store: Any, sink: Any, now: Any) -> None:
    make_coupon_messages(1, make_pool("C-1", now=now), now=now, consent=False)
    send(store, now=now)
    assert endings() == {("suppressed", "no_consent"): 1}
    assert Coupon.objects.free().count() == 1


def test_crash_before_the_gate_gives_nothing_away(store: Any, sink: Any, now: Any) -> None:
    pool = make_pool("C-1", now=now)
    (message,) = make_coupon_messages(1, pool, now=now)
    kept = drawing.keep({pool.pk: [message]}, zone=store.timezone, now=now)
    assert (kept[message.pk].code, Coupon.objects.given().count()) == ("C-1", 0)
    later = now + timedelta(hours=2)
    assert store.pk in stores_to_sweep(now=later)
    sweep_store(now=later)
    assert Coupon.objects.free().count() == 1


def test_code_that_went_elsewhere_meanwhile_is_rendered_anew(store: Any, sink: Any, now: Any, monkeypatch: Any) -> None:
    make_coupon_messages(1, make_pool("C-1", "C-2", now=now), now=now)
    real = drawing.changed

    def taken_away(kept: Any, *, now: datetime) -> set[int]:
        Coupon.objects.filter(code="C-1").update(occasion="", redeemed_at=now, order_number="W-1")
        return real(kept, now=now)

    monkeypatch.setattr(drawing, "changed", taken_away)
    send(store, now=now)
    assert (endings(), sink.accepted) == ({("ready", "changed"): 1}, [])
    monkeypatch.undo()
    send(store, now=now)
    assert codes_in(sink) == ["C-2"]


def test_empty_pool_holds_the_message_back(store: Any, sink: Any, now: Any) -> None:
    make_coupon_messages(3, make_pool("C-1", now=now), now=now)
    send(store, now=now)
    assert endings() == {("sent", ""): 1, ("suppressed", "coupons_out"): 2}


def test_empty_pool_says_the_other_words_where_the_merchant_wants_that(store: Any, sink: Any, now: Any) -> None:
    make_coupon_messages(3, make_pool("C-1", now=now, when_out="fallback", fallback="C-FORALL"), now=now)
    send(store, now=now)
    assert codes_in(sink) == ["C-1", "C-FORALL", "C-FORALL"]


def test_mail_without_a_pool_is_not_sent_with_a_hole(store: Any, sink: Any, now: Any) -> None:
    make_coupon_messages(1, None, now=now)
    send(store, now=now)
    assert (endings(), sink.accepted) == ({("suppressed", "coupon_missing"): 1}, [])


def test_pool_that_makes_its_own_codes_never_runs_out(store: Any, sink: Any, now: Any) -> None:
    make_coupon_messages(20, make_pool(now=now, endless=True, prefix="C-", length=8), now=now)
    send(store, now=now)
    codes = codes_in(sink)
    assert len(set(codes)) == 20
    assert all(len(code) == 10 and not set(code[2:]) & set("01OILAEU") for code in codes)


def test_code_counts_to_the_end_of_its_last_day_in_the_shops_zone(store: Any, sink: Any, now: Any) -> None:
    store.zone = "Asia/Tokyo"
    store.save()
    make_coupon_messages(1, make_pool("C-1", now=now, valid_days=7), now=now)
    send(store, now=now)
    assert Coupon.objects.get().expires_at == datetime(2026, 3, 9, 15, 0, tzinfo=UTC)
    assert "until 2026-03-09" in sink.accepted[0].get_body(("html",)).get_content()


def test_pool_whose_time_is_over_gives_none(store: Any, sink: Any, now: Any) -> None:
    make_coupon_messages(1, make_pool("C-1", now=now, expires_at=now), now=now)
    send(store, now=now)
    assert endings() == {("suppressed", "coupon_expired"): 1}
    assert Coupon.objects.free().count() == 1


def test_person_who_used_the_code_is_not_reminded_of_it(store: Any, sink: Any, now: Any) -> None:
    pool = make_pool("C-1", "C-2", now=now)
    (message,) = make_coupon_messages(1, pool, now=now)
    Coupon.objects.filter(code="C-1").update(
        occasion=drawing.occasion_of(message), customer_id=message.customer_id, drawn_at=now, redeemed_at=now, order_number="W-1"
    )
    send(store, now=now)
    assert endings() == {("suppressed", "coupon_used"): 1}


def test_rule_of_the_campaign_goes_before_that_of_the_template(store: Any, sink: Any, now: Any) -> None:
    from tests.campaigns.campaigning import MAIL, make_campaign, make_crowd, make_list

    campaign = make_campaign(make_list(make_crowd(1, now=now), now=now), now=now, ways=(MAIL,))
    version = make_coupon_mail(make_pool("C-template", now=now))
    (message,) = make_ready(1, now=now, version=version)
    campaign.state, campaign.confirmed_at, campaign.starts_at, campaign.opened_at, campaign.seen_at = "sending", now, now, now, now
    campaign.begun_inside = True
    campaign.save()
    Message.objects.filter(pk=message.pk).update(source_id=campaign.pk)
    SendRule(campaign=campaign, pool=make_pool("C-campaign", now=now)).save()
    send(store, now=now)
    assert codes_in(sink) == ["C-campaign"]


def test_few_codes_are_told_once_and_again_after_new_ones(store: Any, sink: Any, now: Any) -> None:
    member_of(store, "owner")
    pool = make_pool(*(f"C-{place}" for place in range(5)), now=now, warn_below=3)
    for _ in range(2):
        make_coupon_messages(1, pool, now=now)
        send(store, now=now)
    assert Notice.objects.filter(kind="coupons_few").count() == 1
    assert "3 codes are left" in Notice.objects.get(kind="coupons_few").text


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_never_give_one_code_twice(store: Any, now: Any) -> None:
    pool = make_pool(*(f"C-{place:03}" for place in range(60)), now=clock.now())
    messages = make_coupon_messages(60, pool, now=clock.now())
    found: list[dict[int, drawing.Kept]] = []

    def work(mine: list[Message]) -> None:
        with store_context(store.pk):
            found.append(drawing.keep({pool.pk: mine}, zone=store.timezone, now=now))
        connection.close()

    threads = [threading.Thread(target=work, args=(messages[start : start + 20],)) for start in (0, 10, 20, 30, 40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    by_message: dict[int, set[str]] = {}
    for kept in found:
        for pk, one in kept.items():
            by_message.setdefault(pk, set()).add(one.code)
    assert all(len(codes) == 1 for codes in by_message.values())
    assert len({code for codes in by_message.values() for code in codes}) == len(by_message) == 60
