"""What arrives late never takes a basket from the row that stood for it: come back is final, and a moment is noted once."""

from datetime import timedelta

import pytest

from retention.customers.models import CustomerEvent
from retention.orders.idling import note_idle_in_store
from retention.orders.models import Cart, Order
from tests.factories import make_store, work_for
from tests.intake.stories import NOW, event, take

pytestmark = pytest.mark.django_db
DAYS = 24 * 60


def test_a_basket_that_came_back_is_the_same_one_after_news_of_weeks_ago():
    with work_for(make_store()):
        take([event(2, "Product Added", user="u", product_id="a", price=1), event(5, "Order Completed", user="u", order_id="1", total=1)])
        back = Cart.objects.get()
        Cart.objects.filter(pk=back.pk).update(state="recovered")
        take([event(-20 * DAYS, "Product Added", user="u", product_id="b", price=2)])
        assert list(Cart.objects.order_by("started_at").values_list("state", "total_minor")) == [("expired", 200), ("recovered", 100)]
        assert Cart.objects.get(state="recovered").pk == back.pk == Order.objects.get().cart_id


def test_an_open_basket_that_was_left_alone_is_not_told_again_after_news_of_weeks_ago():
    with work_for(make_store()):
        take([event(2, "Product Added", user="u", product_id="a", price=1)])
        note_idle_in_store(now=NOW)
        left = Cart.objects.get()
        take([event(-20 * DAYS, "Product Added", user="u", product_id="b", price=2)])
        note_idle_in_store(now=NOW + timedelta(minutes=1))
        assert CustomerEvent.objects.filter(name="Cart Idle").count() == 1
        assert (Cart.objects.get(state="open").pk, Cart.objects.get(state="open").idle_at) == (left.pk, left.idle_at)


def test_two_baskets_that_turn_out_to_be_one_keep_the_moment_that_was_noted():
    with work_for(make_store()):
        take([event(-30 * DAYS, "Product Added", user="u", product_id="a", price=1)])
        Cart.objects.update(idle_at=NOW - timedelta(days=30), abandoned_at=NOW - timedelta(days=29))
        take([event(-10 * DAYS, "Product Added", user="u", product_id="b", price=2)])
        assert sorted(Cart.objects.values_list("state", flat=True)) == ["expired", "open"]
        take([event(-20 * DAYS, "Product Added", user="u", product_id="c", price=3)])
        note_idle_in_store(now=NOW)
        joined = Cart.objects.exclude(state="merged").get()
        assert (joined.total_minor, joined.idle_at) == (600, NOW - timedelta(days=30))
        assert not CustomerEvent.objects.filter(name__startswith="Cart ").exists()


def test_an_order_told_late_splits_a_basket_and_leaves_the_newer_part_as_it_was():
    with work_for(make_store()):
        take([event(minute, "Product Added", user="u", product_id=f"p{minute}", price=1) for minute in (1, 10)])
        note_idle_in_store(now=NOW)
        left = Cart.objects.get()
        take([event(5, "Order Completed", user="u", order_id="1", total=1)])
        rows = list(Cart.objects.order_by("started_at").values_list("state", "idle_at"))
        assert rows == [("bought", None), ("open", left.idle_at)]
        assert Cart.objects.get(state="open").pk == left.pk
