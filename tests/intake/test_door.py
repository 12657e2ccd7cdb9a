"""The tracking door as storefronts meet it: the WSGI callable itself, on the real database."""

import gzip
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import cast

import psycopg2
import pytest

from retention.customers.models import CustomerEvent, EventKey
from retention.intake.committing import WARY_GROUPS, Committer
from retention.intake.connecting import connect_for_ingest
from retention.intake.keys import KeyBook
from retention.intake.reading import Row
from retention.intake.writing import Line, Turn, Writer
from retention.rest.limiting import Buckets
from retention.stores.models import StoreWork
from tests.factories import make_key, make_store, work_for
from tests.intake.knocking import ask, event, make_door, stored

__all__ = ["make_door"]  # the fixture
pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def owner() -> Iterator[psycopg2.extensions.cursor]:
    """Act as the owner, on a connection of its own."""
    with closing(psycopg2.connect(os.environ["DATABASE_OWNER_URL"])) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor


def test_stores_each_kind_under_long_and_short_addresses(make_door):
    store = make_store()
    _key, key = make_key(store)
    door = make_door()
    for number, path in enumerate(("track", "t", "identify", "i", "page", "p", "screen", "s", "group", "g", "alias", "a")):
        assert ask(door, f"/v1/{path}", event(number), key=key)[0] == 200
    status, headers, answer = ask(
        door, "/v1/batch", {"batch": [event(20), event(21)], "writeKey": key, "unknown": 1}, content_type="text/plain"
    )
    assert (status, answer["accepted"], headers["Access-Control-Allow-Origin"]) == (200, 2, "*")
    assert ask(door, "/v1/batch", gzip.compress(json.dumps({"batch": [event(22)]}).encode()), key=key, content_encoding="gzip")[0] == 200
    assert stored(store) == 15
    assert list(StoreWork.objects.filter(store=store).values_list("kind", flat=True)) == ["project"]


def test_a_message_id_counts_once_within_a_batch_and_across_and_per_store(make_door):
    first, second = make_store(), make_store()
    keys = [make_key(store)[1] for store in (first, second)]
    door = make_door()
    for _ in range(3):
        for key in keys:
            assert ask(door, "/v1/batch", {"batch": [event(1), event(1), event(2)]}, key=key)[0] == 200
    assert (stored(first), stored(second)) == (2, 2)
    with work_for(first):
        assert EventKey.objects.count() == 2


def test_a_bad_event_is_named_and_its_neighbours_are_stored(make_door):
    store = make_store()
    _key, key = make_key(store)
    half = b'{"type":"track","event":"E","userId":"u","properties":{"a":"\\ud800"}}'
    body = b'{"batch":[%s,' + half + b',{"type":"track","userId":"u","messageId":"x"}]}'
    status, _headers, answer = ask(make_door(), "/v1/batch", body % json.dumps(event()).encode(), key=key)
    assert (status, answer["accepted"]) == (200, 1)
    assert [(one["index"], one.get("field"), one.get("messageId")) for one in answer["errors"]] == [(1, None, None), (2, "event", "x")]
    assert stored(store) == 1
    status, _headers, answer = ask(make_door(), "/v1/track", {"userId": "u"}, key=key)
    assert (status, answer["errors"][0]["field"]) == (400, "event")


def test_says_when_events_cannot_be_recognised_again(make_door):
    _key, key = make_key(make_store())
    answer = ask(make_door(), "/v1/track", {"event": "E", "userId": "u"}, key=key)[2]
    assert answer["without_message_id"] == 1


@pytest.mark.parametrize(
    ("path", "method", "body", "status"),
    [
        ("/v1/nothing", "POST", b"{}", 404),
        ("/v1/track", "GET", b"", 405),
        ("/v1/track", "POST", b"{}", 401),
        ("/v1/batch", "POST", b'{"batch":[],"writeKey":"sk_made_up"}', 401),
        ("/v1/batch", "POST", b"{", 400),
        ("/v1/batch", "POST", b"x" * 600_000, 413),
        ("/v1/track", "OPTIONS", b"", 204),
    ],
)
def test_turns_away(make_door, path, method, body, status):
    found, headers, _answer = ask(make_door(), path, body, method=method)
    assert found == status
    assert headers["Access-Control-Allow-Origin"] == "*"


def test_too_many_events_and_a_full_queue_ask_to_come_back(make_door):
    store = make_store()
    _key, key = make_key(store)
    slow = make_door(buckets=Buckets(per_second=1, burst=2))
    assert ask(slow, "/v1/batch", {"batch": [event(1), event(2)]}, key=key)[0] == 200
    status, headers, _answer = ask(slow, "/v1/track", event(3), key=key)
    assert (status, headers["Retry-After"]) == (429, "1")
    status, headers, _answer = ask(make_door(writer=Writer(capacity_rows=0)), "/v1/track", event(4), key=key)
    assert (status, headers["Retry-After"]) == (503, "5")
    assert stored(store) == 2


