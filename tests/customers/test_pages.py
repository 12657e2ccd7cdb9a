"""The pages of the customers room, opened as the people of Lumen open them."""

from datetime import timedelta

import pytest

from retention.kit.clock import now
from tests.cast import lumen, other_store
from tests.factories import signed_in
from tests.factories.customers import make_cart, make_customer, make_event, make_order

pytestmark = pytest.mark.django_db


def test_list_shows_names_permissions_and_what_they_spent():
    shop = lumen()
    ana = make_customer(
        shop.store, "ana@example.test", first_name="Ana", last_name="Ferrer", allows=("email",), city="Valencia", country="ES"
    )
    make_order(ana, total_minor=31240)
    page = signed_in(shop.mia).get("/s/lumen/customers/")
    text = page.content.decode()
    assert page.status_code == 200
    for part in ("Ana Ferrer", "Valencia, ES", "E-mail: yes", "SMS: not asked", "€312.40"):
        assert part in text


def test_search_finds_by_the_beginning_of_an_address_and_pages_go_on():
    shop = lumen()
    for number in range(30):
        make_customer(shop.store, f"p{number:02}@example.test")
    browser = signed_in(shop.mia)
    text = browser.get("/s/lumen/customers/?q=P07").content.decode()
    assert "p07@example.test" in text
    assert "p08@example.test" not in text
    first = browser.get("/s/lumen/customers/")
    more = browser.get("/s/lumen/customers/", {"cursor": first.context["page"].next}).content.decode()
    assert "p00@example.test" in more
    assert browser.get("/s/lumen/customers/?q=%00").status_code == 200


@pytest.mark.parametrize("count", [1, 12])
def test_list_asks_as_many_questions_for_twelve_as_for_one(count, django_assert_max_num_queries):
    shop = lumen()
    for _ in range(count):
        make_order(make_customer(shop.store))
    browser = signed_in(shop.mia)
    browser.get("/s/lumen/customers/")
    with django_assert_max_num_queries(20):
        answer = browser.get("/s/lumen/customers/")
    assert answer.status_code == 200


def test_one_customer_shows_the_story_by_day_with_basket_and_orders():
    shop = lumen()
    ana = make_customer(shop.store, "ana@example.test", first_name="Ana", allows=("email",))
    make_event(ana, "Product Added", properties={"name": "Grinder"}, at=now() - timedelta(days=1))
    make_event(ana, "Order Completed", properties={"order_id": "7"}, refusal="Order 7 was counted already.")
    make_cart(ana, product="grinder", price_minor=8900)
    make_order(ana, number="7", total_minor=8900)
    text = signed_in(shop.mia).get(f"/s/lumen/customers/{ana.public_id}/").content.decode()
    for part in (
        "Put Grinder into the basket",
        "Ordered, number 7",
        "Not counted: Order 7 was counted already.",
        "€89.00",
        "Order 7",
        "Today, ",
    ):
        assert part in text


def test_arriving_says_what_was_not_counted():
    shop = lumen()
    visitor = make_customer(shop.store, "")
    make_event(visitor, "Order Completed", refusal="An order counts only when the shop's server sends it with a secret key.")
    make_event(visitor, "Product Viewed", properties={"name": "Beans"})
    browser = signed_in(shop.ada)
    everything, refused = browser.get("/s/lumen/arriving/"), browser.get("/s/lumen/arriving/?only=refused")
    assert "Product Viewed" in everything.content.decode()
    assert "Product Viewed" not in refused.content.decode()
    assert "An order counts only" in refused.content.decode()
    fragment = browser.get("/s/lumen/arriving/", headers={"HX-Request": "true", "HX-Target": "arrived"}).content.decode()
    assert fragment.lstrip().startswith("<div")
    assert "<html" not in fragment


def test_arriving_names_nobody_to_an_analyst():
    shop = lumen()
    ana = make_customer(shop.store, first_name="Anabel")
    make_event(ana, "Product Viewed", properties={"name": "Beans"})
    assert "Anabel" in signed_in(shop.mia).get("/s/lumen/arriving/").content.decode()
    page = signed_in(shop.ada).get("/s/lumen/arriving/").content.decode()
    assert "a customer" in page
    assert "Anabel" not in page
    assert str(ana.public_id) not in page


def test_a_stranger_and_the_wrong_role_see_nothing():
    shop = lumen()
    ana = make_customer(shop.store)
    _store, olga = other_store()
    assert signed_in(olga).get(f"/s/lumen/customers/{ana.public_id}/").status_code == 404
    assert signed_in(olga).get(f"/s/kite/customers/{ana.public_id}/").status_code == 404
    assert signed_in(shop.ada).get("/s/lumen/customers/").status_code == 403
