"""The database engine: the store's setting travels with each transaction and is forgotten wherever a transaction ends."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DataError, ProgrammingError, connection, connections, transaction
from django.db.utils import InternalError
from psycopg2 import sql

from retention.customers.models import Customer, Identity
from retention.tenancy.context import NoStore, current_store_id, store_context, user_context
from retention.tenancy.unscoped import unscoped
from tests.factories import make_store

SETTING = "SELECT current_setting('app.store_id', true), current_user"
REFUSED = (ProgrammingError, DataError, InternalError)


@pytest.fixture
def stores() -> Iterator[tuple[int, int]]:
    """Two stores, each with one customer named for it."""
    made = []
    for name in ("first", "second"):
        store = make_store(name)
        with store_context(store.pk):
            Customer.objects.create(first_name=name)
        made.append(store.pk)
    yield made[0], made[1]
    connection.close()


def _ask(question: Any, *values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchone()


def _names() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT first_name FROM customers_customer ORDER BY first_name")
        return [row[0] for row in cursor.fetchall()]


commits = pytest.mark.django_db(transaction=True)


@commits
def test_raw_sql_sees_the_active_store_only(stores: tuple[int, int]) -> None:
    for store, name in zip(stores, ("first", "second"), strict=True):
        with store_context(store):
            assert _names() == [name]


@commits
def test_raw_sql_without_a_store_is_an_error_and_not_an_empty_answer(stores: tuple[int, int]) -> None:
    with pytest.raises(REFUSED):
        _names()
    connection.close()
    with pytest.raises(REFUSED):
        _names()


@commits
def test_nothing_is_left_after_a_commit(stores: tuple[int, int]) -> None:
    with store_context(stores[0]), transaction.atomic():
        assert _names() == ["first"]
    assert _ask(SETTING) == ("", "boomerang_app")
    with pytest.raises(REFUSED):
        _names()


@commits
def test_nothing_is_left_after_a_rollback(stores: tuple[int, int]) -> None:
    with store_context(stores[0]), transaction.atomic():
        assert _names() == ["first"]
        transaction.set_rollback(True)
    with pytest.raises(REFUSED):
        _names()


@commits
def test_a_rolled_back_savepoint_does_not_bring_another_store_back(stores: tuple[int, int]) -> None:
    with store_context(stores[0]), transaction.atomic():
        assert _names() == ["first"]
        with store_context(stores[1]), transaction.atomic():
            assert _names() == ["second"]
            transaction.set_rollback(True)
        assert _names() == ["first"]


@commits
def test_a_savepoint_rolled_back_after_the_switch_inside_it_keeps_the_new_store(stores: tuple[int, int]) -> None:
    with transaction.atomic():
        with store_context(stores[0]):
            point = transaction.savepoint()
        with store_context(stores[1]):
            assert _names() == ["second"]
            transaction.savepoint_rollback(point)
            assert _names() == ["second"]


@commits
def test_contexts_nest_and_come_back(stores: tuple[int, int]) -> None:
    with store_context(stores[0]), transaction.atomic():
        with store_context(stores[1]):
            assert _names() == ["second"]
            with unscoped(reason="test"):
                assert _names() == ["first", "second"]
                with store_context(stores[0]):
                    assert _names() == ["first"]
            assert _names() == ["second"]
        assert _names() == ["first"]


@commits
def test_a_context_left_inside_a_transaction_closes_the_door(stores: tuple[int, int]) -> None:
    with transaction.atomic():
        with store_context(stores[0]):
            assert _names() == ["first"]
        with pytest.raises(REFUSED), transaction.atomic():
            _names()


@commits
def test_every_statement_in_autocommit_carries_the_store(stores: tuple[int, int]) -> None:
    with store_context(stores[0]):
        assert [_names(), _names()] == [["first"], ["first"]]
    with store_context(stores[1]):
        assert _names() == ["second"]


@commits
def test_executemany_carries_the_store(stores: tuple[int, int]) -> None:
    with store_context(stores[1]), connection.cursor() as cursor:
        cursor.executemany("UPDATE customers_customer SET last_name = %s", [["once"], ["twice"]])
    with unscoped(reason="test"):
        assert list(Customer.objects.order_by("first_name").values_list("last_name", flat=True)) == ["", "twice"]


@commits
def test_executemany_inside_a_transaction_carries_the_store(stores: tuple[int, int]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for store, name in zip(stores, ("first", "second"), strict=True):
            with store_context(store):
                cursor.executemany("UPDATE customers_customer SET last_name = first_name || %s", [["-1"], ["-2"]])
                assert _ask("SELECT last_name FROM customers_customer") == (f"{name}-2",)


@commits
def test_a_composed_statement_carries_the_store(stores: tuple[int, int]) -> None:
    question = sql.SQL("SELECT {} FROM {}").format(sql.Identifier("first_name"), sql.Identifier("customers_customer"))
    with store_context(stores[1]):
        assert _ask(question) == ("second",)


@commits
def test_a_failed_statement_leaves_the_next_transaction_clean(stores: tuple[int, int]) -> None:
    with store_context(stores[0]):
        with pytest.raises(DataError), transaction.atomic():
            _ask("SELECT 1/0")
        assert _names() == ["first"]
        with pytest.raises(DataError):
            _ask("SELECT 1/0")
        assert _names() == ["first"]


@commits
def test_a_closed_connection_takes_nothing_over(stores: tuple[int, int]) -> None:
    with store_context(stores[0]):
        assert _names() == ["first"]
        connection.close()
        assert _names() == ["first"]
    connection.close()
    with pytest.raises(REFUSED):
        _names()


@commits
def test_a_persistent_connection_serves_the_next_store(stores: tuple[int, int]) -> None:
    backend = _ask("SELECT pg_backend_pid()")
    for _round in range(3):
        for store, name in zip(stores, ("first", "second"), strict=True):
            with store_context(store):
                assert _names() == [name]
    assert _ask("SELECT pg_backend_pid()") == backend


@commits
def test_threads_do_not_share_a_store(stores: tuple[int, int]) -> None:
    seen: dict[str, Any] = {}
    both = threading.Barrier(2, timeout=30)

    def work(name: str, store: int | None) -> None:
        try:
            if store is None:
                both.wait()
                seen[name] = current_store_id()
                return
            with store_context(store):
                both.wait()
                seen[name] = [_names() for _turn in range(20)]
        finally:
            connections.close_all()

    with store_context(stores[0]):
        for pair in ((("one", stores[0]), ("two", stores[1])), (("three", stores[1]), ("none", None))):
            threads = [threading.Thread(target=work, args=entry) for entry in pair]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(timeout=60)
    assert seen == {"one": [["first"]] * 20, "two": [["second"]] * 20, "three": [["second"]] * 20, "none": None}


@commits
def test_a_row_cannot_be_written_into_another_store(stores: tuple[int, int]) -> None:
    with store_context(stores[0]):
        with pytest.raises(REFUSED, match="row-level security"):
            _ask(
                "INSERT INTO customers_identity (store_id, customer_id, kind, value, created_at) VALUES (%s, 1, 'external', 'x', now())",
                stores[1],
            )
        with pytest.raises(REFUSED, match="row-level security"):
            _ask("UPDATE customers_customer SET store_id = %s RETURNING id", stores[1])
    with unscoped(reason="test"):
        assert Identity.objects.count() == 0


@commits
def test_the_platform_role_reads_across_stores_and_writes_nothing_it_was_not_given(stores: tuple[int, int]) -> None:
    with unscoped(reason="test"):
        assert Customer.objects.count() == 2
        with pytest.raises(REFUSED, match="permission denied"):
            Customer.objects.update(first_name="gone")


@commits
def test_the_person_s_setting_opens_their_own_memberships_only(stores: tuple[int, int]) -> None:
    with user_context(1):
        assert _ask("SELECT current_setting('app.user_id'), current_setting('app.store_id')") == ("1", "")
        with pytest.raises(REFUSED):
            _names()


@pytest.mark.django_db
def test_the_setting_costs_no_round_trip_of_its_own(django_assert_num_queries: Any) -> None:
    store = make_store("counted")
    with store_context(store.pk), django_assert_num_queries(1):
        assert list(Customer.objects.all()) == []


@pytest.mark.django_db
def test_a_store_is_always_a_number() -> None:
    with pytest.raises(ValueError, match="invalid literal"), store_context("1; DROP TABLE x"):  # type: ignore[arg-type]
        pass
    with pytest.raises(NoStore):
        Customer.objects.count()
