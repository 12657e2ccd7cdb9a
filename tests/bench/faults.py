"""The gauntlet with counts: senders killed, ended and frozen before a relay that misbehaves. All figures are the referee's.

`resumed`: the most seconds until mail left again after a new sender was up.
"""

import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings

from retention.kit import clock
from retention.stores.models import Store
from retention.tenancy.context import store_context
from tests.faults import gauntlet

MESSAGES, ROUNDS = 3000, 50


def main(scale: float) -> tuple[list[tuple[object, ...]], dict[str, Any]]:
    """Run the gauntlet before a relay that behaves and before one that does not."""
    rows: list[tuple[object, ...]] = [("relay", "seconds", *gauntlet.Counts.__dataclass_fields__)]
    counts: dict[str, float] = {}
    for name, faulty in (("clean", False), ("faulty", True)):
        store = Store.objects.create(name="Lumen", slug=f"faults-{name}-{clock.now():%H%M%S%f}", web_address="https://lumen.example.test")
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder, store_context(store.pk):
            journal = Path(folder) / "journal"
            with gauntlet.referee(journal, seed=7, faulty=faulty) as inbox:
                settings.INBOX_SMTP_URL = inbox
                found = gauntlet.run(store, inbox, journal, messages=int(MESSAGES * scale), rounds=max(5, int(ROUNDS * scale)), seed=3)
        rows.append((name, round(time.monotonic() - began), *asdict(found).values()))
        for key in ("duplicates", "lost", "unaccounted", "unknown"):
            counts[key] = counts.get(key, 0) + asdict(found)[key]
        counts["resumed"] = max(counts.get("resumed", 0), found.resumed)
    return rows, {"ratios": {}, "counts": counts}
