"""Kill -9 of a process that brings orders in, at any moment: the end is the same as if nobody had been killed."""

import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from retention.customers.importing import running
from retention.customers.importing.filing import keep
from retention.customers.importing.mapping import kind_of, propose, propose_options
from retention.customers.models import Customer, CustomerCounter, CustomerEvent, Import
from retention.orders.models import Order, OrderLine, Refund, RefundLine
from retention.stores.models import Store
from tests.factories import make_store, work_for
from tests.orders.test_importing import online_retail

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def bring_in(store: Store, *, lines: int, kills: int, chance: random.Random) -> dict[str, Any]:
    """Bring a part of Online Retail in, killing the worker so many times, and return what the store then holds."""
    with work_for(store):
        of = keep(online_retail(lines), kind="orders", name="online_retail.csv", created_by=None)
        mapping, options = propose(kind_of(of), of.headings), propose_options(of, store)
        running.begin_reading(of, mapping=mapping, options=options, now=NOW)
        for _kill in range(kills):
            _work(store, seconds=chance.uniform(0.05, 0.8))
            _begin(of)
        while not _finished(of):
            running.import_batch(now=NOW)
        return _state(of)


def _work(store: Store, *, seconds: float) -> None:
    environment = dict(os.environ) | {"DJANGO_SETTINGS_MODULE": "retention.settings"}
    command = [sys.executable, "-m", "tests.orders.importing_child", str(store.pk)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    time.sleep(seconds)
    process.kill()
    process.wait()
    process.stdout.close()


def _begin(of: Import) -> None:
    of.refresh_from_db()
    if of.state == "ready":
        running.begin_running(of, now=NOW)


def _finished(of: Import) -> bool:
    _begin(of)
    of.refresh_from_db()
    return bool(of.state == "done")


def _state(of: Import) -> dict[str, Any]:
    figures = ("orders_count", "spent_minor", "country")
    return {
        "import": (of.state, of.rows_count, of.new_count, of.changed_count, of.same_count, of.refused_count, of.totals),
        "orders": list(Order.objects.order_by("number").values_list("number", "total_minor", "placed_at")),
        "refunds": list(Refund.objects.order_by("number").values_list("number", "total_minor", "refunded_at")),
        "lines": (OrderLine.objects.count(), RefundLine.objects.count()),
        "people": list(Customer.objects.order_by("identities__value").values_list("identities__value", *figures)),
        "events": CustomerEvent.objects.count(),
        "counted": sum(CustomerCounter.objects.values_list("count", flat=True)),
    }


def _compare(*, lines: int, kills: int, seed: int) -> None:
    calm, killed = (make_store(country="GB", currency="GBP", zone="Europe/London") for _each in range(2))
    chance = random.Random(seed)
    wanted = bring_in(calm, lines=lines, kills=0, chance=chance)
    assert wanted["import"][:2] == ("done", lines)
    assert bring_in(killed, lines=lines, kills=kills, chance=chance) == wanted


@pytest.mark.django_db(transaction=True)
def test_killed_twice_the_end_is_the_same() -> None:
    _compare(lines=1500, kills=2, seed=3)


@pytest.mark.deep
@pytest.mark.faults
@pytest.mark.django_db(transaction=True)
def test_killed_twenty_times_the_end_is_the_same() -> None:
    _compare(lines=20_000, kills=20, seed=5)
