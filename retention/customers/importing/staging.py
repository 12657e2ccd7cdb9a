"""Reading an import's file into things, a few thousand rows a transaction; how far it came is committed with them.

Things of one import have a key each: a person who comes twice is left out the second time, an order whose lines come again grows. A
thing of which one part cannot be read is left out whole; its row stays, refused, so that parts further on are left out too.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import msgspec
from django.db import connection
from django.utils.translation import gettext as _

from retention.customers.importing.kinds import Kind, Plan, Read, Thing, Unjoinable
from retention.customers.importing.mapping import runs_of
from retention.customers.importing.reading import Fault
from retention.customers.models import Import, ImportFault, ImportRow
from retention.kit.arrays import array_of, texts_of
from retention.kit.stored_json import read_json
from retention.tenancy.context import require_store_id, store_context

MOST_FAULTS = 10_000  # written down one by one; the rest is only counted

MOST_READERS = 3  # left open in one process, some 24 MB each; an import without its reader passes over what was read before


class _Reader(NamedTuple):
    """A reader this process left in a file. came: how far it came, by which mapping and options."""

    store_id: int
    came: tuple[int, dict[str, Any], dict[str, Any]]
    source: Iterator[Read]


_open: OrderedDict[int, _Reader] = OrderedDict()  # by import; the one used last stands at the end

_STAGE = """
    INSERT INTO customers_importrow (store_id, of_import_id, "row", key, "values", lines, outcome, says)
    SELECT %s, %s, staged.row, staged.key, staged.told,
        CASE WHEN first <> '' THEN ARRAY[staged.first, staged.second, staged.third] END, staged.outcome, ''
    FROM ROWS FROM (
        unnest(%s::int[]), unnest(%s::text[]), jsonb_array_elements(%s::jsonb), unnest(%s::text[]), unnest(%s::text[]), unnest(%s::text[]),
        unnest(%s::text[])
    ) WITH ORDINALITY AS staged("row", key, told, first, second, third, outcome, place) ORDER BY place
"""
_ONCE = _STAGE + " ON CONFLICT (store_id, of_import_id, key) DO NOTHING RETURNING key"
_JOINED = (
    _STAGE
    + """ ON CONFLICT (store_id, of_import_id, key)
    DO UPDATE SET "values" = excluded."values", lines = excluded.lines, outcome = excluded.outcome
"""
)
_BEFORE = """
    SELECT "row", key, "values", lines FROM customers_importrow WHERE store_id = %s AND of_import_id = %s AND key = ANY(%s::text[])
"""
_NEXT = """
    SELECT "row", key, {values}, id FROM customers_importrow
    WHERE store_id = %s AND of_import_id = %s AND id > %s AND outcome = ANY(%s) ORDER BY id LIMIT %s
"""


def stage_batch(of: Import, kind: Kind, plan: Plan) -> bool:
    """Read the next rows of an import into things and faults, and say whether the file has more; in the caller's transaction."""
    reads: list[Read] = []
    rows = 0
    source = _source(of, kind, plan)
    for read in source:
        reads.append(read)
        rows += read.rows
        if rows >= kind.batch_rows:
            _leave_open(of, source, position=reads[-1].last_row)
            break
    if reads:
        faults = [fault for read in reads for fault in read.faults]
        faults += _stage_joined(of, kind, reads) if kind.join else _stage_once(of, [read.thing for read in reads if read.thing is not None])
        note_faults(of, faults)
        of.refused_count += sum(read.only_counted for read in reads)
        of.rows_count += rows
        of.position = reads[-1].last_row
    of.save()
    return rows >= kind.batch_rows


def _source(of: Import, kind: Kind, plan: Plan) -> Iterator[Read]:
    """Return where reading goes on: the reader this process left there, else a new one that passes over what was read."""
    left = _open.pop(of.pk, None)
    return left.source if left is not None and left.came == _came(of) else kind.read(runs_of(of, after=of.position), plan)


def _leave_open(of: Import, source: Iterator[Read], *, position: int) -> None:
    _open[of.pk] = _Reader(require_store_id(), (position, dict(of.mapping), dict(of.options)), source)
    while len(_open) > MOST_READERS:
        _open.popitem(last=False)


def _came(of: Import) -> tuple[int, dict[str, Any], dict[str, Any]]:
    return of.position, of.mapping, of.options


def close_readers() -> None:
    """Close the readers of this process that no batch will ask for: their import was called off, or read on elsewhere.

    Call it outside a store's context, between batches.
    """
    for import_id, left in list(_open.items()):
        with store_context(left.store_id):
            of = Import.objects.filter(pk=import_id, state=Import.State.READING).first()
            if of is None or left.came != _came(of):
                _open.pop(import_id, None)


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


