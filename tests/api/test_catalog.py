"""Products and stock through the API: in bulk, version-safe, and a refusal names the product and the field."""

import pytest

from retention.catalog.models import Product, StockLevel
from tests.api.calling import Api
from tests.factories import make_store, work_for

pytestmark = pytest.mark.django_db
GRINDER = {
    "shop_id": "grinder", "name": "Hand grinder", "category": "Coffee / Grinders", "brand": "Lumen", "tags": ["new"],
    "url": "https://shop.example.com/grinder", "reported_at": "2026-11-20T12:00:00Z",
    "variants": [{"shop_id": "black", "sku": "GR-1", "price_minor": 8900}, {"shop_id": "red", "price_minor": 9900, "currency": "USD"}],
}  # fmt: skip


@pytest.fixture
def store():
    return make_store(currency="EUR")


@pytest.fixture
def api(store):
    return Api(store)


def test_saves_reads_and_finds_products(api):
    answer = api.ask("post", "products", {"products": [GRINDER, {"shop_id": "beans", "name": "Beans"}]})
    assert answer.status_code == 200
    grinder, beans = answer.json()["products"]
    assert [(one["shop_id"], one["currency"], one["price_minor"]) for one in grinder["variants"]] == [
        ("black", "EUR", 8900),
        ("red", "USD", 9900),
    ]
    assert api.get(f"products/{grinder['id']}")["category"] == "Coffee / Grinders"
    assert [row["id"] for row in api.get("products?sku=GR-1")["results"]] == [grinder["id"]]
    assert [row["id"] for row in api.get("products?search=bea")["results"]] == [beans["id"]]
    assert [row["id"] for row in api.get("products?shop_id=beans&state=active")["results"]] == [beans["id"]]


def test_an_older_version_never_overwrites_a_newer_one(api):
    api.ask("post", "products", {"products": [GRINDER]})
    late = api.ask("post", "products", {"products": [GRINDER | {"name": "Old name", "reported_at": "2026-11-19T12:00:00Z"}]})
    assert late.json()["products"][0]["name"] == "Hand grinder"


def test_one_wrong_product_names_itself_and_nothing_is_saved(api, store):
    wrong = {"shop_id": "beans", "name": "Beans", "variants": [{"shop_id": "bag", "price_minor": 12.5}], "url": "javascript:alert(1)"}
    answer = api.ask("post", "products", {"products": [GRINDER, wrong]})
    assert answer.status_code == 400
    errors = answer.json()["errors"]["products"]["1"]
    assert set(errors) == {"url", "variants"}
    with work_for(store):
        assert Product.objects.count() == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"products": []},
        {"products": {}},
        [],
        {"products": [GRINDER] * 101},
        {"products": [GRINDER, GRINDER]},
        {"products": [GRINDER | {"variants": [{"shop_id": "a"}, {"shop_id": "a"}]}]},
        {"products": [GRINDER | {"reported_at": "2999-01-01T00:00:00Z"}]},
        {"products": [GRINDER | {"variants": [{"shop_id": "a", "price_minor": -1}]}]},
        {"products": [GRINDER | {"variants": [{"shop_id": "a", "price_minor": 10**16}]}]},
        {"products": [GRINDER | {"variants": [{"shop_id": "a", "currency": "XXQ"}]}]},
    ],
)
def test_refuses_what_is_no_list_of_products(api, store, body):
    answer = api.ask("post", "products", body)
    assert answer.status_code == 400
    assert "products" in answer.json()["errors"]
    with work_for(store):
        assert Product.objects.count() == 0


def test_sets_stock_of_known_variants_and_counts_the_others(api, store):
    api.ask("post", "products", {"products": [GRINDER]})
    answer = api.ask("post", "stock", {"stock": [{"sku": "GR-1", "available": 24}, {"sku": "?", "available": 1}]})
    assert answer.json() == {"found": 1, "unknown": 1}
    late = {"sku": "GR-1", "available": 99, "reported_at": "2020-01-01T00:00:00Z"}
    api.ask("post", "stock", {"stock": [late]})
    with work_for(store):
        assert StockLevel.objects.get().available == 24
    assert api.get("products?sku=GR-1")["results"][0]["variants"][0]["stock"][0]["available"] == 24
    nothing = api.ask("post", "stock", {"stock": [{"available": 1}]})
    assert nothing.json()["errors"] == {"stock": {"0": {"sku": ["Give a stock_id, a variant_shop_id or a sku."]}}}


def test_no_product_of_another_store_is_seen_or_changed(api, store):
    other = make_store()
    foreign = Api(other).ask("post", "products", {"products": [GRINDER]}).json()["products"][0]
    assert api.ask("get", f"products/{foreign['id']}").status_code == 404
    api.ask("post", "products", {"products": [GRINDER | {"name": "Mine"}]})
    with work_for(other):
        assert Product.objects.get().name == "Hand grinder"
