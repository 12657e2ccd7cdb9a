"""Which store a key belongs to, remembered for a few seconds, so that an event costs no look-up and a revoked key closes soon.

Reads with the ingest role's own connection, which may also note when a key was last used. Making and revoking keys is in the stores room.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from retention.intake.connecting import connect_for_ingest
from retention.kit import clock as wall_clock
from retention.stores.models.key import TOUCH_EVERY, digest_of_key, looks_right

REMEMBERED_SECONDS = 4.0  # a revoked key is refused within 5 s (S10)
_MOST_KEYS = 10_000
_QUESTION = "SELECT id, store_id, kind, scopes, origins, last_used_at FROM stores_apikey WHERE digest = %s AND revoked_at IS NULL LIMIT 1"
_USED = """
    UPDATE stores_apikey SET last_used_at = %s WHERE id = (SELECT id FROM stores_apikey WHERE id = %s FOR UPDATE SKIP LOCKED)
"""
log = logging.getLogger("boomerang.intake")


@dataclass(frozen=True)
class Key:
    """A live key: whose it is and what it may do here. origins: the web addresses a public key may be used on; none: any."""

    id: int
    store_id: int
    secret: bool
    scopes: frozenset[str]
    origins: frozenset[str] = frozenset()


class KeyBook:
    """Live keys by their text. Safe for many threads; raises psycopg2.OperationalError while the database is away."""

    def __init__(self, *, connect: Callable[[], Connection] = connect_for_ingest, clock: Callable[[], float] = time.monotonic) -> None:
        self._connect = connect
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, Key | None]] = OrderedDict()
        self._connection: Connection | None = None
        self._turn = threading.Lock()

    def recall(self, text: str) -> Key | None:
        """Return the live key with this text if that was read a few seconds ago, without asking the database."""
        kept = self._known.get(text)
        return kept[1] if kept is not None and kept[0] > self._clock() else None

    def find(self, text: str) -> Key | None:
        """Return the live key with this text, or None; what was read at most a few seconds ago counts."""
        kept = self._known.get(text)
        if kept is not None and kept[0] > self._clock():
            return kept[1]
        digest = digest_of_key(text) if looks_right(text) else ""
        if not digest:
            return None
        with self._turn:
            key = self._read(digest)
            self._known[text] = (self._clock() + REMEMBERED_SECONDS, key)
            self._known.move_to_end(text)
            if len(self._known) > _MOST_KEYS:
                self._known.popitem(last=False)
        return key

    def close(self) -> None:
        """Close the connection; the next look-up opens another."""
        with self._turn:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _read(self, digest: str) -> Key | None:
        """Ask the database, once more on a fresh connection when the kept one was cut."""
        if self._connection is not None:
            try:
                return self._ask(self._connection, digest)
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                self._connection.close()
                self._connection = None
        self._connection = self._connect()
        return self._ask(self._connection, digest)

    def _ask(self, connection: Connection, digest: str) -> Key | None:
        """Read the key and note its use, at most once a minute."""
        with connection.cursor() as cursor:
            cursor.execute(_QUESTION, [digest])
            row = cursor.fetchone()
            if row is None:
                return None
            key_id, store_id, kind, scopes, origins, last_used_at = row
            now = wall_clock.now()
            if last_used_at is None or now - last_used_at >= TOUCH_EVERY:
                _note_use(cursor, key_id, now=now)
        return Key(id=key_id, store_id=store_id, secret=kind == "secret", scopes=frozenset(scopes), origins=frozenset(origins))


def _note_use(cursor: Cursor, key_id: int, *, now: datetime) -> None:
    """Note when a key was used, unless somebody holds its row; the event matters more than the note."""
    try:
        cursor.execute(_USED, [now, key_id])
    except (psycopg2.ProgrammingError, psycopg2.DataError) as error:
        log.warning("a key's use could not be noted", extra={"key": key_id, "cause": type(error).__name__})
