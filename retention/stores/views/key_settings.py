"""Keys: which live, what they may do, when they were last used; making one and revoking one."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from retention.dashboard.access import allows, needs
from retention.kit.clock import now
from retention.stores import auditing, keys
from retention.stores.forms.settings import KeyForm
from retention.stores.models import ApiKey
from retention.stores.models.key import Scope
from retention.stores.stepping_up import asks_for_mfa
from retention.stores.views.settings_tabs import settings_page

_REVOKED_SHOWN = 10


@needs("keys.view")
@require_GET
def key_settings(request: Any) -> HttpResponse:
    """Show the keys that live and the last ones that were revoked."""
    live = list(ApiKey.objects.live().select_related("created_by").order_by("kind", "-created_at", "-pk"))
    revoked = ApiKey.objects.exclude(revoked_at=None).order_by("-revoked_at", "-pk")[:_REVOKED_SHOWN]
    labels = dict(Scope.choices)
    rows = [{"key": key, "may": [labels.get(scope, scope) for scope in key.scopes]} for key in live]
    full = {kind for kind in ApiKey.Kind.values if sum(key.kind == kind for key in live) >= keys.MOST_LIVE}
    may_edit = allows(request.role, capability="keys.edit")
    return settings_page(
        request, "stores/settings_keys.html", current="settings:keys", rows=rows, revoked=revoked, full=full, may_edit=may_edit
    )


@needs("keys.edit")
@asks_for_mfa
@require_GET
def new_key(request: Any) -> HttpResponse:
    """Ask what the key is for."""
    return _form_page(request, KeyForm())


@needs("keys.edit")
@asks_for_mfa
@require_POST
def make_key(request: Any) -> HttpResponse:
    """Make the key and show it, this once."""
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _form_page(request, form, status=422)
    try:
        with transaction.atomic():
            key, text = keys.make_key(**form.cleaned_data, made_by=request.user, store_id=request.store.pk, now=now())
            auditing.note(request, "key.made", target=f"key:{key.pk}", details={"kind": key.kind, "scopes": key.scopes})
    except keys.TooManyKeys:
        form.add_error("kind", _("Two of these live already. Revoke the older one when nothing uses it any more."))
        return _form_page(request, form, status=422)
    answer = settings_page(request, "stores/settings_key_made.html", current="settings:keys", key=key, text=text)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@needs("keys.edit")
@require_POST
def revoke_key(request: Any, number: int) -> HttpResponse:
    """Shut the door for a key. Asks for no second factor: shutting must be quick."""
    try:
        with transaction.atomic():
            key = keys.revoke_key(number, now=now())
            auditing.note(request, "key.revoked", target=f"key:{key.pk}", details={"kind": key.kind})
    except ApiKey.DoesNotExist as error:
        raise Http404 from error
    messages.success(request, _("The key “%(name)s” is revoked. Within five seconds nothing gets in with it.") % {"name": key.label})
    return redirect("settings:keys", request.store.slug)


def _form_page(request: Any, form: KeyForm, *, status: int = 200) -> HttpResponse:
    return settings_page(request, "stores/settings_key_new.html", current="settings:keys", status=status, form=form)