def test_a_database_that_is_away_is_said_at_once_and_found_again(make_door):
    store = make_store()
    _key, key = make_key(store)
    away = [True]

    def connect():
        if away[0]:
            raise psycopg2.OperationalError("no route")
        return connect_for_ingest()

    door = make_door(keys=KeyBook(connect=connect), writer=Writer(committer=Committer(connect=connect)))
    status, headers, answer = ask(door, "/v1/track", event(1), key=key)
    assert (status, headers["Retry-After"], answer["success"]) == (503, "5", False)
    away[0] = False
    assert ask(door, "/v1/track", event(1), key=key)[0] == 200
    for part in (door._keys, door._writer._committer):
        with pytest.raises(psycopg2.OperationalError), part._connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    door._keys._known.clear()
    assert ask(door, "/v1/track", event(2), key=key)[0] == 200
    assert stored(store) == 2


def test_what_is_refused_is_said_while_the_database_is_away(make_door):
    _key, key = make_key(make_store())

    def connect():
        raise psycopg2.OperationalError("no route")

    door = make_door(writer=Writer(committer=Committer(connect=connect)))
    status, _headers, answer = ask(door, "/v1/track", {"userId": "u", "messageId": "x"}, key=key)
    assert (status, answer["errors"][0]["messageId"]) == (400, "x")
    assert ask(door, "/v1/track", event(1), key=key)[0] == 503


def test_events_we_had_cost_the_new_ones_beside_them_nothing_and_are_stored_once(make_door):
    store = make_store()
    _key, key = make_key(store)
    door = make_door()
    for _again in range(2):  # first a group in hope, then one that looks each key up
        for numbers in ([1, 2], [2, 3], [3, 4], *([4 + n, 5 + n] for n in range(WARY_GROUPS)), [20, 21], [1, 20]):
            assert ask(door, "/v1/batch", {"batch": [event(number) for number in numbers]}, key=key)[2]["accepted"] == 2
    assert stored(store) == 4 + WARY_GROUPS + 2
    with owner() as cursor:
        cursor.execute("SELECT count(*) FROM customers_eventkey WHERE store_id = %s", [store.pk])
        assert cursor.fetchone()[0] == 4 + WARY_GROUPS + 2


def test_answers_only_after_the_commit(make_door):
    store = make_store()
    _key, key = make_key(store)
    door, answers = make_door(), []
    assert ask(door, "/v1/track", event(1), key=key)[0] == 200
    with owner() as cursor:
        cursor.execute("BEGIN; LOCK TABLE customers_customerevent IN EXCLUSIVE MODE")
        waiting = threading.Thread(target=lambda: answers.append(ask(door, "/v1/track", event(2), key=key)[0]))
        waiting.start()
        waiting.join(0.7)
        assert not answers
        cursor.execute("COMMIT")
    waiting.join(10)
    assert answers == [200]
    assert stored(store) == 2


def test_a_row_the_database_refuses_costs_its_neighbours_nothing(make_door):
    store = make_store()
    _key, key = make_key(store)
    door = make_door()
    with owner() as cursor:
        cursor.execute("ALTER TABLE customers_customerevent ADD CONSTRAINT planted CHECK (name <> 'Poison')")
    try:
        status, _headers, answer = ask(
            door, "/v1/batch", {"batch": [event(number, event="Poison" if number == 3 else "Fine") for number in range(7)]}, key=key
        )
    finally:
        with owner() as cursor:
            cursor.execute("ALTER TABLE customers_customerevent DROP CONSTRAINT planted")
    assert (status, answer["accepted"], [one["index"] for one in answer["errors"]]) == (200, 6, [3])
    assert stored(store) == 6
    with work_for(store):
        assert EventKey.objects.count() == 6


def test_the_ingest_role_can_add_events_and_nothing_else():
    store = make_store()
    connection = connect_for_ingest()
    for statement in (
        "SELECT * FROM customers_customerevent",
        "SELECT * FROM customers_customer",
        "DELETE FROM customers_eventkey",
        "UPDATE stores_apikey SET label = ''",
        "SELECT * FROM stores_user",
    ):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege), connection.cursor() as cursor:
            cursor.execute(statement)
    connection.close()
    assert stored(store) == 0


