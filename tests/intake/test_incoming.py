"""Large groups of events are copied in: what stands there is what a small group leaves, and no more than it is known, twice or half."""

import json
import os
import random
from contextlib import closing
from typing import Any

import psycopg2
import pytest

from retention.customers.models import CustomerEvent, EventKey
from retention.intake import writing
from retention.intake.committing import _KNOWN, KEPT_SECONDS, WARY_GROUPS, Committer, _stores_that_repeat
from retention.intake.connecting import connect_for_ingest
from retention.intake.door import Door
from retention.intake.envelopes import open_batch
from retention.intake.incoming import COPIED_FROM
from retention.intake.reading import Row, Sender, read_batch
from retention.intake.writing import Writer
from retention.kit import clock
from retention.tenancy.roles import role_name
from tests.browser.looking import until
from tests.factories import make_key, make_store, work_for
from tests.intake.knocking import ask, event, make_door, stored

__all__ = ["make_door"]  # the fixture
pytestmark = pytest.mark.django_db(transaction=True)
SAID = {
    "plain": {},
    "nobody by an id": {"userId": None, "anonymousId": "a-1"},
    "every alphabet": {"event": "Gekauft: Äpfel ✓ 𝄞", "userId": "日本", "properties": {"größe": "ü\t\n\\ \" ' \r", "leer": ""}},
    "looks like a field's end": {"userId": "\\N", "event": "\\.", "properties": {"a": "\\N\t\\.\n", "b": [1.5, -2, True, None, {"c": []}]}},
    "kept as it was read": {"properties": {"large": 1e39, "small": 0.1}, "context": {"traits": {}, "page": {"path": "/"}}},
    "empty parts": {"properties": {}, "context": {}},
    "long": {"properties": {"text": "äöü " * 1_200}},
    "another kind": {"type": "identify", "traits": {"email": "ada@example.test"}},
    "the past": {"backfill": True, "timestamp": "2024-02-29T23:59:59.999999Z"},
    "early": {"timestamp": "2000-01-01T00:00:00.000001Z"},
}
COLUMNS = (
    "kind",
    "name",
    "anonymous_id",
    "external_id",
    "properties",
    "context",
    "trusted",
    "backfill",
    "source",
    "refusal",
    "projected_at",
)


def owner(*statements: str) -> None:
    with closing(psycopg2.connect(os.environ["DATABASE_OWNER_URL"])) as connection, connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def many(first: int = 0, *, count: int = COPIED_FROM) -> list[dict]:
    return [event(number, timestamp="2026-11-20T09:12:00Z") for number in range(first, first + count)]


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("kind", ["secret", "public"])
def test_a_large_group_leaves_what_a_small_one_leaves(said, kind, make_door):
    alone, among = make_store(), make_store()
    one = event("one", **SAID[said])
    for store, batch in ((alone, [one]), (among, [one, *many()])):
        assert ask(make_door(), "/v1/batch", {"batch": batch}, key=make_key(store, kind)[1])[2]["accepted"] == len(batch)
    found = []
    for store in (alone, among):
        with work_for(store):
            kept = CustomerEvent.objects.order_by("id")[0]
            assert kept.public_id.version == 4
            found.append([getattr(kept, name) for name in COLUMNS] + [kept.occurred_at if "timestamp" in one else ""])
            assert EventKey.objects.count() == CustomerEvent.objects.count()
    assert found[0] == found[1]


def copies(door: Door) -> bool:
    """Say whether the door's connection has copied a group in since it was opened."""
    with door._writer._committer._connection.cursor() as cursor:
        cursor.execute("SELECT generic_plans + custom_plans FROM pg_prepared_statements WHERE name = 'store_incoming'")
        return any(count > 0 for (count,) in cursor.fetchall())


def runs(committer: Committer, name: str) -> int:
    with committer._connection.cursor() as cursor:
        cursor.execute("SELECT generic_plans + custom_plans FROM pg_prepared_statements WHERE name = %s", [name])
        return cursor.fetchone()[0]


