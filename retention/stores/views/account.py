"""One's own account: name, colours, the browsers one is signed in with, and the page that asks for a second factor."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from retention.dashboard.access import signed_in
from retention.stores import sessions, stepping_up
from retention.stores.forms.settings import AccountForm
from retention.stores.models import SignIn, User


@signed_in
@require_GET
def account(request: Any) -> HttpResponse:
    """Show the account."""
    return _page(request, AccountForm(instance=request.user))


@signed_in
@require_POST
def save_account(request: Any) -> HttpResponse:
    """Save the name."""
    form = AccountForm(request.POST, instance=User.objects.get(pk=request.user.pk))
    if not form.is_valid():
        return _page(request, form, status=422)
    form.save()
    messages.success(request, _("Your name is saved."))
    return redirect("stores:account")


@signed_in
@require_POST
def theme(request: Any) -> HttpResponse:
    """Keep the colours the person chose."""
    chosen = request.POST.get("theme", "")
    if chosen not in User.Theme.values:
        return HttpResponse(status=400)
    User.objects.filter(pk=request.user.pk).update(theme=chosen)
    if request.headers.get("HX-Request") == "true" or "application/json" in request.headers.get("Accept", ""):
        return HttpResponse(status=204)
    return _back(request)


@signed_in
@require_POST
def end_sign_in(request: Any, number: int) -> HttpResponse:
    """Sign another browser of this person out."""
    get_object_or_404(SignIn, pk=number, user=request.user).end()
    messages.success(request, _("That browser is signed out."))
    return _back(request)


@signed_in
@require_POST
def end_all_sign_ins(request: Any) -> HttpResponse:
    """Sign every other browser of this person out."""
    count = sessions.end_all(request.user, but=request.session.session_key)
    words = ngettext("%(count)d other browser is signed out.", "%(count)d other browsers are signed out.", count) % {"count": count}
    messages.success(request, words if count else _("You are signed in nowhere else."))
    return _back(request)


@signed_in
@require_GET
def second_factor(request: Any) -> HttpResponse:
    """Explain why a second factor is needed before going on, and how to add one; once it is there, go on."""
    if stepping_up.has_second_factor(request.user):
        return HttpResponseRedirect(stepping_up.goes_on(request) or reverse("mfa_index"))
    return render(request, "stores/second_factor.html")


def _page(request: Any, form: AccountForm, *, status: int = 200) -> HttpResponse:
    words = {
        "form": form,
        "sign_ins": sessions.of(request.user),
        "here": request.session.session_key,
        "has_second_factor": stepping_up.has_second_factor(request.user),
    }
    return render(request, "stores/account.html", words, status=status)


def _back(request: Any) -> HttpResponse:
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(target if safe else "/account/")
