"""The last look before bytes leave: lock a few reserved rows, read the facts afresh, judge, and mark them, in one transaction.

Customers are locked first and read afterwards, so two workers cannot both find the same person's budget free. Nothing that
commits before this transaction began to read can be overlooked: consent, suppression, a pause, an order, an ended run, a campaign called
off.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from campaigns.sending.arbiter import Candidate, winners
from campaigns.sending.eligibility import Do, Facts, Verdict, judge
from retention.customers.consent import GATE_SQL, PAUSED_SQL, SUPPRESSED_SQL
from retention.tenancy.context import require_store_id

LEASE_SECONDS = 60

_LOCK = """
    SELECT m.id FROM campaigns_message AS m
    JOIN customers_customer AS c ON c.store_id = m.store_id AND c.id = m.customer_id
    WHERE m.store_id = %s AND m.id = ANY(%s) AND m.state = 'ready' AND m.holder = %s AND m.lease_until > clock_timestamp()
    ORDER BY c.id, m.id
    FOR NO KEY UPDATE OF m, c SKIP LOCKED
"""
# Held until the rows are marked: whoever pauses or calls off a campaign waits for this transaction, or is seen by it.
_HOLD_CAMPAIGNS = """
    SELECT b.id FROM campaigns_campaign AS b
    WHERE b.store_id = %s AND b.id IN (
        SELECT source_id FROM campaigns_message WHERE store_id = %s AND id = ANY(%s) AND source_kind = 'campaign'
    )
    ORDER BY b.id FOR SHARE
"""
# What a shop's own page shows to whoever visits it asks for no consent; a break counts all the same.
_FACTS = f"""
    SELECT m.id, m.customer_id, m.channel, m.stream, m.due_at, m.expires_at,
        CASE m.source_kind WHEN 'journey' THEN coalesce(j.state = 'live', false)
            ELSE coalesce(b.state = 'sending', true) END AS source_live,
        CASE WHEN m.source_kind = 'journey' THEN coalesce(e.state <> 'stopped', false) ELSE true END AS run_going,
        cart.state = 'open' AS cart_open, m.cart_id IS NOT NULL AS has_cart,
        customer.zone,
        (m.channel = 'onsite' OR {GATE_SQL % "m.channel"}) AS consent, {SUPPRESSED_SQL % ("m.channel", "wanted.digest")} AS suppressed,
        {PAUSED_SQL} AS on_break, customer.less_often
    FROM unnest(%s::bigint[], %s::text[]) AS wanted(id, digest)
    JOIN campaigns_message AS m ON m.id = wanted.id AND m.store_id = %s
    JOIN customers_customer AS customer ON customer.store_id = m.store_id AND customer.id = m.customer_id
    LEFT JOIN campaigns_journey AS j ON j.store_id = m.store_id AND j.id = m.source_id AND m.source_kind = 'journey'
    LEFT JOIN campaigns_campaign AS b ON b.store_id = m.store_id AND b.id = m.source_id AND m.source_kind = 'campaign'
    LEFT JOIN campaigns_enrollment AS e ON e.store_id = m.store_id AND e.id = m.enrollment_id
    LEFT JOIN orders_cart AS cart ON cart.store_id = m.store_id AND cart.id = m.cart_id
"""  # noqa: S608 - fragments of ours, no values
_CONTACTS = """
    SELECT customer_id, array_agg(first_attempt_at ORDER BY first_attempt_at) FROM campaigns_message
    WHERE store_id = %s AND customer_id = ANY(%s) AND stream = 'marketing' AND state IN ('sending', 'sent', 'unknown')
        AND first_attempt_at > %s
    GROUP BY customer_id
"""
_MARK = """
    UPDATE campaigns_message AS m SET
        state = v.state, reason = v.reason, due_at = coalesce(v.due_at, m.due_at),
        token = m.token + (v.state = 'sending')::int, attempts = m.attempts + (v.state = 'sending')::int,
        holder = CASE WHEN v.state = 'sending' THEN m.holder END,
        lease_until = CASE WHEN v.state = 'sending' THEN clock_timestamp() + %s * interval '1 second' END,
        first_attempt_at = CASE WHEN v.state = 'sending' THEN coalesce(m.first_attempt_at, %s) ELSE m.first_attempt_at END,
        finished_at = CASE WHEN v.state IN ('suppressed', 'skipped') THEN %s END,
        address_digest = v.digest, subject = v.subject,
        targets = CASE WHEN v.state = 'sending' THEN v.targets::jsonb ELSE m.targets END
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::text[], %s::text[], %s::text[])
        AS v(id, state, reason, due_at, digest, subject, targets)
    WHERE m.store_id = %s AND m.id = v.id
    RETURNING m.id, m.state, m.token
