"""Imports in turns: read, compare, wait for the merchant, bring in. Each batch commits its work together with how far it came.

A worker that dies loses at most one batch's time, and nothing is brought in twice. Pausing and calling off work between batches. A batch
that breaks three times ends its import, so that the store's next one goes on; a file that waits for the merchant is let go after a month.
"""

import logging
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import DatabaseError, OperationalError, connection, transaction
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from retention.customers.announcing import announce_import
from retention.customers.importing.filing import KEPT, KIND
from retention.customers.importing.kinds import UNCOUNTED, Change, Kind, Outcome, Plan, Thing, Work
from retention.customers.importing.mapping import kind_of, plan_of
from retention.customers.importing.reading import Fault
from retention.customers.importing.staging import close_readers, note_faults, stage_batch, things_after
from retention.customers.models import Import, ImportChunk, ImportRow
from retention.stores.models import Store, StoreWork
from retention.stores.models.work import Taken
from retention.tenancy.context import require_store_id, store_context

SECONDS_PER_RUN = 20.0
LEASE_SECONDS = 120
MOST_FAILURES = 3
MOST_UNSETTLED = 10_000  # customers of whom something came in and whose figures wait
MOST_CHANGES, LONGEST_VALUE = 20, 120  # written down of one row, for the page before anything is brought in
TRY_AGAIN = timedelta(minutes=1)
_CANCELLED = "57014"  # a statement took longer than one may
State = Import.State
_NEW = Outcome("new")  # not written down: a thing without an outcome is new once all are compared
_BRINGS = ("", "new", "changed")
# Joined, and not said to be few: the index by import would then look as good as the key, and all of the import be read for each thing.
_NOTE = """
    UPDATE customers_importrow AS thing SET outcome = found.outcome, says = found.says, changes = found.changes::jsonb
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) AS found(id, outcome, says, changes)
    WHERE thing.store_id = %s AND thing.of_import_id = %s AND thing.id = found.id
"""
log = logging.getLogger("boomerang.importing")


class WrongState(ValueError):
    """The import is not where this step begins."""


class BatchBroken(RuntimeError):
    """A batch broke for a reason of ours and is to be tried again later; nothing of it is written."""


def begin_reading(of: Import, *, mapping: dict[str, str], options: dict[str, str], now: datetime) -> None:
    """Read the file with this mapping and compare it, in the background; what an earlier mapping gave is forgotten."""
    with transaction.atomic():
        locked = _in_state(of, State.UPLOADED, State.READY)
        ImportRow.objects.filter(of_import=locked).delete()
        locked.faults.all().delete()
        locked.mapping, locked.options, locked.totals, locked.position = mapping, options, {}, 0
        locked.rows_count = locked.things_count = locked.new_count = locked.changed_count = locked.same_count = locked.refused_count = 0
        _go(locked, State.READING, now=now)


def begin_running(of: Import, *, now: datetime) -> None:
    """Bring in what was compared, in the background."""
    with transaction.atomic():
        locked = _in_state(of, State.READY)
        locked.position, locked.started_at = 0, now
        locked.to_bring_count = locked.new_count + locked.changed_count
        locked.new_count = locked.changed_count = 0
        _go(locked, State.RUNNING, now=now)


def told_of_running(of: Import) -> dict[str, Any]:
    """Return what the audit log keeps of an import that begins to come in: how much, and whether everybody in it is said to agree."""
    agreed = of.options.get("agreed", "")
    return {"new": of.new_count, "changed": of.changed_count} | ({"agreed": agreed} if agreed else {})


def pause(of: Import, *, now: datetime) -> None:
    """Stop after the batch that is being brought in."""
    with transaction.atomic():
        locked = _in_state(of, State.RUNNING)
        _settle_if_possible(locked, now=now)
        locked.state = State.PAUSED
        locked.save()


def resume(of: Import, *, now: datetime) -> None:
    """Go on where it was paused."""
    with transaction.atomic():
        _go(_in_state(of, State.PAUSED), State.RUNNING, now=now)


def cancel(of: Import, *, now: datetime) -> None:
    """Call an import off; what came in stays, the file and the rest are forgotten."""
    with transaction.atomic():
        locked = _in_state(of, State.UPLOADED, State.READING, State.COMPARING, State.READY, State.RUNNING, State.PAUSED)
        _end(locked, State.CANCELLED, now=now)


def forget(of: Import, *, now: datetime) -> None:
    """Call an import off because a person of its file was erased; in the caller's transaction."""
    _end(of, State.CANCELLED, now=now, error=_("A person of this file was erased meanwhile. Put the file in again without them."))


def import_due(*, now: Callable[[], datetime], seconds: float = SECONDS_PER_RUN) -> int:
    """Work on imports, store by store in turns, for about so many seconds; return how many batches were done.

    Call it outside a transaction. Any number of workers may run it at once.
    """
    close_readers()
    ends, done = time.monotonic() + seconds, 0
    while time.monotonic() < ends:
        turn = StoreWork.take(KIND, now=now(), limit=1, lease_seconds=LEASE_SECONDS)
        if not turn:
            break
        done += _take_turn(turn[0], now=now, ends=ends)
    return done


