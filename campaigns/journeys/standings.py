"""Enrollments as the engine sees them, and the engine's answers written back: a slice in one statement each.

Shared by `intake.py` (events) and `running.py` (due steps), because both let the same engine answer.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from campaigns.journeys.engine import Standing
from campaigns.journeys.steps import Effect, Plan, Withdraw
from campaigns.models import Enrollment, Message, Template, TemplateVersion
from retention.orders.models import Cart
from retention.stores.models import StoreWork
from retention.tenancy.context import require_store_id

_UPDATE = """
    UPDATE campaigns_enrollment AS e SET state = v.state, step = v.step, due_at = v.due_at, reason = v.reason,
        ended_at = CASE WHEN v.state = 'running' THEN NULL ELSE %s END
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::text[]) AS v(id, state, step, due_at, reason)
    WHERE e.store_id = %s AND e.id = v.id AND e.state = 'running'
"""
# What may have left before (see sending/doubts.py) is not held back, it is unknown.
_WITHDRAW = """
    UPDATE campaigns_message SET
        state = CASE WHEN provider_key <> '' THEN 'unknown' ELSE 'suppressed' END,
        reason = CASE WHEN provider_key <> '' THEN 'no_answer' ELSE 'run_ended' END,
        detail = v.reason, finished_at = %s, holder = NULL, lease_until = NULL
    FROM unnest(%s::bigint[], %s::text[]) AS v(enrollment_id, reason)
    WHERE store_id = %s AND campaigns_message.enrollment_id = v.enrollment_id AND state IN ('planned', 'ready')
"""

Answers = Mapping[int, tuple[Standing, tuple[Effect, ...]]]


def standing_of(enrollment: Enrollment) -> Standing:
    """Return where a stored run stands."""
    return Standing(enrollment.state, enrollment.step, enrollment.due_at, enrollment.held_out, enrollment.reason)


def facts_of(enrollments: Sequence[Enrollment]) -> dict[int, dict[str, bool]]:
    """Return what guards may ask of each run, read now."""
    carts = dict(Cart.objects.filter(pk__in={run.cart_id for run in enrollments if run.cart_id}).values_list("pk", "state"))
    return {run.pk: {"cart_open": carts.get(run.cart_id or 0) == Cart.State.OPEN} for run in enrollments}


def carry_out(enrollments: Sequence[Enrollment], answers: Answers, *, streams: Mapping[int, str], now: datetime) -> int:
    """Store the standings and carry out the effects, in the caller's transaction; return how many messages were planned.

    streams: marketing or transactional by version id. The enrollments must be locked by the caller.
    """
    runs = {run.pk: run for run in enrollments}
    plans = [(runs[pk], effect) for pk, (_, effects) in answers.items() for effect in effects if isinstance(effect, Plan)]
    versions = _template_versions({plan.template for _, plan in plans})
    lost = {run.pk for run, plan in plans if plan.template not in versions}
    standings = {pk: _without_template(standing) if pk in lost else standing for pk, (standing, _) in answers.items()}
    _store(standings, now=now)
    withdrawals = {pk: effect.reason for pk, (_, effects) in answers.items() for effect in effects if isinstance(effect, Withdraw)}
    _withdraw(withdrawals, now=now)
    messages = [
        _message(run, plan, versions[plan.template], stream=streams.get(run.version_id, "marketing"), now=now)
        for run, plan in plans
        if run.pk not in lost
    ]
    Message.objects.bulk_create(messages, ignore_conflicts=True)
    if messages:
        StoreWork.ring("dispatch", store_id=require_store_id(), due_at=now)
    return len(messages)


def _without_template(standing: Standing) -> Standing:
    return Standing("stopped", standing.step, None, standing.held_out, "template_missing")


def _store(standings: Mapping[int, Standing], *, now: datetime) -> None:
    if not standings:
        return
    columns: list[list[Any]] = [
        list(standings),
        [standing.status for standing in standings.values()],
        [standing.step for standing in standings.values()],
        [standing.due_at for standing in standings.values()],
        [standing.reason[:40] for standing in standings.values()],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE, [now, *columns, require_store_id()])


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
        occurrence=str(run.pk),
        customer_id=run.customer_id,
        channel=plan.channel,
        stream=stream,
        enrollment_id=run.pk,
        cart_id=run.cart_id,
        template_version_id=version_id,
        state=Message.State.READY,
        planned_at=now,
        due_at=now,
        expires_at=now + timedelta(hours=plan.expires_hours),
    )
