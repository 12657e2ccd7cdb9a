"""The Celery application: workers carry out hints; the rows in PostgreSQL decide."""

import os
import time
from typing import Any

from celery import Celery
from celery.signals import (
    beat_init,
    celeryd_init,
    task_failure,
    task_postrun,
    task_prerun,
    task_success,
    worker_process_init,
    worker_ready,
    worker_shutting_down,
)

from retention.kit import clock, ending
from retention.kit.memory import keep_what_is_loaded
from retention.kit.metrics import TASK_FAILURES, TASK_SECONDS
from retention.schedule import LOOK, beat_schedule, looked_at

HANDS = min(os.cpu_count() or 1, 4)
"""So many workers are called at once to work that others can help with."""
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "retention.settings")

app = Celery("boomerang", task_cls="retention.tenancy.tasks:StoreTask", fixups=["retention.tenancy.keeping:fixup"])
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = {}
app.autodiscover_tasks()


@celeryd_init.connect
@beat_init.connect
def refuse_to_start(**_: object) -> None:
    """End a worker or the scheduler with one sentence when its database role would see every store."""
    from django.db import connections

    from retention.tenancy.checking import refuse_unsafe_role

    refuse_unsafe_role()
    connections.close_all()  # this thread asks nothing more


@worker_process_init.connect
@worker_ready.connect
def settle(**_: object) -> None:
    """Leave what is loaded by now out of every later look for garbage, in a worker and in each process of it."""
    keep_what_is_loaded()


worker_shutting_down.connect(ending.ask, weak=False)


@app.on_after_finalize.connect
def read_schedule(sender: Celery, **_: object) -> None:
    """Take the timed jobs from the one page that lists them; note when each one ends well."""
    from retention.health import heartbeats

    sender.conf.beat_schedule = beat_schedule()
    task_success.connect(heartbeats.note, weak=False)


@app.task(name=LOOK)
def look(*, every: float = 0.5) -> None:
    """Ask once for all jobs of a cadence which have something due, and hand these out.

    An idle worker so runs one short task in place of one for each job. A job that nothing waits for is as well as one that just ended. One
    that others can help with is handed out for some cores while few stores are in line: they come at once and not one with each look.
    """
    from retention.health import heartbeats
    from retention.stores.doorbells import count_in_line, kinds_due

    jobs = looked_at(every)
    asked = {kind: job.is_shared for job in jobs for kind in job.kinds}
    due = kinds_due(asked, now=clock.now())
    for job in jobs:
        if not due.isdisjoint(job.kinds):
            app.send_task(job.task, expires=job.expires_seconds)
            if job.is_shared and count_in_line(job.kinds, now=clock.now(), most=HANDS) < HANDS:
                for _hand in range(HANDS - 1):
                    app.send_task(job.task, expires=job.every_seconds)
    heartbeats.note_idle([job.task for job in jobs if due.isdisjoint(job.kinds)])


@task_prerun.connect
def begin(task: Any, **_: object) -> None:
    """Note when a task begins."""
    task.request.began = time.monotonic()


@task_postrun.connect
def end(task: Any, **_: object) -> None:
    """Put the task's time into the figures."""
    TASK_SECONDS.labels(task.name).observe(time.monotonic() - task.request.began)


@task_failure.connect
def fail(sender: Any, **_: object) -> None:
    """Put a task that ended with an error into the figures."""
    TASK_FAILURES.labels(sender.name).inc()
