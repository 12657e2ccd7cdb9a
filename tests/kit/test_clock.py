"""The clock is real time, unless a dial file says otherwise."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from retention.kit import clock

CHRISTMAS = datetime(2026, 12, 24, 18, tzinfo=UTC)


def test_is_real_time_without_a_dial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BOOMERANG_CLOCK_FILE", raising=False)
    before = datetime.now(UTC)
    assert before <= clock.now() <= datetime.now(UTC)
    assert clock.now().tzinfo is UTC


def test_is_real_time_while_the_dial_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BOOMERANG_CLOCK_FILE", str(tmp_path / "dial"))
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_runs_from_the_dialled_moment_at_the_dialled_speed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    dial = tmp_path / "dial"
    monkeypatch.setenv("BOOMERANG_CLOCK_FILE", str(dial))
    clock.set_dial(dial, virtual=CHRISTMAS, speed=3600)
    started = datetime.now(UTC)
    first, second = clock.now(), clock.now()
    most = 3600 * (datetime.now(UTC) - started + timedelta(seconds=1))
    assert CHRISTMAS <= first <= second <= CHRISTMAS + most


def test_a_process_that_asks_once_whether_there_is_a_dial_follows_it_or_real_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    dial = tmp_path / "clock"
    monkeypatch.delenv("BOOMERANG_CLOCK_FILE", raising=False)
    before, told = datetime.now(UTC), clock.of_this_process()()
    assert before <= told <= datetime.now(UTC)
    assert told.tzinfo is UTC
    monkeypatch.setenv("BOOMERANG_CLOCK_FILE", str(dial))
    follows = clock.of_this_process()
    clock.set_dial(dial, virtual=CHRISTMAS, speed=0)
    assert follows() == CHRISTMAS


def test_sees_a_dial_that_was_turned(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    dial = tmp_path / "dial"
    monkeypatch.setenv("BOOMERANG_CLOCK_FILE", str(dial))
    clock.set_dial(dial, virtual=CHRISTMAS, speed=0)
    assert clock.now() == CHRISTMAS
    clock.set_dial(dial, virtual=CHRISTMAS + timedelta(days=1), speed=0)
    os.utime(dial, ns=(1, 1))  # a coarse file system may give both files the same time
    assert clock.now() == CHRISTMAS + timedelta(days=1)


@pytest.mark.parametrize(("virtual", "speed"), [(datetime(2026, 1, 1), 1.0), (CHRISTMAS, -1.0)])
def test_refuses_a_dial_without_zone_or_running_backwards(virtual: datetime, speed: float, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="dial"):
        clock.set_dial(tmp_path / "dial", virtual=virtual, speed=speed)
    assert list(tmp_path.iterdir()) == []
