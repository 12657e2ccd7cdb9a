"""One look at the doorbell board stands for many timed jobs: it hands out those that have something to do, and no other."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache

from campaigns.broadcasts import running as campaigns
from campaigns.connecting import hosting
from campaigns.contacts import counting
from campaigns.journeys import intake as journeys
from campaigns.journeys import replaying
from campaigns.measurement import attribution
from campaigns.recovery import looking_back, noticing
from campaigns.sending import breaking, turns
from retention.celery import HANDS, app, look
from retention.customers import exporting
from retention.customers.importing import filing
from retention.health import heartbeats
from retention.intake.projecting import running as projecting
from retention.intake.shops import receiving
from retention.kit import clock
from retention.orders import idling
from retention.schedule import JOBS, LOOK, beat_schedule, looked_at
from retention.stores.models import Store, StoreWork
from retention.webhooks import outbox
from segments import evaluating, membership
from tests.factories import make_store

KINDS = [
    attribution.WORK, breaking.WORK, campaigns.WORK, counting.WORK, evaluating.READER, exporting.KIND, filing.KIND, hosting.WORK,
    idling.KIND, journeys.READER, looking_back.WORK, membership.FILL, membership.SWEEP, noticing.WORK, outbox.KIND, projecting.KIND,
    receiving.WORK, replaying.WORK, turns.KIND,
]  # fmt: skip


@pytest.fixture
def store() -> Store:
    """Save a shop."""
    return make_store()


@pytest.fixture
def queue() -> Iterator[Any]:
    """Yield what reads the names of the tasks that wait for a worker; empty at first."""
    with app.connection_for_read() as connection:
        client, name = connection.default_channel.client, app.conf.task_default_queue
        client.delete(name)
        yield lambda: sorted(json.loads(one)["headers"]["task"] for one in client.lrange(name, 0, -1))
        client.delete(name)


def test_every_kind_of_work_is_looked_for_by_one_job() -> None:
    assert sorted(kind for job in JOBS for kind in job.kinds) == sorted(KINDS)


def test_every_job_ticks_by_itself_or_is_looked_for_at_its_own_pace() -> None:
    entries = list(beat_schedule().values())
    own = {entry["task"] for entry in entries} - {LOOK}
    found = {job.task for entry in entries if entry["task"] == LOOK for job in looked_at(entry["schedule"])}  # type: ignore[arg-type]
    assert not own & found
    assert own | found == {job.task for job in JOBS}
    assert all(entry["kwargs"] == {"every": entry["schedule"]} for entry in entries if entry["task"] == LOOK)


@pytest.mark.django_db
@pytest.mark.parametrize("job", [job for job in JOBS if job.kinds], ids=lambda job: job.task)
def test_what_is_due_is_handed_out_and_nothing_else(job: Any, store: Store, queue: Any) -> None:
    StoreWork.objects.all().delete()
    for number, kind in enumerate(kind for one in looked_at(job.every_seconds) for kind in one.kinds if kind not in job.kinds):
        StoreWork.ring(kind, store_id=store.pk, due_at=clock.now() + timedelta(minutes=1 + number))
    for kind in job.kinds:
        StoreWork.ring(kind, store_id=store.pk, due_at=clock.now())
    look(every=job.every_seconds)
    assert queue() == [job.task] * (HANDS if job.is_shared else 1)


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "handed_out"), [(projecting.KIND, []), (turns.KIND, ["campaigns.tasks.dispatch"] * HANDS)])
def test_what_a_worker_has_already_is_handed_out_only_where_others_may_help(
    kind: str, handed_out: list[str], store: Store, queue: Any
) -> None:
    StoreWork.objects.all().delete()
    StoreWork.ring(kind, store_id=store.pk, due_at=clock.now())
    assert StoreWork.take(kind, now=clock.now())
    look(every=0.5)
    assert queue() == handed_out


@pytest.mark.django_db
def test_a_job_that_nothing_waits_for_is_as_well_as_one_that_ended(store: Store, queue: Any) -> None:
    StoreWork.objects.all().delete()
    StoreWork.ring(projecting.KIND, store_id=store.pk, due_at=clock.now())
    cache.delete_many([f"heartbeat:{job.task}" for job in JOBS])
    heartbeats._idle.clear()
    look(every=0.5)
    ages = heartbeats.ages()
    assert ages["retention.intake.tasks.project"] is None
    idle = ages["campaigns.tasks.dispatch"]
    assert idle is not None
    assert idle < 60


@pytest.mark.django_db
@pytest.mark.parametrize(("in_line", "hints"), [(1, HANDS), (max(1, HANDS - 1), HANDS), (HANDS, 1)])
def test_helpers_are_called_while_few_are_in_line(in_line: int, hints: int, queue: Any) -> None:
    """Where many stores are in line, hints to help would only keep others' work waiting."""
    StoreWork.objects.all().delete()
    for _number in range(in_line):
        StoreWork.ring(turns.KIND, store_id=make_store().pk, due_at=clock.now())
    look(every=0.5)
    assert queue() == ["campaigns.tasks.dispatch"] * hints
