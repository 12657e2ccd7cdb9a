"""Orders with their versions, cancellations, refunds and returns come out the same in whatever order the shop tells of them."""

import random

import pytest

from retention.customers.models import Customer, CustomerEvent
from retention.orders.models import Order, Refund, Return
from tests.factories import make_store, work_for
from tests.intake.stories import event, take

pytestmark = pytest.mark.django_db
LINES = [{"product_id": "beans", "variant_id": "250", "sku": "B-250", "price": "10.00", "quantity": 2, "category": "Coffee"}]


def story():
    """Return a customer's four orders: one changed and partly refunded, one refunded whole, one called off, one never paid."""
    return [
        event(1, "Order Completed", user="u", order_id="1", total="20.00", shipping="3.50", coupon="HELLO", products=LINES),
        event(2, "Order Updated", user="u", order_id="1", total="20.00", fulfillment_status="fulfilled", updated_at="2026-11-20T08:02:00Z"),
        event(3, "Order Refunded", user="u", order_id="1", refund_id="r1", total="5.00", products=[LINES[0] | {"quantity": 1}]),
        event(4, "Order Completed", user="u", order_id="2", total="30.00"),
        event(5, "Order Refunded", user="u", order_id="2"),
        event(6, "Order Completed", user="u", order_id="3", total="40.00"),
        event(7, "Order Cancelled", user="u", order_id="3", reason="changed her mind"),
        event(8, "Order Updated", user="u", order_id="4", total="50.00", financial_status="voided"),
        event(9, "Return Updated", user="u", return_id="t1", order_id="1", state="requested", products=LINES),
        event(10, "Return Updated", user="u", return_id="t1", order_id="1", state="received"),
    ]


def truth():
    """Return orders, refunds, returns and the customer's figures, without row numbers."""
    orders = [
        (
            order.number,
            order.total_minor,
            order.payment_state,
            order.fulfilment_state,
            order.refunded_minor,
            order.shipping_minor,
            order.coupons,
            order.cancelled_at is not None,
            order.placed_at,
            list(order.lines.values_list("sku", "quantity", "amount_minor", "category")),
        )
        for order in Order.objects.order_by("number")
    ]
    refunds = sorted((refund.order.number, refund.total_minor, refund.lines.count()) for refund in Refund.objects.all())
    returns = list(Return.objects.values_list("number", "state"))
    return orders, refunds, returns, list(Customer.objects.values_list("orders_count", "spent_minor"))


def test_the_story_comes_out_right():
    with work_for(make_store()):
        take(story())
        orders, refunds, returns, figures = truth()
    assert [row[:8] for row in orders] == [
        ("1", 2000, "part_refunded", "done", 500, 350, ["HELLO"], False),
        ("2", 3000, "refunded", "open", 3000, 0, [], False),
        ("3", 4000, "paid", "open", 0, 0, [], True),
        ("4", 5000, "voided", "open", 0, 0, [], False),
    ]
    assert orders[0][9] == [("B-250", 2, 2000, "Coffee")]
    assert refunds == [("1", 500, 1), ("2", 3000, 0)]
    assert returns == [("t1", "received")]
    assert figures == [(2, 1500)]


@pytest.mark.parametrize("seed", range(12))
def test_any_order_of_arrival_ends_in_the_same_state(seed):
    dice = random.Random(seed)
    with work_for(make_store()):
        take(story())
        expected = truth()
    shuffled = story()
    dice.shuffle(shuffled)
    with work_for(make_store()):
        while shuffled:
            cut = dice.randint(1, 4)
            take(shuffled[:cut], size=dice.randint(1, 3))
            shuffled = shuffled[cut:]
        assert truth() == expected


@pytest.mark.parametrize(
    ("name", "properties", "reason"),
    [
        ("Order Refunded", {"total": 1}, "properties.order_id is missing."),
        ("Order Refunded", {"order_id": "1", "total": -1}, "properties.total: The amount is negative."),
        ("Order Cancelled", {}, "properties.order_id is missing."),
        ("Return Updated", {"order_id": "1", "state": "requested"}, "properties.return_id is missing."),
        (
            "Return Updated",
            {"return_id": "1", "state": "lost"},
            "properties.state: This must be one of approved, cancelled, closed, declined, in_transit, received, requested.",
        ),
        (
            "Order Updated",
            {"order_id": "1", "total": 1, "updated_at": "yesterday"},
            "properties.updated_at: This is no moment; write it like 2026-11-20T09:12:00Z.",
        ),
    ],
)
def test_what_cannot_be_read_says_why_and_changes_nothing(name, properties, reason):
    with work_for(make_store()):
        take([event(1, name, user="u", **properties)])
        assert CustomerEvent.objects.get().refusal == reason
        assert [model.objects.count() for model in (Order, Refund, Return)] == [0, 0, 0]


def test_more_is_never_given_back_than_was_paid():
    with work_for(make_store()):
        take([event(1, "Order Completed", user="u", order_id="1", total=5)])
        take([event(2 + number, "Order Refunded", user="u", order_id="1", refund_id=f"r{number}", total=4) for number in range(2)])
        order = Order.objects.get()
        assert (order.refunded_minor, order.payment_state) == (500, "refunded")
        assert Customer.objects.get().spent_minor == 0


def test_currencies_without_and_with_three_decimals_are_exact():
    with work_for(make_store()):
        take(
            [
                event(1, "Order Completed", user="u", order_id="1", total=6420, currency="JPY"),
                event(2, "Order Completed", user="u", order_id="2", total="1.234", currency="KWD"),
                event(3, "Order Completed", user="u", order_id="3", total="1.5", currency="JPY"),
            ]
        )
        assert list(Order.objects.order_by("number").values_list("total_minor", "currency")) == [(6420, "JPY"), (1234, "KWD")]
        assert "more decimals than JPY has" in CustomerEvent.objects.exclude(refusal="").get().refusal
