"""Which store has work of which kind, and when it is due: the doorbell board that workers read across stores.

No personal data and no policy, so a worker can choose a store fairly here and then claim inside that store's context.
"""

from collections.abc import Collection
from datetime import datetime
from typing import ClassVar, NamedTuple

from django.db import connection, models

_RING = """
    INSERT INTO stores_storework (store_id, kind, due_at, rung) VALUES (%s, %s, %s, 1)
    ON CONFLICT (store_id, kind) DO UPDATE SET
        due_at = least(stores_storework.due_at, excluded.due_at), rung = stores_storework.rung + 1
"""
_TAKE = """
    WITH picked AS MATERIALIZED (
        SELECT id FROM stores_storework
        WHERE kind = %s AND due_at <= %s AND (leased_until IS NULL OR leased_until < now()) AND store_id <> ALL(%s)
        ORDER BY due_at, id LIMIT %s FOR UPDATE SKIP LOCKED
    )
    UPDATE stores_storework AS work SET leased_until = now() + %s * interval '1 second'
    FROM picked WHERE work.id = picked.id
    RETURNING work.store_id, work.rung, work.leased_until
"""
_SERVED = """
    SELECT store_id FROM stores_storework
    WHERE kind = %s AND due_at <= %s AND leased_until > clock_timestamp() AND store_id <> ALL(%s)
    ORDER BY due_at, id LIMIT %s
"""
_RENEW = """
    UPDATE stores_storework SET leased_until = clock_timestamp() + %s * interval '1 second'
    WHERE store_id = %s AND kind = %s AND leased_until = %s AND leased_until > clock_timestamp()
    RETURNING leased_until
"""


class Taken(NamedTuple):
    """One store's turn. `rung` tells at the end whether someone rang again meanwhile, `leased_until` whose lease it is."""

    store_id: int
    rung: int
    leased_until: datetime


class StoreWork(models.Model):
    """One store's next moment of work of one kind. `leased_until` is on the database's clock."""

    store = models.ForeignKey("stores.Store", on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=20)
    due_at = models.DateTimeField()
    rung = models.BigIntegerField(default=1)
    leased_until = models.DateTimeField(null=True)

    db_grants: ClassVar[dict[str, str]] = {"ingest": "SELECT, INSERT, UPDATE", "platform": "SELECT"}

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store", "kind"], name="store_work_once")]
        indexes = [models.Index(fields=["kind", "due_at"], name="store_work_due")]

    def __str__(self) -> str:
        return f"{self.kind} for {self.store_id} at {self.due_at:%H:%M:%S}"

    @classmethod
    def ring(cls, kind: str, *, store_id: int, due_at: datetime) -> None:
        """Say that a store has work of this kind at the latest at `due_at`; an earlier moment stays."""
        with connection.cursor() as cursor:
            cursor.execute(_RING, [store_id, kind, due_at])

    @classmethod
    def take(cls, kind: str, *, now: datetime, limit: int = 20, lease_seconds: int = 60, skip: Collection[int] = ()) -> list[Taken]:
        """Lease stores whose work of this kind is due by `now`, longest waiting first. skip: stores that are left to others.

        Call it outside a transaction. A worker that dies leaves a lease that runs out.
        """
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, [kind, now, list(skip), limit, lease_seconds])
            return [Taken(*row) for row in cursor.fetchall()]

    @classmethod
    def served(cls, kind: str, *, now: datetime, limit: int, skip: Collection[int] = ()) -> list[int]:
        """Return stores with work of this kind that is due and that somebody has a lease of, longest waiting first."""
        with connection.cursor() as cursor:
            cursor.execute(_SERVED, [kind, now, list(skip), limit])
            return [store_id for (store_id,) in cursor.fetchall()]

    @classmethod
    def renew(cls, kind: str, taken: Taken, *, lease_seconds: int) -> Taken:
        """Keep a lease that has not run out for as long again, while its work takes longer than thought; return it as it is now.

        One that ran out stays so, also when somebody else has the store by now.
        """
        with connection.cursor() as cursor:
            cursor.execute(_RENEW, [lease_seconds, taken.store_id, kind, taken.leased_until])
            row = cursor.fetchone()
        return taken if row is None else taken._replace(leased_until=row[0])

    @classmethod
    def settle(cls, kind: str, taken: Taken, *, next_at: datetime | None) -> None:
        """Give a lease back: everything due is done and the next moment is `next_at`, or there is none.

        If someone rang meanwhile, their moment stays, so nothing is forgotten between looking and settling.
        """
        rows = cls.objects.filter(store_id=taken.store_id, kind=kind)
        unchanged = rows.filter(rung=taken.rung)
        done = unchanged.delete()[0] if next_at is None else unchanged.update(due_at=next_at, leased_until=None)
        if not done:
            rows.update(leased_until=None)
