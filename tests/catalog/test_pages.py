"""The catalogue as people see it: finding products, their prices over time, their stock, what sold."""

from datetime import timedelta

import pytest

from retention.catalog.models import Category, PriceChange, Product, StockLevel, Variant
from retention.kit.clock import now
from retention.orders.models import OrderLine
from tests.cast import lumen, other_store
from tests.factories import signed_in, work_for
from tests.factories.customers import make_customer, make_order

pytestmark = pytest.mark.django_db
HERE = "/s/lumen/catalog/"


@pytest.fixture
def shop():
    """A shop with a roast in two sizes and a mug that only visitors know."""
    made = lumen()
    with work_for(made.store):
        shelf = Category.objects.create(path="Coffee / Espresso")
        roast = Product.objects.create(
            shop_id="p1", name="Advent Roast", name_key="advent roast", category=shelf, brand="Lumen", state="active"
        )
        for place, (sku, price) in enumerate((("AR-250", 1290), ("AR-1000", 3890))):
            variant = Variant.objects.create(
                product=roast, shop_id=f"v{place}", sku=sku, position=place + 1, currency="EUR", price_minor=price
            )
            StockLevel.objects.create(variant=variant, place="Berlin", available=7, reported_at=now())
        PriceChange.objects.create(variant=variant, currency="EUR", price_minor=3490, changed_at=now() - timedelta(days=9))
        PriceChange.objects.create(variant=variant, currency="EUR", price_minor=3890, changed_at=now())
        Product.objects.create(shop_id="mug", name="Mug", name_key="mug", state="seen")
    return made


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Advent Roast", "Mug"]), ("q=adv", ["Advent Roast"]), ("q=AR-1000", ["Advent Roast"]), ("q=mug", ["Mug"]), ("q=oast", []),
        ("state=seen", ["Mug"]), ("category=Coffee+%2F+Espresso", ["Advent Roast"]), ("brand=Lumen", ["Advent Roast"]),
        ("brand=Lumen&state=seen", []), ("state=nonsense", ["Advent Roast", "Mug"]),
    ],
)  # fmt: skip
def test_products_are_found_by_name_sku_id_and_narrowed(shop, query, found):
    page = signed_in(shop.ada).get(f"{HERE}?{query}")
    assert [str(row["product"]) for row in page.context["page"].rows] == found


def test_the_list_shows_price_range_and_stock_and_asks_a_fixed_number_of_questions(shop, django_assert_max_num_queries):
    browser = signed_in(shop.ada)
    browser.get(HERE)
    with django_assert_max_num_queries(20):
        text = browser.get(HERE).content.decode()
    assert "€12.90 to €38.90" in text
    assert "14" in text
    assert "not known" in text


def test_one_product_shows_prices_over_time_stock_per_place_and_what_sold(shop):
    ana = make_customer(shop.store)
    for days, state in ((10, "paid"), (60, "paid"), (5, "voided")):
        order = make_order(ana, placed=now() - timedelta(days=days), payment_state=state)
        with work_for(shop.store):
            OrderLine.objects.create(order=order, position=1, product_id="p1", quantity=2, price_minor=1290, amount_minor=2580)
    with work_for(shop.store):
        roast, mug = Product.objects.get(shop_id="p1"), Product.objects.get(shop_id="mug")
    browser = signed_in(shop.ada)
    text = browser.get(f"{HERE}{roast.public_id}/").content.decode()
    for part in ("SKU AR-1000", "Berlin", 'aria-label="From €34.90', "2 pieces", "4 pieces", "€25.80 in 1 order", "€51.60 in 2 orders"):
        assert part in text
    assert "Known from visitors only." in browser.get(f"{HERE}{mug.public_id}/").content.decode()
    _store, olga = other_store()
    assert signed_in(olga).get(f"/s/kite/catalog/{roast.public_id}/").status_code == 404
