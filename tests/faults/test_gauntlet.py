"""Senders killed, ended and frozen before a relay that behaves and one that does not: nothing twice, nothing lost, all accounted for."""

from pathlib import Path
from typing import Any

import pytest

from campaigns.models import Message
from campaigns.sending import dispatch
from retention.kit import clock
from tests.campaigns.crowd import make_ready
from tests.faults import gauntlet

pytestmark = pytest.mark.django_db(transaction=True)


def through(store: Any, settings: Any, tmp_path: Path, *, faulty: bool, messages: int, rounds: int) -> gauntlet.Counts:
    """Run the gauntlet and check what must always be so."""
    journal = tmp_path / "journal"
    with gauntlet.referee(journal, seed=7, faulty=faulty) as inbox:
        settings.INBOX_SMTP_URL = inbox
        counts = gauntlet.run(store, inbox, journal, messages=messages, rounds=rounds, seed=3)
    assert (counts.duplicates, counts.lost, counts.unaccounted) == (0, 0, 0)
    assert counts.asked == messages
    assert counts.lost_workers <= counts.in_flight
    assert counts.accepted > 0
    assert counts.resumed <= 30, "a new sender takes up what a killed one left"
    return counts


def test_a_relay_that_behaves(store: Any, settings: Any, tmp_path: Path) -> None:
    counts = through(store, settings, tmp_path, faulty=False, messages=400, rounds=4)
    assert counts.unknown == counts.lost_workers


def test_a_relay_that_misbehaves(store: Any, settings: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(dispatch, "DEADLINE_SECONDS", 2.0)
    through(store, settings, tmp_path, faulty=True, messages=400, rounds=4)


def test_the_checker_sees_a_mail_that_came_twice_and_one_that_never_came(store: Any, tmp_path: Path) -> None:
    """The control: a journal and rows that do not agree."""
    twice, never, stuck = make_ready(3, now=clock.now())
    Message.objects.filter(pk__in=[twice.pk, never.pk]).update(state="sent", sent_at=clock.now())
    journal = tmp_path / "journal"
    journal.write_text(f"{twice.public_id.hex}\n" * 2)
    counts = gauntlet.count(journal, in_flight=0)
    assert (counts.duplicates, counts.lost, counts.unaccounted) == (1, 1, 1)
    assert Message.objects.get(pk=stuck.pk).state == "ready"


@pytest.mark.faults
@pytest.mark.parametrize("faulty", [False, True])
def test_the_whole_gauntlet(store: Any, settings: Any, tmp_path: Path, monkeypatch: Any, faulty: bool) -> None:
    monkeypatch.setattr(dispatch, "DEADLINE_SECONDS", 2.0)
    through(store, settings, tmp_path, faulty=faulty, messages=3000, rounds=50)
