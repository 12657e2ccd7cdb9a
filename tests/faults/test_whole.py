"""The product's own worker and scheduler while their servers fall and they are killed: nothing twice, nothing lost, and soon going on."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from campaigns.sending.dispatch import SENDERS
from retention.cli.folders import ROOT
from tests.faults.rounds import A_ROUND, AFTER_A_FAULT, MOST_UNTIL_MAIL, ROUNDS

_OURS = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_INGEST_URL", "REDIS_URL", "VAR_DIR", "INBOX_SMTP_URL")


@pytest.fixture(scope="module")
def figures() -> dict[str, dict[str, Any]]:
    """Run all faults once, on servers of their own, and return what the referee saw of each."""
    wanted = [str(part) for pair in ROUNDS.items() for part in pair]
    environment = {name: value for name, value in os.environ.items() if name not in _OURS}
    command = [sys.executable, "-m", "tests.faults.whole", *wanted]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=3000)
    assert done.returncode == 0, done.stderr[-2000:]
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {one["fault"]: one for one in found}


@pytest.mark.faults
@pytest.mark.deep
@pytest.mark.parametrize("fault", ROUNDS)
def test_nothing_is_twice_and_nothing_lost_and_mail_leaves_again_soon(figures: dict[str, dict[str, Any]], fault: str) -> None:
    seen = figures[fault]
    print(seen)
    assert (seen["duplicates"], seen["lost"], seen["unaccounted"]) == (0, 0, 0)
    assert seen["asked"] == (A_ROUND + AFTER_A_FAULT) * ROUNDS[fault]
    assert seen["accepted"] + seen["unknown"] >= seen["asked"]
    assert seen["unknown"] <= ROUNDS[fault] * SENDERS
    assert seen["struck"] == ROUNDS[fault], "every fault came while there was something to send"
    assert seen["worst"] <= SENDERS
    assert seen["resumed"] <= MOST_UNTIL_MAIL[fault]


@pytest.mark.faults
@pytest.mark.deep
def test_a_worker_that_is_asked_to_end_leaves_nothing_unknown(figures: dict[str, dict[str, Any]]) -> None:
    assert figures["terminate"]["unknown"] == 0
    assert figures["flush"]["unknown"] == 0
