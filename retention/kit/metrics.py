"""The figures Prometheus reads, and how the processes of one machine share them.

No store, customer or address is ever a label: they would show who our customers are and grow without bound.
Web, worker and scheduler are several processes, so the launcher calls `share_between_processes` before it starts them; each then writes
its figures into that folder and whichever process is asked sums them up. A new figure: one line here, one call where it happens.
"""

import os
from collections.abc import MutableMapping
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest, multiprocess

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

REQUESTS = Counter("boomerang_requests_total", "Requests answered.", ["route", "method", "status"])
REQUEST_SECONDS = Histogram(
    "boomerang_request_seconds", "Time to answer a request.", ["route"], buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
)
REQUESTS_TURNED_AWAY = Counter("boomerang_requests_turned_away_total", "Requests answered 503 because all places were taken.")
EVENTS = Counter("boomerang_events_total", "Tracking events by outcome: stored (now or before), refused.", ["outcome"])
MESSAGES = Counter(
    "boomerang_messages_total", "Messages by channel and outcome: sent, failed, suppressed, unknown.", ["channel", "outcome"]
)
NOTICES = Counter("boomerang_notices_total", "Mails the product itself owed someone, by outcome.", ["outcome"])
TASK_SECONDS = Histogram("boomerang_task_seconds", "Time of a background task.", ["task"], buckets=(0.05, 0.1, 0.5, 1, 5, 10, 30, 60))
TASK_FAILURES = Counter(
    "boomerang_task_failures_total", "Background tasks, and turns of a store in them, that ended with an error.", ["task"]
)
FETCHES = Counter("boomerang_fetches_total", "Outbound requests by outcome: answered, refused, failed.", ["outcome"])
SIGN_IN_FAILURES = Counter("boomerang_sign_in_failures_total", "Sign-ins that failed.")


def share_between_processes(folder: Path, *, environ: MutableMapping[str, str]) -> None:
    """Empty a folder and name it in the environment of the processes to come.

    Only the launcher calls it, before any of them runs: the library reads the variable once, when it is first imported.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob("*.db"):
        left.unlink()
    environ[_FOLDER] = str(folder)


def render_metrics() -> bytes:
    """Return the figures of all processes that share a folder, or of this one alone, in Prometheus's text format."""
    if not os.environ.get(_FOLDER):
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
