"""One event that cannot be applied must not hold up its store, nor the other stores, nor the answer of /readyz."""

import logging
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg2
import pytest
from django.db import ProgrammingError

from retention.customers.models import Customer, CustomerEvent
from retention.intake.projecting import project_due
from retention.intake.projecting.batching import NOT_APPLIED
from retention.kit.clock import now
from retention.kit.money import LARGEST_MINOR
from retention.orders.models import Cart, CartLine, Order
from retention.stores.models import StoreWork
from tests.factories import make_store, work_for
from tests.intake.stories import event, take

HUGE = "92233720368547758.07"
TEN_TRILLION = 10_000_000_000_000  # in euro, the largest amount there is


@contextmanager
def refusing(table: str, condition: str) -> Iterator[None]:
    """Let the database refuse some rows of a table, as the owner could tell it to."""
    with closing(psycopg2.connect(os.environ["DATABASE_OWNER_URL"])) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT planted CHECK ({condition}) NOT VALID")
        try:
            yield
        finally:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT planted")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ({"price": HUGE, "quantity": 2}, "properties.price: The amount is too large."),
        ({"price": "9999999999999", "quantity": 2}, "properties.price: Price times quantity is too large."),
        ({"price": 1, "quantity": 10**6 + 1}, "properties.quantity: This must be a whole number between 1 and 1000000."),
    ],
)
def test_a_visitor_who_names_a_price_no_database_holds_stops_nobody(properties, words):
    with work_for(make_store()):
        take(
            [
                event(1, "Product Added", browser="a", trusted=False, product_id="x", **properties),
                event(2, "Product Added", browser="b", trusted=False, product_id="y", price=1),
            ]
        )
        assert dict(CustomerEvent.objects.values_list("anonymous_id", "refusal")) == {"a": words, "b": ""}
        assert Cart.objects.get().total_minor == 100
        assert not CustomerEvent.objects.unprojected().exists()


@pytest.mark.django_db
def test_many_pieces_told_one_by_one_stop_nobody_either():
    with work_for(make_store()):
        take([event(1, "Product Added", browser="a", product_id="x", price=0, quantity=10**6) for _number in range(2200)])
        take([event(2, "Product Added", browser="a", product_id="x", price=TEN_TRILLION)])
        assert CartLine.objects.get().quantity == 10**6
        assert Cart.objects.get().total_minor == 10**15


@pytest.mark.django_db
def test_an_order_beside_one_that_fills_the_sum_is_taken():
    with work_for(make_store()):
        take([event(1, "Order Completed", user="u", order_id="1", total=1)])
        Order.objects.update(total_minor=LARGEST_MINOR)  # as files could once tell
        take([event(2, "Order Completed", user=user, order_id=f"of {user}", total=5) for user in ("t", "u", "v")])
        assert not CustomerEvent.objects.unprojected().exists()
        assert set(Order.objects.values_list("number", flat=True)) == {"1", "of t", "of u", "of v"}
        assert not CustomerEvent.objects.exclude(refusal="").exists()
        assert sorted(Customer.objects.values_list("orders_count", "spent_minor")) == [(1, 500), (1, 500), (2, LARGEST_MINOR)]


@pytest.mark.django_db
@pytest.mark.parametrize("moment", ["", "soon", "9999-12-31T23:59:59-12:00", 7, None, []])
def test_a_cancellation_at_no_moment_stops_nobody(moment):
    with work_for(make_store()):
        take([event(1, "Order Cancelled", user="u", order_id="1", cancelled_at=moment)])
        take([event(2, "Order Completed", user=user, order_id=f"{number}", total=5) for number, user in enumerate("tuv")])
        assert not CustomerEvent.objects.unprojected().exists()
        assert set(Order.objects.values_list("number", flat=True)) >= {"0", "2"}


@pytest.mark.django_db(transaction=True)
def test_what_the_database_refuses_is_found_refused_and_logged_without_its_words(caplog):
    store = make_store()
    with work_for(store):
        events = [
            event(number % 60, "Product Added", browser=f"b{number}", product_id="poison" if number in {7, 8, 40} else "p", price=1)
            for number in range(50)
        ]
        CustomerEvent.objects.bulk_create(events)
    StoreWork.ring("project", store_id=store.pk, due_at=now())
    with refusing("orders_cartline", "product_id <> 'poison'"), caplog.at_level(logging.ERROR, "boomerang.intake"):
        assert project_due(now=now, seconds=30) == 50
    with work_for(store):
        refused = dict(CustomerEvent.objects.exclude(refusal="").values_list("anonymous_id", "refusal"))
        assert refused == dict.fromkeys(("b7", "b8", "b40"), NOT_APPLIED % "IntegrityError")
        assert not CustomerEvent.objects.unprojected().exists()
        assert (Cart.objects.count(), Customer.objects.count()) == (47, 47)
    assert not StoreWork.objects.filter(kind="project").exists()
    assert [(line.cause, "carting.py" in line.trace) for line in caplog.records] == [("IntegrityError", True)] * 3
    assert "poison" not in "".join(str(vars(line)) for line in caplog.records)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_not_migrated_refuses_no_event():
    store = make_store()
    with closing(psycopg2.connect(os.environ["DATABASE_OWNER_URL"])) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute("ALTER TABLE orders_cart RENAME COLUMN stage TO stage_away")
        try:
            with work_for(store), pytest.raises(ProgrammingError):
                take([event(1, "Product Added", browser="b", product_id="p", price=1)])
        finally:
            cursor.execute("ALTER TABLE orders_cart RENAME COLUMN stage_away TO stage")
    with work_for(store):
        assert CustomerEvent.objects.unprojected().count() == 1
        take([])
        assert Cart.objects.get().stage == "basket"
