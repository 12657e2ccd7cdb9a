"""Orders and baskets as people see them: what is found, what it comes to, and whose names an analyst does not see."""

from datetime import timedelta

import pytest

from retention.kit.clock import now
from retention.orders.figures import refigure
from retention.orders.models import Order, OrderLine, Refund, Return
from tests.cast import lumen, other_store
from tests.factories import signed_in, work_for
from tests.factories.customers import make_cart, make_customer, make_order

pytestmark = pytest.mark.django_db
ORDERS, BASKETS = "/s/lumen/orders/", "/s/lumen/baskets/"


@pytest.fixture
def shop():
    return lumen()


@pytest.fixture
def ana(shop):
    return make_customer(shop.store, "ana@example.test", first_name="Ana", last_name="Ferrer")


def numbers(page):
    """Return the numbers a page lists."""
    return [order.number for order in page.context["page"].rows]


def test_orders_are_found_narrowed_and_summed_in_a_sentence(shop, ana):
    make_order(ana, number="1", total_minor=5_000, placed=now() - timedelta(days=1), label="#1001")
    make_order(
        ana,
        number="2",
        total_minor=4_000,
        refunded_minor=1_000,
        payment_state="part_refunded",
        placed=now() - timedelta(days=2),
        source="shopify",
    )
    make_order(ana, number="3", total_minor=9_999, cancelled_at=now(), placed=now() - timedelta(days=3))
    make_order(ana, number="4", total_minor=7_000, placed=now() - timedelta(days=80), fulfilment_state="done")
    browser = signed_in(shop.mia)
    page = browser.get(ORDERS)
    assert numbers(page) == ["1", "2", "3"]
    text = page.content.decode()
    assert "Last 30 days: <b>2 orders</b> brought <b>€80.00</b>." in text
    assert "€10.00 was given back." in text
    assert numbers(browser.get(f"{ORDERS}?q=4")) == ["4"]
    assert numbers(browser.get(f"{ORDERS}?q=1001")) == ["1"]
    assert numbers(browser.get(f"{ORDERS}?payment=part_refunded")) == ["2"]
    assert numbers(browser.get(f"{ORDERS}?period=all&fulfilment=done")) == ["4"]
    assert numbers(browser.get(f"{ORDERS}?source=shopify")) == ["2"]
    assert numbers(browser.get(f"{ORDERS}?q=%00&period=nonsense")) == ["1", "2", "3"]
    assert "Choose a period" in browser.get(f"{ORDERS}?period=all").content.decode()


def test_a_credit_note_without_an_order_lowers_what_a_customer_is_worth(shop, ana):
    make_order(ana, total_minor=5_000)
    with work_for(shop.store):
        for number, order_number in (("c1", ""), ("c2", "still to come")):
            Refund.objects.create(
                customer=ana,
                number=number,
                order_number=order_number,
                currency="EUR",
                total_minor=1_500,
                refunded_at=now(),
                received_at=now(),
            )
        refigure([ana.pk], currency="EUR")
        ana.refresh_from_db()
        assert ana.spent_minor == 3_500
    text = signed_in(shop.mia).get(f"/s/lumen/customers/{ana.public_id}/").content.decode()
    assert ("€35.00" in text, "€15.00" in text) == (True, True)


def test_one_order_shows_lines_parts_refunds_returns_and_its_basket(shop, ana):
    cart = make_cart(ana, state="bought", closed_at=now())
    order = make_order(
        ana,
        number="7",
        total_minor=5_000,
        refunded_minor=500,
        shipping_minor=490,
        discount_minor=300,
        coupons=["TEN"],
        cart=cart,
        payment_state="part_refunded",
    )
    with work_for(shop.store):
        OrderLine.objects.create(order=order, position=1, product_id="p1", name="Beans", quantity=2, price_minor=2405, amount_minor=4810)
        Refund.objects.create(
            order=order, customer=ana, number="R1", currency="EUR", total_minor=500, reason="Torn bag", refunded_at=now(), received_at=now()
        )
        Return.objects.create(customer=ana, number="B1", order_number="7", state="in_transit", requested_at=now(), reported_at=now())
    text = signed_in(shop.mia).get(f"{ORDERS}{order.public_id}/").content.decode()
    for part in (
        "Beans",
        "€48.10",
        "€4.90",
        "−€3.00",
        "TEN",
        "Torn bag",
        "On the way back",
        "€45.00",
        "Ana Ferrer",
        f"/baskets/{cart.public_id}/",
    ):
        assert part in text


def test_baskets_stand_in_their_view_with_worth_and_stage(shop, ana):
    moment = now()
    bo, cem = make_customer(shop.store, first_name="Bo"), make_customer(shop.store, first_name="Cem")
    make_cart(
        ana,
        price_minor=3870,
        touched=moment - timedelta(hours=2),
        idle_at=moment,
        stage="checkout_2",
        restore_url="https://lumen.example.test/r/1",
    )
    make_cart(bo, price_minor=1250, touched=moment)
    make_cart(cem, state="recovered", closed_at=moment)
    browser = signed_in(shop.mia)
    page = browser.get(BASKETS)
    assert [cart.customer.first_name for cart in page.context["page"].rows] == ["Bo"]
    assert "1 basket is filled at this moment, worth €12.50. 1 was left alone, worth €38.70." in page.content.decode()
    left = browser.get(f"{BASKETS}?view=left")
    assert [cart.customer.first_name for cart in left.context["page"].rows] == ["Ana"]
    assert "Checkout, step 2" in left.content.decode()
    assert [cart.customer.first_name for cart in browser.get(f"{BASKETS}?view=back").context["page"].rows] == ["Cem"]
    one = left.context["page"].rows[0]
    text = browser.get(f"{BASKETS}{one.public_id}/").content.decode()
    assert "https://lumen.example.test/r/1" in text
    assert "Counts as left alone" in text


def test_an_analyst_sees_figures_and_no_names_nor_the_link_into_a_basket(shop, ana):
    order = make_order(ana)
    cart = make_cart(ana, restore_url="https://lumen.example.test/r/1")
    ada = signed_in(shop.ada)
    for where in (ORDERS, f"{ORDERS}{order.public_id}/", BASKETS, f"{BASKETS}{cart.public_id}/"):
        text = ada.get(where).content.decode()
        assert "a customer" in text
        assert "Ferrer" not in text
        assert "/r/1" not in text


def test_a_stranger_finds_nothing(shop, ana):
    order, cart = make_order(ana), make_cart(ana)
    _store, olga = other_store()
    assert signed_in(olga).get(f"/s/kite/orders/{order.public_id}/").status_code == 404
    assert signed_in(olga).get(f"/s/kite/baskets/{cart.public_id}/").status_code == 404
    with work_for(shop.store):
        assert Order.objects.count() == 1


@pytest.mark.parametrize(("where", "count"), [(ORDERS, 1), (ORDERS, 12), (BASKETS, 1), (BASKETS, 12)])
def test_lists_ask_as_many_questions_for_twelve_as_for_one(shop, where, count, django_assert_max_num_queries):
    for _ in range(count):
        someone = make_customer(shop.store)
        make_order(someone)
        make_cart(someone)
    browser = signed_in(shop.mia)
    browser.get(where)
    with django_assert_max_num_queries(16):
        answer = browser.get(where)
    assert answer.status_code == 200
