"""Which of several messages that want the same person goes: the gate's facts joined with what else waits for them, judged by `arbiter.py`.

A message competes with all others to its person that are due, also by other channels and in other workers' hands; one that could not leave
now, or whose channel takes nothing now, stands in nobody's way. What nobody competes with costs no statement here: the gate reads with its
facts whether there is anything else, and only then one statement asks about all of a few messages' rivals.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from campaigns.sending.arbiter import Candidate, Contest, decide
from campaigns.sending.eligibility import Do, Facts, judge
from retention.customers.consent import GATE_SQL
from retention.tenancy.context import require_store_id
from retention.tenancy.prepared import Prepared
from retention.tenancy.statistics import said_to_be_few

STUCK_AFTER = timedelta(hours=2)
"""What is due for so long does not leave for a reason of its own (a channel that rests), and keeps nobody waiting."""

# What else of its person is due: fragments of the gate's facts, whose m is the message and whose $1, $3 and $4 are the ids in hand, the
# store and a week ago. What was planned for a person this week is read by their own index, the newest hundred; what an order needs competes
# with nothing and asks for none.
RIVALS_SQL = """CASE WHEN m.stream = 'marketing' THEN ARRAY(
            SELECT recent.id FROM (
                SELECT id, state, stream, provider_key, due_at FROM campaigns_message
                WHERE store_id = $3 AND customer_id = m.customer_id AND planned_at > $4
                ORDER BY planned_at DESC, id DESC LIMIT 100
            ) AS recent
            WHERE recent.state = 'ready' AND recent.stream = 'marketing' AND recent.provider_key = ''
                AND recent.due_at <= %s AND recent.due_at > %s AND recent.id <> ALL($1)
        ) ELSE ARRAY[]::bigint[] END"""
ON_CHANNEL_SQL = """CASE WHEN m.channel = ANY(%s) THEN ARRAY(
            SELECT first_attempt_at FROM campaigns_message
            WHERE store_id = $3 AND customer_id = m.customer_id AND channel = m.channel AND stream = 'marketing' AND first_attempt_at > $4
                AND (state IN ('sending', 'sent', 'unknown') OR (state = 'ready' AND provider_key <> '' AND id <> ALL($1)))
        ) ELSE ARRAY[]::timestamptz[] END"""
# One that was started for the test inbox goes no further once an account is connected, nor one that was started for real people once none
# is (see `turned` in `broadcasts/marking.py`). The accounts of the store are read once for all rows.
TURNED_SQL = """(b.channel <> 'onsite' AND b.begun_inside = (
                (b.store_id, b.channel) IN (SELECT store_id, channel FROM campaigns_connection WHERE active)
            ))"""
CAMPAIGN_GOES_SQL = f"coalesce(b.state = 'sending' AND NOT {TURNED_SQL}, true)"
# The messages called `wanted`, of the store $3, with their people, sources, runs and baskets. OFFSET 0: each row is looked up by its key,
# also where most stores have two or three; a column that nobody asks for would cost all the same.
WANTED_SQL = """CROSS JOIN LATERAL (
        SELECT id, store_id, customer_id, channel, stream, state, due_at, expires_at, source_kind, source_id, enrollment_id, cart_id
        FROM campaigns_message WHERE store_id = $3 AND id = wanted.id OFFSET 0
    ) AS m
    CROSS JOIN LATERAL (
        SELECT id, store_id, zone, paused_until, less_often, last_seen_at
        FROM customers_customer WHERE store_id = $3 AND id = m.customer_id OFFSET 0
    ) AS customer
    LEFT JOIN campaigns_journey AS j ON j.store_id = m.store_id AND j.id = m.source_id AND m.source_kind = 'journey'
    LEFT JOIN campaigns_campaign AS b ON b.store_id = m.store_id AND b.id = m.source_id AND m.source_kind = 'campaign'
    LEFT JOIN LATERAL (SELECT state FROM campaigns_enrollment WHERE store_id = $3 AND id = m.enrollment_id OFFSET 0) AS e ON true
    LEFT JOIN LATERAL (SELECT state, last_activity_at FROM orders_cart WHERE store_id = $3 AND id = m.cart_id OFFSET 0) AS cart ON true"""
_KIND = "CASE WHEN j.for_quiet THEN 'cell' ELSE m.source_kind END"
_CANDIDATES = Prepared(
    "gate_candidates",
    f"""
    SELECT m.id, m.customer_id, m.channel, m.due_at,
        CASE WHEN b.confirmed_at IS NULL THEN m.expires_at ELSE greatest(m.expires_at, b.confirmed_at + $2) END AS expires_at,
        CASE m.source_kind WHEN 'journey' THEN coalesce(j.state = 'live', false)
            ELSE {CAMPAIGN_GOES_SQL} END AS source_live,
        CASE WHEN m.source_kind = 'journey' THEN coalesce(e.state <> 'stopped', false) ELSE true END AS run_going,
        CASE WHEN m.cart_id IS NOT NULL THEN coalesce(cart.state = 'open', false) END AS cart_open,
        (m.channel = 'onsite' OR {GATE_SQL % "m.channel"}) AS consent,
        CASE WHEN j.for_quiet THEN customer.last_seen_at END AS seen_at,
        {ON_CHANNEL_SQL % "$5"} AS on_channel,
        {_KIND} AS kind, m.source_id, coalesce(own.priority, 0) AS priority, coalesce(own.worth, usual.worth, 0) AS worth
    FROM unnest($1) AS wanted(id)
    {WANTED_SQL}
    LEFT JOIN campaigns_sourcerank AS own ON own.store_id = m.store_id AND own.source_kind = {_KIND} AND own.source_id = m.source_id
    LEFT JOIN campaigns_sourcerank AS usual ON usual.store_id = m.store_id AND usual.source_kind = {_KIND} AND usual.source_id = 0
    WHERE m.state = 'ready' AND {said_to_be_few("wanted.id")}
    """,  # noqa: S608 - fragments of ours
    "bigint[], interval, bigint, timestamptz, text[]",
)


class _Row(NamedTuple):
    """A row of `_CANDIDATES`."""

    id: int
    customer_id: int
    channel: str
    due_at: datetime
    expires_at: datetime | None
    source_live: bool
    run_going: bool
    cart_open: bool | None
    consent: bool
    seen_at: datetime | None
    on_channel: list[datetime]
    kind: str
    source_id: int
    priority: int
    worth: float


def contests(
    facts: Mapping[int, Facts],
    people: Mapping[int, int],
    rivals: Mapping[int, Sequence[int]],
    leaving: Collection[int],
    *,
    takes: Callable[[str], bool],
    patience: timedelta,
    now: datetime,
) -> dict[int, Contest]:
    """Return how those of `leaving` did whose person others want too; in the gate's transaction, which holds these people.

    leaving: marketing messages that would leave now if nobody competed. rivals: what else of its person is due, by each message.
    takes: says of a channel whether anything leaves by it now. patience: of campaigns that were let go on.
    """
    wanted = Counter(people[pk] for pk in leaving)
    mine = {pk for pk in leaving if wanted[people[pk]] > 1 or rivals[pk]}
    if not mine:
        return {}
    of = {rival: facts[pk] for pk in mine for rival in rivals[pk]}
    budget = facts[next(iter(mine))].budget
    rows = _CANDIDATES.rows([sorted({*mine, *of}), patience, require_store_id(), now - timedelta(days=7), sorted(budget.channels)])
    candidates = [
        Candidate(row.id, row.customer_id, row.due_at, row.priority, row.worth, (row.kind, row.source_id))
        for row in map(_Row._make, rows)
        if row.id in mine or (takes(row.channel) and judge(_as_facts(row, of[row.id]), now=now).do is Do.SEND)
    ]
    return {pk: contest for pk, contest in decide(candidates).items() if pk in mine}


def lost(fact: Facts, *, channel: str | None, now: datetime) -> Facts:
    """Return the facts of a message that lost. channel: by which the winner leaves in this transaction; None when it only is about to."""
    if channel is None:
        return replace(fact, wins=False, winner_waits=True)
    on_channel = (*fact.on_channel, now) if channel == fact.channel else fact.on_channel
    return replace(fact, wins=False, contacts=(*fact.contacts, now), on_channel=on_channel)


def _as_facts(row: _Row, person: Facts) -> Facts:
    """Return the facts of another message to the same person; what only the sender can find out is taken for good."""
    return replace(
        person,
        channel=row.channel,
        due_at=row.due_at,
        expires_at=row.expires_at,
        source_live=row.source_live,
        run_going=row.run_going,
        cart_open=row.cart_open,
        has_address=True,
        consent=row.consent,
        suppressed=False,
        on_channel=tuple(row.on_channel),
        seen_at=row.seen_at,
        untrue="",
        number="",
        number_taken=False,
        number_waits=False,
    )
