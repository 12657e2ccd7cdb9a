"""Senders killed, ended and frozen before referees that behave and that do not: nothing twice, nothing lost, all accounted for."""

from pathlib import Path
from typing import Any

import pytest

from campaigns.models import Message
from campaigns.sending import handing_over
from retention.kit import clock
from tests.campaigns.crowd import make_ready
from tests.faults import gauntlet
from tests.faults.ways import WAYS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handing_over, "DEADLINE_SECONDS", 2.0)


def through(
    store: Any, settings: Any, folder: Path, way: str, *, faulty: bool, messages: int, rounds: int, lease: float = 5.0
) -> gauntlet.Counts:
    counts = gauntlet.through(store, settings, folder, way=way, faulty=faulty, messages=messages, rounds=rounds, lease=lease)
    print(way, "faulty" if faulty else "clean", counts)
    gauntlet.check(counts, messages=messages, keyed=WAYS[way].keyed)
    assert counts.accepted > 0
    return counts


@pytest.mark.long
def test_a_relay_that_misbehaves(store: Any, settings: Any, tmp_path: Path) -> None:
    through(store, settings, tmp_path, "smtp", faulty=True, messages=400, rounds=5, lease=2.0)


@pytest.mark.long
def test_a_service_that_recognises_repeats_leaves_nothing_unknown(store: Any, settings: Any, tmp_path: Path) -> None:
    counts = through(store, settings, tmp_path, "resend", faulty=True, messages=100, rounds=2)
    assert counts.accepted == 100
    assert counts.repeats > 0


def test_the_checker_sees_a_mail_that_came_twice_and_one_that_never_came(store: Any) -> None:
    """The control: a journal and rows that do not agree."""
    twice, never, stuck, again = make_ready(4, now=clock.now())
    Message.objects.filter(pk__in=[twice.pk, never.pk, again.pk]).update(state="sent", sent_at=clock.now())
    keys = [twice.public_id.hex, twice.public_id.hex, again.public_id.hex]
    counts = gauntlet.count([*keys, f"{again.public_id.hex} again", f"{again.public_id.hex} changed"])
    assert (counts.duplicates, counts.lost, counts.unaccounted, counts.repeats, counts.changed) == (1, 1, 1, 1, 1)
    assert Message.objects.get(pk=stuck.pk).state == "ready"


@pytest.mark.faults
@pytest.mark.parametrize("faulty", [False, True], ids=["clean", "faulty"])
@pytest.mark.parametrize("way", WAYS)
def test_the_whole_gauntlet(store: Any, settings: Any, tmp_path: Path, way: str, faulty: bool) -> None:
    messages, rounds = (3000, 50) if way == "smtp" else (600, 10)
    counts = through(store, settings, tmp_path, way, faulty=faulty, messages=messages, rounds=rounds)
    assert faulty or counts.unknown == counts.lost_workers
