"""Senders killed, ended and frozen before referees that behave and that do not: nothing twice, nothing lost, all accounted for."""

import time
from pathlib import Path
from typing import Any

import pytest

from campaigns.models import Message
from campaigns.sending import handing_over
from retention.kit import clock
from tests.campaigns.crowd import make_ready
from tests.faults import gauntlet
from tests.faults.gauntlet import Plan
from tests.faults.ways import WAYS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handing_over, "DEADLINE_SECONDS", 2.0)


def through(
    store: Any, settings: Any, folder: Path, way: str, *, faulty: bool, plan: Plan, lease: float = gauntlet.LEASE_SECONDS
) -> gauntlet.Counts:
    began = time.monotonic()
    counts = gauntlet.through(store, settings, folder, way=way, faulty=faulty, plan=plan, lease=lease)
    print(way, "faulty" if faulty else "clean", f"{time.monotonic() - began:.0f} s", counts)
    gauntlet.check(counts, plan=plan, keyed=WAYS[way].keyed)
    assert counts.accepted > 0
    return counts


@pytest.mark.long
def test_a_relay_that_misbehaves(store: Any, settings: Any, tmp_path: Path) -> None:
    through(store, settings, tmp_path, "smtp", faulty=True, plan=Plan(400, kills=3, others=1), lease=2.0)


@pytest.mark.long
def test_a_service_that_recognises_repeats_leaves_nothing_unknown(store: Any, settings: Any, tmp_path: Path) -> None:
    counts = through(store, settings, tmp_path, "resend", faulty=True, plan=Plan(100, kills=2, others=0))
    assert counts.accepted == counts.asked
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
    counts = through(store, settings, tmp_path, way, faulty=faulty, plan=gauntlet.long_plan(way))
    assert faulty or counts.unknown == counts.lost_workers
