"""The demo's shop, without a browser: there in the demo only, its basket and links, and what it refuses."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from retention.demo import store as demo_store
from retention.demo.shop.goods import GOODS, SHELVES, found_by
from retention.demo.shop.visit import COOKIE, Visit, shipping_of
from retention.stores.models import ApiKey, Store
from retention.tenancy.context import store_context
from retention.testing.running import ROOT
from tests.factories import make_store

pytestmark = pytest.mark.django_db

SHOP = "/demo/shop/"


@pytest.fixture
def shop(settings: Any) -> Store:
    """Lumen Coffee, in the demo; its server has no key, so nothing it reports arrives."""
    settings.DEMO = True
    return make_store("Lumen Coffee", slug=demo_store.SLUG)


def told(answer: Any) -> list[str]:
    """Return the names of what a page tells."""
    found = re.search(r'<script id="shop-tells" type="application/json">(.*?)</script>', answer.content.decode())
    assert found
    return [call[1] if call[0] == "track" else call[0] for call in json.loads(found.group(1))]


def test_outside_the_demo_there_is_no_shop(client: Client) -> None:
    make_store("Lumen Coffee", slug=demo_store.SLUG)
    answers = [client.get(SHOP), client.get(f"{SHOP}basket/"), client.post(f"{SHOP}products/dripper/put/", {"add": "1"})]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert COOKIE not in client.cookies


def test_before_the_demo_s_store_is_there_the_shop_is_not_either(client: Client, settings: Any) -> None:
    settings.DEMO = True
    assert client.get(SHOP).status_code == 404


def test_the_pages_carry_the_store_s_own_public_key_and_make_it_once(client: Client, shop: Store) -> None:
    bodies = [client.get(path).content.decode() for path in (SHOP, f"{SHOP}basket/")]
    with store_context(shop.pk):
        key = ApiKey.objects.get()
    assert key.kind == "public"
    assert all(f'data-key="{key.shown}"' in body for body in bodies)


def test_there_are_a_dozen_products_each_with_words_a_shelf_and_a_picture() -> None:
    assert len(GOODS) == 12
    assert {good.shelf for good in GOODS.values()} == set(SHELVES)
    for good in GOODS.values():
        assert good.words
        assert "<svg" in (ROOT / "static" / good.picture).read_text()


def test_the_search_finds_words_wherever_they_stand(client: Client, shop: Store) -> None:
    assert [good.sku for good in found_by("FILTER colombia")] == ["filter-colombia-250"]
    assert told(client.get(SHOP, {"q": "grinder"})) == ["Products Searched"]
    assert "Nothing here is called that." in client.get(SHOP, {"q": "tea <b>"}).content.decode()


def test_a_basket_fills_changes_and_empties(client: Client, shop: Store) -> None:
    put = f"{SHOP}products/dripper/put/"
    client.post(put, {"quantity": "2", "add": "1"})
    assert told(client.get(f"{SHOP}basket/")) == ["Product Added", "Cart Viewed"]
    assert told(client.get(f"{SHOP}basket/")) == ["Cart Viewed"], "what a button did is told once"
    client.post(put, {"quantity": "99", "add": "1"})
    assert "€216.00" in client.get(f"{SHOP}basket/").content.decode(), "nine pieces at most"
    client.post(put, {"quantity": "0"})
    answer = client.get(f"{SHOP}basket/")
    assert told(answer) == ["Product Removed"]
    assert "It is empty." in answer.content.decode()


@pytest.mark.parametrize("quantity", ["-1", "", "many", "1e9", "٣", "999999999999"])
def test_a_quantity_that_is_none_means_one(client: Client, shop: Store, quantity: str) -> None:
    client.post(f"{SHOP}products/dripper/put/", {"quantity": quantity, "add": "1"})
    assert "€24.00" in client.get(f"{SHOP}basket/").content.decode()


def test_a_link_brings_the_basket_back_in_another_browser(client: Client, shop: Store) -> None:
    client.post(f"{SHOP}products/dripper/put/", {"quantity": "2", "add": "1"})
    found = re.search(r'"restore_url": "http://[^/]+(/[^"]+)"', client.get(f"{SHOP}basket/").content.decode())
    assert found
    other = Client()
    assert other.get(found.group(1)).headers["Location"] == f"{SHOP}basket/"
    assert "€48.00" in other.get(f"{SHOP}basket/").content.decode()
    assert other.get(f"{SHOP}basket/back/forged/").status_code == 404


def test_a_cookie_nobody_here_signed_is_a_new_visitor(client: Client, shop: Store) -> None:
    client.cookies[COOKIE] = "forged:value"
    assert client.get(SHOP).status_code == 200
    client.post(f"{SHOP}products/dripper/put/", {"quantity": "2", "add": "1"})
    kept = client.cookies[COOKIE]
    assert (kept["path"], kept["httponly"], kept["samesite"]) == (SHOP, True, "Lax")
    client.cookies[COOKIE] = kept.value[:-2] + "xx"
    assert "It is empty." in client.get(f"{SHOP}basket/").content.decode()


def test_a_step_of_the_checkout_cannot_be_skipped(client: Client, shop: Store) -> None:
    assert client.get(f"{SHOP}checkout/").headers["Location"] == f"{SHOP}basket/"
    client.post(f"{SHOP}products/dripper/put/", {"quantity": "1", "add": "1"})
    assert client.get(f"{SHOP}checkout/delivery/").headers["Location"] == f"{SHOP}checkout/"
    assert client.get(f"{SHOP}checkout/payment/").headers["Location"] == f"{SHOP}checkout/delivery/"
    assert client.get(f"{SHOP}order/").headers["Location"] == SHOP
    answer = client.post(f"{SHOP}checkout/", {"email": "nobody", "first_name": "Ann"})
    assert answer.status_code == 422
    assert "Enter a valid email address." in answer.content.decode()


def test_shipping_is_free_from_fifty_euros_and_never_when_it_hurries() -> None:
    assert [shipping_of("standard", goods_minor=goods) for goods in (4999, 5000)] == [490, 0]
    assert shipping_of("express", goods_minor=9000) == 990
    visit = Visit(basket={"hand-grinder": 1}, delivery={"way": "express"})
    assert (visit.goods_minor, visit.shipping_minor, visit.total_minor) == (8900, 990, 9890)


def test_an_order_stands_while_the_report_waits(client: Client, shop: Store) -> None:
    client.post(f"{SHOP}products/dripper/put/", {"quantity": "1", "add": "1"})
    client.post(f"{SHOP}checkout/", {"email": "ann@example.test", "first_name": "Ann", "last_name": "Lee"})
    where = {"street": "Ring 1", "postcode": "1010", "city": "Wien", "country": "AT", "way": "standard"}
    client.post(f"{SHOP}checkout/delivery/", where)
    assert client.post(f"{SHOP}checkout/payment/", {"card": "4000 0000 0000 0002"}).status_code == 422
    assert client.post(f"{SHOP}checkout/payment/", {"card": "4242424242424242"}).headers["Location"] == f"{SHOP}order/"
    body = client.get(f"{SHOP}order/").content.decode()
    assert "Thank you, Ann." in body
    assert "could not report this order" in body
    assert "€28.90" in body
