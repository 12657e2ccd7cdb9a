"""Opening a store in three steps, one a page; the answers stay in the session and nothing is stored before the last button."""

from dataclasses import fields
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from retention.dashboard.access import signed_in
from retention.dashboard.menu import home_url
from retention.kit.clock import now
from retention.stores import countries, sessions
from retention.stores.client_address import UNKNOWN, client_ip
from retention.stores.forms.opening import SellingForm, ShopForm, beginning, proposal
from retention.stores.models import User
from retention.stores.opening import Plan, open_store

_DRAFT = "new_store"


@signed_in
@require_http_methods(["GET", "POST"])
def shop(request: Any) -> HttpResponse:
    """Step 1: what is your shop called?"""
    draft = _draft(request)
    form = ShopForm(request.POST or None, initial=draft)
    if request.method == "POST" and form.is_valid():
        _keep(request, form.cleaned_data)
        return redirect("stores:new_selling")
    return _page(request, "stores/new_shop.html", step=1, form=form)


@signed_in
@require_http_methods(["GET", "POST"])
def selling(request: Any) -> HttpResponse:
    """Step 2: where and how do you sell?"""
    draft = _draft(request)
    if "name" not in draft:
        return redirect("stores:new")
    form = SellingForm(request.POST or None, initial=beginning(draft.get("browser_zone", "")) | draft)
    if request.method == "POST" and form.is_valid():
        _keep(request, form.cleaned_data)
        return redirect("stores:new_check")
    return _page(request, "stores/new_selling.html", step=2, form=form)


@signed_in
@require_GET
def selling_proposal(request: Any) -> HttpResponse:
    """Answer with the fields of step 2 as the chosen country proposes them."""
    form = SellingForm(initial=proposal(request.GET.get("country", "")))
    return render(request, "stores/_new_selling_fields.html", {"form": form})


@signed_in
@require_GET
def check(request: Any) -> HttpResponse:
    """Step 3: all right like this?"""
    plan = _plan(request)
    if plan is None:
        return redirect("stores:new")
    words = {
        "country": countries.country_name(plan.country),
        "currency": countries.currency_words(plan.currency),
        "language": countries.language_name(plan.locale),
        "city": countries.city_of(plan.zone),
    }
    return _page(request, "stores/new_check.html", step=3, plan=plan, words=words)


@signed_in
@require_POST
def open_now(request: Any) -> HttpResponse:
    """Open the store, once: the draft leaves in the same transaction, so a second press, even at the same moment, changes nothing."""
    plan = _plan(request)
    if plan is None:
        return redirect("stores:entrance")
    ip = client_ip(request)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=request.user.pk)
        if _DRAFT not in request.session.load():
            return redirect("stores:entrance")
        store = open_store(plan, owner=request.user, ip=None if ip == UNKNOWN else ip, now=now())
        request.session.pop(_DRAFT)
        request.session.save()
    sessions.rotate(request)
    messages.success(request, _("%(name)s is open. Nothing is sent to anyone yet.") % {"name": store.name})
    return redirect(home_url(store.slug))


def _draft(request: Any) -> dict[str, str]:
    kept = request.session.get(_DRAFT)
    return dict(kept) if isinstance(kept, dict) else {}


def _keep(request: Any, answers: dict[str, str]) -> None:
    request.session[_DRAFT] = {**_draft(request), **answers}


def _plan(request: Any) -> Plan | None:
    """Return the answers when every step was answered."""
    draft = _draft(request)
    names = [field.name for field in fields(Plan)]
    return Plan(**{name: draft[name] for name in names}) if all(name in draft for name in names) else None


def _page(request: Any, template: str, *, step: int, **words: Any) -> HttpResponse:
    labels = (_("Your shop"), _("How it sells"), _("Check"))
    states = ["done" if number < step else "current" if number == step else "" for number in (1, 2, 3)]
    steps = [{"label": label, "state": state} for label, state in zip(labels, states, strict=True)]
    refused = "form" in words and words["form"].is_bound and not words["form"].is_valid()
    words |= {"steps": steps, "step": step, "back_url": reverse("stores:new_selling" if step == 3 else "stores:new")}
    return render(request, template, words, status=422 if refused else 200)
