"""Write down what the gate decided, in its own transaction: one statement for a few rows, and none for messages that simply left."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from campaigns.models import Decision
from campaigns.sending.answers import answers_of
from campaigns.sending.arbiter import Contest
from campaigns.sending.eligibility import Do, Facts, Verdict
from campaigns.truth.deciding import Change
from retention.tenancy.context import require_store_id
from retention.tenancy.statistics import said_to_be_few

KEPT = timedelta(days=120)
SWEPT_AT_ONCE = 5_000

_NOTE = f"""
    INSERT INTO campaigns_decision
        (store_id, message_id, customer_id, verdict, reason, answers, changes, contest, until, first_at, last_at, times)
    SELECT %(store)s, m.id, m.customer_id, v.verdict, v.reason, v.answers, v.changes::jsonb, v.contest::jsonb, v.until, %(now)s, %(now)s, 1
    FROM unnest(%(ids)s::bigint[], %(verdicts)s::text[], %(reasons)s::text[], %(answers)s::text[], %(changes)s::text[],
        %(contests)s::text[], %(untils)s::timestamptz[]) AS v(id, verdict, reason, answers, changes, contest, until)
    JOIN campaigns_message AS m ON m.store_id = %(store)s AND m.id = v.id AND {said_to_be_few("v.id")}
    ORDER BY m.id
    ON CONFLICT (store_id, message_id, verdict, reason) DO UPDATE SET
        answers = excluded.answers, changes = excluded.changes, contest = excluded.contest, until = excluded.until,
        last_at = excluded.last_at, times = campaigns_decision.times + 1
"""  # noqa: S608 - the condition above


def note(
    verdicts: Mapping[int, Verdict],
    facts: Mapping[int, Facts],
    changes: Mapping[int, Iterable[Change]],
    contests: Mapping[int, Contest],
    *,
    now: datetime,
) -> None:
    """Keep what was decided of messages that did not simply leave as planned or had to compete, in the gate's transaction."""
    told = {pk: verdict for pk, verdict in verdicts.items() if verdict.do is not Do.SEND or any(changes.get(pk, ())) or pk in contests}
    if not told:
        return
    values: dict[str, Any] = {
        "store": require_store_id(),
        "now": now,
        "ids": list(told),
        "verdicts": [str(verdict.do) for verdict in told.values()],
        "reasons": [verdict.reason for verdict in told.values()],
        "answers": [answers_of(facts[pk], now=now) for pk in told],
        "changes": [json.dumps([asdict(one) for one in changes.get(pk, ())]) for pk in told],
        "contests": [json.dumps(contests[pk].told() if pk in contests else {}) for pk in told],
        "untils": [verdict.until for verdict in told.values()],
    }
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, values)


def forget_old(*, now: datetime) -> int:
    """Let go of a bite of decisions that are older than they are kept; return how many."""
    old = Decision.objects.filter(last_at__lt=now - KEPT).order_by("last_at").values_list("pk", flat=True)[:SWEPT_AT_ONCE]
    return int(Decision.objects.filter(pk__in=list(old)).delete()[0])
