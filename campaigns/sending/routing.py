"""By which of a store's connections a message leaves: by the lot of its address, so that the same one always carries a person's mail.

A connection that warms up takes no more than its day allows. What goes over that leaves by the others, or waits for the same hour of the
next day. A message that was tried stays with the connection that tried it: only that one could know a repeat. Where nothing of it can have
left, and that one takes nothing today or cannot be opened, another takes it over.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection as database
from django.db.models import F

from campaigns.channels import Account
from campaigns.measurement.lots import BUCKETS, ranges_of
from campaigns.models import Connection, Message
from campaigns.sending.accounts import NoAccount, account_for, account_of
from campaigns.sending.warming import WarmUp
from retention.stores.models import Store
from retention.tenancy.context import require_store_id

REST = timedelta(minutes=1)
HELD_AT_ONCE = 10_000
_ALL = (0, BUCKETS)

# The lot of an address; `c` is the customer. Nothing else draws from this salt.
LOT_SQL = (
    f"((('x' || left(md5(%(store)s::text || ':route:' || coalesce(c.email_key, c.phone)), 8))::bit(32)::bigint & 4294967295) %% {BUCKETS})"
)
# A doubt that nobody would recognise any more is no connection's: whoever reserves it calls it unknown.
CHOSEN_SQL = f"""AND (m.connection_id = %(connection)s OR (
    m.connection_id = ANY(%(left)s::bigint[]) AND (m.provider_key = '' OR m.first_attempt_at <= %(forgotten)s)
) OR (
    (m.connection_id IS NULL OR m.connection_id <> ALL(%(connections)s::bigint[]))
    AND EXISTS (
        SELECT 1 FROM customers_customer AS c
        JOIN unnest(%(lows)s::int[], %(highs)s::int[]) AS mine(low, high) ON {LOT_SQL} >= mine.low AND {LOT_SQL} < mine.high
        WHERE c.store_id = m.store_id AND c.id = m.customer_id
    )))"""  # noqa: S608 - fragments of ours
_BEGIN = """
    INSERT INTO campaigns_connectionday (store_id, connection_id, day, taken, granted) VALUES (%(store)s, %(connection)s, %(day)s, 0, 0)
    ON CONFLICT (store_id, connection_id, day) DO NOTHING
"""
_TAKE = """
    UPDATE campaigns_connectionday SET granted = least(%(wanted)s, greatest(0, %(allowed)s - taken)),
        taken = taken + least(%(wanted)s, greatest(0, %(allowed)s - taken))
    WHERE store_id = %(store)s AND connection_id = %(connection)s AND day = %(day)s
    RETURNING granted
"""
_GIVE_BACK = """
    UPDATE campaigns_connectionday SET taken = greatest(0, taken - %(count)s)
    WHERE store_id = %(store)s AND connection_id = %(connection)s AND day = %(day)s
"""
_USED = "SELECT connection_id, taken FROM campaigns_connectionday WHERE store_id = %s AND day = %s"
_HOLD = """
    WITH picked AS MATERIALIZED (
        SELECT id, greatest(due_at + interval '1 day', %(tomorrow)s) AS again FROM campaigns_message
        WHERE store_id = %(store)s AND is_ready AND channel = %(channel)s AND stream = 'marketing' AND due_at <= %(now)s
            AND (lease_until IS NULL OR lease_until < clock_timestamp()) AND provider_key = ''
        ORDER BY due_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    )
    UPDATE campaigns_message AS m SET reason = 'warming_up', due_at = picked.again, expires_at = m.expires_at + (picked.again - m.due_at)
    FROM picked WHERE m.store_id = %(store)s AND m.id = picked.id
"""


@dataclass(frozen=True)
class Route:
    """One connection and the lots that leave by it. limit: the day's allowance, None without one; split: there are others beside it.

    left: those of the others that take nothing, and whose tried messages leave by this one where nothing of them can have left.
    urgent: only what is no marketing, which a warm-up never keeps waiting. lent: by a process that lends another one a hand.
    """

    account: Account
    lots: tuple[tuple[int, int], ...] = (_ALL,)
    others: tuple[int, ...] = ()
    limit: int | None = None
    day: date | None = None
    urgent: bool = False
    left: tuple[int, ...] = ()
    lent: bool = False

    @property
    def split(self) -> bool:
        """Say whether the store has further connections for this channel."""
        return len(self.others) > 1

    def values(self) -> dict[str, Any]:
        """Return the parameters of CHOSEN_SQL."""
        return {
            "connection": self.account.connection_id,
            "connections": list(self.others),
            "left": list(self.left),
            "lows": [low for low, _high in self.lots],
            "highs": [high for _low, high in self.lots],
        }


@dataclass(frozen=True)
class Routes:
    """open: those that take messages now. full: nothing but an allowance used up keeps marketing back."""

    open: tuple[Route, ...]
    full: bool = False


@dataclass
class _Way:
    row: Connection
    account: Account
    limit: int | None
    lots: list[tuple[int, int]] = field(default_factory=list)
    is_full: bool = False

    def rests(self, now: datetime) -> bool:
        """Say whether its account takes nothing for a moment."""
        return self.row.resting_until is not None and self.row.resting_until > now


def connections_of(channel: str) -> list[Connection]:
    """Return the connections a channel's messages leave by, the largest share first."""
    return list(Connection.objects.filter(channel=channel, active=True).order_by("-weight", "pk"))


