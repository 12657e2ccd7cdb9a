"""Write down how each try ended: by the table of the reliability guide 2.3, and only while the row's token is still ours.

A worker that outlived its lease may turn `unknown`, or what waits for a repeat, into what it knows for certain; an older token can
write nothing.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import DataError, Error, IntegrityError, ProgrammingError, connection, transaction

from campaigns.channels import Answer, Outcome
from campaigns.personalization.render import CannotRender
from campaigns.sending import doubts
from campaigns.sending.receipts import note_outcomes
from retention.kit.metrics import MESSAGES
from retention.tenancy.context import require_store_id
from retention.tenancy.prepared import Prepared
from retention.tenancy.statistics import said_to_be_few

MOST_ATTEMPTS = 12
LONGEST_BACKOFF = timedelta(hours=4)
PATIENCE_SECONDS, TRY_EVERY_SECONDS = 30.0, 0.5
_LASTING = (DataError, IntegrityError, ProgrammingError)  # whoever asks again is told the same

_RECORD = Prepared(
    "record_endings",
    f"""
    UPDATE campaigns_message AS m SET
        state = v.state, reason = v.reason, detail = v.detail, provider_message_id = v.provider_message_id,
        due_at = coalesce(v.due_at, m.due_at), holder = NULL, lease_until = NULL, provider_key = v.provider_key,
        sent_at = CASE WHEN v.state = 'sent' THEN $1 ELSE m.sent_at END,
        finished_at = CASE WHEN v.state = 'ready' THEN NULL ELSE $1 END
    FROM unnest($2, $3, $4, $5, $6, $7, $8, $10) AS v(id, token, state, reason, detail, provider_message_id, due_at, provider_key)
    WHERE m.store_id = $9 AND m.id = v.id AND m.token = v.token AND {said_to_be_few("v.id")}
        AND (m.state = 'sending' OR ((m.state = 'unknown' OR m.provider_key <> '') AND v.state IN ('sent', 'failed')))
    RETURNING m.id, m.state, m.channel
    """,  # noqa: S608 - the condition above
    "timestamptz, bigint[], int[], text[], text[], text[], text[], timestamptz[], bigint, text[]",
)
# Nobody waits for the disk: the next gate's commit, before the next bytes leave, or the slice's end brings this one there too. A server
# that falls in between finds these few as they left, in our hands, as if we had been killed.
_UNHURRIED = Prepared("record_unhurried", "SELECT set_config('synchronous_commit', $1, true)", "text")
_FAIL = f"""
    UPDATE campaigns_message AS m SET
        state = CASE WHEN m.provider_key <> '' THEN 'unknown' WHEN v.reason = 'template_set_aside' THEN 'quarantined' ELSE 'failed' END,
        reason = CASE WHEN m.provider_key <> '' THEN %s ELSE v.reason END, detail = v.detail,
        holder = NULL, lease_until = NULL, finished_at = %s
    FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS v(id, reason, detail)
    WHERE m.store_id = %s AND m.id = v.id AND {said_to_be_few("v.id")} AND m.state = 'ready' AND m.holder = %s
"""  # noqa: S608 - the condition above


@dataclass(slots=True)
class Ending:
    """What one answer makes of a message. doubtful: it waits for a repeat, and may have left already."""

    state: str
    reason: str = ""
    due_at: datetime | None = None
    doubtful: bool = False


def ending_of(answer: Answer, *, attempts: int, keyed: bool, doubtful: bool = False, now: datetime) -> Ending:
    """Classify one answer. attempts: tries so far, this one included. keyed: a repeat with the same key is recognised.

    doubtful: an earlier try may have been taken, so no other ending than a yes is certain.
    """
    if answer.outcome is Outcome.ACCEPTED:
        return Ending("sent")
    doubtful = doubtful or answer.outcome is Outcome.AMBIGUOUS
    if answer.outcome is Outcome.REFUSED:
        if doubtful:
            return Ending("unknown", doubts.ENDING)
        return Ending("failed", "unsubscribed" if answer.unsubscribed else "bad_address" if answer.bad_address else "refused")
    if answer.outcome is Outcome.AMBIGUOUS and not keyed:
        return Ending("unknown", doubts.ENDING)
    if attempts >= MOST_ATTEMPTS:
        return Ending("unknown" if doubtful else "failed", "tried_too_often")
    wait = min(timedelta(seconds=max(answer.retry_after_seconds, 30)) * 2 ** max(attempts - 1, 0), LONGEST_BACKOFF)
    reason = {Outcome.LATER: "refused_for_now", Outcome.AMBIGUOUS: doubts.ENDING}.get(answer.outcome, "not_sent")
    return Ending("ready", reason, due_at=now + wait, doubtful=doubtful)


def record(
    answers: Mapping[int, Answer],
    *,
    tokens: Mapping[int, int],
    attempts: Mapping[int, int],
    mark: str = "",
    doubtful: Collection[int] = (),
    final: bool,
    now: datetime,
) -> dict[int, str]:
    """Write the endings of a few messages together, and what follows from them, and return the states that were really written.

    mark: of an account that recognises a repeat, see `doubts.py`. doubtful: those that may have left by an earlier try.
    final: the account is the receiver itself (the test inbox), so accepted means delivered.
    """
    if not answers:
        return {}
    ids = list(answers)
    endings = [ending_of(answers[pk], attempts=attempts[pk], keyed=bool(mark), doubtful=pk in doubtful, now=now) for pk in ids]
    parameters: list[Any] = [
        now,
        ids,
        [tokens[message_id] for message_id in ids],
        [ending.state for ending in endings],
        [ending.reason for ending in endings],
        [answers[message_id].detail[:300] for message_id in ids],
        [answers[message_id].provider_message_id[:200] for message_id in ids],
        [ending.due_at for ending in endings],
        require_store_id(),
        [mark if ending.doubtful else "" for ending in endings],
    ]
    more = final or any(one.bad_address or one.unsubscribed or one.gone or one.kept for one in answers.values())
    with transaction.atomic() if more else nullcontext():  # one statement is a transaction by itself
        rows = _RECORD.rows(parameters, after=None if more else (_UNHURRIED, ["off"]))
        written: dict[int, str] = {message_id: state for message_id, state, _ in rows}
        if more:
            note_outcomes(written, answers, final=final, now=now)
    for (channel, state), count in Counter((channel, state) for _, state, channel in rows).items():
        MESSAGES.labels(channel=channel, outcome=state).inc(count)
    return written


def patiently(write: Callable[[], dict[int, str]]) -> dict[int, str]:
    """Write down answers although the database goes away for a while: they are known here and nowhere else.

    Only outside a transaction, which would be gone with the connection. The token keeps out what came too late.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return write()
        except Error as error:
            if isinstance(error, _LASTING) or connection.in_atomic_block or time.monotonic() > until:
                raise
            connection.close()
            time.sleep(TRY_EVERY_SECONDS)


def record_unmade(failed: Mapping[int, CannotRender], *, holder: Any, now: datetime) -> None:
    """Fail messages that could not be made, and set aside those whose template is; they were reserved by us and nothing of them left."""
    if not failed:
        return
    reasons: Sequence[str] = [why.reason for why in failed.values()]
    details = [why.detail[:300] for why in failed.values()]
    with connection.cursor() as cursor:
        cursor.execute(_FAIL, [doubts.ENDING, now, list(failed), list(reasons), details, require_store_id(), holder])
