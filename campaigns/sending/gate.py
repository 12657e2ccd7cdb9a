"""The last look before bytes leave: lock a few reserved rows, read the facts afresh, judge, and mark them, in one transaction.

Customers are locked first and read afterwards, so two workers cannot both find the same person's budget free. Nothing that
commits before this transaction began to read can be overlooked: consent, suppression, a pause, an order, an ended run, a campaign called
off.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction

from campaigns.measurement import store_wide
from campaigns.models.campaign import PATIENCE
from campaigns.sending.arbiter import Contest
from campaigns.sending.competing import CAMPAIGN_GOES_SQL, ON_CHANNEL_SQL, RIVALS_SQL, STUCK_AFTER, WANTED_SQL, contests, lost
from campaigns.sending.doubts import ENDING
from campaigns.sending.eligibility import USUAL_BUDGET, Budget, Do, Facts, Verdict, judge
from campaigns.sending.sharing import later_ones, numbers_of
from campaigns.sending.tracing import note
from campaigns.sending.truths import Shown, look_again, settle, unspoken
from campaigns.truth.offers import SPOKEN_OF_SQL
from retention.customers.consent import GATE_SQL, PAUSED_SQL, SUPPRESSED_SQL
from retention.tenancy.context import require_store_id
from retention.tenancy.prepared import Prepared
from retention.tenancy.statistics import said_to_be_few

LEASE_SECONDS = 60

_LOCK = Prepared(
    "gate_lock",
    f"""
    SELECT m.id FROM unnest($2) AS wanted(id)
    JOIN campaigns_message AS m ON m.store_id = $1 AND m.id = wanted.id AND {said_to_be_few("wanted.id")}
    JOIN customers_customer AS c ON c.store_id = m.store_id AND c.id = m.customer_id
    WHERE m.state = 'ready' AND m.holder = $3 AND m.lease_until > clock_timestamp()
    ORDER BY c.id, m.id
    FOR NO KEY UPDATE OF m, c SKIP LOCKED
    """,  # noqa: S608 - the condition above
    "bigint, bigint[], uuid",
)
# Held until the rows are marked: whoever pauses or calls off a campaign waits for this transaction, or is seen by it.
_HOLD_CAMPAIGNS = Prepared(
    "gate_hold_campaigns",
    f"""
    SELECT b.id FROM campaigns_campaign AS b
    WHERE b.store_id = $1 AND b.id IN (
        SELECT source_id FROM unnest($2) AS wanted(id)
        JOIN campaigns_message AS m ON m.store_id = $1 AND m.id = wanted.id AND {said_to_be_few("wanted.id")}
        WHERE source_kind = 'campaign'
    )
    ORDER BY b.id FOR SHARE
    """,  # noqa: S608 - the condition above
    "bigint, bigint[]",
)
# A campaign that goes on after a pause gives what waited its full patience again, counted from that moment: its rows may be a million.
# Contacts: what waits for a repeat may have arrived (see doubts.py). A slice opened its account a while ago: nothing leaves by one that is
# not used any more, and of a campaign nothing by one that leads elsewhere than it was started for; what is left out comes again.
_FACTS = Prepared(
    "gate_facts",
    f"""
    SELECT m.id, m.customer_id, m.channel, m.stream, m.due_at,
        CASE WHEN b.confirmed_at IS NULL THEN m.expires_at ELSE greatest(m.expires_at, b.confirmed_at + $5) END AS expires_at,
        CASE m.source_kind WHEN 'journey' THEN coalesce(j.state = 'live', false)
            ELSE {CAMPAIGN_GOES_SQL} END AS source_live,
        CASE WHEN m.source_kind = 'journey' THEN coalesce(e.state <> 'stopped', false) ELSE true END AS run_going,
        cart.state = 'open' AS cart_open, m.cart_id IS NOT NULL AS has_cart,
        customer.zone,
        (m.channel = 'onsite' OR {GATE_SQL % "m.channel"}) AS consent, {SUPPRESSED_SQL % ("m.channel", "wanted.digest")} AS suppressed,
        {PAUSED_SQL} AS on_break, customer.less_often,
        ARRAY(
            SELECT first_attempt_at FROM campaigns_message
            WHERE store_id = $3 AND customer_id = m.customer_id AND stream = 'marketing' AND first_attempt_at > $4
                AND (state IN ('sending', 'sent', 'unknown') OR (state = 'ready' AND provider_key <> '' AND id <> ALL($1)))
        ) AS contacts,
        {ON_CHANNEL_SQL % "$6"} AS on_channel, {RIVALS_SQL % ("$7", "$8")} AS rivals,
        CASE WHEN j.for_quiet THEN customer.last_seen_at END AS seen_at,
        m.cart_id IS NOT NULL AND EXISTS (
            SELECT FROM orders_order AS placed WHERE placed.store_id = m.store_id AND placed.customer_id = m.customer_id
                AND placed.placed_at >= cart.last_activity_at AND placed.cancelled_at IS NULL
        ) AS ordered,
        {store_wide.IS_ON_SQL % "$3"} AS some_apart, {SPOKEN_OF_SQL % ("$9", "$3")} AS spoken_of
    FROM unnest($1, $2) AS wanted(id, digest)
    {WANTED_SQL}
    WHERE {said_to_be_few("wanted.id")}
        AND ($10 IS NULL OR EXISTS (SELECT FROM campaigns_connection WHERE store_id = $3 AND id = $10 AND active))
        AND (b.id IS NULL OR b.channel = 'onsite' OR b.begun_inside = ($10 IS NULL))
    """,  # noqa: S608 - fragments of ours, no values
    "bigint[], text[], bigint, timestamptz, interval, text[], timestamptz, timestamptz, text[], bigint",
)
# A row with a provider key may have left before (see doubts.py): it can be repeated or become unknown, never count as held back.
_MARK = Prepared(
    "gate_mark",
    f"""
    UPDATE campaigns_message AS m SET
        state = CASE WHEN m.provider_key <> '' AND v.state IN ('suppressed', 'skipped') THEN 'unknown' ELSE v.state END,
        reason = CASE WHEN m.provider_key <> '' AND v.state IN ('suppressed', 'skipped') THEN $13 ELSE v.reason END,
        due_at = coalesce(v.due_at, m.due_at),
        provider_key = CASE WHEN v.state = 'sending' THEN $12 ELSE m.provider_key END,
        token = m.token + (v.state = 'sending')::int, attempts = m.attempts + (v.state = 'sending')::int,
        holder = CASE WHEN v.state = 'sending' THEN m.holder END,
        lease_until = CASE WHEN v.state = 'sending' THEN clock_timestamp() + $2 * interval '1 second' END,
        first_attempt_at = CASE WHEN v.state = 'sending' THEN coalesce(m.first_attempt_at, $3) ELSE m.first_attempt_at END,
        finished_at = CASE WHEN v.state IN ('suppressed', 'skipped') THEN $3 END,
        address_digest = v.digest, subject = v.subject,
        targets = CASE WHEN v.state = 'sending' AND m.provider_key = '' THEN v.targets::jsonb ELSE m.targets END,
        link_set_id = CASE WHEN v.state = 'sending' AND m.provider_key = '' THEN v.link_set_id ELSE m.link_set_id END,
        parts = CASE WHEN v.state = 'sending' THEN v.parts ELSE m.parts END,
        connection_id = CASE WHEN v.state = 'sending' THEN coalesce($14, m.connection_id) ELSE m.connection_id END
    FROM unnest($4, $5, $6, $7, $8, $9, $10, $11, $15) AS v(id, state, reason, due_at, digest, subject, targets, parts, link_set_id)
    WHERE m.store_id = $1 AND m.id = v.id AND {said_to_be_few("v.id")}
    RETURNING m.id, m.state, m.token
    """,  # noqa: S608 - the condition above
    "bigint, double precision, timestamptz, bigint[], text[], text[], timestamptz[], text[], text[], text[], int[], text, text, bigint, "
    "bigint[]",
)
_RIVALS, _ORDERED, _SOME_APART, _SPOKEN_OF = 17, 19, 20, 21  # places in a row of facts
_STATES = {Do.SEND: "sending", Do.LEAVE: "ready", Do.HOLD: "ready", Do.SUPPRESS: "suppressed", Do.SKIP: "skipped"}


@dataclass(slots=True)
class Wanted:
    """What the gate must know about a message beyond its row: the address as a digest, its subject, its links, what it shows.

    parts: how many an SMS takes. fixed: where its first links lead, the same for all messages of its template; link_set: their row.
    """

    digest: str
    has_address: bool
    subject: str
    targets: tuple[str, ...]
    shown: Shown | None = None
    parts: int = 0
    fixed: tuple[str, ...] = ()
    link_set: int | None = None


@dataclass(frozen=True)
class Passed:
    """The tokens of the messages that may leave now, and what became of the others."""

    tokens: Mapping[int, int]
    verdicts: Mapping[int, Verdict]


def pass_gate(
    wanted: Mapping[int, Wanted],
    *,
    holder: UUID,
    store_zone: str,
    account: int | None,
    mark: str = "",
    now: datetime,
    by: int | None = None,
    budget: Budget = USUAL_BUDGET,
    takes: Callable[[str], bool] = lambda channel: True,
) -> Passed:
    """Mark those of a few reserved messages that may leave as `sending`, and the others by their verdict; commits.

    account: the connection in hand, None where it is the test inbox or the site.
    mark: of an account that recognises a repeat. What may have left there before is not held back any more, it is unknown.
    by: the connection they leave by, where a store has several. budget: the store's. wanted: at most as many as there are senders.
    takes: says of a channel whether anything leaves by it now; what waits by another stands in nobody's way.

    A message that is locked, changed or no longer reserved by `holder` is left out: it is somebody else's, or comes again. So is one that
    may not leave by this account any more.
    """
    with transaction.atomic():
        ids = _locked(list(wanted), holder)
        shown = {pk: one.shown for pk, one in wanted.items() if one.shown is not None}
        silent = unspoken(shown.values())
        rows = _read(ids, wanted, silent, account=account, budget=budget, now=now)
        people = {row[0]: row[1] for row in rows}
        still_unspoken = bool(silent and rows and not rows[0][_SPOKEN_OF])
        facts = _facts(rows, wanted, shown, still_unspoken=still_unspoken, store_zone=store_zone, budget=budget, now=now)
        if rows and rows[0][_SOME_APART]:
            facts |= _apart(facts, people, now=now)
        verdicts = {message_id: judge(fact, now=now) for message_id, fact in facts.items()}
        later = later_ones(facts, verdicts)  # before the contests: who waits for a number wins none, and uses up nobody's budget
        facts |= later
        verdicts |= {pk: judge(fact, now=now) for pk, fact in later.items()}
        fought = _compete(facts, verdicts, people, {row[0]: row[_RIVALS] for row in rows}, takes=takes, now=now)
        tokens = _mark(verdicts, wanted, mark=mark, by=by, now=now)
        note(verdicts, facts, {pk: one.seen.changes for pk, one in shown.items()}, fought, now=now)
        settle(tokens, verdicts.keys() - tokens.keys(), shown, now=now)
    return Passed(tokens, verdicts)


def _locked(ids: list[int], holder: UUID) -> list[int]:
    """Hold the campaigns of reserved messages, then lock their rows and people; return those that are still ours."""
    store_id = require_store_id()
    return [pk for (pk,) in _LOCK.rows([store_id, ids, holder], after=(_HOLD_CAMPAIGNS, [store_id, ids]))]


def _read(
    ids: list[int], wanted: Mapping[int, Wanted], silent: list[str], *, account: int | None, budget: Budget, now: datetime
) -> list[tuple[Any, ...]]:
    """Return what is so now of locked messages and their people. silent: products of which it is asked whether the shop speaks now."""
    digests = [wanted[message_id].digest for message_id in ids]
    week_ago, capped = now - timedelta(days=7), sorted(budget.channels)
    asked = [ids, digests, require_store_id(), week_ago, PATIENCE, capped, now, now - STUCK_AFTER, silent, account]
    return _FACTS.rows(asked) if ids else []


def _facts(
    rows: Sequence[Sequence[Any]],
    wanted: Mapping[int, Wanted],
    shown: Mapping[int, Shown],
    *,
    still_unspoken: bool,
    store_zone: str,
    budget: Budget,
    now: datetime,
) -> dict[int, Facts]:
    """Return the facts of these messages."""
    if not rows:
        return {}
    untrue = look_again({row[0]: row[_ORDERED] for row in rows}, shown, still_unspoken=still_unspoken, now=now)
    texts = [row[0] for row in rows if row[2] == "sms"]
    numbers = numbers_of(texts, [wanted[pk].digest for pk in texts])
    facts = {row[0]: _fact(row, wanted[row[0]], store_zone=store_zone, budget=budget) for row in rows}
    for pk, number in numbers.items():
        facts[pk].number, facts[pk].number_taken, facts[pk].number_waits = number
    for pk, why in untrue.items():
        facts[pk].untrue = why
    return facts


def _apart(facts: Mapping[int, Facts], people: Mapping[int, int], *, now: datetime) -> dict[int, Facts]:
    """Return the facts of what would leave now to people who get no marketing, to compare with: this is what they are measured from."""
    leaving = {pk for pk, fact in facts.items() if not fact.transactional and judge(fact, now=now).do is Do.SEND}
    held = store_wide.held_back({people[pk] for pk in leaving}, now=now)
    return {pk: replace(facts[pk], apart=True) for pk in leaving if people[pk] in held}


def _compete(
    facts: dict[int, Facts],
    verdicts: dict[int, Verdict],
    people: Mapping[int, int],
    rivals: Mapping[int, Sequence[int]],
    *,
    takes: Callable[[str], bool],
    now: datetime,
) -> dict[int, Contest]:
    """Say of what would leave whose person others want too how it did, and change the facts and verdicts of all but the winners."""
    leaving = {pk for pk, verdict in verdicts.items() if verdict.do is Do.SEND and not facts[pk].transactional}
    found = contests(facts, people, rivals, leaving, takes=takes, patience=PATIENCE, now=now)
    for pk, contest in found.items():
        if not contest.won:
            winner = contest.winner.message_id
            facts[pk] = lost(facts[pk], channel=facts[winner].channel if winner in leaving else None, now=now)
            verdicts[pk] = judge(facts[pk], now=now)
    return found


def _fact(row: Sequence[Any], wanted: Wanted, *, store_zone: str, budget: Budget) -> Facts:
    channel, stream, due_at, expires_at, source_live, run_going, cart_open, has_cart = row[2:10]
    zone, consent, suppressed, on_break, rarely, contacts, on_channel, _rivals, seen_at = row[10:19]
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
        on_channel=tuple(on_channel),
        budget=budget,
        customer_zone=zone,
        store_zone=store_zone,
        seen_at=seen_at,
    )


def _mark(verdicts: Mapping[int, Verdict], wanted: Mapping[int, Wanted], *, mark: str, by: int | None, now: datetime) -> dict[int, int]:
    """Write the verdicts, and where the links of what leaves lead, before anybody can follow one.

    What may have left already keeps its links as they are: the service knows a repeat again and what is in the inbox is the first build.
    """
    if not verdicts:
        return {}
    ids = list(verdicts)
    parameters: list[Any] = [
        require_store_id(),
        LEASE_SECONDS,
        now,
        ids,
        [_STATES[verdict.do] for verdict in verdicts.values()],
        ["" if verdict.do is Do.SEND else verdict.reason for verdict in verdicts.values()],
        [verdict.until for verdict in verdicts.values()],
        [wanted[message_id].digest for message_id in ids],
        [wanted[message_id].subject[:300] for message_id in ids],
        [msgspec.json.encode(wanted[message_id].targets).decode() for message_id in ids],
        [wanted[message_id].parts for message_id in ids],
        mark,
        ENDING,
        by,
        [wanted[message_id].link_set for message_id in ids],
    ]
    return {message_id: token for message_id, state, token in _MARK.rows(parameters) if state == "sending"}
