"""Somebody holds the bell of one store: its requests wait for it, and those of all other stores have their answers meanwhile."""

import os
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg2
import pytest

from retention.intake.writing import Writer
from retention.stores.models import StoreWork
from tests.factories import make_key, make_store
from tests.intake.knocking import ask, event, make_door, stored

__all__ = ["make_door"]  # the fixture
pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 8  # seconds a test waits for an answer; a door that waits for a held bell gives none sooner
_HOLD = {
    "rung before": "UPDATE stores_storework SET rung = rung WHERE store_id = %s AND kind = 'project' RETURNING rung",
    "never rung": "INSERT INTO stores_storework (store_id, kind, due_at, rung) VALUES (%s, 'project', now(), 1) RETURNING rung",
}


@contextmanager
def holding(*statements: tuple[str, list[int]]) -> Iterator[psycopg2.extensions.cursor]:
    """Keep what these statements lock, on the owner's connection, until COMMIT is said."""
    with closing(psycopg2.connect(os.environ["DATABASE_OWNER_URL"])) as connection, connection.cursor() as cursor:
        for statement, told in statements:
            cursor.execute(statement, told)
        yield cursor


def hold(store, known):
    return _HOLD[known], [store.pk]


def bells(store):
    return StoreWork.objects.filter(store=store, kind="project").values_list("rung", flat=True).first()


class Asking(threading.Thread):
    """A sender that waits for its answer."""

    def __init__(self, door, key, number, *, events=0):
        super().__init__(daemon=True)
        self.status = None
        self._told = (door, "/v1/batch", {"batch": [event(number + one) for one in range(events)]}) if events else None
        self._told = self._told or (door, "/v1/track", event(number))
        self._key = key
        self.start()

    def run(self):
        self.status = ask(*self._told, key=self._key)[0]

    def answer(self, seconds=PATIENCE):
        self.join(seconds)
        return self.status


@pytest.fixture
def shops():
    """Return three stores with a key each; the first is the one whose bell will be held."""
    return [(store, make_key(store)[1]) for store in (make_store() for _number in range(3))]


@pytest.mark.parametrize("known", _HOLD)
def test_others_are_answered_while_one_waits_for_its_bell(known, shops, make_door):
    (held, key), *others = shops
    door = make_door()
    if known == "rung before":
        assert ask(door, "/v1/track", event(0), key=key)[0] == 200
    rung, had = bells(held) or 0, stored(held)
    with holding(hold(held, known)) as owner:
        waiting = [Asking(door, key, 1), Asking(door, key, 10, events=3)]
        for number in range(3):
            for store, other in others:
                assert Asking(door, other, number).answer() == 200
                assert (stored(store), bells(store)) == (number + 1, number + 1)
        assert ([one.status for one in waiting], stored(held)) == ([None, None], had)
        owner.execute("COMMIT")
        assert [one.answer() for one in waiting] == [200, 200]
    assert stored(held) == had + 4
    assert bells(held) > rung + (known == "never rung")
    assert ask(door, "/v1/track", event(99), key=key)[0] == 200


def test_those_of_one_group_are_answered_without_the_one_whose_bell_is_held(shops, make_door):
    (held, key), *others = shops
    door = make_door()
    assert ask(door, "/v1/track", event(0), key=key)[0] == 200
    with holding(hold(held, "rung before")) as bell:
        with holding(("LOCK TABLE customers_customerevent IN EXCLUSIVE MODE", [])) as table:
            first = Asking(door, others[0][1], 0)
            first.join(0.5)
            waiting = Asking(door, key, 1)
            group = [Asking(door, other, number) for number in (1, 2) for _store, other in others]
            group[-1].join(0.5)
            table.execute("COMMIT")
        assert [one.answer() for one in (first, *group)] == [200] * 5
        assert (waiting.status, stored(held), [stored(store) for store, _key in others]) == (None, 1, [3, 2])
        bell.execute("COMMIT")
        assert (waiting.answer(), stored(held), bells(held)) == (200, 2, 2)


def test_who_waits_too_long_for_a_bell_keeps_their_events_and_may_send_them_again(shops, make_door):
    (held, key), (other, other_key), _third = shops
    door = make_door(writer=Writer(wait_seconds=1.0))
    assert ask(door, "/v1/track", event(0), key=key)[0] == 200
    with holding(hold(held, "rung before")) as owner:
        for _time in range(2):
            assert Asking(door, key, 1).answer() == 503
            assert Asking(door, other_key, _time).answer() == 200
        owner.execute("COMMIT")
    assert (stored(held), stored(other), bells(held)) == (1, 2, 1)
    assert ask(door, "/v1/track", event(1), key=key)[0] == 200
    assert (stored(held), bells(held)) == (2, 2)


def test_a_held_store_leaves_half_of_the_queue_to_the_others(make_door):
    held, free = make_store(), make_store()
    door = make_door(writer=Writer(capacity_rows=40))
    with holding(hold(held, "never rung")) as cursor:
        key = make_key(held)[1]
        waiting = []
        for number in range(4):
            waiting.append(Asking(door, key, 100 * number, events=10))
            waiting[-1].join(0.3)
        assert [sender.status for sender in waiting] == [None, None, 503, 503]
        assert ask(door, "/v1/track", event(1), key=make_key(free)[1])[0] == 200
        cursor.execute("COMMIT")
        for sender in waiting:
            sender.join(PATIENCE)
    assert [sender.status for sender in waiting] == [200, 200, 503, 503]
    assert (stored(held), stored(free)) == (20, 1)
