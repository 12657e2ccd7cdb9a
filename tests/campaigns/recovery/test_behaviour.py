"""Stored events become visits: by session, by half an hour of silence, on several devices at once."""

from datetime import timedelta

import pytest

from campaigns.recovery.rules.behaviour import STEPS, read_moment, still_moving, visits_of
from tests.campaigns.recovery.visiting import NINE, moment, visit


def lengths(*moments):
    return [[round((one.at - NINE) / timedelta(minutes=1)) for one in found.moments] for found in visits_of(moments)]


def on(session: str):
    return {"session": {"id": session}}


def test_half_an_hour_of_silence_ends_a_visit():
    assert lengths(moment(0, "/"), moment(29, "/a"), moment(59, "/b")) == [[0, 29], [59]]


def test_another_session_is_another_visit_and_two_devices_are_two():
    told = [
        moment(0, "/", context=on("a")),
        moment(1, "/", context=on("b")),
        moment(2, "/", context=on("a")),
        moment(3, "/", context=on("b")),
    ]
    assert lengths(*told) == [[0, 2], [1, 3]]


def test_what_the_server_reports_without_a_session_belongs_to_the_visit_going_on():
    told = [moment(0, "Product Added", {"product_id": "p"}, context=on("a")), moment(2, "Order Completed", {"order_id": "1"})]
    assert [one.bought for one in visits_of(told)] == [True]


def test_order_of_arrival_makes_no_difference():
    told = [moment(minute, "/") for minute in (40, 0, 5, 80)]
    assert lengths(*told) == lengths(*reversed(told)) == [[0, 5], [40], [80]]


def test_who_did_something_half_an_hour_ago_has_left():
    told = [moment(0, "/")]
    assert still_moving(told, now=NINE + timedelta(minutes=29, seconds=59))
    assert not still_moving(told, now=NINE + timedelta(minutes=30))


def test_a_basket_is_what_was_put_in_and_not_taken_out_and_empty_after_an_order():
    tea, cup = {"product_id": "tea", "price": 4.5, "quantity": 2}, {"product_id": "cup", "price": "9.90"}
    assert visit((0, "Product Added", tea), (1, "Product Added", cup), (2, "Product Removed", cup)).basket() == {"tea": (2, 4.5)}
    assert visit((0, "Product Added", tea), (1, "Order Completed", {"order_id": "1"})).basket() == {}


def test_a_click_and_the_view_it_leads_to_count_once():
    told = visit(
        (0, "Product Clicked", {"product_id": "a"}),
        (0.1, "Product Viewed", {"product_id": "a"}),
        (3, "Product Viewed", {"product_id": "a"}),
    )
    assert told.opened() == {"a": 2}


@pytest.mark.parametrize(
    ("told", "step"),
    [
        (["/"], "visit"),
        (["/", "Product Viewed"], "product"),
        (["Product Viewed", "Product Added"], "basket"),
        (["Product Added", "Checkout Started"], "checkout"),
        (["Checkout Started", "Payment Info Entered"], "payment"),
        (["Payment Failed"], "payment"),
        (["Order Completed"], "order"),
    ],
)
def test_how_far_a_visit_came(told, step):
    assert STEPS[visit(*((place, name) for place, name in enumerate(told))).reached] == step


def test_the_shipping_cost_is_a_step_of_its_own():
    assert STEPS[visit((0, "Checkout Started"), (1, "Checkout Step Viewed", {"step": 2})).reached] == "shipping"
    assert STEPS[visit((0, "Checkout Started", {"shipping": 4.9})).reached] == "shipping"
    assert STEPS[visit((0, "Checkout Started"), (1, "Checkout Step Viewed", {"step": 1})).reached] == "checkout"


@pytest.mark.parametrize(
    ("context", "device"),
    [
        ({"device": {"type": "ios"}}, "phone"),
        ({"userAgent": "Mozilla/5.0 (Linux; Android 15; Pixel 9) Mobile"}, "phone"),
        ({"userAgent": "Mozilla/5.0 (iPad; CPU OS 18_0)"}, "tablet"),
        ({"userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0)"}, "computer"),
        ({}, ""),
    ],
)
def test_devices(context, device):
    assert visit((0, "/"), context=context).device() == device


def test_nothing_an_event_says_breaks_the_reading():
    awful = {"price": "NaN", "quantity": -3, "step": {"a": 1}, "results": "many", "product_id": ["x"], "stock": True, "availability": 7}
    context = {"session": "text", "page": 3, "campaign": [], "referrer": {"url": "http://[broken"}, "userAgent": None, "device": "x"}
    found = read_moment("track", "Products Searched", awful, context, at=NINE)
    assert (found.price, found.quantity, found.step, found.product, found.referrer, found.device) == (0.0, 1, 0, "", "", "")


@pytest.mark.parametrize(
    ("path", "helps"),
    [("/pages/delivery", True), ("/faq", True), ("/checkout/delivery/", False), ("/kasse/versand", False), ("/products/mug", False)],
)
def test_the_till_s_own_pages_answer_nobody_s_question(path, helps):
    assert moment(0, path).helping is helps
