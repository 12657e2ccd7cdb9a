"""Orders with their versions, cancellations, refunds and returns come out the same in whatever order the shop tells of them."""

import random
from datetime import timedelta
from itertools import permutations

import pytest

from retention.catalog.saving import ProductReport, Seen, note_seen, save_products
from retention.customers.models import Customer, CustomerCounter, CustomerEvent
from retention.orders.models import Order, Refund, Return
from tests.factories import make_store, work_for
from tests.intake.stories import NOW, event, take

pytestmark = pytest.mark.django_db
LINES = [{"product_id": "beans", "variant_id": "250", "sku": "B-250", "price": "10.00", "quantity": 2, "category": "Coffee"}]


def story():
    """Return a customer's orders: one changed and partly refunded, one refunded whole, one called off, one never paid, one told twice."""
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
        event(11, "Order Completed", user="u", order_id="5", total="60.00", updated_at="2026-11-20T08:11:00Z"),
        event(11, "Order Updated", user="u", order_id="5", total="60.00", updated_at="2026-11-20T08:12:00Z", financial_status="pending"),
        event(12, "Order Completed", user="u", order_id="5", total="60.00", updated_at="2026-11-20T08:11:00Z"),
    ]


def truth():
    """Return orders, refunds, returns, the customer's figures, how often each event counted and what was refused, without row numbers."""
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
    counters = sorted(CustomerCounter.objects.values_list("event_name__name", "count"))
    refusals = sorted(CustomerEvent.objects.exclude(refusal="").values_list("refusal", flat=True))
    return orders, refunds, returns, list(Customer.objects.values_list("orders_count", "spent_minor")), counters, refusals


def test_the_story_comes_out_right():
    with work_for(make_store()):
        take(story())
        orders, refunds, returns, figures, counters, refusals = truth()
    assert [row[:8] for row in orders] == [
        ("1", 2000, "part_refunded", "done", 500, 350, ["HELLO"], False),
        ("2", 3000, "refunded", "open", 3000, 0, [], False),
        ("3", 4000, "paid", "open", 0, 0, [], True),
        ("4", 5000, "voided", "open", 0, 0, [], False),
        ("5", 6000, "pending", "open", 0, 0, [], False),
    ]
    assert orders[0][9] == [("B-250", 2, 2000, "Coffee")]
    assert refunds == [("1", 500, 1), ("2", 3000, 0)]
    assert returns == [("t1", "received")]
    assert figures == [(3, 7500)]
    assert dict(counters)["Order Completed"] == 4
    assert refusals == ["Order 5 was counted already."]


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


def test_what_a_line_does_not_name_the_catalogue_says_and_no_visitor():
    bare = {"price": "10.00", "quantity": 1}
    products = [{"product_id": "beans"} | bare, {"product_id": "beans", "category": "Gifts"} | bare, {"product_id": "cup"} | bare]
    with work_for(make_store()):
        save_products([ProductReport("beans", NOW, category="Coffee / Beans", brand="Lumen", vendor="Mill")], now=NOW)
        note_seen([Seen("cup", category="Said by a visitor")], now=NOW)
        take([event(1, "Order Completed", user="u", order_id="1", total="30.00", products=products)])
        lines = Order.objects.get().lines.order_by("position")
        assert list(lines.values_list("category", "brand", "vendor")) == [
            ("Coffee / Beans", "Lumen", "Mill"), ("Gifts", "Lumen", "Mill"), ("", "", ""),
        ]  # fmt: skip


def test_an_order_that_was_known_by_its_update_is_completed_once():
    with work_for(make_store()):
        take([event(2, "Order Updated", user="u", order_id="1", total=5, updated_at="2026-11-20T08:02:00Z")])
        take([event(1, "Order Completed", user="u", order_id="1", total=5, updated_at="2026-11-20T08:01:00Z")])
        take([event(3, "Order Completed", user="u", order_id="1", total=5, updated_at="2026-11-20T08:03:00Z")])
        told = CustomerEvent.objects.filter(name="Order Completed").order_by("occurred_at").values_list("refusal", flat=True)
        assert list(told) == ["", "Order 1 was counted already."]
        assert CustomerCounter.objects.get(event_name__name="Order Completed").count == 1


