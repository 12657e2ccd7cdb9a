"""Lines get their place as their key and give it back, also where the process ended before that was written down."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import psycopg2
import pytest
from django.db import OperationalError, connection, connections
from django.db.migrations.loader import MigrationLoader
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ

from retention.customers import exporting
from retention.customers.exporting import export_due, order_file, pieces_of
from retention.customers.models import Export
from retention.orders.models import OrderLine
from retention.stores.models import Store
from tests.customers.importing import import_file
from tests.factories import make_store, work_for

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
HEAD = "Order Number,Date,SKU,Quantity,Unit Price\n"
PLACES, NUMBERS = ["store_id", "order_id", "position"], ["id"]
TURNS = 1_000  # of a twentieth of a second, at most


@pytest.fixture
def store() -> Iterator[Store]:
    """Give a store with six lines; whatever a test did, lines are known by their places afterwards."""
    store = make_store(country="GB", currency="GBP", zone="Europe/London")
    with work_for(store):
        rows = "".join(f"{number},2026-01-01,P{line},1,1.00\n" for number in (1, 2) for line in range(3))
        import_file(HEAD + rows, store, kind="orders", at=NOW)
    yield store
    if key() != PLACES:
        turn()


def turn(*, back: bool = False) -> None:
    """Migrate the lines' key forwards or back, as if nobody knew which way it is."""
    owner, before = connections["owner"], ("orders", "0011_fewer_indexes_of_links")
    loader = MigrationLoader(owner)
    migration, state = loader.get_migration("orders", "0012_lines_by_their_place"), loader.project_state(before)
    with owner.schema_editor(atomic=False) as editor:
        (migration.unapply if back else migration.apply)(state, editor)


def told(statement: str) -> list[Any]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement)
        return [row[0] for row in cursor.fetchall()]


def key() -> list[str]:
    """Return the columns of the lines' primary key."""
    return told(
        "SELECT attname::text FROM pg_index, unnest(indkey) WITH ORDINALITY AS part(number, place), pg_attribute "
        "WHERE indrelid = 'orders_orderline'::regclass AND indisprimary AND attrelid = indrelid AND attnum = number ORDER BY place"
    )


def indexes() -> list[str]:
    return told("SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'orders_orderline'::regclass ORDER BY 1")


def lines(store: Store) -> list[tuple[str, int, str]]:
    with work_for(store):
        return list(OrderLine.objects.order_by("order__number", "position").values_list("order__number", "position", "product_id"))


def test_the_key_goes_back_and_forth_and_twice_each_way_with_every_line(store: Store) -> None:
    rows, made = lines(store), indexes()
    assert len(rows) == 6
    for _time in range(2):
        turn(back=True)
        assert (key(), lines(store)) == (NUMBERS, rows)
        assert "order_line_once" in indexes()
    for _time in range(2):
        turn()
        assert (key(), indexes(), lines(store)) == (PLACES, made, rows)


@pytest.mark.parametrize("back", [False, True])
def test_files_of_orders_that_are_being_made_begin_anew_and_no_others_do(store: Store, monkeypatch: pytest.MonkeyPatch, back: bool) -> None:
    monkeypatch.setattr(exporting, "PAGE", 1)
    turn(back=not back)
    with work_for(store):
        ready, orders, people = [order_file(kind, by=None, now=NOW) for kind in ("orders", "orders", "customers")]
        for one in (ready, orders, people):
            exporting._make_piece(one, now=NOW)
        Export.objects.filter(pk=orders.pk).update(position=4)  # as the number of a line
        Export.objects.filter(pk=ready.pk).update(state="ready", finished_at=NOW)
        places = dict(Export.objects.values_list("pk", "position"))
    turn(back=back)
    with work_for(store):
        left = {one.pk: (one.position, one.rows_count, one.size, one.chunks.count()) for one in Export.objects.all()}
    assert left.pop(orders.pk) == (0, 0, 0, 0)
    assert {pk: (place, count) for pk, (place, _rows, _size, count) in left.items()} == {
        one.pk: (places[one.pk], 1) for one in (ready, people)
    }
    if not back:
        export_due(now=lambda: NOW)
        text = b"".join(pieces_of(orders)).decode()
        assert [row.split(",")[4] for row in text.splitlines()[1:]] == ["P0", "P1", "P2"] * 2


def test_the_index_is_made_however_long_an_older_transaction_lasts(store: Store) -> None:
    turn(back=True)
    ended: list[Any] = []
    migrating = threading.Thread(target=_migrate_in_thread, args=(ended,))
    with closing(psycopg2.connect(os.environ["DATABASE_OWNER_URL"])) as older, older.cursor() as cursor:
        older.set_isolation_level(ISOLATION_LEVEL_REPEATABLE_READ)
        cursor.execute("SELECT 1")  # from now on it sees the database as it is, as a backup does
        migrating.start()
        seen = sum(_waits() for _turn in range(3)) if _begins_to_wait(migrating) else 0
    migrating.join()
    assert (ended, seen, key()) == (["2s"], 3, PLACES)


def _migrate_in_thread(ended: list[Any]) -> None:
    """Migrate by a connection that waits for no lock at all; say how long it waits afterwards, or what went wrong."""
    try:
        with connections["owner"].cursor() as cursor:
            cursor.execute("SET lock_timeout = '1ms'")
        turn()
        ended += told("SHOW lock_timeout")
    except OperationalError as error:
        ended.append(error)
    finally:
        connections["owner"].close()


def _begins_to_wait(migrating: threading.Thread) -> bool:
    """Say whether the migration waits for the older transaction, once it does or has ended."""
    return any(_waits() for _turn in range(TURNS) if migrating.is_alive())


def _waits() -> bool:
    time.sleep(0.05)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'virtualxid'")
        return bool(cursor.fetchone()[0])
