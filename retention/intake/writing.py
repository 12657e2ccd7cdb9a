"""Group commit: requests queue what they bring, one thread writes all that wait in one transaction, and only then do they answer.

While one group is being written the next one forms by itself. Stores take turns in a group, and none may hold so many of the
server's threads that the others find none. A full queue or an absent database is said at once, so that the sender keeps its events.
Requests that are one event are also read by that thread, a group at a time: code that is still in the processor's caches runs in half
the time that it takes in twenty threads which come to it one by one.
Source: performance guide 1, section 2 (design "group commit") and its crash test. The transaction itself is in `committing.py`.
"""

import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from queue import Empty, SimpleQueue

import psycopg2
from psycopg2.errors import LockNotAvailable

from retention.intake.committing import KEPT_SECONDS, Committer
from retention.intake.reading import Reading, Row, Single, read_singles
from retention.kit.metrics import EVENTS

CAPACITY_ROWS = 20_000
LARGEST_GROUP = 5_000
MOST_OF_ONE = 16  # requests of one store that may wait at a time, of the 24 threads of a web process
WAIT_SECONDS = 10.0
SIBLINGS = 4  # requests in a group that show many send at once; then the next group waits a moment for more, as commit_siblings does
LINGER_SECONDS = 0.008

log = logging.getLogger("boomerang.intake")
_STORED = EVENTS.labels("stored")
_BY_ITS_WORDS = (psycopg2.DataError, psycopg2.IntegrityError, ValueError, TypeError, OverflowError)  # what one row can make us raise


class QueueFull(Exception):
    """More events wait than the queue holds, or more requests of this store than may."""


class NotStored(Exception):
    """The database is away or too slow; nothing is promised, the sender must keep its events."""


class Turn:
    """One request's rows on their way, and what became of them.

    single: the request, where it is one event and not read yet; then `reading` says what it held. size: events at most.
    done: a lock that opens when all is known.
    """

    __slots__ = ("done", "failed", "given_up", "reading", "refused", "rows", "single", "size", "store_id")

    def __init__(self, store_id: int, rows: Sequence[Row] = (), *, single: Single | None = None) -> None:
        self.store_id = store_id
        self.rows = rows
        self.single = single
        self.size = len(rows) if single is None else 1
        self.reading: Reading | None = None
        self.refused: Sequence[int] = ()
        self.failed = self.given_up = False
        self.done = threading.Lock()
        self.done.acquire()


class _Admission:
    """How many requests and rows of each store, and rows of all, are under way: of one store half of all at most. For many threads."""

    def __init__(self, *, capacity_rows: int, most_of_one: int) -> None:
        self._capacity_rows = capacity_rows
        self._most_of_one = most_of_one
        self._requests: dict[int, int] = {}
        self._rows_of: dict[int, int] = {}
        self._rows = 0
        self._lock = threading.Lock()

    def enter(self, turn: Turn) -> None:
        """Let a request in. Raises QueueFull."""
        with self._lock:
            requests = self._requests.get(turn.store_id, 0)
            rows = self._rows_of.get(turn.store_id, 0) + turn.size
            if self._rows + turn.size > self._capacity_rows or requests >= self._most_of_one or rows > self._capacity_rows // 2:
                raise QueueFull
            self._requests[turn.store_id] = requests + 1
            self._rows_of[turn.store_id] = rows
            self._rows += turn.size

    def leave(self, turns: Iterable[Turn]) -> None:
        """Note that requests have their answers."""
        with self._lock:
            for turn in turns:
                self._rows -= turn.size
                self._requests[turn.store_id] -= 1
                self._rows_of[turn.store_id] -= turn.size
                if not self._requests[turn.store_id]:
                    del self._requests[turn.store_id], self._rows_of[turn.store_id]


class Line:
    """What waits, by store, so that each group takes from all of them in turns. For the flusher alone."""

    def __init__(self) -> None:
        self._stores: OrderedDict[int, deque[Turn]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._stores)

    def add(self, turn: Turn) -> None:
        """Put a request behind those of its store."""
        self._stores.setdefault(turn.store_id, deque()).append(turn)

    def put_back(self, turns: Sequence[Turn]) -> None:
        """Let requests of one store that could not be written yet stand before its others."""
        self._stores.setdefault(turns[0].store_id, deque()).extendleft(reversed(turns))

    def take_group(self) -> list[Turn]:
        """Return the next group: a request of each store in turns, until it is large enough."""
        group: list[Turn] = []
        size = 0
        while self._stores:
            store_id, turns = next(iter(self._stores.items()))
            if group and size + turns[0].size > LARGEST_GROUP:
                break
            group.append(turns.popleft())
            size += group[-1].size
            if turns:
                self._stores.move_to_end(store_id)
            else:
                del self._stores[store_id]
        return group


