"""Keys at the tracking door: which open it, from where, until when, and what is noted of it."""

import os
import time
from contextlib import closing
from datetime import timedelta

import psycopg2
import pytest

from retention.customers.models import CustomerEvent
from retention.intake import door
from retention.intake.connecting import connect_for_ingest
from retention.intake.keys import KeyBook
from retention.kit.clock import now
from retention.rest.limiting import Buckets
from retention.stores.models.key import new_key_text
from tests.factories import make_key, make_store, work_for
from tests.intake.knocking import ask, event, make_door, stored

__all__ = ["make_door"]  # the fixture
pytestmark = pytest.mark.django_db(transaction=True)


def test_a_secret_key_from_a_browser_and_one_without_the_scope_are_refused_and_a_public_one_is_not_trusted(make_door):
    store = make_store()
    secret, other, public = make_key(store)[1], make_key(store, scopes=["orders:read"])[1], make_key(store, "public")[1]
    door = make_door()
    assert ask(door, "/v1/track", event(1), key=secret, origin="https://shop.test")[0] == 403
    assert ask(door, "/v1/track", event(1), key=other)[0] == 403
    assert stored(store) == 0
    assert ask(door, "/v1/track", event(1), key=public, origin="https://shop.test")[0] == 200
    assert ask(door, "/v1/track", event(2), key=secret)[0] == 200
    with work_for(store):
        assert list(CustomerEvent.objects.order_by("id").values_list("trusted", flat=True)) == [False, True]


def test_a_public_key_is_refused_on_pages_it_was_not_made_for(make_door):
    store = make_store()
    row, key = make_key(store, "public")
    with work_for(store):
        row.origins = ["https://shop.test", "https://www.shop.test"]
        row.save(update_fields=["origins"])
    door = make_door()
    for number, origin in enumerate(("https://evil.test", "null", "http://shop.test", "https://shop.test.evil.test")):
        status, _headers, answer = ask(door, "/v1/track", event(number), key=key, origin=origin)
        assert (status, origin in answer["message"]) == (403, True)
    assert stored(store) == 0
    assert ask(door, "/v1/track", event(8), key=key, origin="https://WWW.shop.test")[0] == 200
    assert ask(door, "/v1/track", event(9), key=key)[0] == 200
    assert stored(store) == 2


def test_a_revoked_key_is_refused_within_five_seconds(make_door):
    store = make_store()
    row, key = make_key(store)
    clock = [100.0]
    door = make_door(keys=KeyBook(clock=lambda: clock[0]))
    assert ask(door, "/v1/track", event(1), key=key)[0] == 200
    with work_for(store):
        row.revoke(now=now())
    clock[0] += 5
    assert ask(door, "/v1/track", event(2), key=key)[0] == 401


def test_the_door_notes_when_a_key_was_used_once_a_minute_and_may_write_nothing_else_of_it(make_door, monkeypatch):
    store = make_store()
    row, key = make_key(store)
    clock, moment = [100.0], now()
    door = make_door(keys=KeyBook(clock=lambda: clock[0]))
    for seconds, expected in ((0, 0), (59, 0), (64, 64)):
        clock[0] = 100.0 + seconds
        monkeypatch.setattr("retention.intake.keys.wall_clock.now", lambda at=moment + timedelta(seconds=seconds): at)
        assert ask(door, "/v1/track", event(seconds), key=key)[0] == 200
        with work_for(store):
            row.refresh_from_db()
        assert row.last_used_at == moment + timedelta(seconds=expected)
    with closing(connect_for_ingest()) as connection, connection.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute("UPDATE stores_apikey SET revoked_at = NULL WHERE id = %s", [row.pk])


def test_guessing_keys_ends_before_the_database_is_asked(make_door):
    _key, key = make_key(make_store())
    door = make_door(lookups=Buckets(per_second=0.001, burst=2))
    assert ask(door, "/v1/track", event(1), key=key)[0] == 200
    assert [ask(door, "/v1/track", event(2), key=new_key_text("public"))[0] for _ in range(3)] == [401, 429, 429]
    assert ask(door, "/v1/track", event(3), key=key)[0] == 200


def test_a_locked_row_of_a_key_holds_nobody_up_and_what_is_no_key_is_not_remembered(make_door):
    store = make_store()
    row, key = make_key(store)
    with closing(psycopg2.connect(os.environ["DATABASE_OWNER_URL"])) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM stores_apikey WHERE id = %s FOR UPDATE", [row.pk])
        began = time.monotonic()
        assert ask(make_door(), "/v1/track", event(1), key=key)[0] == 200
        assert time.monotonic() - began < 5
    for strange in ("pk_" + "x" * 400_000, "Basic " + "x" * 8_000):
        guarded, before = make_door(), door._key_in_header.cache_info().currsize
        status = ask(guarded, "/v1/track", {**event(2), "writeKey": strange}, authorization=strange)[0]
        assert (status in {400, 401}, len(guarded._keys._known), door._key_in_header.cache_info().currsize) == (True, 0, before)
