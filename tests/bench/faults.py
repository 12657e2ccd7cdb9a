"""The gauntlet with counts: senders killed, ended and frozen before referees that behave and that do not, on every way out; then the whole
crew with its servers falling. All figures are the referees'.

`resumed`: the most seconds until mail left again after a new sender was up; for the whole crew, until mail left that was made after the
fault.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from django.conf import settings

from campaigns.sending import handing_over
from retention.kit import clock
from retention.stores.models import Store
from retention.tenancy.context import store_context
from tests.faults import gauntlet
from tests.faults.rounds import ROUNDS as WHOLE
from tests.faults.ways import WAYS

_NAMES = tuple(one.name for one in fields(gauntlet.Counts))
_OURS = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_INGEST_URL", "REDIS_URL", "VAR_DIR")


def main(scale: float) -> tuple[list[tuple[object, ...]], dict[str, Any]]:
    """Run every way through the gauntlet, clean and faulty, and then the faults of the whole crew."""
    handing_over.DEADLINE_SECONDS = gauntlet.LEASE_SECONDS / 2.5
    found = [_one(way, faulty=faulty, scale=scale) for way in WAYS for faulty in (False, True)] + _whole(scale)
    rows: list[tuple[object, ...]] = [("what", "seconds", *_NAMES)]
    rows += [(name, seconds, *(seen[key] for key in _NAMES)) for name, seconds, seen in found]
    counts: dict[str, float] = {
        key: sum(seen[key] for _, _, seen in found) for key in ("duplicates", "lost", "unaccounted", "unknown", "changed")
    }
    counts["unknown_keyed"] = sum(seen["unknown"] for name, _, seen in found if name.partition(" ")[0] in WAYS and _keyed(name))
    counts |= {f"resumed_{name}": seen["resumed"] for name, _, seen in found if name in WHOLE}
    return rows, {"ratios": {}, "counts": counts}


def _keyed(name: str) -> bool:
    return WAYS[name.partition(" ")[0]].keyed


def _one(way: str, *, faulty: bool, scale: float) -> tuple[str, int, dict[str, Any]]:
    whole = gauntlet.long_plan(way)
    plan = gauntlet.Plan(
        max(60, int(whole.messages * scale)),
        kills=max(len(gauntlet.KILLS), int(whole.kills * scale)),
        others=max(1, int(whole.others * scale)),
    )
    store = Store.objects.create(name="Lumen", slug=f"faults-{way}-{clock.now():%H%M%S%f}", web_address="https://lumen.example.test")
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, store_context(store.pk):
        seen = gauntlet.through(store, settings, Path(folder), way=way, faulty=faulty, plan=plan, lease=gauntlet.LEASE_SECONDS)
    return f"{way} {'faulty' if faulty else 'clean'}", round(time.monotonic() - began), asdict(seen)


def _whole(scale: float) -> list[tuple[str, int, dict[str, Any]]]:
    """Run the faults of the whole crew in a process of its own, which has servers it may break."""
    wanted = [part for fault, rounds in WHOLE.items() for part in (fault, str(max(1, int(rounds * scale))))]
    environment = {name: value for name, value in os.environ.items() if name not in _OURS}
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.whole", *wanted], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    seconds = round(time.monotonic() - began)
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return [(one["fault"], seconds, one) for one in found]