class Writer:
    """Stores rows durably for many threads at once through one connection of the ingest role; the rows of a request are of one store."""

    def __init__(
        self,
        *,
        committer: Committer | None = None,
        capacity_rows: int = CAPACITY_ROWS,
        most_of_one: int = MOST_OF_ONE,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._committer = committer or Committer()
        self._wait_seconds = wait_seconds
        self._admission = _Admission(capacity_rows=capacity_rows, most_of_one=most_of_one)
        self._arriving: SimpleQueue[Turn | None] = SimpleQueue()  # None: no more will come
        self._line = Line()
        self._lingers = False
        self._held: set[int] = set()  # stores whose bell somebody holds, as far as is known; they are written apart
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def write(self, rows: Sequence[Row]) -> list[int]:
        """Store rows and return after their commit; the places of rows the database would not take are returned.

        Raises QueueFull or NotStored; then the same rows may be sent again, their keys keep them from being stored twice.
        """
        turn = Turn(rows[0].store_id, rows)
        self._wait_for(turn)
        return list(turn.refused)

    def write_single(self, single: Single) -> Reading:
        """Read and store a request that is one event, and return what it held after the commit, or as soon as it was refused.

        Raises as `write` does.
        """
        turn = Turn(single.sender.store_id, single=single)
        self._wait_for(turn)
        if turn.reading is None:
            raise NotStored
        for place in turn.refused:
            turn.reading.lose(place)
        return turn.reading

    def _wait_for(self, turn: Turn) -> None:
        """Queue a request and wait until it has its answer."""
        self._admission.enter(turn)
        self._arriving.put(turn)
        if self._thread is None or not self._thread.is_alive():
            self._start()
        turn.given_up = not turn.done.acquire(timeout=self._wait_seconds)
        if turn.failed or turn.given_up:
            raise NotStored

    def close(self) -> None:
        """Write what waits, end the flusher and close the connection."""
        if self._thread is not None:
            self._arriving.put(None)
            self._thread.join(self._wait_seconds)
        self._committer.close()

    def _start(self) -> None:
        """Start the flusher with the first rows, in this process and not in the one that forked it."""
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._flush_forever, name="intake-flusher", daemon=True)
                self._thread.start()

    def _flush_forever(self) -> None:
        coming = True
        while coming or self._line:
            coming = self._gather() and coming
            turns = self._line.take_group()
            self._lingers = len(turns) >= SIBLINGS and sum(turn.size for turn in turns) < LARGEST_GROUP // 10
            try:
                turns = self._read(turns)
                while turns:
                    turns = self._write_some(turns)
            finally:
                self._answer(turns, stored=False)

    def _gather(self) -> bool:
        """Let everything that arrived stand in line, waiting for it when nobody does; return False when no more will come."""
        if self._lingers:
            time.sleep(LINGER_SECONDS)
        while not self._line or not self._arriving.empty():
            try:
                turn = self._arriving.get(timeout=KEPT_SECONDS)
            except Empty:
                self._committer.close()
                continue
            if turn is None:
                return False
            self._line.add(turn)
        return True

    def _read(self, turns: list[Turn]) -> list[Turn]:
        """Read the requests that are one event; answer those with nothing to store, and return the others."""
        unread = [turn for turn in turns if turn.single is not None and not turn.given_up]
        if not unread:
            return turns
        for turn, reading in zip(unread, read_singles([turn.single for turn in unread if turn.single]), strict=True):
            turn.reading, turn.rows = reading, reading.rows
        refused = [turn for turn in unread if not turn.rows]
        if not refused:
            return turns
        self._answer(refused, stored=True)
        return [turn for turn in turns if turn not in refused]

    def _write_some(self, turns: list[Turn]) -> list[Turn]:
        """Write requests and answer them; return those that are left: all, where a bell was held, until the stores apart show which.

        A store whose bell is held waits in line until it is free, or its senders give up; the others have their answers meanwhile.
        """
        part = [turn for turn in turns if turn.store_id not in self._held]
        apart = not part
        if apart:
            part = [turn for turn in turns if turn.store_id == turns[0].store_id]
        stored = False
        try:
            self._flush(part, apart=apart)
            stored = True
            self._held.difference_update(turn.store_id for turn in part)
        except LockNotAvailable:
            self._held.update(turn.store_id for turn in part)
            if not apart:
                return turns
            if waiting := [turn for turn in part if not turn.given_up]:
                self._put_back(waiting)
                part = [turn for turn in part if turn not in waiting]
                turns = [turn for turn in turns if turn not in waiting]
        except psycopg2.Error as error:
            log.warning("events were not stored", extra={"cause": type(error).__name__, "rows": sum(turn.size for turn in part)})
        self._answer(part, stored=stored)
        return [turn for turn in turns if turn not in part] if len(part) < len(turns) else []

    def _put_back(self, turns: Sequence[Turn]) -> None:
        for turn in turns:
            turn.single = None  # it was read
        self._line.put_back(turns)

    def _answer(self, turns: Sequence[Turn], *, stored: bool) -> None:
        self._admission.leave(turns)
        if stored:
            _STORED.inc(sum(len(turn.rows) - len(turn.refused) for turn in turns if not turn.given_up))
        for turn in turns:
            turn.failed = not stored
            turn.done.release()

    def _flush(self, turns: Sequence[Turn], *, apart: bool) -> None:
        turns = [turn for turn in turns if not turn.given_up]
        rows = [row for turn in turns for row in turn.rows]
        refused = self._store(rows, apart=apart) if rows else ()
        if refused:
            owners = [(turn, place) for turn in turns for place in range(len(turn.rows))]
            for number in refused:
                turn, place = owners[number]
                turn.refused = [*turn.refused, place]

    def _store(self, rows: Sequence[Row], *, apart: bool) -> list[int]:
        """Commit rows; the ones the database refuses are found by halving, so that a bad row costs its neighbours nothing."""
        try:
            self._committer.commit(rows, apart=apart)
        except _BY_ITS_WORDS as error:
            if len(rows) == 1:
                log.warning("one event was refused by the database", extra={"cause": type(error).__name__})
                return [0]
            half = len(rows) // 2
            return self._store(rows[:half], apart=apart) + [half + number for number in self._store(rows[half:], apart=apart)]
        return []
