"""Enrollments as the engine sees them, and the engine's answers written back: a slice in one statement each.

Shared by `intake.py` (events) and `running.py` (due steps), because both let the same engine answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import connection

from campaigns.journeys.doing import do
from campaigns.journeys.engine import RUNNING, Standing
from campaigns.journeys.shadowing import write_down
from campaigns.journeys.steps import Call, Change, Draw, Effect, Notify, Plan, Run, Withdraw
from campaigns.models import Enrollment, Journey, Message, Template, TemplateVersion
from retention.kit.arrays import array_of, texts_of
from retention.stores.models import StoreWork
from retention.tenancy.context import require_store_id
from retention.tenancy.statistics import said_to_be_few

_UPDATE = f"""
    UPDATE campaigns_enrollment AS e SET state = v.state, step = v.step, due_at = v.due_at, reason = v.reason,
        memory = v.memory::jsonb, ended_at = CASE WHEN v.state = 'running' THEN NULL ELSE %s END
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::text[], %s::text[])
        AS v(id, state, step, due_at, reason, memory)
    WHERE e.store_id = (SELECT %s::bigint) AND e.id = v.id AND {said_to_be_few("v.id")} AND e.state = 'running'
"""  # noqa: S608 - the condition above
_MOVE_ALL = f"""
    UPDATE campaigns_enrollment AS e SET state = %s, step = %s, due_at = %s, reason = %s, memory = %s::jsonb, ended_at = %s
    FROM unnest(%s::bigint[]) AS told(id)
    WHERE e.store_id = (SELECT %s::bigint) AND e.id = told.id AND {said_to_be_few("told.id")} AND state = 'running'
"""  # noqa: S608 - the condition above
# What may have left before (see sending/doubts.py) is not held back, it is unknown.
_WITHDRAW = f"""
    UPDATE campaigns_message SET
        state = CASE WHEN provider_key <> '' THEN 'unknown' ELSE 'suppressed' END,
        reason = CASE WHEN provider_key <> '' THEN 'no_answer' ELSE 'run_ended' END,
        detail = v.reason, finished_at = %s, holder = NULL, lease_until = NULL
    FROM unnest(%s::bigint[], %s::text[]) AS v(enrollment_id, reason)
    WHERE store_id = (SELECT %s::bigint) AND campaigns_message.enrollment_id = v.enrollment_id AND {said_to_be_few("v.enrollment_id")}
        AND state IN ('planned', 'ready')
"""  # noqa: S608 - the condition above

Answers = Mapping[int, tuple[Standing, tuple[Effect, ...]]]


def standing_of(enrollment: Enrollment) -> Standing:
    """Return where a stored run stands."""
    return Standing(enrollment.state, enrollment.step, enrollment.due_at, enrollment.held_out, enrollment.reason, enrollment.memory)


def run_of(enrollment: Enrollment) -> Run:
    """Return whose run it is and what it is about."""
    return Run(enrollment.store_id, enrollment.journey_id, enrollment.customer_id, enrollment.subject)


def carry_out(enrollments: Sequence[Enrollment], answers: Answers, *, streams: Mapping[int, str], now: datetime) -> int:
    """Store the standings and carry out the effects, in the caller's transaction; return how many messages were planned.

    streams: marketing or transactional by version id. The enrollments must be locked by the caller. What is to be done is done in the order
    of the answers. What runs in shadow would do is written down and not done.
    """
    runs = {run.pk: run for run in enrollments}
    answers = write_down(runs, answers, now=now)
    plans = [(runs[pk], effect) for pk, (_, effects) in answers.items() for effect in effects if isinstance(effect, Plan)]
    versions = _template_versions({plan.template for _, plan in plans})
    lost = {run.pk for run, plan in plans if plan.template not in versions}
    standings = {pk: _without_template(standing) if pk in lost else standing for pk, (standing, _) in answers.items()}
    deeds = [(runs[pk], one) for pk, (_, effects) in answers.items() for one in effects if isinstance(one, Draw | Change | Call | Notify)]
    got = do(deeds, now=now)
    standings |= {pk: replace(standings[pk], memory={**standings[pk].memory, "got": has}) for pk, has in got.items() if pk not in lost}
    _store(standings, now=now)
    withdrawals = {pk: effect.reason for pk, (_, effects) in answers.items() for effect in effects if isinstance(effect, Withdraw)}
    _withdraw(withdrawals | dict.fromkeys(lost, "template_missing"), now=now)
    messages = [
        _message(run, plan, versions[plan.template], stream=streams.get(run.version_id, "marketing"), now=now)
        for run, plan in plans
        if run.pk not in lost
    ]
    Message.objects.bulk_create(messages, ignore_conflicts=True)
    if messages:
        StoreWork.ring("dispatch", store_id=require_store_id(), due_at=now)
    return len(messages)


def end_runs_of(journey: Journey, *, reason: str, now: datetime) -> None:
    """End every run of a journey that goes on, in the caller's transaction; what was planned and has not left does not leave."""
    running = Enrollment.objects.running().filter(journey_id=journey.pk)
    ids = list(running.order_by("id").select_for_update().values_list("pk", flat=True))
    running.update(state=Enrollment.State.STOPPED, due_at=None, ended_at=now, reason=reason)
    _withdraw(dict.fromkeys(ids, reason), now=now)


