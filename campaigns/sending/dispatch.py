"""Claim, render, send, record: one slice of one store's ready messages.

A slice is first only reserved, by a lease that costs nothing to give back. Then a few rows at a time, as many as there are
senders, pass the gate and are marked in one committed statement; only then do bytes leave. A kill leaves at most that many
unknown. Source: reliability guide 2.3.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from campaigns.channels import CHANNELS, Account, Outcome
from campaigns.models import Message
from campaigns.models.campaign import LATE_AFTER
from campaigns.personalization.context import contexts
from campaigns.sending import buckets, doubts, looking, routing
from campaigns.sending.accounts import NoAccount
from campaigns.sending.assembling import Built
from campaigns.sending.batches import MADE_AT_ONCE, Batches
from campaigns.sending.beating import LEASE_SECONDS, beating
from campaigns.sending.budgets import budget_of_store
from campaigns.sending.competing import TURNED_SQL
from campaigns.sending.eligibility import Budget
from campaigns.sending.gate import LEASE_SECONDS as SENDING_SECONDS
from campaigns.sending.gate import pass_gate
from campaigns.sending.handing_over import FEW_SENDERS, SENDERS, has_answered, is_slow, leave_alone, send_all
from campaigns.sending.reading import read_messages
from campaigns.sending.recording import patiently, record
from campaigns.sending.routing import Route
from retention.stores.models import PlatformState, Store
from retention.tenancy.context import require_store_id, store_context
from retention.tenancy.prepared import Prepared
from retention.tenancy.statistics import said_to_be_few

SLICE = 512
TRIED_FIRST = 4
"""So few does a helper try an account with that has not answered this process lately: one that counts connections may refuse them all."""
RESERVE_SECONDS = LEASE_SECONDS
IDLE_SECONDS = 5.0  # until one of several connections that found nothing of its own looks again, unless somebody rings
WORK_SECONDS = 30.0  # for one slice; what is left of it is given back

# Picked once, before the update: as a plain sub-select the planner may run it again for every row, and lock more than the limit.
_RESERVE = f"""
    WITH picked AS MATERIALIZED (
        SELECT m.id FROM campaigns_message AS m
        LEFT JOIN campaigns_journey AS j ON j.store_id = m.store_id AND j.id = m.source_id AND m.source_kind = 'journey'
        LEFT JOIN campaigns_campaign AS b ON b.store_id = m.store_id AND b.id = m.source_id AND m.source_kind = 'campaign'
        WHERE m.store_id = %(store)s AND m.is_ready AND m.due_at <= %(now)s AND m.channel = %(channel)s
            AND (m.lease_until IS NULL OR m.lease_until < clock_timestamp())
            AND (m.source_kind <> 'journey' OR j.state = 'live')
            AND (b.id IS NULL OR (b.state = 'sending' AND b.seen_at > %(looked_after)s AND NOT {TURNED_SQL})) [[route]] [[look]]
        ORDER BY m.due_at, m.id LIMIT %(limit)s FOR UPDATE OF m SKIP LOCKED
    ), leased AS (
        UPDATE campaigns_message AS m SET holder = %(holder)s, lease_until = clock_timestamp() + %(seconds)s * interval '1 second'
        FROM picked WHERE m.store_id = %(store)s AND m.id = picked.id AND {said_to_be_few("picked.id")}
        RETURNING m.id
    ), flight AS (
        INSERT INTO campaigns_flight (store_id, holder, message_ids, begun_at)
        SELECT %(store)s, %(holder)s, array_agg(id ORDER BY id), clock_timestamp() FROM leased HAVING count(*) > 0
        ON CONFLICT (store_id, holder) DO UPDATE SET message_ids = campaigns_flight.message_ids || excluded.message_ids
    )
    SELECT id FROM leased
"""  # noqa: S608 - fragments of ours
_RENEW = f"""
    UPDATE campaigns_message AS m SET lease_until = clock_timestamp() + %s * interval '1 second'
    FROM unnest(%s::bigint[]) AS told(id)
    WHERE m.store_id = %s AND m.id = told.id AND {said_to_be_few("told.id")}
        AND holder = %s AND state = 'ready' AND lease_until > clock_timestamp()
