"""The app may have a young table's statistics taken, and of a large one it does nothing."""

import pytest
from django.db import DatabaseError, connection, transaction

from retention.kit.clock import now
from retention.orders.models import Order
from retention.tenancy.statistics import KNOWN_FROM, MANY, know_table, looking_up
from tests.factories import make_store, work_for

_ROWS = "SELECT reltuples FROM pg_class WHERE oid = 'orders_order'::regclass"


def known_rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_ROWS)
        return int(cursor.fetchone()[0])


def shown(setting: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {setting}")
        return str(cursor.fetchone()[0])


def fail(*, raises: type[Exception] = DatabaseError) -> None:
    """Break the transaction with a raw statement, and raise what came of it or something else in its place."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
    except DatabaseError as error:
        raise raises(str(error)) from None


@transaction.atomic
def fail_inside() -> None:
    fail()


@pytest.mark.django_db
def test_a_young_table_is_known_from_the_transaction_that_fills_it():
    store = make_store()
    moment = now()

    def fill(numbers: range) -> None:
        rows = [Order(number=str(number), currency="EUR", total_minor=1, placed_at=moment, received_at=moment) for number in numbers]
        Order.objects.bulk_create(rows)

    with work_for(store):
        fill(range(KNOWN_FROM))
        patience = shown("lock_timeout")
        before = known_rows()
        know_table(Order, made=MANY - 1)
        assert known_rows() == before, "a few new rows are no reason to look"
        know_table(Order, made=KNOWN_FROM)
        assert shown("lock_timeout") == patience, "the caller's own statements wait for locks as long as before"
        assert known_rows() >= KNOWN_FROM
        known = known_rows()
        fill(range(KNOWN_FROM, KNOWN_FROM + 500))
        know_table(Order, made=500)
        assert known_rows() == known


@pytest.mark.django_db
@pytest.mark.parametrize("raises", [DatabaseError, ValueError])
def test_what_broke_a_transaction_is_told_as_it_is(raises):
    with pytest.raises(raises, match="division by zero"), transaction.atomic(), looking_up():
        fail(raises=raises)
    assert shown("enable_hashjoin") == "on"


@pytest.mark.django_db
def test_the_planner_is_free_again_behind_what_failed_in_a_whole_transaction():
    with pytest.raises(DatabaseError), looking_up():
        fail_inside()
    assert shown("enable_hashjoin") == "on"
    with looking_up():
        assert shown("enable_hashjoin") == "off"
    assert shown("enable_hashjoin") == "on"