def warm_up_of(row: Connection) -> WarmUp | None:
    """Return how a connection warms up, or None when it does not."""
    if row.warm_since is None:
        return None
    return WarmUp(row.warm_since, row.warm_first, row.warm_growth, row.warm_goal)


def routes_for(store: Store, *, channel: str, now: datetime) -> Routes:
    """Return by which ways a channel's messages leave now; raises NoAccount when none can be opened. Runs inside the store's context."""
    rows = connections_of(channel)
    if len(rows) < 2 and not any(row.warm_since for row in rows):
        return Routes((Route(account_for(store, channel=channel)),))
    day = day_of(store, now)
    ways, shut = _ways_of(rows, day)
    free = [way for way in ways if not way.is_full]
    others = tuple(row.pk for row in rows) if len(rows) > 1 else ()
    first = (free or ways)[0]
    for way in ways:
        if free and way.is_full:
            first.lots += way.lots
    first.lots += [lots for _row, lots in shut]
    left = tuple(way.row.pk for way in ways if free and way.is_full) + tuple(row.pk for row, _lots in shut)
    going = [way for way in free or ways if not way.rests(now)]
    return Routes(tuple(_route(way, others, left if way is first else (), day) for way in going), full=not free)


def takes(store: Store, *, channel: str, now: datetime) -> bool:
    """Say whether marketing leaves by a channel now; one that rested a moment ago counts once it was tried again."""
    try:
        routes = routes_for(store, channel=channel, now=now)
    except NoAccount:
        return False
    rested = {row.pk for row in connections_of(channel) if row.resting_until is not None and row.resting_until > now - REST}
    return any(not route.urgent and route.account.connection_id not in rested for route in routes.open)


def _route(way: _Way, others: tuple[int, ...], left: tuple[int, ...], day: date) -> Route:
    limit = None if way.is_full else way.limit
    return Route(way.account, tuple(way.lots), others, limit, day, urgent=way.is_full, left=left)


def _ways_of(rows: Sequence[Connection], day: date) -> tuple[list[_Way], list[tuple[Connection, tuple[int, int]]]]:
    """Return each connection with its lots and what its day allows, and those that cannot be opened; raises NoAccount when none can."""
    used, ranges = used_on(day), ranges_of([row.weight for row in rows])
    ways, shut, trouble = [], [], None
    for row, lots in zip(rows, ranges, strict=True):
        warm = warm_up_of(row)
        limit = warm.allowed(day) if warm is not None else None
        try:
            ways.append(_Way(row, account_of(row), limit, [lots], is_full=limit is not None and used.get(row.pk, 0) >= limit))
        except NoAccount as error:
            shut.append((row, lots))
            trouble = error
    if trouble is not None and not ways:
        raise trouble
    return ways, shut


def take(route: Route, wanted: int) -> int:
    """Take so many messages out of a connection's day, or as many as are left of it."""
    if route.limit is None:
        return wanted
    values = _values(route) | {"wanted": wanted, "allowed": route.limit}
    with database.cursor() as cursor:
        cursor.execute(_BEGIN, values)
        cursor.execute(_TAKE, values)
        return int(cursor.fetchone()[0])


def give_back(route: Route, count: int) -> None:
    """Put back what was taken of a day and not used; a process that is killed before takes it along, so a day is never exceeded."""
    if route.limit is not None and count > 0:
        with database.cursor() as cursor:
            cursor.execute(_GIVE_BACK, _values(route) | {"count": count})


def rest(route: Route, *, now: datetime) -> None:
    """Leave a connection alone for a minute: its account takes nothing now, and others and other channels go on."""
    Connection.objects.filter(pk=route.account.connection_id).update(resting_until=now + REST)


def hold_rest(store: Store, *, channel: str, now: datetime) -> int:
    """Let marketing that is due wait for the same hour of the next day, with as much patience as it had; return how many wait now."""
    tomorrow = datetime.combine(day_of(store, now) + timedelta(days=1), time(), store.timezone)
    values: dict[str, Any] = {"store": require_store_id(), "channel": channel, "now": now, "tomorrow": tomorrow, "limit": HELD_AT_ONCE}
    with database.cursor() as cursor:
        cursor.execute(_HOLD, values)
        return int(cursor.rowcount)


def let_go(channel: str, *, now: datetime) -> None:
    """Make what waits for a warm-up due again: its rules changed."""
    waiting = Message.objects.filter(is_ready=True, channel=channel, reason="warming_up", due_at__gt=now)
    waiting.update(expires_at=F("expires_at") - (F("due_at") - now), due_at=now, reason="")


def day_of(store: Store, now: datetime) -> date:
    """Return the day of a moment in the shop's zone."""
    return now.astimezone(store.timezone).date()


def used_on(day: date) -> dict[int, int]:
    """Return how many messages each connection took on a day, of those that count."""
    with database.cursor() as cursor:
        cursor.execute(_USED, [require_store_id(), day])
        return dict(cursor.fetchall())


def shares_of(rows: Sequence[Connection]) -> list[float]:
    """Return each connection's share, 0 to 1."""
    whole = sum(row.weight for row in rows)
    return [row.weight / whole for row in rows]


def _values(route: Route) -> dict[str, Any]:
    return {"store": require_store_id(), "connection": route.account.connection_id, "day": route.day}
