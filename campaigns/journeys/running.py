"""Carry on runs whose step is due: claimed in bulk with SKIP LOCKED, answered by the engine, written back in one transaction.

A worker that dies in between leaves nothing half done: the transaction is undone and the runs are due again. One that is frozen holds its
rows until its connection ends, and the others go round it. Of one customer, runs are carried on in the order they were due, and never
before the news of them was read, so that an order is known before the next message is planned.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Min

from campaigns.journeys.definition import Definition
from campaigns.journeys.engine import Answer, Due, advance, end
from campaigns.journeys.facts import NOTHING, asked_of, facts_of
from campaigns.journeys.intake import READER
from campaigns.journeys.standings import carry_out, move_all, run_of, standing_of
from campaigns.journeys.versions import definitions_of
from campaigns.journeys.waves import next_wave
from campaigns.models import Enrollment, Journey
from retention.catalog.models import ProductNews
from retention.customers.models import Pending
from retention.kit.stored_json import read_json
from retention.tenancy.context import require_store_id

SLICE = 1000
# The join with journeys is written as a list: a store has few, and the index of due moments then gives the rows in their order.
# What carrying a run on asks for; the rest of a row is read when something asks for it.
_NAMES = (
    "id", "store_id", "journey_id", "version_id", "customer_id", "cart_id", "occurrence", "about", "state", "step", "due_at", "held_out",
    "reason", "memory",
)  # fmt: skip
_ID, _VERSION, _STEP, _HELD_OUT, _MEMORY = (_NAMES.index(name) for name in ("id", "version_id", "step", "held_out", "memory"))
MANY = 20
"""So many that go on alike, or more, are worth a statement of their own."""
# The last column: whether a row of the same person is due earlier and held by somebody else. Then their turn has not come.
_CLAIM = f"""
    WITH picked AS MATERIALIZED (
        SELECT {", ".join(f"run.{name}" for name in _NAMES)} FROM campaigns_enrollment AS run
        WHERE run.store_id = %(store)s AND run.state = 'running' AND run.due_at <= %(now)s AND run.journey_id = ANY(%(journeys)s)
            AND NOT EXISTS (
                SELECT 1 FROM customers_pending AS news
                WHERE news.store_id = %(store)s AND news.reader = %(reader)s AND news.customer_id = run.customer_id
            )
        ORDER BY run.due_at, run.id LIMIT %(limit)s FOR UPDATE OF run SKIP LOCKED
    )
    SELECT picked.*, EXISTS (
        SELECT 1 FROM campaigns_enrollment AS other
        WHERE other.store_id = %(store)s AND other.customer_id = picked.customer_id AND other.state = 'running'
            AND (other.due_at, other.id) < (picked.due_at, picked.id) AND other.journey_id = ANY(%(journeys)s)
            AND other.id NOT IN (SELECT id FROM picked)
    ) FROM picked ORDER BY picked.due_at, picked.id
"""  # noqa: S608 - columns of our own model
_Row = Sequence[Any]


def run_due(*, now: datetime, limit: int = SLICE) -> int:
    """Carry on up to a thousand due runs of the active store and return how many there were."""
    with transaction.atomic():
        rows = _claim(now=now, limit=limit)
        if not rows:
            return 0
        definitions = definitions_of({row[_VERSION] for row in rows})
        alike, alone = _parted(rows, definitions)
        told, answers = _together(alike, definitions, now=now)
        answers |= _answers(alone, definitions, now=now)
        runs = {run.pk: run for run in (*told, *alone)}
        turn = [row[_ID] for row in rows if row[_ID] in runs]  # of one person, what was due first is done first
        streams = {pk: definition.stream for pk, definition in definitions.items()}
        carry_out([runs[pk] for pk in turn], {pk: answers[pk] for pk in turn}, streams=streams, now=now)
    return len(rows)


def _parted(rows: Sequence[_Row], definitions: Mapping[int, Definition]) -> tuple[list[list[_Row]], list[Enrollment]]:
    """Return those who go on alike, row by row, and the runs that are looked at one by one.

    The engine is pure: runs of one version that stand at one step with the same in mind, and of which nothing needs to be known, have one
    answer.
    """
    alike: dict[tuple[int, str, bool, str], list[_Row]] = defaultdict(list)
    alone: list[Enrollment] = []
    for row in rows:
        definition = definitions.get(row[_VERSION])
        if definition is not None and definition.is_alike_at(row[_STEP]):
            alike[row[_VERSION], row[_STEP], row[_HELD_OUT], row[_MEMORY]].append(row)
        else:
            alone.append(_run(row))
    return list(alike.values()), alone


def _together(
    alike: Sequence[Sequence[_Row]], definitions: Mapping[int, Definition], *, now: datetime
) -> tuple[list[Enrollment], dict[int, Answer]]:
    """Ask the engine once for all who go on alike. Many for whom nothing is done are moved at once; the others come with their answers."""
    runs: list[Enrollment] = []
    answers: dict[int, Answer] = {}
    for rows in alike:
        first = _run(rows[0])
        definition = definitions[first.version_id]
        standing, effects = advance(definition, standing_of(first), signal=Due(), facts=NOTHING, run=run_of(first), now=now)
        ids = [row[_ID] for row in rows]
        if len(rows) >= MANY and not effects:
            move_all(ids, standing, now=now)
        else:
            runs += [_run(row) for row in rows]
            answers |= dict.fromkeys(ids, (standing, effects))
    return runs, answers


def _answers(runs: Sequence[Enrollment], definitions: Mapping[int, Definition], *, now: datetime) -> dict[int, Answer]:
    """Return where each run stands now, and what shall be done."""
    known = [(run, definitions[run.version_id]) for run in runs if run.version_id in definitions]
    facts = facts_of([asked_of(run, one.needs(run.step)) for run, one in known if one.asks(run.step)], now=now)
    answers: dict[int, Answer] = {run.pk: end(standing_of(run), "unreadable") for run in runs if run.version_id not in definitions}
    for run, definition in known:
        about = facts.get(run.pk, NOTHING)
        answers[run.pk] = advance(definition, standing_of(run), signal=Due(), facts=about, run=run_of(run), now=now)
    return answers


def _claim(*, now: datetime, limit: int) -> list[_Row]:
    """Lock due runs of live journeys, longest waiting first, and return those whose people have no earlier one in other hands."""
    live = list(Journey.objects.live().values_list("pk", flat=True))
    if not live:
        return []
    values: dict[str, Any] = {"store": require_store_id(), "now": now, "journeys": live, "reader": READER, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        return [row for *row, behind in cursor.fetchall() if not behind]


def _run(row: _Row) -> Enrollment:
    run: Enrollment = Enrollment.from_db("default", _NAMES, row)
    run.memory = read_json(row[_MEMORY])
    return run


def next_moment(*, now: datetime) -> datetime | None:
    """Return when the active store's journeys have work again, or None when nothing waits."""
    if Pending.objects.filter(reader=READER).exists() or ProductNews.objects.exists():
        return now
    due: datetime | None = Enrollment.objects.running().filter(journey__state=Journey.State.LIVE).aggregate(first=Min("due_at"))["first"]
    wave = next_wave(now=now)
    return min((moment for moment in (due, wave) if moment is not None), default=None)
