"""Last click with a window for each channel, and everything credited anew when one changes."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns.measurement.attribution import WINDOWS, attribute, change_windows, recount, window_days, windows
from campaigns.models import Attribution, Click, CreditRule, Message
from campaigns.tasks import recount_credits
from retention.kit import clock
from retention.orders.models import Cart
from retention.stores.models import StoreWork
from tests.campaigns.crowd import make_ready
from tests.campaigns.measurement.people import sold

pytestmark = pytest.mark.django_db


def clicked(message: Message, *, at: Any) -> None:
    Click.objects.create(
        message=message, customer_id=message.customer_id, position=0, at=at, method="GET", agent="Mozilla/5.0", suspected="", noted_at=at
    )


def credits() -> dict[int, tuple[int, int]]:
    """Return the message each order is credited to and by which window, by order."""
    return {order: (message, days) for order, message, days in Attribution.objects.values_list("order_id", "message_id", "window_days")}


def test_each_channel_has_its_own_window_stored_with_the_result(store: Any, now: Any) -> None:
    mail, push = make_ready(2, now=now)
    Message.objects.filter(pk=push.pk).update(channel="push")
    for one in (mail, push):
        clicked(one, at=now - timedelta(days=2))
    [by_mail], [by_push] = (sold([one.customer], at=now) for one in (mail, push))
    attribute([mail.customer_id, push.customer_id], now=now)
    assert credits() == {by_mail.pk: (mail.pk, 5)}
    assert by_push.pk not in credits()
    assert (window_days("email"), window_days("push")) == (WINDOWS["email"], 1)


def test_the_last_click_that_still_counts_gets_the_order(store: Any, now: Any) -> None:
    mail, push = make_ready(2, now=now)
    Message.objects.filter(pk=push.pk).update(channel="push", customer_id=mail.customer_id)
    push.refresh_from_db()
    clicked(mail, at=now - timedelta(days=4))
    clicked(push, at=now - timedelta(days=2))
    [order] = sold([mail.customer], at=now)
    attribute([mail.customer_id], now=now)
    assert credits() == {order.pk: (mail.pk, 5)}


def test_a_changed_window_counts_everything_again_and_a_second_time_changes_nothing(store: Any, now: Any) -> None:
    near, far, beyond = make_ready(3, now=now)
    orders = {}
    for one, days in ((near, 1), (far, 4), (beyond, 9)):
        clicked(one, at=now - timedelta(days=100 + days))
        [orders[one.pk]] = sold([one.customer], at=now - timedelta(days=100))
    attribute([one.customer_id for one in (near, far, beyond)], now=now - timedelta(days=99))
    assert set(credits()) == {orders[near.pk].pk, orders[far.pk].pk}
    usual = windows()
    assert not change_windows(usual, now=now)
    assert not CreditRule.objects.exists()
    for days, counted in ((10, (near, far, beyond)), (2, (near,)), (5, (near, far))):
        assert change_windows(usual | {"email": days}, now=now)
        while recount(now=now, slice_size=1):
            pass
        assert credits() == {orders[one.pk].pk: (one.pk, days) for one in counted}
        assert not recount(now=now)


def test_a_shorter_window_is_right_also_where_the_click_is_no_longer_kept(store: Any, now: Any) -> None:
    near, far = make_ready(2, now=now)
    for one, days in ((near, 1), (far, 4)):
        clicked(one, at=now - timedelta(days=days))
        sold([one.customer], at=now)
    attribute([near.customer_id, far.customer_id], now=now)
    Click.objects.all().delete()
    change_windows(windows() | {"email": 3}, now=now)
    recount(now=now)
    assert list(credits().values()) == [(near.pk, 3)]


def test_baskets_that_came_back_follow_their_credit(store: Any, now: Any) -> None:
    [mail] = make_ready(1, now=now)
    cart = Cart.objects.create(
        customer=mail.customer, currency="EUR", total_minor=4000, started_at=now, last_activity_at=now, state="bought", closed_at=now
    )
    Message.objects.filter(pk=mail.pk).update(cart=cart)
    clicked(mail, at=now - timedelta(days=4))
    sold([mail.customer], at=now, cart=cart)
    attribute([mail.customer_id], now=now)
    cart.refresh_from_db()
    assert cart.state == "recovered"
    for days, state in ((3, "bought"), (6, "recovered")):
        change_windows(windows() | {"email": days}, now=now)
        recount(now=now)
        cart.refresh_from_db()
        assert cart.state == state


def test_baskets_whose_messages_are_no_longer_kept_stay_recovered(store: Any, now: Any) -> None:
    old, recent = make_ready(2, now=now)
    carts = []
    for one, at in ((old, now - timedelta(days=500)), (recent, now - timedelta(days=9))):
        cart = Cart.objects.create(
            customer=one.customer, currency="EUR", total_minor=4000, started_at=at, last_activity_at=at, state="recovered", closed_at=at
        )
        Message.objects.filter(pk=one.pk).update(cart=cart)
        sold([one.customer], at=at, cart=cart)
        carts.append(cart)
    Message.objects.filter(pk=recent.pk).delete()
    clicked(old, at=now - timedelta(days=510))
    change_windows(windows() | {"email": 14}, now=now)
    recount(now=now)
    assert credits() == {}
    assert {cart.state for cart in Cart.objects.filter(pk__in=[one.pk for one in carts])} == {"recovered"}


def test_the_timed_job_counts_until_it_is_done(store: Any, now: Any) -> None:
    [mail] = make_ready(1, now=now)
    clicked(mail, at=now - timedelta(days=8))
    sold([mail.customer], at=now)
    change_windows(windows() | {"email": 14}, now=clock.now())
    assert StoreWork.objects.filter(kind="credits").exists()
    recount_credits()
    assert [days for _, days in credits().values()] == [14]
    assert not StoreWork.objects.filter(kind="credits").exists()
