"""What staff may do, beyond looking: one page that says what follows, asks for a reason, and writes down who did it.

A new deed: a `Deed` in the admin class it belongs to, and a line in that class's `actions_detail`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from retention.kit.clock import now
from retention.stores.client_address import UNKNOWN, client_ip
from retention.stores.models import AuditEntry, Membership
from retention.tenancy.context import store_context

Text = str | Promise


class ReasonForm(forms.Form):
    """Why staff do this; it is written down."""

    reason = forms.CharField(
        label=_("Reason"),
        min_length=10,
        max_length=200,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "autofocus": True}),
        help_text=_("At least ten characters. It is written down, and people of the stores concerned can read it."),
    )


@dataclass(frozen=True)
class Deed:
    """One thing staff may do to one row.

    consequence: what follows, said before. do: carries it out inside a transaction and may return where to go next.
    action: its name in the audit log of the stores that `stores_of` names.
    """

    title: Text
    consequence: Text
    button: Text
    action: str
    do: Callable[[HttpRequest, Any, str], str | None]
    stores_of: Callable[[Any], Iterable[int]]
    done: Text


def carry_out(request: HttpRequest, row: models.Model, deed: Deed, *, back: str) -> HttpResponse:
    """Show what follows and ask for a reason; on POST do it, write it down, and go back."""
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = " ".join(form.cleaned_data["reason"].split())
        with transaction.atomic():
            onward = deed.do(request, row, reason)
            write_down(request, row, change=f"{deed.action}: {reason}")
            _tell_stores(request, row, deed, reason=reason)
        messages.success(request, str(deed.done))
        return HttpResponseRedirect(onward or back)
    context = {"title": deed.title, "subtitle": str(row), "deed": deed, "form": form, "back": back}
    return render(request, "admin/operations/deed.html", admin.site.each_context(request) | context)


def write_down(request: HttpRequest, row: models.Model, *, change: str) -> None:
    """Write one line of what staff did."""
    user: Any = request.user
    LogEntry.objects.create(
        user_id=user.pk,
        content_type_id=ContentType.objects.get_for_model(row).pk,
        object_id=str(row.pk),
        object_repr=str(row)[:200],
        action_flag=CHANGE,
        change_message=change,
    )


def stores_of_person(user: Any) -> list[int]:
    """Return the ids of the stores a person works in."""
    return list(Membership.objects.filter(user_id=user.pk).order_by("store_id").values_list("store_id", flat=True))


def _tell_stores(request: HttpRequest, row: models.Model, deed: Deed, *, reason: str) -> None:
    ip = client_ip(request)
    for store_id in deed.stores_of(row):
        with store_context(store_id):
            AuditEntry.write(
                deed.action,
                store_id=store_id,
                now=now(),
                actor_id=request.user.pk,
                actor_kind="staff",
                target=f"{row._meta.model_name}:{row.pk}",
                details={"reason": reason},
                ip=None if ip == UNKNOWN else ip,
            )
