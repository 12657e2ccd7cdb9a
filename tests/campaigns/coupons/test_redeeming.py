"""A code is used by one order: asked twice, at once, too late, given back; and orders the shop reports count."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from campaigns.coupons.making import add_made, read_codes
from campaigns.coupons.redeeming import look_at, mark_from_orders, redeem, release
from campaigns.models import Coupon
from retention.tenancy.context import store_context
from tests.campaigns.coupons.pools import make_pool
from tests.campaigns.story import buy, make_shopper

pytestmark = pytest.mark.django_db


def give(code: str, *, now: Any, **fields: Any) -> None:
    Coupon.objects.filter(code=code).update(**{"occasion": f"run:{code}", "drawn_at": now} | fields)


def test_same_order_gets_the_same_answer_and_another_is_refused(store: Any, now: Any) -> None:
    make_pool("C-1", now=now)
    give("C-1", now=now)
    first, again, other = (redeem(" c-1 ", order=order, now=now) for order in ("W-1", "W-1", "W-2"))
    assert (first.state, first.again, again.state, again.again, other.state) == ("valid", False, "valid", True, "used")
    assert Coupon.objects.get().order_number == "W-1"


@pytest.mark.parametrize(
    ("code", "fields", "state"),
    [("C-9", {}, "unknown"), ("C-1", {"occasion": "", "drawn_at": None}, "not_given"), ("C-1", {"expires_at": "now"}, "expired")],
)
def test_refused_code_stays_as_it_was(store: Any, now: Any, code: str, fields: Any, state: str) -> None:
    make_pool("C-1", now=now)
    give("C-1", now=now, **{name: now if value == "now" else value for name, value in fields.items()})
    assert (look_at(code, now=now).state, redeem(code, order="W-1", now=now).state) == (state, state)
    assert Coupon.objects.get().redeemed_at is None


def test_release_undoes_only_the_use_by_that_order(store: Any, now: Any) -> None:
    make_pool("C-1", now=now)
    give("C-1", now=now)
    redeem("C-1", order="W-1", now=now)
    assert release("C-1", order="W-2", now=now).state == "used"
    assert [release("C-1", order="W-1", now=now).again for _ in range(2)] == [False, True]
    assert redeem("C-1", order="W-2", now=now).state == "valid"


@pytest.mark.django_db(transaction=True)
def test_of_many_orders_at_once_one_wins(store: Any, now: Any) -> None:
    make_pool("C-1", now=now)
    give("C-1", now=now)
    answers: list[str] = []

    def ask(order: str) -> None:
        with store_context(store.pk):
            answers.append(redeem("C-1", order=order, now=now).state)
        connection.close()

    threads = [threading.Thread(target=ask, args=(f"W-{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["used"] * 7 + ["valid"]


def test_order_of_the_shop_with_the_code_marks_it_used_once(store: Any, now: Any) -> None:
    make_pool("C-1", "C-2", now=now)
    shopper = make_shopper(now=now)
    order = buy(shopper, None, now=now)
    order.coupons = ["c-1", "ELSEWHERE"]
    order.save()
    assert [mark_from_orders([shopper.pk], now=now + timedelta(minutes=1)) for _ in range(2)] == [1, 0]
    assert Coupon.objects.get(code="C-1").order_number == order.number
    assert Coupon.objects.free().get().code == "C-2"


def test_pasted_text_and_csv_are_read_and_faults_named() -> None:
    pasted = read_codes("\ufeffCode,Value\nSPRING-1,10\n\nspring-1\nTWO WORDS\nÄ-1\n SPRING-2 \n")
    assert pasted.codes == ("SPRING-1", "SPRING-2")
    assert pasted.refused == ((5, "TWO WORDS"), (6, "Ä-1"))
    assert pasted.repeated == 1


def test_made_codes_are_all_different(store: Any, now: Any) -> None:
    pool = make_pool(now=now, prefix="AUTUMN-", length=8)
    assert add_made(pool, 6_000, now=now) == 6_000
    assert Coupon.objects.filter(pool=pool, code__startswith="AUTUMN-").count() == 6_000


def test_database_refuses_a_second_code_for_one_occasion_and_a_use_without_order(store: Any, now: Any) -> None:
    make_pool("C-1", "C-2", now=now)
    give("C-1", now=now)
    with pytest.raises(IntegrityError, match="coupon_once_an_occasion"), transaction.atomic():
        Coupon.objects.filter(code="C-2").update(occasion="run:C-1")
    with pytest.raises(IntegrityError, match="coupon_redeemed_by_an_order"), transaction.atomic():
        Coupon.objects.filter(code="C-1").update(redeemed_at=now)