def test_a_store_that_repeats_itself_makes_no_other_pay():
    good, bad = make_store(), make_store()
    with closing(connect_for_ingest()) as connection:
        committer = Committer(connect=lambda: connection)
        committer.commit(rows_of(bad, many(count=1)))
        for number in range(WARY_GROUPS + 2):
            committer.commit([*rows_of(good, many(1000 * number)), *rows_of(bad, many(count=1))])
        # The first and the last find out; each of the groups between has the two written by themselves.
        assert runs(committer, "store_incoming") == WARY_GROUPS + 2
        assert runs(committer, "store") == WARY_GROUPS + 2
    assert (stored(good), stored(bad)) == ((WARY_GROUPS + 2) * COPIED_FROM, 1)


def test_whom_a_repeated_event_belongs_to_is_asked_by_key():
    """Never by reading all keys, of which there are as many as events in ninety days."""
    good, bad = make_store(), make_store()
    with closing(connect_for_ingest()) as connection, connection.cursor() as cursor:
        committer = Committer(connect=lambda: connection)
        rows = rows_of(bad, many(count=2))
        committer.commit(rows[:1])
        assert _stores_that_repeat(connection, [*rows_of(good, many()), *rows]) == [bad.pk]
        cursor.execute("SET enable_seqscan = off")  # the tables of a test are so small that they are read whole
        cursor.execute("EXPLAIN " + cursor.mogrify(_KNOWN, [[1] * 500, [b"x" * 16] * 500]).decode())
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Cond: ((store_id = told.store_id) AND (key = told.key))" in plan
    assert "Seq Scan" not in plan
    assert "Join" not in plan


def rows_of(store: Any, events: list[dict]) -> list[Row]:
    batch = open_batch(json.dumps({"batch": events}).encode())
    return read_batch(batch, sender=Sender(store.pk, trusted=True, received_at=clock.now())).rows


def test_a_group_is_copied_in_from_a_hundred_events_on(make_door):
    store = make_store()
    _key, key = make_key(store)
    door = make_door()
    for count, copied in ((1, False), (COPIED_FROM - 1, False), (COPIED_FROM, True)):
        assert ask(door, "/v1/batch", {"batch": many(1000 * count, count=count)}, key=key)[0] == 200
        assert copies(door) == copied, count


def test_events_of_a_large_group_keep_their_order_and_have_ids_of_their_own(make_door):
    """Also where they are of many sizes, and rows of a group that was refused lie about in the connection's table."""
    store = make_store()
    _key, key = make_key(store)
    door = make_door()
    again = {"batch": many(10_000, count=103)}
    for _time in range(2):
        assert ask(door, "/v1/batch", again, key=key)[0] == 200
    for number in range(WARY_GROUPS + 1):
        assert ask(door, "/v1/track", event(f"wary {number}"), key=key)[0] == 200
    sizes = random.Random(7)
    numbers = list(range(1500))
    batch = [event(n, event="Ordered", properties={"number": n, "text": "x" * sizes.randrange(600)}) for n in numbers]
    for first in range(0, 1500, 500):
        assert ask(door, "/v1/batch", {"batch": batch[first : first + 500]}, key=key)[0] == 200
    assert copies(door)
    with work_for(store):
        kept = list(CustomerEvent.objects.filter(name="Ordered").order_by("id"))
    assert [one.properties["number"] for one in kept] == numbers
    assert [one.occurred_at for one in kept] == sorted({one.occurred_at for one in kept})
    assert len({one.public_id for one in kept}) == len({one.id for one in kept}) == len(numbers)


def test_what_is_known_in_a_large_group_counts_once_and_its_neighbours_are_stored(make_door):
    store = make_store()
    _key, key = make_key(store)
    door = make_door()
    for first in (0, 50, 100, *range(200, 200 + 100 * (WARY_GROUPS + 2), 100), 250):
        assert ask(door, "/v1/batch", {"batch": many(first)}, key=key)[2]["accepted"] == COPIED_FROM
    assert stored(store) == 200 + 100 * (WARY_GROUPS + 2)


def test_a_row_the_database_refuses_costs_a_large_group_one_event(make_door):
    store = make_store()
    batch = many(count=3 * COPIED_FROM)
    batch[170]["event"] = "Poison"
    owner("ALTER TABLE customers_customerevent ADD CONSTRAINT planted CHECK (name <> 'Poison')")
    try:
        _status, _headers, answer = ask(make_door(), "/v1/batch", {"batch": batch}, key=make_key(store)[1])
    finally:
        owner("ALTER TABLE customers_customerevent DROP CONSTRAINT planted")
    assert (answer["accepted"], [one["index"] for one in answer["errors"]]) == (3 * COPIED_FROM - 1, [170])
    assert stored(store) == 3 * COPIED_FROM - 1


