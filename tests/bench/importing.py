"""What bringing in a file costs: Online Retail through the merchant's own path, against COPY of the same bytes into one plain table.

Both sides in one run and by CPU time, the client's and its backend's together, so that neighbours do not count. They still make the same
work dearer or cheaper from one second to the next, so COPY is measured five times, before, between and after the import's steps, and the
one in the middle counts. `import` is everything
from the kept file to the last order: read, checked, compared, written with customers, lines, refunds and timeline. `again` is the same
file once more, which must add nothing. Beside them stands what bounds it: COPY of the finished lines into the table where they belong, with
its key, index and checks (the README of the orders room says what else there is). It comes last, for the rows it takes back lie in the
way of whoever reads the lines then. The scale takes that part of the file's lines.
"""

import gzip
import io
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from django.db import connections, transaction

from retention.customers.importing import running
from retention.customers.importing.filing import keep
from retention.customers.importing.mapping import kind_of, propose, propose_options
from retention.customers.models import Customer, Import
from retention.kit.clock import now
from retention.kit.memory import keep_what_is_loaded
from retention.orders.models import Order, Refund
from retention.stores.models import Store
from retention.tenancy.context import store_context
from tests.shared_data import shared

LINES = 541_909
_TABLE = """
    DROP TABLE IF EXISTS bench_staging; CREATE TABLE bench_staging (
        invoice text, stock text, description text, quantity text, at text, price text, customer text, country text)
"""
_LINE = "store_id, order_id, position, product_id, variant_id, sku, name, category, brand, quantity, price_minor, amount_minor"
_MOVED = _LINE.replace("position", "position + 100000")
_FINISHED = f"SELECT {_MOVED} FROM orders_orderline WHERE store_id = {{}} ORDER BY order_id, position"
Rows = list[tuple[object, ...]]


class Spent(NamedTuple):
    """Seconds on the clock, and of the processor: ours and the backend's."""

    wall: float
    cpu: float


def main(scale: float) -> tuple[Rows, dict[str, Any]]:
    """Measure both sides and return the table and the figures."""
    keep_what_is_loaded()  # as the worker does that brings files in
    data = _data(int(LINES * min(1, scale)))
    store = Store.objects.create(name="Gifts", slug=f"gifts-{now():%H%M%S%f}", country="GB", currency="GBP", zone="Europe/London")
    copies = [_copied(data), _copied(data)]
    with store_context(store.pk):
        first, steps = _import(data, store, between=lambda: copies.append(_copied(data)))
        copies += [_copied(data), _copied(data)]
        copied = sorted(copies, key=lambda spent: spent.cpu)[len(copies) // 2]
        again, steps_again = _import(data, store)
        bound, lines_bound = _finished_lines(store)
        counts = {
            "lines": first.rows_count,
            "invoices": first.new_count,
            "customers": Customer.objects.count(),
            "stored": Order.objects.count() + Refund.objects.count(),
            "added_again": again.new_count + again.changed_count,
        }
    rows: Rows = [("what", "seconds", "CPU seconds", "lines a CPU second", "COPY's CPU to its own")]
    rows.append(_row("COPY into one plain table", copied, copied, lines=first.rows_count))
    rows.append(_row("COPY of finished order lines into their table", bound, copied, lines=lines_bound))
    for name, times in {"import": steps, "again": steps_again}.items():
        rows.append(_row(name, _sum(times), copied, lines=first.rows_count))
        rows += [(f"  {step}", f"{spent.wall:.2f}", f"{spent.cpu:.2f}", "", "") for step, spent in times.items()]
    copied_each = copied.cpu / first.rows_count
    ratios = {
        "import_vs_copy": round(copied.cpu / _sum(steps).cpu, 3),
        "own_table_vs_copy": round(copied_each * lines_bound / bound.cpu, 3),
    }
    return rows, {"ratios": ratios, "counts": counts | {"amount": first.totals["amount"]}}


def _row(name: str, spent: Spent, copied: Spent, *, lines: int) -> tuple[object, ...]:
    return name, f"{spent.wall:.2f}", f"{spent.cpu:.2f}", f"{lines / spent.cpu:,.0f}", f"{copied.cpu / spent.cpu:.3f}"


def _sum(times: dict[str, Spent]) -> Spent:
    return Spent(sum(one.wall for one in times.values()), sum(one.cpu for one in times.values()))


def _data(lines: int) -> bytes:
    with gzip.open(shared("data/transactions/online_retail.csv.gz")) as file:
        return b"".join(line for _number, line in zip(range(lines + 1), file, strict=False))


def _copy(data: bytes) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(_TABLE)
        cursor.copy_expert("COPY bench_staging FROM STDIN WITH (FORMAT csv, HEADER)", io.BytesIO(data))


def _copied(data: bytes) -> Spent:
    return _timed(lambda: _copy(data), using="owner")


def _finished_lines(store: Store) -> tuple[Spent, int]:
    """Copy the store's order lines into their own table again, behind those that are there, and take them back."""
    text = io.StringIO()
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.copy_expert(
            f"COPY (SELECT {_MOVED} FROM orders_orderline WHERE store_id = {store.pk} ORDER BY order_id, position) TO STDOUT", text
        )
        text.seek(0)
        spent = _timed(lambda: cursor.copy_expert(f"COPY orders_orderline ({_LINE}) FROM STDIN", text), using="owner")
        transaction.set_rollback(True, using="owner")
    return spent, text.getvalue().count("\n")


def _import(data: bytes, store: Store, *, between: Callable[[], object] = lambda: None) -> tuple[Import, dict[str, Spent]]:
    """Bring the file in and return the import and the seconds of each step. between: done before writing, and not measured."""
    of = keep([data], kind="orders", name="online_retail.csv", created_by=None)
    mapping, options = propose(kind_of(of), of.headings), propose_options(of, store)
    running.begin_reading(of, mapping=mapping, options=options, now=now())
    steps = {"read": _timed(lambda: _until(of, {"comparing", "ready"})), "compare": _timed(lambda: _until(of, {"ready"}))}
    between()
    running.begin_running(of, now=now())
    steps["write"] = _timed(lambda: _until(of, {"done"}))
    return of, steps


def _until(of: Import, states: set[str]) -> None:
    while of.state not in states:
        if not running.import_batch(now=now()):
            raise RuntimeError(f"The import stopped in {of.state}: {of.error}")
        of.refresh_from_db()


def _timed(work: Callable[[], object], *, using: str = "default") -> Spent:
    backend = _backend_of(using)
    wall, cpu, server = time.perf_counter(), time.process_time(), _cpu_of(backend)
    work()
    return Spent(time.perf_counter() - wall, time.process_time() - cpu + _cpu_of(backend) - server)


def _backend_of(using: str) -> int:
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def _cpu_of(pid: int) -> float:
    """Return the CPU seconds a process of this machine has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
