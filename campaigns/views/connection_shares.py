"""Settings, Channels: which share of the mails a connection takes beside another, how it warms up, and what of its day is used."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages as toasts
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from campaigns.models import Connection
from campaigns.sending import connecting, routing
from campaigns.sending.warming import WarmUp
from retention.dashboard.access import needs
from retention.dashboard.figures import write_number
from retention.kit import clock
from retention.stores import auditing
from retention.stores.stepping_up import asks_for_mfa

TAB = "campaigns:connections"


class ShareForm(forms.Form):
    """A share of 100, and a warm-up."""

    weight = forms.IntegerField(label=gettext_lazy("Share, in percent"), min_value=1, max_value=99, required=False)
    warm = forms.BooleanField(label=gettext_lazy("Warm it up"), required=False)
    first = forms.IntegerField(label=gettext_lazy("Mails on the first day"), min_value=1, max_value=1_000_000, initial=50)
    growth = forms.IntegerField(label=gettext_lazy("Percent more each day"), min_value=5, max_value=200, initial=30)
    goal = forms.IntegerField(label=gettext_lazy("No limit from so many a day on"), min_value=1, max_value=10_000_000, initial=20_000)

    def clean(self) -> dict[str, Any]:
        """The last day is no smaller than the first."""
        data: dict[str, Any] = super().clean() or {}
        if not self.errors and data["goal"] < data["first"]:
            self.add_error("goal", _("Choose at least as many as on the first day."))
        return data


@needs("connections.edit")
@asks_for_mfa
@require_POST
def share_connection(request: Any, which: str) -> HttpResponse:
    """Keep the share and the warm-up of an e-mail connection, by its id or its provider. A warm-up that goes on keeps its first day."""
    connection = chosen(which) or connecting.in_use("email", which)
    if connection is None or connection.channel != "email":
        raise Http404
    form = ShareForm(request.POST)
    if not form.is_valid():
        for name, faults in form.errors.items():
            toasts.error(request, f"{form.fields[name].label}: {faults[0]}")
        return redirect(TAB, store_slug=request.store.slug)
    told, now = form.cleaned_data, clock.now()
    since = connection.warm_since or routing.day_of(request.store, now)
    warm_up = WarmUp(since, told["first"], told["growth"], told["goal"]) if told["warm"] else None
    weight = told["weight"] or connection.weight
    with transaction.atomic():
        if connecting.share(connection, weight=weight, warm_up=warm_up, now=now):
            details = {"provider": connection.provider, "weight": weight, "warm_up": warm_up is not None}
            auditing.note(request, "connection.shared", target=f"connection:{connection.public_id}", details=details)
    toasts.success(request, _("Kept. It counts from the next mail on."))
    return redirect(TAB, store_slug=request.store.slug)


def chosen(which: str) -> Connection | None:
    """Return the connection in use that the last part of an address names by its id, if it does."""
    try:
        return connecting.called(UUID(which))
    except ValueError:
        return None


def shown_share(request: Any, connection: Connection, rows: Sequence[Connection]) -> dict[str, Any]:
    """Return what the page shows of one of a channel's connections: its share, its form, and its day in words and figures."""
    if connection.channel != "email":
        return {}
    kept = {"weight": connection.weight, "warm": connection.warm_since is not None, "first": connection.warm_first}
    form = ShareForm(initial=kept | {"growth": connection.warm_growth, "goal": connection.warm_goal}, auto_id=f"{connection.public_id}-%s")
    if len(rows) < 2:
        del form.fields["weight"]
    share = dict(zip([one.pk for one in rows], routing.shares_of(rows), strict=True))[connection.pk] if len(rows) > 1 else None
    return {"share": share, "share_form": form, "day": _day(request, connection, rows)}


def _day(request: Any, connection: Connection, rows: Sequence[Connection]) -> dict[str, Any] | None:
    """Return how far a connection that warms up is; None for the others."""
    warm = routing.warm_up_of(connection)
    if warm is None:
        return None
    day = routing.day_of(request.store, clock.now())
    limit = warm.allowed(day)
    if limit is None:
        return {"limit": None, "words": _("It is warm: there is no limit any more.")}
    used = min(routing.used_on(day).get(connection.pk, 0), limit)
    others = [one.name for one in rows if one.pk != connection.pk]
    words = _("Day %(day)s of %(days)s of its warm-up.") % {"day": write_number(warm.number_of(day)), "days": write_number(warm.days)}
    rest = _("What goes over it leaves by %(name)s.") % {"name": others[0]} if others else _over(limit, used)
    return {"limit": limit, "used": used, "reached": used / limit, "words": f"{words} {rest}"}


def _over(limit: int, used: int) -> str:
    left = limit - used
    words = ngettext(
        "%(count)s more may leave today; the others wait for tomorrow.",
        "%(count)s more may leave today; the others wait for tomorrow.",
        left,
    )
    return words % {"count": write_number(left)}
