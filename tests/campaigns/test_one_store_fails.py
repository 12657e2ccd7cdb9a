"""A store whose rows the database refuses to change: those behind it have their turns all the same, and it is not tried in circles."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

import psycopg2
import pytest
from django.core.cache import cache
from prometheus_client import REGISTRY

from campaigns import tasks
from campaigns.models import Flight, Message
from retention.celery import app
from retention.health import readiness
from retention.kit import clock
from retention.kit.logs import JsonFormatter
from retention.stores.models import StoreWork
from retention.tenancy.context import store_context
from tests.campaigns.crowd import make_ready
from tests.factories import make_store

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "Failing row contains (Nora)."
TICKS = {
    "journeys": tasks.run_journeys,
    "campaigns": tasks.run_campaigns,
    "dispatch": tasks.dispatch,
    tasks.breaking.WORK: tasks.watch,
    tasks.hosting.WORK: tasks.look_at_hosts,
    tasks.attribution.WORK: tasks.recount_credits,
}


@contextmanager
def refusing(table: str, *stores: Any, only: str = "true") -> Iterator[None]:
    """Let the database refuse to change or delete rows of these stores in a table. only: those in this state before."""
    whose = ", ".join(str(one.pk) for one in stores)
    with closing(psycopg2.connect(os.environ["DATABASE_OWNER_URL"])) as owner, owner.cursor() as cursor:
        owner.autocommit = True
        cursor.execute(f"CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION '{WORDS}'; END$$")
        cursor.execute(
            f"CREATE TRIGGER planted BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW WHEN (OLD.store_id IN ({whose}) AND {only})"
            " EXECUTE FUNCTION planted()"
        )
        try:
            yield
        finally:
            cursor.execute("DROP FUNCTION planted CASCADE")


@pytest.fixture
def both() -> tuple[Any, Any]:
    """Make two stores; the first one's rows will be refused."""
    return make_store("Fails"), make_store("Behind")


def ring(kind: str, *stores: Any) -> None:
    """Let stores wait for their turns in this order."""
    for place, one in enumerate(stores):
        StoreWork.ring(kind, store_id=one.pk, due_at=clock.now() - timedelta(seconds=60 - place))


def counted(task: Any) -> float:
    """Return how many failures of a task the figures tell."""
    return REGISTRY.get_sample_value("boomerang_task_failures_total", {"task": task.name}) or 0.0


def leave_unfinished(*stores: Any) -> None:
    """Let each store have something to sweep."""
    for one in stores:
        with store_context(one.pk):
            Flight(holder="0" * 32, message_ids=[1], begun_at=clock.now() - timedelta(hours=1)).save()


def failures(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged of failures; each says where it was, and nothing in the database's words, which may quote a row."""
    lines = [line for line in caplog.records if line.name == "campaigns.tasks" and line.levelno == logging.ERROR]
    assert {(line.cause, "tasks.py" in line.trace) for line in lines} == {("InternalError", True)}  # type: ignore[attr-defined]
    assert all(WORDS not in JsonFormatter().format(line) + caplog.handler.format(line) for line in lines)
    return [line.getMessage() for line in lines]


@pytest.mark.parametrize(("kind", "tick"), TICKS.items(), ids=TICKS)
def test_the_store_behind_it_has_its_turn(kind: str, tick: Callable[[], None], both: tuple[Any, Any], caplog: Any) -> None:
    failing, behind = both
    before = counted(tick)
    ring(kind, failing, behind)
    with refusing("stores_storework", failing, only="OLD.leased_until IS NOT NULL"):
        tick()
    assert failures(caplog) == [f"{kind}: the turn of store {failing.pk} failed"]
    assert counted(tick) == before + 1
    assert not StoreWork.objects.filter(kind=kind, store_id=behind.pk, due_at__lte=clock.now()).exists()
    assert StoreWork.objects.get(kind=kind, store_id=failing.pk).leased_until is not None, "it is tried again when its lease runs out"


def test_what_nobody_finished_is_settled_in_the_store_behind_it(both: tuple[Any, Any], caplog: Any) -> None:
    leave_unfinished(*both)
    with refusing("campaigns_flight", both[0]):
        tasks.sweep()
    left = []
    for one in both:
        with store_context(one.pk):
            left.append(Flight.objects.count())
    assert left == [1, 0]
    assert failures(caplog) == [f"sweep: the turn of store {both[0].pk} failed"]


@pytest.mark.parametrize(
    ("stores", "failing", "well"),
    [(2, [0, 1], False), (1, [0], False), (2, [0], True)],
    ids=["in all", "in the only one", "in one, with nothing to do in the other"],
)
def test_the_sweeper_is_not_well_where_it_fails_everywhere(stores: int, failing: list[int], well: bool) -> None:
    made = [make_store(f"Store {number}") for number in range(stores)]
    cache.delete(f"heartbeat:{readiness.SWEEPER}")
    before, lame = counted(tasks.sweep), [made[place] for place in failing]
    leave_unfinished(*lame)
    with refusing("campaigns_flight", *lame):
        app.tasks[readiness.SWEEPER].apply()
    assert (readiness._sweeper().ok, counted(tasks.sweep) - before) == (well, len(lame) + (not well))
    app.tasks[readiness.SWEEPER].apply()
    assert readiness._sweeper().ok


def test_it_is_tried_once_a_tick_and_the_store_behind_it_gets_its_hand(both: tuple[Any, Any], sink: Any, caplog: Any) -> None:
    """Both are served by others, so that this process helps; in the second round the first one's turn is ours."""
    for one in both:
        with store_context(one.pk):
            make_ready(3, now=clock.now())
    ring("dispatch", *both)
    StoreWork.take("dispatch", now=clock.now(), lease_seconds=60)
    with refusing("campaigns_message", both[0]):
        tasks.dispatch()
        assert len(sink.accepted) == 3
        with store_context(both[1].pk):
            make_ready(3, now=clock.now())
        tasks.dispatch()
        assert len(sink.accepted) == 6
    assert failures(caplog) == [f"dispatch: the turn of store {both[0].pk} failed"]
    with store_context(both[0].pk):
        assert not Message.objects.exclude(state="ready", attempts=0).exists()
