"""Products of a mail: what a person looked at, what fits them and what the template names; nothing sold out, nothing just bought."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.personalization.companions import MOST_BESIDE, bought_together
from campaigns.personalization.shelves import PERSONAL, chosen_in, shelves_for
from campaigns.truth.picking import LISTS
from retention.catalog.models import Category, Product, StockLevel, Variant
from retention.customers.models import Customer, CustomerEvent
from retention.orders.models import Order, OrderLine
from retention.tenancy.context import store_context
from tests.campaigns.story import buy, make_shopper
from tests.factories import make_store

pytestmark = pytest.mark.django_db
ALL = ["{{ viewed.first.name }} {% for p in recommended %}{% endfor %}"]


def product(
    shop_id: str, *, category: str = "", price: int = 1000, stock: int | None = None, state: str = "active", **more: Any
) -> Product:
    group = Category.objects.get_or_create(path=category)[0] if category else None
    made: Product = Product.objects.create(
        shop_id=shop_id, name=shop_id.title(), category=group, state=state, url=f"https://l.test/{shop_id}"
    )
    variant = Variant.objects.create(product=made, shop_id=shop_id, currency="EUR", price_minor=price, **more)
    if stock is not None:
        StockLevel.objects.create(variant=variant, available=stock, reported_at=made.created_at)
    return made


def sell(shop_id: str, pieces: int, *, now: datetime, to: Customer | None = None) -> None:
    order = buy(to or make_shopper(consent=False, now=now), None, now=now - timedelta(days=1))
    OrderLine.objects.create(
        order=order, position=1, product_id=shop_id, name=shop_id, quantity=pieces, price_minor=1000, amount_minor=1000
    )


def look(customer: Customer, shop_id: str, *, now: datetime, days: int = 1) -> None:
    moment = now - timedelta(days=days)
    CustomerEvent.objects.create(
        customer=customer, kind="track", name="Product Viewed", properties={"product_id": shop_id}, occurred_at=moment, received_at=moment
    )


def ids(shown: list[dict[str, Any]]) -> list[str]:
    return [one["product_id"] for one in shown]


def test_what_was_looked_at_comes_newest_first_and_only_while_it_can_be_bought(store: Any, now: datetime) -> None:
    ana = make_shopper(now=now)
    for shop_id, days in (("mug", 3), ("kettle", 1), ("gone", 1), ("draft", 2), ("mug", 2)):
        look(ana, shop_id, now=now, days=days)
    product("mug")
    product("kettle", price=5900, compare_at_minor=7900)
    product("gone", stock=0)
    product("draft", state="seen")
    shown = shelves_for([ana], sources=ALL, now=now).of(ana.pk)["viewed"]
    assert ids(shown) == ["kettle", "mug"]
    assert (shown[0]["price_minor"], shown[0]["compare_at_minor"], shown[0]["currency"]) == (5900, 7900, "EUR")
    assert shelves_for([ana], sources=ALL, now=now + timedelta(days=90)).of(ana.pk)["viewed"] == []


def test_what_fits_is_the_best_of_what_they_like_and_never_what_they_just_bought(store: Any, now: datetime) -> None:
    ana, ben = make_shopper(now=now), make_shopper("Ben", now=now)
    Customer.objects.filter(pk=ana.pk).update(interests=["espresso"])
    ana.refresh_from_db()
    for shop_id, category, pieces in (
        ("mug", "Cups", 9),
        ("blend", "Coffee > Espresso", 3),
        ("roast", "Coffee > Espresso", 5),
        ("sold", "Cups", 20),
    ):
        product(shop_id, category=category, stock=0 if shop_id == "sold" else 5)
        sell(shop_id, pieces, now=now)
    sell("roast", 1, now=now, to=ana)
    shelves = shelves_for([ana, ben], sources=ALL, now=now)
    assert ids(shelves.of(ana.pk)["recommended"]) == ["blend", "mug"]
    assert ids(shelves.of(ben.pk)["recommended"]) == ["mug", "roast", "blend"]


def test_a_shop_without_orders_shows_its_newest(store: Any, now: datetime) -> None:
    product("old")
    product("new")
    ana = make_shopper(now=now)
    assert ids(shelves_for([ana], sources=ALL, now=now).of(ana.pk)["recommended"]) == ["new", "old"]


def test_a_template_names_its_own_products(store: Any, now: datetime) -> None:
    source = """{% assign chosen = "mug,kettle" | split: "," %} {{ products['roast'].name }} {{ products["x y"].name }}"""
    assert chosen_in([source, source]) == ["mug", "kettle", "roast", "x y"]
    product("mug")
    product("roast", stock=-1)
    shelves = shelves_for([make_shopper(now=now)], sources=[source], now=now)
    assert list(shelves.products) == ["mug"]


def test_a_slice_takes_as_many_questions_as_one_person_and_none_when_no_template_asks(store: Any, now: datetime) -> None:
    people = [make_shopper(f"P{number}", now=now) for number in range(20)]
    product("mug")
    for one in people:
        look(one, "mug", now=now)
    shelves_for(people[:1], sources=ALL, now=now)  # best sellers are added up once, and not by these
    counts = []
    for some in (people[:1], people):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            shelves_for(some, sources=ALL, now=now)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 7
    with CaptureQueriesContext(connection) as asked:
        assert shelves_for(people, sources=["Our recommended products {{ profile.first_name }}"], now=now).of(people[0].pk)["viewed"] == []
    assert len(asked) == 0


def test_another_shops_products_are_never_shown(store: Any, now: datetime) -> None:
    from retention.tenancy.context import store_context
    from tests.factories import make_store

    other = make_store("Other")
    with store_context(other.pk):
        product("mug")
    ana = make_shopper(now=now)
    look(ana, "mug", now=now)
    assert shelves_for([ana], sources=[*ALL, "{{ products['mug'].name }}"], now=now).of(ana.pk) == {
        "viewed": [], "recommended": [], "newest": [], "companions": [], "products": {},
    }  # fmt: skip


def test_best_sellers_are_added_up_once_in_ten_minutes_however_many_slices_ask(store: Any, now: datetime) -> None:
    ana = make_shopper(now=now)
    for shop_id in ("mug", "roast"):
        product(shop_id)
    sell("mug", 2, now=now)
    assert (asked(ana, now), asked(ana, now + timedelta(minutes=9))) == ((1, ["mug", "roast"]), (0, ["mug", "roast"]))
    sell("roast", 5, now=now)
    assert asked(ana, now + timedelta(minutes=9)) == (0, ["mug", "roast"])
    assert asked(ana, now + timedelta(minutes=10)) == (1, ["roast", "mug"])
    with store_context(make_store("Other").pk):
        assert asked(make_shopper(now=now), now) == (1, [])


def asked(person: Customer, now: datetime) -> tuple[int, list[str]]:
    """Return how often order lines were added up for a slice, and what it shows."""
    with CaptureQueriesContext(connection) as queries:
        shown = shelves_for([person], sources=ALL, now=now).of(person.pk)["recommended"]
    return sum("orders_orderline" in query["sql"] and "SUM(" in query["sql"] for query in queries), ids(shown)


def test_what_is_new_is_shown_with_what_they_like_first_and_nothing_they_just_bought(store: Any, now: datetime) -> None:
    ana, ben = make_shopper(now=now), make_shopper("Ben", now=now)
    Customer.objects.filter(pk=ana.pk).update(interests=["espresso"])
    ana.refresh_from_db()
    for days, (shop_id, category) in enumerate((("mug", "Cups"), ("blend", "Coffee > Espresso"), ("jug", "Cups"), ("sold", "Cups"))):
        product(shop_id, category=category, stock=0 if shop_id == "sold" else 5)
        Product.objects.filter(shop_id=shop_id).update(created_at=now - timedelta(days=9 - days))
    sell("mug", 1, now=now, to=ana)
    shelves = shelves_for([ana, ben], sources=["{{ newest.first.name }}"], now=now)
    assert (ids(shelves.of(ana.pk)["newest"]), ids(shelves.of(ben.pk)["newest"])) == (["blend", "jug"], ["jug", "blend", "mug"])
    assert shelves.of(ana.pk)["recommended"] == []


def test_what_goes_together_is_what_stood_beside_it_in_other_orders(store: Any, now: datetime) -> None:
    ana, ben = make_shopper(now=now), make_shopper("Ben", now=now)
    for shop_id in ("grinder", "beans", "filters", "mug"):
        product(shop_id, stock=5)
    for others in (("beans", "filters"), ("beans",), ("beans", "filters"), ("mug",)):
        order = buy(ben, None, now=now - timedelta(days=200))
        for place, shop_id in enumerate(("grinder", *others)):
            OrderLine.objects.create(order=order, position=place + 1, product_id=shop_id, quantity=1, price_minor=100, amount_minor=100)
    sell("grinder", 1, now=now, to=ana)
    sell("mug", 9, now=now)
    shelves = shelves_for([ana, ben], sources=["{{ companions.first.name }}"], now=now)
    assert ids(shelves.of(ana.pk)["companions"])[:3] == ["beans", "filters", "mug"], "beside it thrice, twice, and a best seller"
    assert ids(shelves.of(ben.pk)["companions"])[0] == "mug", "he bought long ago: best sellers"
    assert shelves.of(ana.pk)["recommended"] == []


def test_what_goes_together_is_counted_once_in_ten_minutes_without_cancelled_orders_and_24_of_it_at_most(store: Any, now: datetime) -> None:
    ben = make_shopper("Ben", now=now)
    for cancelled in (None, None, now, now):
        order = buy(ben, None, now=now - timedelta(days=9))
        Order.objects.filter(pk=order.pk).update(cancelled_at=cancelled)
        beside = ["returned"] if cancelled else [f"part-{number:02}" for number in range(MOST_BESIDE + 2)]
        for place, shop_id in enumerate(("grinder", *beside)):
            OrderLine.objects.create(order=order, position=place + 1, product_id=shop_id, quantity=1, price_minor=100, amount_minor=100)

    def counted(*products: str, at: datetime) -> tuple[int, dict[str, list[str]]]:
        with CaptureQueriesContext(connection) as queries:
            found = bought_together(products, now=at)
        return len(queries), found

    parts = {"grinder": [f"part-{number:02}" for number in range(MOST_BESIDE)]}
    assert counted("grinder", "unknown", at=now) == (1, parts)
    assert counted("grinder", "unknown", at=now + timedelta(minutes=9)) == (0, parts)
    assert counted("grinder", at=now + timedelta(minutes=10)) == (1, parts)
    with store_context(make_store("Other").pk):
        assert counted("grinder", at=now) == (1, {})


def test_every_shelf_of_a_person_is_looked_at_again_before_it_leaves() -> None:
    assert LISTS == PERSONAL
