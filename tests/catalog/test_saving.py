"""What a shop reports about products becomes rows, in whatever order the reports arrive."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from retention.catalog.models import PriceChange, Product, StockLevel, Variant
from retention.catalog.saving import (
    CostReport,
    ProductReport,
    Seen,
    StockReport,
    VariantReport,
    note_seen,
    save_products,
    save_variants,
    set_costs,
    set_stock,
)
from retention.catalog.shelves import PRICES_SHOWN, variants_of
from tests.factories import make_store, work_for

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def report(*, hours: int = 0, price: int = 1250, **fields):
    """Return a report of one bag of beans with one variant."""
    variants = [VariantReport(shop_id="v1", currency="EUR", sku="BEANS-250", stock_id="i1", price_minor=price)]
    given = {"name": "Beans", "category": "Coffee / Beans", "variants": variants}
    return ProductReport(shop_id="p1", reported_at=NOW + timedelta(hours=hours), **(given | fields))


@pytest.fixture(autouse=True)
def _store():
    with work_for(make_store()):
        yield


def test_a_report_makes_the_product_its_category_variant_and_price():
    save_products([report()], now=NOW)
    product, variant = Product.objects.get(), Variant.objects.get()
    assert (product.name, product.name_key, product.state, product.category.path) == ("Beans", "beans", "active", "Coffee / Beans")
    assert (variant.sku, variant.price_minor, variant.currency, variant.removed_at) == ("BEANS-250", 1250, "EUR", None)
    assert list(PriceChange.objects.values_list("price_minor", flat=True)) == [1250]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_newest_version_wins_whatever_arrives_last(order):
    reports = [report(price=1000), report(hours=1, price=1100, name="Old beans"), report(hours=2, price=1200, name="New beans")]
    for place in order:
        save_products([reports[place]], now=NOW)
    assert Product.objects.get().name == "New beans"
    assert Variant.objects.get().price_minor == 1200


def test_the_same_report_twice_changes_nothing():
    for _ in range(2):
        save_products([report(), report()], now=NOW)
    assert (Product.objects.count(), Variant.objects.count(), PriceChange.objects.count()) == (1, 1, 1)


def test_a_removed_product_keeps_its_words_and_loses_its_variants():
    save_products([report()], now=NOW)
    save_products([report(hours=1, state="deleted", name="", variants=())], now=NOW)
    product = Product.objects.get()
    assert (product.state, product.name) == ("deleted", "Beans")
    assert Variant.objects.get().removed_at == NOW + timedelta(hours=1)


def test_stock_is_found_by_each_id_and_an_older_report_is_left_aside():
    save_products([report()], now=NOW)
    at = {hours: NOW + timedelta(hours=hours) for hours in range(4)}
    assert set_stock([StockReport(at[2], 7, stock_id="i1", place="Berlin"), StockReport(at[1], 9, sku="BEANS-250", place="Berlin")]) == 2
    assert set_stock([StockReport(at[0], 3, variant_shop_id="v1", place="Berlin"), StockReport(at[3], 1, sku="unknown")]) == 1
    assert list(StockLevel.objects.values_list("place", "available")) == [("Berlin", 7)]


def test_what_a_visitor_saw_never_changes_what_the_shop_said():
    note_seen([Seen("p1", name="A lie", url="https://evil.example.test"), Seen("p2", name="Unknown mug")], now=NOW)
    save_products([report()], now=NOW)
    note_seen([Seen("p1", name="A lie again")], now=NOW)
    assert dict(Product.objects.values_list("shop_id", "name")) == {"p1": "Beans", "p2": "Unknown mug"}
    assert Product.objects.get(shop_id="p2").state == "seen"
    assert not Variant.objects.filter(product__shop_id="p2").exists()


def test_variants_that_a_shop_tells_apart_join_their_product_and_leave_the_others():
    save_variants("p1", [VariantReport("v2", "EUR", price_minor=900)], reported_at=NOW, source="woocommerce", now=NOW)
    save_products([report(whole=False, variants=[])], now=NOW)
    save_variants("p1", [VariantReport("v3", "EUR", price_minor=700)], reported_at=NOW, source="woocommerce", now=NOW)
    save_variants("p1", [VariantReport("v2", "EUR", price_minor=1)], reported_at=NOW - timedelta(hours=1), source="woocommerce", now=NOW)
    assert Product.objects.values_list("shop_id", "name", "state").get() == ("p1", "Beans", "active")
    found = Variant.objects.order_by("shop_id").values_list("shop_id", "price_minor", "removed_at")
    assert list(found) == [("v2", 900, None), ("v3", 700, None)]


def test_a_cost_told_late_does_not_overwrite_a_newer_one():
    save_products([report()], now=NOW)
    save_products([report(hours=3)], now=NOW)
    later, sooner = NOW + timedelta(hours=2), NOW + timedelta(hours=1)
    set_costs([CostReport(later, 700, "EUR", stock_id="i1")])
    set_costs([CostReport(sooner, 600, "EUR", stock_id="i1"), CostReport(NOW + timedelta(hours=4), 1, "USD", stock_id="i1")])
    assert Variant.objects.values_list("cost_minor", "cost_reported_at").get() == (700, later)
    told_with_the_product = [VariantReport("v1", "EUR", sku="BEANS-250", price_minor=1250, cost_minor=500)]
    save_products([report(hours=5, variants=told_with_the_product)], now=NOW)
    assert Variant.objects.get().cost_minor == 500


def test_of_several_variants_with_one_sku_the_one_still_sold_is_meant():
    save_products([report()], now=NOW)
    save_products([report(hours=1, variants=[VariantReport("v2", "EUR", sku="BEANS-250", price_minor=1300)])], now=NOW)
    set_stock([StockReport(NOW, 7, sku="BEANS-250")])
    set_costs([CostReport(NOW, 700, "EUR", stock_id="unknown", sku="BEANS-250")])
    assert StockLevel.objects.get().variant.shop_id == "v2"
    assert dict(Variant.objects.values_list("shop_id", "cost_minor")) == {"v1": None, "v2": 700}


def test_a_product_page_reads_only_the_prices_it_shows():
    for hours in range(PRICES_SHOWN + 5):
        save_products([report(hours=hours, price=1000 + hours)], now=NOW)
    [line] = variants_of(Product.objects.get())
    assert [change.price_minor for change in line.changes] == [1000 + hours for hours in range(PRICES_SHOWN + 4, 4, -1)]
    assert len(line.variant.price_changes.all()) == PRICES_SHOWN
