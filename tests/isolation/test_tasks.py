"""Every Celery task runs on both stores' rows without mixing them; a task for one store never touches the other."""

import pytest

from retention.celery import app
from retention.schedule import JOBS
from retention.tenancy.context import current_store_id
from retention.tenancy.tasks import StoreTask
from tests.isolation import matrix, routes
from tests.isolation.probing import listening
from tests.isolation.scene import Scene, fingerprint

routes.tasks()  # reads every room's tasks
TICKS = [name for name, kind in matrix.TASKS.items() if kind == "tick"]
FOR_STORES = [name for name, kind in matrix.TASKS.items() if kind == "store"]


@pytest.mark.parametrize("name", matrix.TASKS)
def test_every_task_opens_the_store_s_context(name: str) -> None:
    assert isinstance(app.tasks[name], StoreTask)


def test_every_timed_job_is_a_task_and_needs_no_store() -> None:
    assert [job.task for job in JOBS if job.task not in TICKS] == []


@pytest.mark.django_db
def test_ticks_leave_no_store_open_and_log_nothing_personal(scene: Scene) -> None:
    with listening() as lines:
        for name in TICKS:
            app.tasks[name].apply(throw=True)
            assert current_store_id() is None, name
    assert "canaryvictim@" not in "\n".join(lines)
    assert [line for line in lines if "the turn of store" in line] == [], "none failed and was passed over"


@pytest.mark.django_db
@pytest.mark.parametrize("name", FOR_STORES)
def test_a_task_for_one_store_leaves_the_other_alone(name: str, scene: Scene) -> None:
    before = fingerprint(scene.victim.store)
    app.tasks[name].apply(kwargs={"store_id": scene.attacker.store.pk}, throw=False)
    assert fingerprint(scene.victim.store) == before


def test_the_base_task_runs_the_body_inside_the_store() -> None:
    seen: list[int | None] = []

    def look(**_: object) -> None:
        seen.append(current_store_id())

    task = app.task(base=StoreTask, name="tests.look")(look)
    try:
        task.apply(kwargs={"store_id": 42}, throw=True)
        task.apply(throw=True)
    finally:
        app.tasks.pop("tests.look")
    assert seen == [42, None]