@pytest.mark.parametrize("moment", ["soon", "", None])
@pytest.mark.parametrize("apart", [True, False])
def test_a_cancellation_with_an_odd_moment_stops_nothing(moment, apart):
    told = [
        event(1, "Order Cancelled", user="u", order_id="1", cancelled_at=moment),
        event(2, "Order Completed", user="u", order_id="1", total=5),
    ]
    with work_for(make_store()):
        for part in [told[:1], told[1:]] if apart else [told]:
            take(part)
        assert not CustomerEvent.objects.unprojected().exists()
        assert Order.objects.get().cancelled_at == (None if moment == "soon" else told[0].occurred_at)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_an_order_that_stands_again_counts_however_that_is_told(order):
    told = [
        event(1, "Order Completed", user="u", order_id="1", total=5, updated_at="2026-11-20T08:01:00Z", cancelled_at=None),
        event(2, "Order Cancelled", user="u", order_id="1"),
        event(3, "Order Updated", user="u", order_id="1", total=6, updated_at="2026-11-20T08:03:00Z", cancelled_at=None),
    ]
    with work_for(make_store()):
        for place in order:
            take([told[place]])
        assert Order.objects.values_list("total_minor", "cancelled_at").get() == (600, None)
        assert Customer.objects.get().spent_minor == 600


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_purchase_that_came_to_nothing_is_no_order_and_takes_one_back(order):
    told = [
        event(1, "Order Completed", user="u", order_id="1", total=5, financial_status="pending", updated_at="2026-11-20T08:01:00Z"),
        event(
            3, "Order Updated", user="u", order_id="1", total=5, financial_status="voided", updated_at="2026-11-20T08:03:00Z", sold=False
        ),
        event(
            4, "Order Updated", user="u", order_id="2", total=5, financial_status="voided", updated_at="2026-11-20T08:04:00Z", sold=False
        ),
    ]
    with work_for(make_store()):
        for place in order:
            take([told[place]])
        assert Order.objects.values_list("number", "payment_state").get() == ("1", "voided")
        assert Customer.objects.get().spent_minor == 0


def test_a_newer_version_that_says_nothing_of_it_takes_parts_lines_and_coupons_away():
    first = {"total": 5, "discount": 1, "shipping": 2, "coupons": ["HELLO"], "products": LINES, "updated_at": "2026-11-20T08:01:00Z"}
    nothing: dict[str, object] = {"discount": None, "shipping": 0, "tax": 0, "coupons": [], "products": [], "cancelled_at": None}
    second = {"total": 5, "updated_at": "2026-11-20T08:02:00Z", **nothing}
    versions = [event(1, "Order Completed", user="u", order_id="1", **first), event(2, "Order Updated", user="u", order_id="1", **second)]
    with work_for(make_store()):
        for one in versions:
            take([one])
        order = Order.objects.get()
        assert (order.discount_minor, order.shipping_minor, order.coupons, order.lines.count()) == (0, 0, [], 0)


def test_a_version_from_the_future_does_not_freeze_an_order():
    with work_for(make_store()):
        take([event(1, "Order Completed", user="u", order_id="1", total=5, updated_at="2099-01-01T00:00:00Z")])
        assert Order.objects.get().reported_at == NOW
        later = event(2, "Order Updated", user="u", order_id="1", total=7, updated_at="2099-01-01T00:00:00Z")
        later.received_at = NOW + timedelta(minutes=1)
        take([later])
        assert Order.objects.get().total_minor == 700


def test_lines_come_to_what_the_shop_says_and_money_alone_goes_back():
    with work_for(make_store()):
        take([event(1, "Order Completed", user="u", order_id="1", total=15, products=[LINES[0] | {"amount": "15.00"}])])
        take([event(2, "Order Refunded", user="u", order_id="1", products=[{"product_id": "beans", "quantity": 0, "amount": "5.00"}])])
        order, refund = Order.objects.get(), Refund.objects.get()
        assert (order.lines.get().amount_minor, order.refunded_minor) == (1500, 500)
        assert (refund.total_minor, refund.lines.get().quantity, refund.lines.get().amount_minor) == (500, 0, 500)


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


@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_a_refund_that_names_no_currency_is_in_that_of_its_order(order):
    lines = [{"product_id": "beans", "quantity": 0, "amount": 500}]
    told = [
        event(1, "Order Completed", user="u", order_id="1", total=6420, currency="JPY"),
        event(2, "Order Refunded", user="u", order_id="1", refund_id="r", total=500, products=lines),
    ]
    with work_for(make_store(currency="EUR")):
        for place in order:
            take([told[place]])
        refund = Refund.objects.get()
        assert (refund.currency, refund.total_minor, refund.lines.get().amount_minor) == ("JPY", 500, 500)
        assert (refund.order.refunded_minor, refund.order.payment_state) == (500, "part_refunded")


def test_money_of_another_currency_is_not_taken_from_an_order():
    with work_for(make_store(currency="EUR")):
        take([event(1, "Order Completed", user="u", order_id="1", total=10)])
        take([event(2, "Order Refunded", user="u", order_id="1", refund_id="r", total=500, currency="JPY")])
        assert Order.objects.values_list("refunded_minor", "payment_state").get() == (0, "paid")
        assert Refund.objects.values_list("total_minor", "currency").get() == (500, "JPY")


@pytest.mark.parametrize("batches", [[["closed"], ["asked"]], [["closed", "asked"]], [["asked"], ["closed"]]])
def test_the_goods_of_a_return_are_kept_when_its_end_is_heard_of_first(batches):
    goods = [{"product_id": "beans", "quantity": 1, "reason": "too dark"}]
    told = {
        "asked": event(1, "Return Updated", user="u", return_id="t", order_id="1", state="requested", products=goods),
        "closed": event(9, "Return Updated", user="u", return_id="t", order_id="1", state="closed"),
    }
    with work_for(make_store()):
        for batch in batches:
            take([told[name] for name in batch])
        back = Return.objects.get()
        assert (back.state, back.requested_at) == ("closed", told["asked"].occurred_at)
        assert [(line.product_id, line.quantity, line.reason) for line in back.lines.all()] == [("beans", 1, "too dark")]