def things_after(of: Import, kind: Kind, *, position: int, outcomes: Sequence[str]) -> list[Thing]:
    """Return the next things of an import with these outcomes, in the order they were read; their lines stay in the database.

    A kind that reads values where they are staged gets them without.
    """
    statement = _NEXT.format(values="NULL" if kind.reads_staged else '"values"')
    with connection.cursor() as cursor:
        cursor.execute(statement, [require_store_id(), of.pk, position, list(outcomes), kind.batch_things])
        return [Thing(row, key, {} if values is None else read_json(values), pk=pk) for row, key, values, pk in cursor.fetchall()]


def _stage_once(of: Import, things: Sequence[Thing]) -> list[Fault]:
    """Stage things of which each key may come once; return why others were left out."""
    together: dict[str, Thing] = {}
    faults: list[Fault] = []
    for thing in things:
        first = together.setdefault(thing.key, thing)
        if first is not thing:
            faults.append(_repeated(thing, first.row))
    fresh = {key for (key,) in _write(_ONCE, of, list(together.values()))}
    return faults + _known_before(of, [thing for key, thing in together.items() if key[:300] not in fresh])


def _stage_joined(of: Import, kind: Kind, reads: Sequence[Read]) -> list[Fault]:
    """Stage things whose parts may stand apart; return why parts were left out that could have been read.

    Most have no part further up in the file: all are put in, and only where one is there already they are read and joined.
    """
    together: dict[str, Thing] = {}
    faults: list[Fault] = []
    for read in reads:
        if key := read.thing.key if read.thing else read.key:
            part = read.thing or Thing(read.last_row, key, {})
            together[key] = _join(of, kind, together[key], part, faults=faults) if key in together else part
    fresh = {key for (key,) in _write(_ONCE, of, list(together.values()))}
    parts = {key: part for key, part in together.items() if key not in fresh}
    if parts:
        before = _staged(of, list(parts))
        _write(_JOINED, of, [_join(of, kind, before[key], part, faults=faults) for key, part in parts.items()])
    return faults


def _join(of: Import, kind: Kind, first: Thing, part: Thing, *, faults: list[Fault]) -> Thing:
    """Return what two parts with one key make; where they make nothing, a thing without values, and why is added to the faults."""
    why = _("Another row of “%(key)s” cannot be read, so all of it is left out.") % {"key": part.key[:60]}
    if first.values and part.values and kind.join:
        try:
            return kind.join(first, part)
        except Unjoinable as error:
            why = str(error)
    left = [one for one in (first, part) if one.values]
    faults += [Fault(one.row, "", "", why) for one in left]
    of.refused_count += sum(one.values.get("rows", 1) - 1 for one in left)  # the rows of a part have one fault together
    return Thing(first.row, part.key, {})


def _staged(of: Import, keys: Sequence[str]) -> dict[str, Thing]:
    """Return what is there of these things already; one without values is left out."""
    with connection.cursor() as cursor:
        cursor.execute(_BEFORE, [require_store_id(), of.pk, texts_of(keys)])
        return {key: Thing(row, key, read_json(values), lines) for row, key, values, lines in cursor.fetchall()}


def _write(statement: str, of: Import, things: Sequence[Thing]) -> list[Any]:
    if not things:
        return []
    columns = [
        array_of([thing.row for thing in things]),
        texts_of([thing.key[:300] for thing in things]),
        _json([thing.values for thing in things]),
        *map(texts_of, zip(*(thing.lines or ("", "", "") for thing in things), strict=True)),
        texts_of(["" if thing.values else str(ImportRow.Outcome.REFUSED) for thing in things]),
    ]
    with connection.cursor() as cursor:
        cursor.execute(statement, [require_store_id(), of.pk, *columns])
        return cursor.fetchall() if cursor.description else []


def _known_before(of: Import, repeated: Sequence[Thing]) -> list[Fault]:
    firsts = dict(ImportRow.objects.filter(of_import=of, key__in=[thing.key[:300] for thing in repeated]).values_list("key", "row"))
    return [_repeated(thing, firsts[thing.key[:300]]) for thing in repeated]


def _repeated(thing: Thing, first: int) -> Fault:
    return Fault(thing.row, "", "", _("The same person stands in row %(row)s already.") % {"row": first})


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _plain(text: str) -> str:
    return text.replace("\0", "").encode(errors="replace").decode()
