"""/healthz, /readyz and /metrics, with real servers."""

import re
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from retention.health import readiness, stopping
from retention.kit.clock import now
from retention.notices.models import Notice
from retention.stores.models import Store, StoreWork

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sweeper_is_alive() -> Iterator[None]:
    """Let the sweeper have ended just now."""
    cache.set(f"heartbeat:{readiness.SWEEPER}", time.time(), 60)
    readiness._kept.until = 0.0
    yield
    cache.delete(f"heartbeat:{readiness.SWEEPER}")
    stopping._stopping.clear()


def _store() -> Store:
    return Store.objects.create(name="Lumen", slug="lumen-probe", country="DE", currency="EUR", zone="Europe/Berlin")


def test_healthz_touches_nothing(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_ready_when_everything_answers(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.json()["ready"] is True, answer.json()
    assert answer.status_code == 200
    assert set(answer.json()["checks"]) == {"process", "database", "valkey", "migrations", "work", "sweeper"}


def test_not_ready_while_ending(client: Client) -> None:
    stopping.begin()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.json()["checks"]["process"] == {"ok": False, "found": "This process is ending."}


def test_not_ready_when_the_sweeper_is_late(client: Client) -> None:
    cache.set(f"heartbeat:{readiness.SWEEPER}", time.time() - 500, 60)
    checks = client.get("/readyz").json()["checks"]
    assert checks["sweeper"]["ok"] is False
    assert re.fullmatch(r"The sweeper ended 50\d seconds ago\.", checks["sweeper"]["found"])


def test_one_stores_work_that_waits_too_long_is_told_and_turns_nobody_away(client: Client) -> None:
    StoreWork.ring("messages", store_id=_store().pk, due_at=now() - timedelta(minutes=20))
    answer = client.get("/readyz")
    assert answer.json()["checks"]["work"]["ok"] is False
    assert re.fullmatch(r"The oldest due work waits for 12\d\d seconds\.", answer.json()["checks"]["work"]["found"])
    assert (answer.status_code, answer.json()["ready"]) == (200, True)


def test_asked_again_within_two_seconds_nothing_is_looked_up(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    first = client.get("/readyz").json()
    cache.set(f"heartbeat:{readiness.SWEEPER}", time.time() - 500, 60)
    with django_assert_num_queries(0):
        assert client.get("/readyz").json() == first
    stopping.begin()
    assert client.get("/readyz").status_code == 503
    stopping._stopping.clear()
    readiness._kept.until = 0.0
    assert client.get("/readyz").json()["checks"]["sweeper"]["ok"] is False


def test_not_ready_with_an_unapplied_migration(client: Client) -> None:
    readiness._migrated.clear()
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM django_migrations WHERE app = 'notices' ORDER BY name")
        names = [name for (name,) in cursor.fetchall()]
    with pytest.MonkeyPatch.context() as patch:
        from django.db.migrations.recorder import MigrationRecorder

        applied = MigrationRecorder.applied_migrations
        without = lambda self: {key: row for key, row in applied(self).items() if key[0] != "notices"}  # noqa: E731
        patch.setattr(MigrationRecorder, "applied_migrations", without)
        answer = client.get("/readyz").json()
    assert answer["checks"]["migrations"] == {"ok": False, "found": f"{len(names)} migrations are not applied; run migrate."}


def test_metrics_do_not_exist_without_a_token(client: Client) -> None:
    assert client.get("/metrics").status_code == 404


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer "}])
def test_metrics_refuse_another_token(client: Client, settings: Settings, header: dict[str, str]) -> None:
    settings.METRICS_TOKEN = "right"
    assert client.get("/metrics", headers=header).status_code == 401


def test_metrics_count_requests_and_waiting_work(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = "right"
    store = _store()
    StoreWork.ring("messages", store_id=store.pk, due_at=now() - timedelta(seconds=40))
    Notice.objects.create(key="k1", kind="test", to="person@example.test", subject="s", text="t")
    client.get("/healthz")
    text = client.get("/metrics", headers={"Authorization": "Bearer right"}).content.decode()
    assert 'boomerang_requests_total{method="GET",route="healthz",status="200"}' in text
    assert 'boomerang_notices{state="ready"} 1.0' in text
    assert "boomerang_stores 1.0" in text
    (oldest,) = [line for line in text.splitlines() if line.startswith('boomerang_oldest_due_seconds{kind="messages"}')]
    assert 39 < float(oldest.split()[-1]) < 60
    assert "example.test" not in text
    names = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE boomerang_")}
    assert len(names) >= 12