"""  # noqa: S608 - the condition above
# Each row is looked up once. The flight stays where the end of a message could not be written: whoever sweeps finds it there.
_GIVE_BACK = Prepared(
    "give_back",
    f"""
    WITH held AS MATERIALIZED (
        SELECT m.id, m.state FROM unnest($2) AS told(id)
        JOIN campaigns_message AS m ON m.store_id = $1 AND m.id = told.id AND {said_to_be_few("told.id")} AND m.holder = $3
    ), unused AS (
        UPDATE campaigns_message AS m SET holder = NULL, lease_until = NULL FROM held
        WHERE m.store_id = $1 AND m.id = held.id AND {said_to_be_few("held.id")} AND m.holder = $3 AND m.state = 'ready'
    )
    DELETE FROM campaigns_flight WHERE store_id = $1 AND holder = $3 AND NOT EXISTS (SELECT FROM held WHERE state <> 'ready')
    RETURNING holder
    """,  # noqa: S608 - the condition above
    "bigint, bigint[], uuid",
)

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Slice:
    """What came of one slice. more: probably not everything that is due was in it. stopped: the account takes nothing now.

    wait_seconds: the account's pace is used up; after so long it takes more.
    """

    reserved: int
    states: Mapping[str, int]
    more: bool
    stopped: bool
    wait_seconds: float = 0.0


def dispatch_slice(store: Store, *, channel: str, clock: Clock, helping: bool = False) -> Slice:
    """Send what is due of one channel, at most one slice. Call it outside a transaction, inside the store's context.

    helping: another process has the store's turn. Only by accounts that are not bound by anything but our own work, and by few connections.
    """
    if not PlatformState.sending_allowed():
        return Slice(0, {}, more=False, stopped=True)
    try:
        routes = routing.routes_for(store, channel=channel, now=clock())
    except NoAccount:
        return Slice(0, {}, more=False, stopped=True)
    ways = [replace(route, lent=True) for route in routes.open if _wants_help(route)] if helping else routes.open
    slices = [_slice_by(store, route, channel=channel, clock=clock) for route in ways]
    if routes.full and not helping:
        held = routing.hold_rest(store, channel=channel, now=clock())
        more = held == routing.HELD_AT_ONCE
        slices.append(Slice(0, {}, more=more, stopped=False, wait_seconds=0.0 if more else IDLE_SECONDS))
    return _together(slices)


def _wants_help(route: Route) -> bool:
    """Say whether more processes send more by a way: its account answers at once, and neither a pace nor a warm-up's day bounds it."""
    return route.limit is None and buckets.rate_of(route.account) is None and not is_slow(route.account)


def _together(slices: Sequence[Slice]) -> Slice:
    """Return what came of the slices of all ways; where none is open, the store looks again in a minute.

    A way that has nothing of its own hurries nobody: what is due may all be another's, whose pace is used up.
    """
    if len(slices) == 1:
        return slices[0]
    counts: Counter[str] = Counter()
    for one in slices:
        counts.update(one.states)
    busy = [one for one in slices if one.reserved or one.more]
    wait = min((one.wait_seconds for one in busy or slices), default=routing.REST.total_seconds())
    stopped = not slices or all(one.stopped for one in slices)
    return Slice(sum(one.reserved for one in slices), counts, any(one.more for one in slices), stopped, wait)


def _slice_by(store: Store, route: Route, *, channel: str, clock: Clock) -> Slice:
    """Send what is due of one channel by one way."""
    holder, account = uuid4(), route.account
    counts: Counter[str] = Counter()
    with ExitStack() as at_the_end:  # each of them, whatever became of the others
        today = routing.take(route, SLICE)
        at_the_end.callback(lambda: routing.give_back(route, today - sum(counts[state] for state in ("sent", "unknown", "failed"))))
        at_the_end.callback(_let_go_of_broken)
        grant = buckets.take(account, today)
        at_the_end.callback(lambda: buckets.give_back(account, grant.messages - sum(counts.values())))
        ids, more = _reserve_by(route, holder, channel=channel, now=clock(), limit=grant.messages)
        at_the_end.callback(give_back, holder, ids)
        at_the_end.callback(_let_go_of_broken)
        with beating(lambda: _renew(holder, ids, store_id=store.pk), every=RESERVE_SECONDS / 3):
            stopped = _send_reserved(ids, counts, store=store, channel=channel, route=route, holder=holder, clock=clock)
    if stopped and route.lent:
        leave_alone(account)
    elif stopped and account.connection_id is not None:
        routing.rest(route, now=clock())
    wait_seconds = grant.wait_seconds if len(ids) == grant.messages else 0.0
    if not (ids or more or wait_seconds) and (route.split or route.urgent):
        wait_seconds = IDLE_SECONDS
    return Slice(len(ids), counts, more=more, stopped=stopped, wait_seconds=wait_seconds)


def _let_go_of_broken() -> None:
    """Close a connection that broke, so that what is given back goes by a new one."""
    if connection.errors_occurred and not connection.in_atomic_block and not connection.is_usable():
        connection.close()


def _reserve_by(route: Route, holder: UUID, *, channel: str, now: datetime, limit: int) -> tuple[list[int], bool]:
    """Lease what leaves by one way, and say whether there is probably more. Of several ways, each looks at so many rows at a time."""
    connection_id = route.account.connection_id
    if limit == 0:
        return [], False
    if not route.split or connection_id is None:
        ids = reserve(holder, channel=channel, now=now, limit=limit, route=route)
        return ids, len(ids) == SLICE
    look = looking.begin(connection_id, channel=channel, now=now, limit=SLICE)
    ids = reserve(holder, channel=channel, now=now, limit=limit, route=route, look=look)
    return ids, len(ids) == SLICE if ids or route.lent else looking.go_on(connection_id, look)


