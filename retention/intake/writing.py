"""Group commit: requests queue their rows, one thread writes all that wait in one transaction, and only then do they answer.

No timer: while one group is being written the next one forms by itself. A full queue or an absent database is said at once,
so that the sender keeps its events. Source: performance guide 1, section 2 (design "group commit") and its crash test.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec
import psycopg2
from psycopg2.extensions import connection as Connection

from retention.intake.connecting import connect_for_ingest
from retention.intake.reading import Row

CAPACITY_ROWS = 20_000
LARGEST_GROUP = 5_000
WAIT_SECONDS = 10.0

# One message, so one transaction: keys, events whose key was new, and a ring for each store's projection.
WRITE = """
    WITH incoming AS MATERIALIZED (
        SELECT *, row_number() OVER () AS place FROM jsonb_to_recordset(%(rows)s::jsonb) AS row(
            store_id bigint, key text, kind text, name text, anonymous_id text, external_id text,
            properties jsonb, context jsonb, occurred_at timestamptz, received_at timestamptz, trusted boolean,
            source text, backfill boolean)
    ), fresh AS (
        INSERT INTO customers_eventkey (store_id, key, seen_on)
        SELECT store_id, decode(key, 'hex'), min(received_at)::date FROM incoming GROUP BY store_id, key ORDER BY store_id, key
        ON CONFLICT (store_id, key) DO NOTHING
        RETURNING store_id, encode(key, 'hex') AS key
    ), once AS (
        SELECT DISTINCT ON (store_id, key) incoming.* FROM incoming JOIN fresh USING (store_id, key) ORDER BY store_id, key, place
    )
    INSERT INTO customers_customerevent
        (public_id, store_id, kind, name, anonymous_id, external_id, properties, context, occurred_at, received_at, trusted, refusal,
         source, backfill)
    SELECT gen_random_uuid(), store_id, kind, name, anonymous_id, external_id, properties, context, occurred_at, received_at, trusted, '',
        source, backfill
    FROM once ORDER BY place;
    INSERT INTO stores_storework (store_id, kind, due_at, rung)
    SELECT store_id, 'project', %(due_at)s, 1 FROM unnest(%(stores)s::bigint[]) AS store_id ORDER BY store_id
    ON CONFLICT (store_id, kind) DO UPDATE SET
        due_at = least(stores_storework.due_at, excluded.due_at), rung = stores_storework.rung + 1
"""

log = logging.getLogger("boomerang.intake")


class QueueFull(Exception):
    """More events wait than the queue holds."""


class NotStored(Exception):
    """The database is away or too slow; nothing is promised, the sender must keep its events."""


@dataclass
class _Turn:
    """One request's rows on their way, and what became of them."""

    rows: Sequence[Row]
    done: threading.Event = field(default_factory=threading.Event)
    refused: list[int] = field(default_factory=list)
    failed: bool = False


class Writer:
    """Stores rows durably for many threads at once through one connection of the ingest role."""

    def __init__(
        self,
        *,
        connect: Callable[[], Connection] = connect_for_ingest,
        capacity_rows: int = CAPACITY_ROWS,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._connect = connect
        self._capacity_rows = capacity_rows
        self._wait_seconds = wait_seconds
        self._waiting: deque[_Turn] = deque()
        self._waiting_rows = 0
        self._news = threading.Condition()
        self._thread: threading.Thread | None = None
        self._connection: Connection | None = None
        self._closing = False

    def write(self, rows: Sequence[Row]) -> list[int]:
        """Store rows and return after their commit; the places of rows the database would not take are returned.

        Raises QueueFull or NotStored; then the same rows may be sent again, their keys keep them from being stored twice.
        """
        turn = _Turn(rows)
        with self._news:
            if self._waiting_rows + len(rows) > self._capacity_rows:
                raise QueueFull
            self._waiting.append(turn)
            self._waiting_rows += len(rows)
            self._start()
            self._news.notify()
        if not turn.done.wait(self._wait_seconds):
            self._give_up(turn)
            raise NotStored
        if turn.failed:
            raise NotStored
        return turn.refused

    def close(self) -> None:
        """Write what waits, end the flusher and close the connection."""
        with self._news:
            self._closing = True
            self._news.notify()
        if self._thread is not None:
            self._thread.join(self._wait_seconds)
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _start(self) -> None:
        """Start the flusher with the first rows, in this process and not in the one that forked it."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._flush_forever, name="intake-flusher", daemon=True)
            self._thread.start()

    def _give_up(self, turn: _Turn) -> None:
        with self._news:
            if turn in self._waiting:
                self._waiting.remove(turn)
                self._waiting_rows -= len(turn.rows)

    def _flush_forever(self) -> None:
        while turns := self._next_group():
            try:
                self._flush(turns)
            except psycopg2.Error as error:
                log.warning("events were not stored", extra={"cause": type(error).__name__, "rows": sum(len(turn.rows) for turn in turns)})
                for turn in turns:
                    turn.failed = True
            for turn in turns:
                turn.done.set()

    def _next_group(self) -> list[_Turn]:
        with self._news:
            while not self._waiting and not self._closing:
                self._news.wait()
            turns: list[_Turn] = []
            size = 0
            while self._waiting and (not turns or size + len(self._waiting[0].rows) <= LARGEST_GROUP):
                turns.append(self._waiting.popleft())
                size += len(turns[-1].rows)
            self._waiting_rows -= size
            return turns

    def _flush(self, turns: list[_Turn]) -> None:
        rows = [row for turn in turns for row in turn.rows]
        owners = [(turn, place) for turn in turns for place in range(len(turn.rows))]
        for number in self._store(rows):
            turn, place = owners[number]
            turn.refused.append(place)

    def _store(self, rows: Sequence[Row]) -> list[int]:
        """Commit rows; the ones the database refuses are found by halving, so that a bad row costs its neighbours nothing."""
        try:
            self._commit(rows)
        except (psycopg2.DataError, psycopg2.IntegrityError) as error:
            if len(rows) == 1:
                log.warning("one event was refused by the database", extra={"cause": type(error).__name__})
                return [0]
            half = len(rows) // 2
            return self._store(rows[:half]) + [half + number for number in self._store(rows[half:])]
        return []

    def _commit(self, rows: Sequence[Row]) -> None:
        """Write rows in one transaction; after a cut connection once more on a fresh one, which their keys make harmless."""
        values = {
            "rows": msgspec.json.encode(rows).decode(),
            "due_at": min(row.received_at for row in rows),
            "stores": sorted({row.store_id for row in rows}),
        }
        if self._connection is not None:
            try:
                self._execute(self._connection, values)
                return
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                self._connection.close()
                self._connection = None
        self._connection = self._connect()
        self._execute(self._connection, values)

    def _execute(self, connection: Connection, values: dict[str, object]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(WRITE, values)
