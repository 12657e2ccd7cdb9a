"""The app may have a young table's statistics taken, and of a large one it does nothing."""

import pytest
from django.db import connection

from retention.kit.clock import now
from retention.orders.models import Order
from retention.tenancy.statistics import KNOWN_FROM, MANY, know_table
from tests.factories import make_store, work_for

_ROWS = "SELECT reltuples FROM pg_class WHERE oid = 'orders_order'::regclass"


def known_rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_ROWS)
        return int(cursor.fetchone()[0])


def waits_for_locks() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        return str(cursor.fetchone()[0])


@pytest.mark.django_db
def test_a_young_table_is_known_from_the_transaction_that_fills_it():
    store = make_store()
    moment = now()

    def fill(numbers: range) -> None:
        rows = [Order(number=str(number), currency="EUR", total_minor=1, placed_at=moment, received_at=moment) for number in numbers]
        Order.objects.bulk_create(rows)

    with work_for(store):
        fill(range(KNOWN_FROM))
        patience = waits_for_locks()
        before = known_rows()
        know_table(Order, made=MANY - 1)
        assert known_rows() == before, "a few new rows are no reason to look"
        know_table(Order, made=KNOWN_FROM)
        assert waits_for_locks() == patience, "the caller's own statements wait for locks as long as before"
        assert known_rows() >= KNOWN_FROM
        known = known_rows()
        fill(range(KNOWN_FROM, KNOWN_FROM + 500))
        know_table(Order, made=500)
        assert known_rows() == known