def _send_reserved(ids: list[int], counts: Counter[str], *, store: Store, channel: str, route: Route, holder: UUID, clock: Clock) -> bool:
    """Send what was reserved, a few at a time, and count into `counts` what became of it; return whether the account takes nothing now."""
    give_up = time.monotonic() + WORK_SECONDS
    messages = _repeatable(read_messages(ids), channel=channel, account=route.account, holder=holder, now=clock())
    found, budget = contexts(messages, store=store), budget_of_store()
    takes = cache(lambda name: name == channel or routing.takes(store, channel=name, now=clock()))  # asked only where others compete
    made: dict[int, Built] = {}
    with closing(Batches(messages, found, store=store, account=route.account, holder=holder, clock=clock)) as batches:
        for start, end in pairwise(_places(len(messages), trying=route.lent and not has_answered(route.account))):
            if time.monotonic() > give_up:
                break
            if start % MADE_AT_ONCE == 0:
                made = batches.following()
            chunk = [message for message in messages[start:end] if message.id in made]
            states, stopped = _send_chunk(
                chunk, made, store=store, channel=channel, route=route, budget=budget, takes=takes, holder=holder, clock=clock
            )
            counts.update(states.values())
            if stopped:
                return True
            if route.lent and is_slow(route.account):
                break
    return False


def _places(count: int, *, trying: bool) -> list[int]:
    """Return where each few of so many begin, and the end. trying: the first are fewer still, since the account may refuse them all."""
    starts = list(range(0, count, SENDERS))
    return [*starts[:1], *([TRIED_FIRST] if trying and count > TRIED_FIRST else []), *starts[1:], count]


def _repeatable(messages: list[Message], *, channel: str, account: Account, holder: UUID, now: datetime) -> list[Message]:
    """Leave out what may have left before and would not be recognised by this account; it becomes unknown."""
    mark = doubts.mark_of(account, keyed=CHANNELS[channel].provider(account.provider).keyed)
    over = {message.id for message in messages if doubts.is_over(message, mark=mark, now=now)}
    doubts.give_up(over, holder=holder, now=now)
    return [message for message in messages if message.id not in over]


def reserve(
    holder: UUID, *, channel: str, now: datetime, limit: int, route: Route | None = None, look: looking.Look | None = None
) -> list[int]:
    """Lease ready messages that are due, longest waiting first; nobody else takes them until the lease runs out.

    route: only what leaves by it. look: only there.
    """
    values: dict[str, Any] = {
        "store": require_store_id(),
        "now": now,
        "looked_after": now - LATE_AFTER,
        "forgotten": now - doubts.RECOGNISED_FOR,
        "channel": channel,
        "limit": limit,
        "holder": holder,
        "seconds": RESERVE_SECONDS,
    }
    chosen = routing.CHOSEN_SQL if route is not None and route.split else ""
    urgent = "AND m.stream = 'transactional'" if route is not None and route.urgent else ""
    values |= (route.values() if route is not None else {}) | (look.values() if look is not None else {})
    query = _RESERVE.replace("[[route]]", chosen + urgent).replace("[[look]]", look.sql if look is not None else "")
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return sorted(message_id for (message_id,) in cursor.fetchall())


def _renew(holder: UUID, ids: list[int], *, store_id: int) -> None:
    with store_context(store_id), connection.cursor() as cursor:
        cursor.execute(_RENEW, [RESERVE_SECONDS, ids, store_id, holder])


def give_back(holder: UUID, ids: list[int]) -> None:
    """Return what of this was reserved and not used."""
    if ids:
        _GIVE_BACK.rows([require_store_id(), ids, holder])


def _send_chunk(
    messages: list[Message],
    made: Mapping[int, Built],
    *,
    store: Store,
    channel: str,
    route: Route,
    budget: Budget,
    takes: Callable[[str], bool],
    holder: UUID,
    clock: Clock,
) -> tuple[dict[int, str], bool]:
    """Take a few reserved messages that are made through gate, sending and recording."""
    if not messages:
        return {}, False
    account, built = route.account, {message.id: made[message.id] for message in messages}
    provider = CHANNELS[channel].provider(account.provider)
    mark = doubts.mark_of(account, keyed=provider.keyed)
    wanted = {pk: one.wanted for pk, one in built.items()}
    by = account.connection_id if route.split or mark else None  # of a doubt it is known although the store has no other yet
    passed = pass_gate(
        wanted,
        holder=holder,
        store_zone=store.zone,
        account=account.connection_id,
        mark=mark,
        now=clock(),
        by=by,
        budget=budget,
        takes=takes,
    )
    lease_ends = time.monotonic() + SENDING_SECONDS
    outgoing = {pk: one.outgoing for pk, one in built.items() if pk in passed.tokens and one.outgoing is not None}
    most = FEW_SENDERS if route.lent else SENDERS
    answers = send_all(outgoing, provider=provider, account=account, lease_ends=lease_ends, most=most)
    attempts = {message.id: message.attempts + 1 for message in messages}
    doubtful = {message.id for message in messages if message.provider_key}
    states = patiently(
        lambda: record(answers, tokens=passed.tokens, attempts=attempts, mark=mark, doubtful=doubtful, final=account.trusted, now=clock())
    )
    taken = not route.lent and any(answer.outcome is Outcome.ACCEPTED for answer in answers.values())
    return states, not taken and any(answer.whole_account for answer in answers.values())