def test_many_senders_share_commits_and_lose_nothing(make_door):
    store = make_store()
    _key, key = make_key(store)
    door, answers = make_door(), []

    def send(sender):
        for number in range(10):
            answers.append(ask(door, "/v1/track", event(f"{sender}-{number}"), key=key)[0])

    threads = [threading.Thread(target=send, args=(sender,)) for sender in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 80
    assert stored(store) == 80


def test_one_visitor_cannot_use_up_what_the_others_need(make_door):
    store = make_store()
    public, secret = make_key(store, "public")[1], make_key(store)[1]
    door = make_door(visitors=Buckets(per_second=0.001, burst=1))
    assert [ask(door, "/v1/track", event(n), key=public)[0] for n in range(2)] == [200, 429]
    assert ask(door, "/v1/track", event(3), key=secret)[0] == 200


def test_the_keys_of_a_store_share_a_limit_that_leaves_other_stores_alone(make_door):
    first, second = make_store(), make_store()
    keys = [make_key(first)[1], make_key(first)[1], make_key(second)[1]]
    door = make_door(stores=Buckets(per_second=0.001, burst=3))
    batch = {"batch": [event("a"), event("b")]}
    assert [ask(door, "/v1/batch", batch, key=key)[0] for key in keys] == [200, 429, 200]
    assert (stored(first), stored(second)) == (2, 2)


def test_a_store_that_floods_the_door_leaves_threads_to_the_others_and_takes_turns_with_them(make_door):
    loud, quiet = make_store(), make_store()
    loud_key, quiet_key = make_key(loud)[1], make_key(quiet)[1]
    door, answers = make_door(writer=Writer(most_of_one=3)), []
    for key in (loud_key, quiet_key):
        assert ask(door, "/v1/track", event("first"), key=key)[0] == 200

    def send(key, name):
        answers.append((name, ask(door, "/v1/track", event(name), key=key)[0]))

    with owner() as cursor:
        cursor.execute("BEGIN; LOCK TABLE customers_customerevent IN EXCLUSIVE MODE")
        waiting = [threading.Thread(target=send, args=(loud_key, f"loud {number}")) for number in range(8)]
        for thread in waiting:
            thread.start()
        deadline = time.monotonic() + 30
        while len(answers) < 5 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert [status for _name, status in answers] == [503] * 5
        waiting.append(threading.Thread(target=send, args=(quiet_key, "quiet")))
        waiting[-1].start()
        waiting[-1].join(0.3)
        assert len(answers) == 5
        cursor.execute("COMMIT")
    for thread in waiting:
        thread.join(10)
    assert dict(answers)["quiet"] == 200
    assert sorted(status for name, status in answers if name != "quiet") == [200] * 3 + [503] * 5
    assert (stored(loud), stored(quiet)) == (4, 2)


def test_a_group_takes_a_request_of_each_store_in_turns():
    line, rows = Line(), cast("list[Row]", [None] * 100)
    for store_id, count in ((1, 200), (2, 2), (3, 1)):
        for _number in range(count):
            line.add(Turn(store_id, rows))
    first = line.take_group()
    assert [turn.store_id for turn in first[:6]] == [1, 2, 3, 1, 2, 1]
    assert (len(first), len(line.take_group())) == (50, 50)


def test_every_event_of_the_commerce_specification_is_taken_as_it_is(make_door):
    store = make_store()
    _key, key = make_key(store)
    examples = json.loads((Path(__file__).parents[1] / "data/segment/ecommerce_v2_track_events.json").read_text())
    batch = [{**one, "type": "track", "userId": "u", "messageId": f"v2-{number}"} for number, one in enumerate(examples)]
    status, _headers, answer = ask(make_door(), "/v1/batch", {"batch": batch}, key=key)
    assert (status, answer["accepted"], answer.get("errors")) == (200, 24, None)
    with work_for(store):
        found = list(CustomerEvent.objects.order_by("id").values_list("name", "properties"))
    assert found == [(one["event"], one["properties"]) for one in examples]


def test_the_past_is_marked_where_a_client_can_say_so(make_door):
    store = make_store()
    _key, key = make_key(store)
    door = make_door()
    assert ask(door, "/v1/batch", {"backfill": True, "batch": [event(1)]}, key=key)[0] == 200
    assert (
        ask(door, "/v1/batch", {"context": {"backfill": True}, "batch": [event(2), event(3, context={"backfill": False})]}, key=key)[0]
        == 200
    )
    assert ask(door, "/v1/batch", {"batch": [event(4, backfill=True), event(5, context={"backfill": True}), event(6)]}, key=key)[0] == 200
    assert ask(door, "/v1/track", event(7, backfill=True), key=key)[0] == 200
    for number, fields in ((8, {"backfill": "yes"}), (9, {"context": {"backfill": 1}})):
        status, _headers, answer = ask(door, "/v1/track", event(number, **fields), key=key)
        assert (status, answer["errors"][0]["field"]) == (400, "backfill" if number == 8 else "context.backfill")
    with work_for(store):
        found = list(CustomerEvent.objects.order_by("id").values_list("backfill", flat=True))
    assert found == [True, True, False, True, True, False, True]