"""
_STATES = {Do.SEND: "sending", Do.LEAVE: "ready", Do.HOLD: "ready", Do.SUPPRESS: "suppressed", Do.SKIP: "skipped"}


@dataclass(frozen=True)
class Wanted:
    """What the gate must know about a message beyond its row: the address as a digest, its subject and its links."""

    digest: str
    has_address: bool
    subject: str
    targets: tuple[str, ...]


@dataclass(frozen=True)
class Passed:
    """The tokens of the messages that may leave now, and what became of the others."""

    tokens: Mapping[int, int]
    verdicts: Mapping[int, Verdict]


def pass_gate(wanted: Mapping[int, Wanted], *, holder: UUID, store_zone: str, now: datetime) -> Passed:
    """Mark those of a few reserved messages that may leave as `sending`, and the others by their verdict; commits.

    A message that is locked, changed or no longer reserved by `holder` is left out: it is somebody else's, or comes again.
    """
    with transaction.atomic():
        _rows(_HOLD_CAMPAIGNS, [require_store_id(), require_store_id(), list(wanted)])
        ids = _rows(_LOCK, [require_store_id(), list(wanted), holder])
        facts = _facts([message_id for (message_id,) in ids], wanted, store_zone=store_zone, now=now)
        verdicts = {message_id: judge(fact, now=now) for message_id, fact in facts.items()}
        tokens = _mark(verdicts, wanted, now=now)
    return Passed(tokens, verdicts)


def _facts(ids: Sequence[int], wanted: Mapping[int, Wanted], *, store_zone: str, now: datetime) -> dict[int, Facts]:
    if not ids:
        return {}
    store_id = require_store_id()
    digests = [wanted[message_id].digest for message_id in ids]
    rows = _rows(_FACTS, [list(ids), digests, store_id])
    contacts = dict(_rows(_CONTACTS, [store_id, [row[1] for row in rows], now - timedelta(days=7)]))
    facts = {row[0]: _fact(row, wanted[row[0]], contacts.get(row[1], []), store_zone=store_zone) for row in rows}
    may_win = [
        Candidate(message_id, row[1], fact.due_at)
        for row in rows
        for message_id, fact in [(row[0], facts[row[0]])]
        if judge(fact, now=now).do is Do.SEND and not fact.transactional
    ]
    winning = winners(may_win)
    return {message_id: replace(fact, wins=fact.transactional or message_id in winning) for message_id, fact in facts.items()}


def _fact(row: Sequence[Any], wanted: Wanted, contacts: Sequence[datetime], *, store_zone: str) -> Facts:
    _, _, channel, stream, due_at, expires_at, source_live, run_going, cart_open, has_cart, zone, consent, suppressed, on_break, rarely = (
        row
    )
    return Facts(
        channel=channel,
        transactional=stream == "transactional",
        due_at=due_at,
        expires_at=expires_at,
        source_live=source_live,
        run_going=run_going,
        cart_open=bool(cart_open) if has_cart else None,
        has_address=wanted.has_address,
        consent=consent,
        suppressed=suppressed,
        on_break=on_break,
        less_often=rarely,
        wins=True,
        contacts=tuple(contacts),
        customer_zone=zone,
        store_zone=store_zone,
    )


def _mark(verdicts: Mapping[int, Verdict], wanted: Mapping[int, Wanted], *, now: datetime) -> dict[int, int]:
    """Write the verdicts, and where the links of what leaves lead, before anybody can follow one."""
    if not verdicts:
        return {}
    ids = list(verdicts)
    parameters: list[Any] = [
        LEASE_SECONDS,
        now,
        now,
        ids,
        [_STATES[verdict.do] for verdict in verdicts.values()],
        ["" if verdict.do is Do.SEND else verdict.reason for verdict in verdicts.values()],
        [verdict.until for verdict in verdicts.values()],
        [wanted[message_id].digest for message_id in ids],
        [wanted[message_id].subject[:300] for message_id in ids],
        [json.dumps(wanted[message_id].targets) for message_id in ids],
        require_store_id(),
    ]
    return {message_id: token for message_id, state, token in _rows(_MARK, parameters) if state == "sending"}


def _rows(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
