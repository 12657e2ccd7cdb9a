"""One number, one SMS of a campaign: of several customers behind one phone number, the first who may be written to gets it.

While that one's is on its way the others wait: it may be refused, and then the next of them gets one. What left is final.
Asked in the gate, after a lock of each number: two workers that hold different customers cannot both find the same number free.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from campaigns.sending.eligibility import Do, Facts, Verdict
from retention.tenancy.context import require_store_id
from retention.tenancy.prepared import Prepared

_LOCK = Prepared(
    "sharing_lock",
    """
    SELECT pg_advisory_xact_lock(told.key) FROM (
        SELECT DISTINCT hashtextextended($1::text || ':' || wanted.digest, 0) AS key FROM unnest($2) AS wanted(digest) ORDER BY 1
    ) AS told
    """,
    "bigint, text[]",
)
# One that waits for another try goes first: the others wait. Of two that wait for another try, the older one goes.
# OFFSET 0: each is looked up by its key, also where PostgreSQL does not know yet how many messages there are.
_TAKEN = Prepared(
    "sharing_taken",
    """
    SELECT m.id, m.source_id, coalesce(held.taken, false), coalesce(held.waits, false)
    FROM unnest($2, $3) AS wanted(id, digest)
    CROSS JOIN LATERAL (
        SELECT one.id, one.source_kind, one.source_id, one.channel, one.token FROM campaigns_message AS one
        WHERE one.store_id = $1 AND one.id = wanted.id OFFSET 0
    ) AS m
    LEFT JOIN LATERAL (
        SELECT bool_or(other.state IN ('sent', 'unknown')) AS taken,
            bool_or(other.state = 'sending' OR (other.state = 'ready' AND (m.token = 0 OR other.id < m.id))) AS waits
        FROM campaigns_message AS other
        WHERE other.store_id = $1 AND other.channel = 'sms' AND other.source_kind = 'campaign' AND other.source_id = m.source_id
            AND other.address_digest = wanted.digest AND other.address_digest <> '' AND other.token > 0 AND other.id <> m.id
    ) AS held ON true
    WHERE m.source_kind = 'campaign' AND m.channel = 'sms' AND wanted.digest <> ''
    """,
    "bigint, bigint[], text[]",
)


class Number(NamedTuple):
    """Where one SMS of a campaign goes. name: the same for all of one campaign to one number.

    taken: another one went there; waits: another one is on its way there.
    """

    name: str
    taken: bool = False
    waits: bool = False


def numbers_of(ids: Sequence[int], digests: Sequence[str]) -> dict[int, Number]:
    """Return the numbers of those of these messages that are SMS of campaigns, and hold them until the transaction ends."""
    if not ids:
        return {}
    store_id = require_store_id()
    _LOCK.rows([store_id, list(digests)])
    told = dict(zip(ids, digests, strict=True))
    rows = _TAKEN.rows([store_id, list(ids), list(digests)])
    return {pk: Number(f"{source_id}:{told[pk]}", taken, waits) for pk, source_id, taken, waits in rows}


def later_ones(facts: Mapping[int, Facts], verdicts: Mapping[int, Verdict]) -> dict[int, Facts]:
    """Return the facts of those that would leave beside another one of their campaign and number, as of now on its way."""
    seen: set[str] = set()
    found: dict[int, Facts] = {}
    for pk in sorted(pk for pk, verdict in verdicts.items() if verdict.do is Do.SEND and facts[pk].number):
        if facts[pk].number in seen:
            found[pk] = replace(facts[pk], number_waits=True)
        seen.add(facts[pk].number)
    return found