def _without_template(standing: Standing) -> Standing:
    return replace(standing, status="stopped", due_at=None, reason="template_missing")


def _store(standings: Mapping[int, Standing], *, now: datetime) -> None:
    if not standings:
        return
    columns: list[Any] = [
        array_of(list(standings)),
        texts_of([standing.status for standing in standings.values()]),
        texts_of([standing.step for standing in standings.values()]),
        array_of([standing.due_at for standing in standings.values()]),
        texts_of([standing.reason[:40] for standing in standings.values()]),
        texts_of([_in_mind(standing) for standing in standings.values()]),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE, [now, *columns, require_store_id()])


def move_all(run_ids: Sequence[int], standing: Standing, *, now: datetime) -> None:
    """Store one standing for many runs of which nothing else is to be done, in the caller's transaction, by whom they must be locked."""
    ended_at = None if standing.status == RUNNING else now
    values = [standing.status, standing.step, standing.due_at, standing.reason[:40], _in_mind(standing), ended_at]
    with connection.cursor() as cursor:
        cursor.execute(_MOVE_ALL, [*values, array_of(run_ids), require_store_id()])


def _in_mind(standing: Standing) -> str:
    return msgspec.json.encode(standing.memory).decode() if standing.memory else "{}"


def _withdraw(reasons: Mapping[int, str], *, now: datetime) -> None:
    if reasons:
        with connection.cursor() as cursor:
            cursor.execute(_WITHDRAW, [now, list(reasons), list(reasons.values()), require_store_id()])


def _template_versions(keys: set[str]) -> dict[str, int]:
    """Return the live version's id of each template that has one."""
    live = dict(Template.objects.filter(key__in=keys, live_number__isnull=False).values_list("pk", "live_number"))
    rows = TemplateVersion.objects.filter(template_id__in=live).values_list("pk", "number", "template_id", "template__key")
    return {key: pk for pk, number, template_id, key in rows if live[template_id] == number}


def _message(run: Enrollment, plan: Plan, version_id: int, *, stream: str, now: datetime) -> Message:
    return Message(
        source_kind="journey",
        source_id=run.journey_id,
        step=plan.step,
        occurrence=f"{run.pk}.{plan.lap}" if plan.lap else str(run.pk),
        customer_id=run.customer_id,
        channel=plan.channel,
        stream=stream,
        enrollment_id=run.pk,
        cart_id=run.cart_id,
        template_version_id=version_id,
        state=Message.State.READY,
        planned_at=now,
        due_at=now,
        expires_at=min(run.due_at or now, now) + timedelta(hours=plan.expires_hours),  # late from its own moment on, not from a pause's end
    )
