"""Reading an import's file into things, a few thousand rows a transaction; how far it came is committed with them.

Things of one import have a key each: a person who comes twice is left out the second time, an order whose lines come again grows.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

import msgspec
from django.db import connection
from django.utils.translation import gettext as _

from retention.customers.importing.kinds import Kind, Plan, Read, Thing
from retention.customers.importing.mapping import rows_of
from retention.customers.importing.reading import Fault
from retention.customers.models import Import, ImportFault, ImportRow
from retention.tenancy.context import require_store_id

MOST_FAULTS = 10_000  # written down one by one; the rest is only counted

_open: dict[int, tuple[int, Iterator[Read]]] = {}  # by import: how far its reader came in this process, and the reader

_STAGE = """
    INSERT INTO customers_importrow (store_id, of_import_id, "row", key, "values", lines, outcome, says)
    SELECT %s, %s, staged.row, staged.key, staged.things::jsonb, staged.lines::jsonb, '', ''
    FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[]) WITH ORDINALITY AS staged("row", key, things, lines, place) ORDER BY place
"""
_ONCE = _STAGE + " ON CONFLICT (store_id, of_import_id, key) DO NOTHING RETURNING key"
_GROWING = _STAGE + " ON CONFLICT (store_id, of_import_id, key) DO UPDATE SET lines = customers_importrow.lines || excluded.lines"


def stage_batch(of: Import, kind: Kind, plan: Plan) -> bool:
    """Read the next rows of an import into things and faults, and say whether the file has more; in the caller's transaction."""
    reads: list[Read] = []
    rows = 0
    source = _source(of, kind, plan)
    for read in source:
        reads.append(read)
        rows += read.rows
        if rows >= kind.batch_rows:
            _open[of.pk] = (reads[-1].last_row, source)
            break
    if reads:
        faults = [fault for read in reads for fault in read.faults]
        faults += _stage(of, kind, [read.thing for read in reads if read.thing is not None])
        note_faults(of, faults)
        of.rows_count += rows
        of.totals = _added(of.totals, reads)
        of.position = reads[-1].last_row
    of.save()
    return rows >= kind.batch_rows


def _source(of: Import, kind: Kind, plan: Plan) -> Iterator[Read]:
    """Return where reading goes on: the reader this process left there, else a new one that passes over what was read."""
    position, source = _open.pop(of.pk, (-1, iter(())))
    return source if position == of.position else kind.read(rows_of(of, after=of.position), plan)


def note_faults(of: Import, faults: Iterable[Fault]) -> None:
    """Write down why rows were left out; in the caller's transaction, which saves the import."""
    found = list(faults)
    room = max(0, MOST_FAULTS - of.refused_count)
    of.refused_count += len({fault.row for fault in found})
    ImportFault.objects.bulk_create(
        [
            ImportFault(of_import=of, row=fault.row, column=fault.column[:120], value=_plain(fault.value)[:80], why=fault.why[:300])
            for fault in islice(found, room)
        ]
    )


def things_after(of: Import, *, position: int, limit: int, outcomes: Sequence[str] = ()) -> list[ImportRow]:
    """Return the next things of an import in the order they were read."""
    rows = ImportRow.objects.filter(of_import=of, id__gt=position).order_by("id")
    return list((rows.filter(outcome__in=outcomes) if outcomes else rows)[:limit])


def _stage(of: Import, kind: Kind, things: Sequence[Thing]) -> list[Fault]:
    together: dict[str, Thing] = {}
    faults: list[Fault] = []
    for thing in things:
        first = together.get(thing.key)
        if first is None:
            together[thing.key] = thing
        else:
            if kind.appends:
                together[thing.key] = first._replace(lines=[*(first.lines or ()), *(thing.lines or ())])
            else:
                faults.append(_repeated(thing, first.row))
    if not together:
        return faults
    columns: list[Any] = [
        [thing.row for thing in together.values()],
        [thing.key[:300] for thing in together.values()],
        [_json(thing.values) for thing in together.values()],
        [None if thing.lines is None else _json(thing.lines) for thing in together.values()],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_GROWING if kind.appends else _ONCE, [require_store_id(), of.pk, *columns])
        fresh = set() if kind.appends else {key for (key,) in cursor.fetchall()}
    return faults if kind.appends else faults + _known_before(of, [thing for key, thing in together.items() if key[:300] not in fresh])


def _known_before(of: Import, repeated: Sequence[Thing]) -> list[Fault]:
    firsts = dict(ImportRow.objects.filter(of_import=of, key__in=[thing.key[:300] for thing in repeated]).values_list("key", "row"))
    return [_repeated(thing, firsts[thing.key[:300]]) for thing in repeated]


def _repeated(thing: Thing, first: int) -> Fault:
    return Fault(thing.row, "", "", _("The same person stands in row %(row)s already.") % {"row": first})


def _added(totals: dict[str, str], reads: Iterable[Read]) -> dict[str, str]:
    sums = {name: Decimal(value) for name, value in totals.items()}
    for read in reads:
        for name, value in read.sums.items():
            sums[name] = sums.get(name, Decimal(0)) + value
    return {name: str(value) for name, value in sums.items()}


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _plain(text: str) -> str:
    return text.replace("\0", "").encode(errors="replace").decode()
