"""Baskets as a fold over events, and amounts as storefronts write them: tables of cases, no database."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from retention.orders.amounts import Unreadable, read_amount, read_line
from retention.orders.baskets import Purchase, fold, read_change

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def change(minute: int, name: str, **properties):
    return read_change(name, properties, at=at(minute), event_id=minute, currency="EUR")


def test_adds_removes_and_closes():
    changes = [
        change(1, "Product Added", product_id="a", price=10, quantity=2),
        change(2, "Product Added", product_id="b", price="5.50"),
        change(3, "Product Removed", product_id="a"),
        change(4, "Checkout Step Viewed", step=2),
        change(6, "Product Added", product_id="c", price=1),
    ]
    first, second = fold(changes, [Purchase(at(5), 7)])
    assert (first.total_minor, first.stage, first.order_id, first.closed_at) == (1550, "checkout_2", 7, at(5))
    assert (second.total_minor, second.order_id, second.started_at) == (100, None, at(6))


def test_the_order_of_arrival_does_not_matter():
    changes = [
        change(1, "Product Added", product_id="a", price=1),
        change(2, "Checkout Started", products=[{"product_id": "b", "price": 2}]),
        change(4, "Product Added", product_id="c", price=3),
    ]
    outcomes = {str(fold(order, [Purchase(at(3), 1)])) for order in permutations(changes)}
    assert len(outcomes) == 1


def test_no_number_of_events_makes_a_basket_larger_than_the_database_counts():
    changes = [change(1, "Product Added", product_id="a", price=0, quantity=10**6)] * 3000
    changes += [change(2, "Product Added", product_id="a", price="9999999999999")]
    changes += [change(3, "Product Added", product_id=f"b{number}", price=1) for number in range(600)]
    [basket] = fold(changes, [])
    assert (basket.lines["a", ""].quantity, len(basket.lines), basket.total_minor) == (10**6, 500, 10**15)


def test_a_removal_or_an_empty_look_opens_nothing():
    assert fold([change(1, "Product Removed", product_id="a"), change(2, "Cart Viewed")], [Purchase(at(3), 1)]) == []


@pytest.mark.parametrize("name", ["Cart Viewed", "Checkout Started"])
def test_an_emptied_basket_is_empty_and_one_that_is_not_listed_stays(name):
    [emptied] = fold([change(1, "Product Added", product_id="a", price=1), change(2, name, products=[])], [])
    assert (emptied.lines, emptied.total_minor, emptied.last_activity_at) == ({}, 0, at(2))
    for silent in ({}, {"products": None}):
        [kept] = fold([change(1, "Product Added", product_id="a", price=1), change(2, name, **silent)], [])
        assert kept.total_minor == 100


def test_amounts_of_two_currencies_are_never_added_up():
    first = change(1, "Product Added", product_id="a", price=10, currency="USD")
    [basket] = fold([first, change(2, "Product Added", product_id="b", price=7, currency="EUR")], [])
    assert (basket.currency, basket.total_minor, [line.product_id for line in basket.lines.values()]) == ("EUR", 700, ["b"])
    yen = change(3, "Product Added", product_id="c", price=700, currency="JPY")
    [basket] = fold([yen, change(4, "Product Added", product_id="d", price=3)], [])
    assert (basket.currency, basket.total_minor) == ("EUR", 300)


def test_an_event_that_names_no_currency_means_the_baskets():
    changes = [
        change(1, "Product Added", product_id="a", price=10, currency="USD"),
        change(2, "Product Added", product_id="b", price=5),
        change(3, "Product Removed", product_id="b", currency="EUR"),
        change(4, "Checkout Step Viewed", step=2),
    ]
    [basket] = fold(changes, [])
    assert (basket.currency, basket.total_minor, basket.stage) == ("USD", 1000, "checkout_2")


@pytest.mark.parametrize(
    ("value", "currency", "minor"),
    [
        (12.5, "EUR", 1250),
        ("12.50", "EUR", 1250),
        (59.970000000000006, "EUR", 5997),
        (6420, "JPY", 6420),
        (1.234, "KWD", 1234),
        (0, "EUR", 0),
        (0.1 + 0.2, "EUR", 30),
    ],
)
def test_reads_amounts_exactly(value, currency, minor):
    assert read_amount(value, currency=currency, field="total") == minor


@pytest.mark.parametrize(
    ("value", "currency"),
    [
        (-1, "EUR"),
        (12.345, "EUR"),
        (1.5, "JPY"),
        ("1,50", "EUR"),
        ("NaN", "EUR"),
        (True, "EUR"),
        ([], "EUR"),
        (1e30, "EUR"),
        ("10000000000000.01", "EUR"),
        (10**15 + 1, "JPY"),
        (1, "XXX"),
        ("", "EUR"),
    ],
)
def test_refuses_what_is_no_amount(value, currency):
    with pytest.raises(Unreadable, match=r"^total: "):
        read_amount(value, currency=currency, field="total")


@pytest.mark.parametrize(
    "product",
    [
        {},
        {"product_id": ""},
        {"product_id": "a", "quantity": 0},
        {"product_id": "a", "quantity": -1},
        {"product_id": "a", "quantity": 1.5},
        {"product_id": "a", "quantity": 10**9},
        {"product_id": "a", "price": "92233720368547758.07"},
        {"product_id": "a", "price": "10000000000", "quantity": 1001},
        "a",
    ],
)
def test_refuses_what_is_no_product(product):
    with pytest.raises(Unreadable):
        read_line(product, currency="EUR")
