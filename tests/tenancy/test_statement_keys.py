"""A foreign key that is asked by statement refuses what one that is asked by row refuses, also while others write."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, NotSupportedError, ProgrammingError, connection, connections, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.models import F

from retention.orders.models import Order, OrderLine
from retention.stores.models import Store
from retention.tenancy.context import store_context
from tests.factories import make_store, work_for
from tests.tenancy.reflection import definer_faults

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
MOST_SECONDS = 30
KEYS = ("order_line_order_of_store", "message_customer_of_store", "message_version_of_store")
DOES = ("asks", "asks_again", "follows")
MENDING = {
    "retention.orders.migrations.0009_line_keys_close_their_functions": "orders",
    "campaigns.migrations.0052_message_keys_close_their_functions": "campaigns",
}
LINES_KEY = "order_line_order_of_store"
# The first form of the key, with nothing in its functions: a moved line was asked by statement, an order before it changed.
FIRST_WAY = f"""
    CREATE FUNCTION {LINES_KEY}_asks() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
    CREATE FUNCTION {LINES_KEY}_follows() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
    CREATE FUNCTION {LINES_KEY}_stays() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER {LINES_KEY}_made AFTER INSERT ON orders_orderline
        REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION {LINES_KEY}_asks();
    CREATE TRIGGER {LINES_KEY}_moved AFTER UPDATE ON orders_orderline
        REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION {LINES_KEY}_asks();
    CREATE TRIGGER {LINES_KEY}_gone AFTER DELETE ON orders_order
        REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION {LINES_KEY}_follows();
    CREATE TRIGGER {LINES_KEY}_kept BEFORE UPDATE ON orders_order FOR EACH ROW EXECUTE FUNCTION {LINES_KEY}_stays()