def test_a_cut_connection_costs_a_large_group_nothing(make_door):
    store = make_store()
    _key, key = make_key(store)
    door = make_door()
    assert ask(door, "/v1/batch", {"batch": many()}, key=key)[0] == 200
    pid = door._writer._committer._connection.info.backend_pid
    owner(f"SELECT pg_terminate_backend({pid}, 5000)")
    assert ask(door, "/v1/batch", {"batch": many(COPIED_FROM)}, key=key)[0] == 200
    assert stored(store) == 2 * COPIED_FROM


def test_the_table_of_a_connection_is_empty_after_each_group_and_the_role_may_still_make_none():
    with closing(connect_for_ingest()) as connection, connection.cursor() as cursor:
        database = connection.info.dbname
        owner(f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC")  # as `migrate` does; every new database allows it
        try:
            Committer(connect=lambda: connection).commit(rows_of(make_store(), many()))
            cursor.execute("SELECT count(*) FROM pg_temp.incoming")
            assert cursor.fetchone() == (0,)
            cursor.execute(
                "SELECT relname, relowner::regrole::text FROM pg_class WHERE relnamespace = pg_my_temp_schema() AND relkind = 'r'"
            )
            assert cursor.fetchall() == [("incoming", role_name("owner"))]
            for statement in (
                *("DROP TABLE pg_temp.incoming", "UPDATE pg_temp.incoming SET name = ''", "TRUNCATE pg_temp.incoming"),
                *("CREATE TEMP TABLE mine (a int)", "CREATE VIEW pg_temp.mine AS SELECT 1", "CREATE INDEX ON pg_temp.incoming (place)"),
            ):
                with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                    cursor.execute(statement)
        finally:
            owner(f"GRANT TEMPORARY ON DATABASE {database} TO PUBLIC")


def test_a_connection_that_lost_its_table_goes_on_without(make_door, caplog):
    store = make_store()
    _key, key = make_key(store)
    door = make_door()
    for first in (0, 100, 200):
        assert ask(door, "/v1/batch", {"batch": many(first)}, key=key)[0] == 200
        with door._writer._committer._connection.cursor() as cursor:
            cursor.execute("DISCARD TEMP")
    assert stored(store) == 3 * COPIED_FROM
    assert caplog.text.count("cost more than they need") == 1


def test_events_do_not_wait_for_whoever_runs_migrate(make_door, caplog):
    store = make_store()
    owner("REVOKE EXECUTE ON FUNCTION boomerang_incoming() FROM boomerang_ingest")
    try:
        assert ask(make_door(), "/v1/batch", {"batch": many()}, key=make_key(store)[1])[0] == 200
    finally:
        owner("GRANT EXECUTE ON FUNCTION boomerang_incoming() TO boomerang_ingest")
    assert stored(store) == COPIED_FROM
    assert "run migrate" in caplog.text


def test_the_connection_is_another_after_an_hour(make_door):
    store = make_store()
    _key, key = make_key(store)
    now = [0.0]
    committer = Committer(clock=lambda: now[0])
    door = make_door(writer=Writer(committer=committer))
    pids: list[int] = []
    for moment in (0.0, KEPT_SECONDS, KEPT_SECONDS + 1, KEPT_SECONDS + 2):
        now[0] = moment
        assert ask(door, "/v1/batch", {"batch": many(len(pids) * 100)}, key=key)[0] == 200
        pids.append(committer._connection.info.backend_pid)
    assert pids[0] == pids[1] != pids[2] == pids[3]
    assert stored(store) == 4 * COPIED_FROM


def test_an_idle_connection_is_closed_and_the_next_event_opens_another(make_door, monkeypatch):
    monkeypatch.setattr(writing, "KEPT_SECONDS", 0.05)
    store = make_store()
    _key, key = make_key(store)
    door = make_door()
    for number in range(3):
        assert ask(door, "/v1/track", event(number), key=key)[0] == 200
        until(lambda: door._writer._committer._connection, None)
    assert stored(store) == 3