def import_batch(*, now: datetime) -> bool:
    """Do the next batch of the active store's oldest import at work; False when none is. Raises BatchBroken."""
    of = Import.objects.filter(state__in=Import.WORKING).order_by("created_at", "id").first()
    if of is None:
        return False
    try:
        with transaction.atomic():
            locked = Import.objects.select_for_update(skip_locked=True).filter(pk=of.pk, state__in=Import.WORKING).first()
            if locked is not None:
                locked.failures, locked.touched_at = 0, now
                _STEPS[locked.state](locked, now)
    except OperationalError:
        raise
    except DatabaseError as error:
        _note_failure(of, error, most=1, why=_("The database would not take a row of it."), now=now)
    except Exception as error:  # whatever it is, the store's other imports must not wait behind it
        why = _("A step of it broke three times, so it was given up. What had come in before stays.")
        _note_failure(of, error, most=MOST_FAILURES, why=why, now=now)
    return True


def _note_failure(of: Import, error: Exception, *, most: int, why: str, now: datetime) -> None:
    """Count a batch that broke, and end the import at the last try; the log names what broke and where, without the merchant's data."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{last.filename}:{last.lineno}"
    log.error("a batch of an import broke", extra={"import_id": of.pk, "cause": type(error).__name__, "where": where})
    with transaction.atomic():
        locked = Import.objects.select_for_update().filter(pk=of.pk, state__in=Import.WORKING).first()
        if locked is None:
            return
        locked.failures += 1
        if locked.failures >= most:
            _end(locked, State.FAILED, now=now, error=why)
            return
        locked.save(update_fields=["failures"])
    raise BatchBroken(type(error).__name__) from None


def _take_turn(taken: Taken, *, now: Callable[[], datetime], ends: float) -> int:
    done, next_at = 0, None
    with store_context(taken.store_id):
        _let_go(now=now())
        _settle_leftovers(now=now())
        try:
            while time.monotonic() < ends and import_batch(now=now()):
                done += 1
            next_at = now() if Import.objects.filter(state__in=Import.WORKING).exists() else _next_letting_go()
        except BatchBroken:
            next_at = now() + TRY_AGAIN
    StoreWork.settle(KIND, taken, next_at=next_at)
    return done


def _let_go(*, now: datetime) -> None:
    """Call off what has waited for the merchant for thirty days, so that no file lies about for ever."""
    for of in Import.objects.filter(state__in=Import.WAITING, touched_at__lte=now - KEPT):
        with transaction.atomic():
            locked = Import.objects.select_for_update().filter(pk=of.pk, state__in=Import.WAITING, touched_at__lte=now - KEPT).first()
            if locked is not None:
                _end(locked, State.CANCELLED, now=now, error=_("It waited for thirty days, so its file was forgotten. Put it in again."))


def _settle_leftovers(*, now: datetime) -> None:
    """Settle the people of imports that are over: a worker of the release before may have ended one and not known of them."""
    for of in Import.objects.filter(state__in=Import.OVER).exclude(unsettled=[]):
        with transaction.atomic():
            locked = Import.objects.select_for_update().get(pk=of.pk)
            _settle_if_possible(locked, now=now)
            locked.unsettled = []
            locked.save(update_fields=["unsettled", "totals"])


def _next_letting_go() -> datetime | None:
    oldest = Import.objects.filter(state__in=Import.WAITING).order_by("touched_at").values_list("touched_at", flat=True).first()
    return None if oldest is None else oldest + KEPT


def _read(of: Import, now: datetime) -> None:
    kind, plan = _plan(of, now=now)
    if not stage_batch(of, kind, plan):
        of.things_count = ImportRow.objects.filter(of_import=of, outcome="").count()
        of.totals |= {name: str(value) for name, value in kind.sum_up(of.pk).items()}
        of.state, of.position = State.COMPARING, 0
        of.save()


def _compare(of: Import, now: datetime) -> None:
    kind, plan = _plan(of, now=now)
    things = things_after(of, kind, position=of.position, outcomes=[""])
    if things:
        outcomes = kind.compare(Work(things, plan, str(of.public_id), began_at=now))
        _note(of, things, outcomes)
        _count(of, kind, things, outcomes)
        of.position = things[-1].pk
    if len(things) < kind.batch_things:
        of.state, of.position = State.READY, 0
    of.save()


def _run(of: Import, now: datetime) -> None:
    kind, plan = _plan(of, now=now)
    things = things_after(of, kind, position=of.position, outcomes=_BRINGS)
    if things:
        work = Work(things, plan, str(of.public_id), began_at=of.started_at or now)
        outcomes = kind.apply(work, now)
        _count(of, kind, things, outcomes)
        of.position = things[-1].pk
        of.unsettled = sorted(work.people.union(of.unsettled))
    if len(things) < kind.batch_things:
        _end(of, State.DONE, now=now)
    else:
        if len(of.unsettled) >= MOST_UNSETTLED:
            _settle_on_the_way(of, now=now)
        of.save()


_STEPS: dict[str, Callable[[Import, datetime], None]] = {State.READING: _read, State.COMPARING: _compare, State.RUNNING: _run}


def _plan(of: Import, *, now: datetime) -> tuple[Kind, Plan]:
    return kind_of(of), plan_of(of, Store.objects.get(pk=require_store_id()), now=now)


def _note(of: Import, things: Sequence[Thing], outcomes: Sequence[Outcome]) -> None:
    """Write down what would become of things that are not simply new."""
    told = [(thing, one) for thing, one in zip(things, outcomes, strict=True) if one != _NEW]
    if not told:
        return
    columns: list[Any] = [
        [thing.pk for thing, _one in told],
        [one.state for _thing, one in told],
        [_says(one)[:300] for _thing, one in told],
        [_shortened(one.changes) for _thing, one in told],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [*columns, require_store_id(), of.pk])


def _says(outcome: Outcome) -> str:
    more = len(outcome.changes) - MOST_CHANGES
    return outcome.says if more <= 0 else ngettext("and %(count)s more field", "and %(count)s more fields", more) % {"count": more}


def _shortened(changes: Sequence[Change]) -> str | None:
    """Return the first changes as JSON, their values no longer than a page shows."""
    if not changes:
        return None
    shown = [
        [one.field, Truncator(one.old).chars(LONGEST_VALUE), Truncator(one.new).chars(LONGEST_VALUE)] for one in changes[:MOST_CHANGES]
    ]
    return msgspec.json.encode(shown).decode()


def _count(of: Import, kind: Kind, things: Sequence[Thing], outcomes: Sequence[Outcome]) -> None:
    counts = Counter(one.state for one in outcomes)
    of.new_count += counts["new"]
    of.changed_count += counts["changed"]
    of.same_count += counts["same"]
    note_faults(
        of,
        [
            Fault(thing.row, "", (thing.key if kind.join else thing.key.partition(":")[2])[:80], one.says)  # a key to be joined is bare
            for thing, one in zip(things, outcomes, strict=True)
            if one.state == "refused"
        ],
    )
    of.refused_count += sum(one.rows - 1 for one in outcomes if one.state == "refused")  # the rows of a thing have one fault together


def _in_state(of: Import, *states: str) -> Import:
    locked: Import = Import.objects.select_for_update().get(pk=of.pk)
    if locked.state not in states:
        raise WrongState(locked.state)
    return locked


def _go(of: Import, state: str, *, now: datetime) -> None:
    of.state, of.touched_at = state, now
    of.save()
    StoreWork.ring(KIND, store_id=of.store_id, due_at=now)


def _settle(of: Import, *, now: datetime) -> None:
    """Do what follows for the customers of whom something came in; they are written down with the batches, so no kill loses one."""
    settle = kind_of(of).settle
    if of.unsettled and settle is not None:
        for name, count in (settle(of.unsettled, now) or {}).items():
            of.totals[name] = str(int(of.totals.get(name, 0)) + count)
    of.unsettled = []


def _settle_on_the_way(of: Import, *, now: datetime) -> None:
    """Do it so that an import fails where it does; of a kind that only counts, those who could not be counted are let go."""
    if not kind_of(of).only_counts:
        _settle(of, now=now)
        return
    _settle_if_possible(of, now=now)
    if of.unsettled:
        of.totals[UNCOUNTED] = str(int(of.totals.get(UNCOUNTED, 0)) + len(of.unsettled))
        of.unsettled = []


def _settle_if_possible(of: Import, *, now: datetime) -> None:
    """Do it where an import must end or stop whatever comes: what a store's figures cannot hold is logged, and holds up nobody else.

    Nor does a count that takes too long, which it would do again.
    """
    try:
        with transaction.atomic():
            _settle(of, now=now)
    except Exception as error:
        takes_too_long = getattr(error.__cause__, "pgcode", None) == _CANCELLED
        if isinstance(error, OperationalError) and not (takes_too_long and kind_of(of).only_counts):
            raise
        log.error("customers of an import were not settled", extra={"import_id": of.pk, "cause": type(error).__name__})


def _end(of: Import, state: str, *, now: datetime, error: str = "") -> None:
    """Close an import and forget its file and what was read from it; the rows left out stay for the report."""
    if state == State.DONE:
        _settle_on_the_way(of, now=now)
    else:
        _settle_if_possible(of, now=now)
    ImportRow.objects.filter(of_import=of).delete()
    ImportChunk.objects.filter(of_import=of).delete()
    of.state, of.error, of.finished_at, of.unsettled = state, error, now, []
    of.save()
    if state != State.CANCELLED:
        announce_import(of, now=now)