"""


@pytest.fixture
def store() -> Iterator[Store]:
    store = make_store()
    with work_for(store):
        yield store


def make_order(number: str) -> Order:
    return Order.objects.create(number=number, currency="EUR", total_minor=100, placed_at=NOW, received_at=NOW)


def make_lines(*order_ids: int) -> None:
    OrderLine.objects.bulk_create(
        [OrderLine(order_id=one, position=place, product_id="X", quantity=1) for place, one in enumerate(order_ids)]
    )


def refused(act: Callable[[], object]) -> None:
    before = sorted(OrderLine.objects.values_list("order_id", "position"))
    with pytest.raises(IntegrityError), transaction.atomic():
        act()
    assert sorted(OrderLine.objects.values_list("order_id", "position")) == before


@pytest.mark.django_db
def test_a_row_without_its_head_is_refused_with_its_whole_statement(store: Store) -> None:
    with work_for(make_store()):
        of_another = make_order("1").pk
    own = make_order("1").pk
    make_lines(own, own)
    refused(lambda: make_lines(own, own + 1000))
    refused(lambda: make_lines(of_another))
    refused(lambda: OrderLine.objects.filter(order_id=own, position=0).update(order_id=of_another))
    refused(lambda: Order.objects.filter(pk=own).update(id=F("id") + 1000))


@pytest.mark.django_db
def test_rows_go_with_their_head_and_no_others_do(store: Store) -> None:
    first, second = make_order("1").pk, make_order("2").pk
    make_lines(first, second, first)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM orders_order WHERE id = %s", [first])
    assert list(OrderLine.objects.values_list("order_id", flat=True)) == [second]


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_database_whose_lines_asked_the_first_way_asks_as_a_new_one() -> None:
    owner, before = connections["owner"], ("orders", "0008_lines_ask_by_statement")
    state = MigrationLoader(owner).project_state(before)
    (key,) = [one for one in OrderLine._meta.constraints if one.name == LINES_KEY]
    with owner.cursor() as cursor:
        cursor.execute(f"{key.remove_sql(OrderLine, None)}; {key.create_sql(OrderLine, owner)}")
        new = _asked(cursor)
        cursor.execute(f"{key.remove_sql(OrderLine, None)}; {FIRST_WAY}")
        assert _asked(cursor) != new
        with owner.schema_editor(atomic=False) as editor:
            MigrationLoader(owner).get_migration("orders", "0010_lines_ask_as_new_ones_do").apply(state, editor)
        assert _asked(cursor) == new


def _asked(cursor: Any) -> list[Any]:
    """Return the triggers of the key with their functions, as PostgreSQL writes them."""
    cursor.execute(
        "SELECT pg_get_triggerdef(trigger.oid), pg_get_functiondef(tgfoid) FROM pg_trigger AS trigger WHERE tgname LIKE %s ORDER BY 1",
        [f"{LINES_KEY}%"],
    )
    return list(cursor.fetchall())


@pytest.mark.django_db(transaction=True)
def test_a_head_and_its_row_that_are_written_at_the_same_moment_leave_no_orphan() -> None:
    store = make_store()
    for deletes_first in (False, True):
        with store_context(store.pk):
            order_id = make_order(f"{deletes_first}").pk
        lines, gone = lambda of=order_id: make_lines(of), lambda of=order_id: Order.objects.filter(pk=of)._raw_delete("default")
        first, second = (gone, lines) if deletes_first else (lines, gone)
        errors: list[Exception] = []
        other = threading.Thread(target=_in_thread, args=(store.pk, second, errors))
        with store_context(store.pk), transaction.atomic():
            first()
            other.start()
            _wait_for_a_waiting_one()
        other.join(MOST_SECONDS)
        assert [type(error) for error in errors] == ([IntegrityError] if deletes_first else [])
        with store_context(store.pk):
            assert (Order.objects.count(), OrderLine.objects.count()) == (0, 0)


def _in_thread(store_id: int, act: Callable[[], object], errors: list[Exception]) -> None:
    try:
        with store_context(store_id):
            act()
    except IntegrityError as error:
        errors.append(error)
    finally:
        connection.close()


def _wait_for_a_waiting_one() -> None:
    with connection.cursor() as cursor:
        for _turn in range(MOST_SECONDS * 20):
            cursor.execute("SELECT pg_sleep(0.05), count(*) FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid")
            if cursor.fetchone()[1]:
                return
    raise AssertionError("Nobody waits for the other.")


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_does_not_see_what_others_commit_changes_neither_such_rows_nor_their_heads() -> None:
    store = make_store()
    with store_context(store.pk):
        first, second = make_order("1").pk, make_order("2").pk
        make_lines(first)
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_isolation = 'repeatable read'")
            with pytest.raises(NotSupportedError):
                make_lines(second)
            with pytest.raises(NotSupportedError):
                OrderLine.objects.filter(order_id=first).update(order_id=second)
            with pytest.raises(NotSupportedError):
                Order.objects.filter(pk=first)._raw_delete("default")
            cursor.execute("RESET default_transaction_isolation")
        assert list(OrderLine.objects.values_list("order_id", flat=True)) == [first]


@pytest.mark.django_db
def test_a_temporary_table_does_not_stand_for_the_heads(store: Store) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE orders_order ON COMMIT DROP AS SELECT %s::bigint AS store_id, 4711::bigint AS id", [store.pk])
        cursor.execute("GRANT ALL ON pg_temp.orders_order TO PUBLIC")
    refused(lambda: make_lines(4711))


@pytest.mark.django_db
def test_nobody_hangs_the_functions_of_keys_on_a_table_of_their_own() -> None:
    hang = "CREATE TRIGGER hung AFTER DELETE ON mine REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION {}_{}()"
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE mine (store_id bigint, id bigint) ON COMMIT DROP")
        for key, does in product(KEYS, DOES):
            with pytest.raises(ProgrammingError, match="permission denied for function"), transaction.atomic():
                cursor.execute(hang.format(key, does))


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_functions_of_an_earlier_release_are_made_anew() -> None:
    owner = connections["owner"]
    with owner.cursor() as cursor:
        for key, does in product(KEYS, DOES):
            cursor.execute(f"ALTER FUNCTION {key}_{does}() SET search_path = pg_catalog, public")
            cursor.execute(f"GRANT EXECUTE ON FUNCTION {key}_{does}() TO PUBLIC")
        assert len(definer_faults(cursor)) == 2 * len(KEYS) * len(DOES)
        for name, app in MENDING.items():
            for operation in import_module(name).Migration.operations:
                with owner.schema_editor(atomic=False) as editor:
                    operation.database_forwards(app, editor, None, SimpleNamespace(apps=apps))
        assert definer_faults(cursor) == []
