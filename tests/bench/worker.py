"""What a worker holds, and what it does while nothing happens: a real one, started as the product starts it, beside its scheduler.

Two shops send a campaign each to a relay that takes everything while a third one's events are projected, so several threads of the worker
have their hands full at once. Its memory and that of its render processes is looked at all the time: `worker_mb` is the most that was
resident, `shared_once_mb` the most where pages that processes share are counted once. `flat` is what it held in the last third, by what it
held in the second. Then nothing is due any more, and processor time and transactions of half a minute are counted.
"""

import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from django.db import connections

from campaigns.broadcasts import running
from campaigns.models import Campaign, Connection, Message, Template, TemplateVersion
from retention.cli import crew
from retention.customers.models import Consent, Customer, CustomerEvent
from retention.intake.projecting.running import KIND as PROJECT
from retention.kit import clock
from retention.stores.models import Store, StoreWork
from retention.tenancy.context import store_context
from tests.bench.fanout import make_store, seed
from tests.bench.measuring import relay
from tests.bench.measuring.events import COLUMNS, line_of
from tests.bench.measuring.mails import LIQUID
from tests.bench.measuring.processes import cpu_seconds, resident_bytes, shared_once_bytes, tree
from tests.campaigns.campaigning import MAIL, make_campaign

SENDERS, PEOPLE, EVENTS = 2, 10_000, 20_000  # at scale 1, of each shop
IDLE_SECONDS, LOOK_SECONDS, MOST_SECONDS = 30.0, 0.25, 900.0


class Look(NamedTuple):
    """The memory of the worker and its render processes at one moment, in bytes, and how many processes these are."""

    resident: int
    shared_once: int
    processes: int


def main(scale: float) -> tuple[list[tuple[object, ...]], dict[str, Any]]:
    """Let it work, then rest, and return the table and the figures."""
    people, events = max(500, int(PEOPLE * scale)), max(1_000, int(EVENTS * scale))
    with relay.sink() as (port, _pid), ExitStack() as stack:
        senders = [_sender(f"sender{number}", people=people, port=port) for number in range(SENDERS)]
        reader = make_store("reader")
        scheduler = stack.enter_context(_started(crew.scheduler))
        worker = stack.enter_context(_started(crew.worker))
        rest = _look(worker)
        for store in senders:
            with store_context(store.pk):
                _begin(store)
        _store_events(reader, events)
        looks = list(_until_done(senders, reader, worker))
        idle = _idle(worker, scheduler)
        unsent = sum(map(_waiting, senders))
    most = max(looks)
    half = len(looks) // 2
    rows: list[tuple[object, ...]] = [("when", "MB resident", "MB, shared pages once", "processes")]
    rows += [_row("at rest, before the first mail", rest), _row("at most", most), _row("at the end", looks[-1])]
    ratios = {"flat": round(max(looks[half:]).resident / max(looks[:half]).resident, 3), **idle}
    counts = {"messages": SENDERS * people, "unsent": unsent, "events": events, "rest_mb": rest.resident >> 20}
    counts |= {"worker_mb": most.resident >> 20, "shared_once_mb": max(look.shared_once for look in looks) >> 20}
    return rows, {"ratios": ratios, "counts": counts}


def _row(when: str, look: Look) -> tuple[object, ...]:
    return when, look.resident >> 20, look.shared_once >> 20, look.processes


def _sender(name: str, *, people: int, port: int) -> Store:
    """Save a shop whose people allow e-mail, with the relay as its provider."""
    store = make_store(name)
    seed(store, people)
    at = {"host": "127.0.0.1", "port": port, "security": "none"}
    with store_context(store.pk):
        yes = {"channel": "email", "status": "granted", "changed_at": clock.now()}
        Consent.objects.bulk_create([Consent(customer=one, **yes) for one in Customer.objects.all()], batch_size=5_000)
        Connection.objects.create(channel="email", provider="smtp", name="Sink", settings=at, from_address="hello@lumen.example.test")
    return store


def _begin(store: Store) -> None:
    """Start a campaign to everybody, with the mail of the other benchmarks."""
    campaign = make_campaign(now=clock.now(), ways=(MAIL,), everybody=True)
    if not running.start(campaign, store=store, user_id=None, now=clock.now()):
        raise RuntimeError("The campaign does not start.")
    template = Template.objects.create(key="bench", name="Bench", live_number=1)
    campaign.variants.update(version=TemplateVersion.objects.create(template=template, number=1, source="", **LIQUID))


def _store_events(store: Store, count: int) -> None:
    """Store events as the door does, and ring for their projection."""
    lines = "".join(line_of(number, store_id=store.pk, moment=clock.now()) + "\n" for number in range(count))
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT 1")  # connects
        cursor.cursor.copy_expert(f"COPY customers_customerevent ({', '.join(COLUMNS)}) FROM STDIN", io.StringIO(lines))
    StoreWork.ring(PROJECT, store_id=store.pk, due_at=clock.now())


@contextmanager
def _started(service: Any) -> Iterator[int]:
    """Run a process of the product as `crew` says, and give its number once it is up."""
    with TemporaryDirectory() as folder:
        of = service(ready=Path(folder))
        process = subprocess.Popen([sys.executable, "-m", "retention.cli.child", "0", *of.arguments], stdin=subprocess.DEVNULL, env=os.environ | of.environment)  # noqa: E501 # fmt: skip
        try:
            until = time.monotonic() + 120
            while not of.is_up():
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"The {of.name} does not start.")
                time.sleep(0.1)
            yield process.pid
        finally:
            process.terminate()
            process.wait()


def _look(worker: int) -> Look:
    return Look(resident_bytes(worker), shared_once_bytes(worker), len(list(tree((worker,)))))


def _until_done(senders: list[Store], reader: Store, worker: int) -> Iterator[Look]:
    """Look at the worker until all campaigns are over and all events are projected."""
    until = time.monotonic() + MOST_SECONDS
    while any(map(_waiting, senders)) or _unprojected(reader):
        if time.monotonic() > until:
            raise RuntimeError("The work does not end.")
        for _look_number in range(4):
            yield _look(worker)
            time.sleep(LOOK_SECONDS)


def _waiting(store: Store) -> int:
    """Return how many of a shop's mails have not left, one more where its campaign is not over."""
    with store_context(store.pk):
        campaigns = Campaign.objects.exclude(state=Campaign.State.FINISHED).count()
        return campaigns + Message.objects.exclude(state="sent").count()


def _unprojected(store: Store) -> bool:
    with store_context(store.pk):
        return CustomerEvent.objects.unprojected().exists()


def _idle(worker: int, scheduler: int) -> dict[str, float]:
    """Return what a minute costs in which nothing is due: seconds of a processor, and transactions of the database."""
    time.sleep(5)
    before = cpu_seconds(worker), cpu_seconds(scheduler), _transactions()
    time.sleep(IDLE_SECONDS)
    after = cpu_seconds(worker), cpu_seconds(scheduler), _transactions()
    spent = [(late - early) * 60 / IDLE_SECONDS for early, late in zip(before, after, strict=True)]
    names = ("idle_worker_seconds", "idle_scheduler_seconds", "idle_transactions")
    return dict(zip(names, (round(one, 2) for one in spent), strict=True))


def _transactions() -> int:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])
