"""Imports in turns: read, compare, wait for the merchant, bring in. Each batch commits its work together with how far it came.

A worker that dies loses at most one batch's time, and nothing is brought in twice. Pausing and calling off work between batches.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db import DatabaseError, OperationalError, connection, transaction
from django.utils.translation import gettext as _

from retention.customers.announcing import announce_import
from retention.customers.importing.kinds import Kind, Outcome, Plan, Thing, Work
from retention.customers.importing.mapping import kind_of, plan_of
from retention.customers.importing.reading import Fault
from retention.customers.importing.staging import note_faults, stage_batch, things_after
from retention.customers.models import Import, ImportChunk, ImportRow
from retention.stores.models import Store, StoreWork
from retention.stores.models.work import Taken
from retention.tenancy.context import require_store_id, store_context

KIND = "import"
SECONDS_PER_RUN = 20.0
LEASE_SECONDS = 120
State = Import.State
_BRINGS = ("new", "changed")
_NOTE = """
    UPDATE customers_importrow AS thing SET outcome = found.outcome, says = found.says
    FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS found(id, outcome, says)
    WHERE thing.store_id = %s AND thing.of_import_id = %s AND thing.id = found.id
"""
log = logging.getLogger("boomerang.importing")


class WrongState(ValueError):
    """The import is not where this step begins."""


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


def pause(of: Import) -> None:
    """Stop after the batch that is being brought in."""
    with transaction.atomic():
        locked = _in_state(of, State.RUNNING)
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
    ends, done = time.monotonic() + seconds, 0
    while time.monotonic() < ends:
        turn = StoreWork.take(KIND, now=now(), limit=1, lease_seconds=LEASE_SECONDS)
        if not turn:
            break
        done += _take_turn(turn[0], now=now, ends=ends)
    return done


def import_batch(*, now: datetime) -> bool:
    """Do the next batch of the active store's oldest import at work; False when none is."""
    of = Import.objects.filter(state__in=Import.WORKING).order_by("created_at", "id").first()
    if of is None:
        return False
    try:
        with transaction.atomic():
            locked = Import.objects.select_for_update(skip_locked=True).filter(pk=of.pk, state__in=Import.WORKING).first()
            if locked is not None:
                _STEPS[locked.state](locked, now)
    except OperationalError:
        raise
    except DatabaseError as error:
        log.exception("an import failed", extra={"import_id": of.pk, "cause": type(error).__name__})
        with transaction.atomic():
            _end(
                Import.objects.select_for_update().get(pk=of.pk), State.FAILED, now=now, error=_("The database would not take a row of it.")
            )
    return True


def _take_turn(taken: Taken, *, now: Callable[[], datetime], ends: float) -> int:
    done = 0
    with store_context(taken.store_id):
        while time.monotonic() < ends:
            if not import_batch(now=now()):
                StoreWork.settle(KIND, taken, next_at=None)
                return done
            done += 1
    StoreWork.settle(KIND, taken, next_at=now())
    return done


def _read(of: Import, now: datetime) -> None:
    kind, plan = _plan(of, now=now)
    if not stage_batch(of, kind, plan):
        of.things_count = ImportRow.objects.filter(of_import=of, outcome="").count()
        of.totals |= {name: str(value) for name, value in kind.sum_up(of.pk).items()}
        of.state, of.position = State.COMPARING, 0
        of.save()


def _compare(of: Import, now: datetime) -> None:
    kind, plan = _plan(of, now=now)
    things = things_after(of, position=of.position, limit=kind.batch_things, outcomes=[""])
    if things:
        outcomes = kind.compare(Work(things, plan, str(of.public_id), began_at=now))
        _note(of, things, outcomes)
        _count(of, things, outcomes)
        of.position = things[-1].pk
    if len(things) < kind.batch_things:
        of.state, of.position = State.READY, 0
    of.save()


def _run(of: Import, now: datetime) -> None:
    kind, plan = _plan(of, now=now)
    things = things_after(of, position=of.position, limit=kind.batch_things, outcomes=_BRINGS)
    if things:
        outcomes = kind.apply(Work(things, plan, str(of.public_id), began_at=of.started_at or now), now)
        _count(of, things, outcomes)
        of.position = things[-1].pk
    if len(things) < kind.batch_things:
        _end(of, State.DONE, now=now)
    else:
        of.save()


_STEPS: dict[str, Callable[[Import, datetime], None]] = {State.READING: _read, State.COMPARING: _compare, State.RUNNING: _run}


def _plan(of: Import, *, now: datetime) -> tuple[Kind, Plan]:
    return kind_of(of), plan_of(of, Store.objects.get(pk=require_store_id()), now=now)


def _note(of: Import, things: Sequence[Thing], outcomes: Sequence[Outcome]) -> None:
    columns: list[Any] = [[thing.pk for thing in things], [one.state for one in outcomes], [one.says[:300] for one in outcomes]]
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [*columns, require_store_id(), of.pk])


def _count(of: Import, things: Sequence[Thing], outcomes: Sequence[Outcome]) -> None:
    counts = Counter(one.state for one in outcomes)
    of.new_count += counts["new"]
    of.changed_count += counts["changed"]
    of.same_count += counts["same"]
    note_faults(
        of,
        [
            Fault(thing.row, "", thing.key.partition(":")[2][:80], one.says)
            for thing, one in zip(things, outcomes, strict=True)
            if one.state == "refused"
        ],
    )


def _in_state(of: Import, *states: str) -> Import:
    locked: Import = Import.objects.select_for_update().get(pk=of.pk)
    if locked.state not in states:
        raise WrongState(locked.state)
    return locked


def _go(of: Import, state: str, *, now: datetime) -> None:
    of.state = state
    of.save()
    StoreWork.ring(KIND, store_id=of.store_id, due_at=now)


def _end(of: Import, state: str, *, now: datetime, error: str = "") -> None:
    """Close an import and forget its file and what was read from it; the rows left out stay for the report."""
    ImportRow.objects.filter(of_import=of).delete()
    ImportChunk.objects.filter(of_import=of).delete()
    of.state, of.error, of.finished_at = state, error, now
    of.save()
    if state != State.CANCELLED:
        announce_import(of, now=now)
