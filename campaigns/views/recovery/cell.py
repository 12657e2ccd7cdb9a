"""What is saved in an open cell: one message of its ladder, the reason to come back, guards and who is held back; and its state."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages as toasts
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from campaigns.models import RecoveryCell, RecoveryStage
from campaigns.recovery.planning import PlanRefused, add_in_stock, cell_at, plan_of
from campaigns.recovery.planning import save_cell as keep
from campaigns.recovery.planning import set_state as bring_into
from campaigns.recovery.rules.cells import CHANNELS, GIFTS, CellError, CellPlan, Gift, Rung, read_cell
from campaigns.recovery.rules.defaults import when_back
from campaigns.recovery.rules.groups import BY_KEY
from campaigns.recovery.rules.stages import SOLD_OUT
from campaigns.views.recovery.grid import Ask, cell_url
from retention.dashboard.access import may, needs
from retention.kit import clock
from retention.kit.money import MoneyError, parse_minor
from retention.stores import auditing

_UNITS = {"minutes": 1, "hours": 60, "days": 24 * 60}
_SENDS = ("live",)


@needs("messages.edit")
@require_POST
def save_cell(request: Any, public_id: UUID, group: str) -> HttpResponse:
    """Save one part of a cell as its next version. part: a channel, `gift` or `guard`; with `leave_out` a message leaves the ladder.

    Or `waits`, of what is sold out: nothing is said before it is back, and then the ready-made message.
    """
    stage, cell = _cell(public_id, group)
    if cell.state in _SENDS and not may(request, "messages.send"):
        return _refused(request, stage, group)
    before = plan_of(cell) if cell.pk else None
    try:
        about_stock = stage.rule.get("kind") == SOLD_OUT
        begun = before or CellPlan((), waits=about_stock)
        plan = _changed(begun, request.POST, currency=request.store.currency, about_stock=about_stock)
        read_cell(plan.as_json(), group=group)
        with transaction.atomic():
            if plan.waits:
                add_in_stock(request.store, now=clock.now())
            saved = keep(cell, plan, user_id=request.user.pk, now=clock.now())
            if saved:
                auditing.note(request, "recovery.saved", target=f"cell:{stage.public_id}:{group}")
    except CellError as error:
        toasts.error(request, " ".join(_sentence(problem.path, problem.phrase.render(_)) for problem in error.problems))
        return _back(request, stage, group, edit=request.POST.get("part", ""))
    except PlanRefused as refused:
        toasts.error(request, refused.phrase.render(_))
        return _back(request, stage, group, edit=request.POST.get("part", ""))
    if saved:
        toasts.success(request, _("Saved. People who enter from now on get it; who is inside finishes as begun."))
    return _back(request, stage, group)


def _changed(plan: CellPlan, posted: Any, *, currency: str, about_stock: bool) -> CellPlan:
    """Return a plan with one part as it was posted; amounts are in the main unit of the currency; about_stock: of what is sold out."""
    part = posted.get("part", "")
    if part in CHANNELS:
        if posted.get("leave_out"):
            return plan.without_rung(part)
        minutes = _number(posted, "amount") * _UNITS.get(posted.get("unit", ""), 1)
        return plan.with_rung(Rung(part, minutes, posted.get("template", "")[:60], posted.get("plain", "")[:60]))
    if part == "gift":
        kind = posted.get("kind", "none")
        gift = Gift(
            kind=kind if kind in GIFTS else "none",
            amount=_money(posted, currency=currency) if kind == "amount" else _number(posted, "amount"),
            ceiling_share=min(_number(posted, "ceiling"), 100) / 100,
            rest_days=_number(posted, "rest_days"),
            pool=posted.get("pool", "")[:36],
        )
        return replace(plan, gift=gift)
    if part == "guard":
        hours, held = _number(posted, "expires_hours"), _number(posted, "holdout") / 100
        return replace(plan, expires_hours=hours, holdout_share=held, learns=bool(posted.get("learns")))
    if part == "waits" and about_stock:
        return when_back(plan)
    raise Http404


def _number(posted: Any, name: str) -> int:
    text = posted.get(name, "").strip()
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _money(posted: Any, *, currency: str) -> int:
    """Return a posted amount in smallest units; 0 for what is none, which the plan then refuses."""
    try:
        return max(0, parse_minor(posted.get("amount", ""), currency=currency))
    except MoneyError:
        return 0


def _sentence(path: str, said: str) -> str:
    words = {
        "minutes": _("The delay"), "template": _("The message"), "amount": _("The gift"), "kind": _("The gift"), "rungs": _("The messages"),
        "holdout_share": _("Who is held back"), "expires_hours": _("The expiry"), "rest_days": _("The rest"),
        "ceiling_share": _("The most it may cost"), "pool": _("The codes"), "plain": _("The words for those who get none"),
        "channel": _("The message"),
    }  # fmt: skip
    return f"{words.get(path.rpartition('.')[2], _('This cell'))}: {said}."


@needs("messages.edit")
@require_POST
def set_state(request: Any, public_id: UUID, group: str) -> HttpResponse:
    """Bring a cell into a state: live, shadow, paused, draft, or empty on purpose."""
    stage, cell = _cell(public_id, group)
    state = request.POST.get("state", "")
    if state not in RecoveryCell.State.values:
        raise Http404
    if state in _SENDS and not may(request, "messages.send"):
        return _refused(request, stage, group)
    try:
        with transaction.atomic():
            changed = bring_into(cell, state, user_id=request.user.pk, now=clock.now())
            if changed:
                auditing.note(request, "recovery.state", target=f"cell:{stage.public_id}:{group}", details={"state": state})
    except PlanRefused as refused:
        toasts.error(request, refused.phrase.render(_))
        return _back(request, stage, group)
    if changed:
        said = {
            "live": _("%(cell)s is live."), "shadow": _("%(cell)s is in shadow: it decides and sends nothing."),
            "paused": _("%(cell)s is paused. Messages that wait will not go."), "draft": _("%(cell)s is a draft again."),
            "empty": _("%(cell)s is empty on purpose."),
        }  # fmt: skip
        toasts.success(request, said[state] % {"cell": f"{stage.name} × {BY_KEY[group].name.render(_)}"})
    return _back(request, stage, group)


def _refused(request: Any, stage: RecoveryStage, group: str) -> HttpResponse:
    toasts.error(request, _("Your role does not include this."))
    return _back(request, stage, group)


def _cell(public_id: UUID, group: str) -> tuple[RecoveryStage, RecoveryCell]:
    stage = get_object_or_404(RecoveryStage.objects.filter(archived_at=None), public_id=public_id)
    if group not in BY_KEY:
        raise Http404
    return stage, cell_at(stage, group, now=clock.now())


def _back(request: Any, stage: RecoveryStage, group: str, *, edit: str = "") -> HttpResponse:
    where = cell_url(request.store, stage, group, Ask.of(request))
    return redirect(f"{where}{'&' if '?' in where else '?'}edit={edit}" if edit in (*CHANNELS, "gift", "guard") else where)
