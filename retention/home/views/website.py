"""Settings, Your website: the line to paste, where it goes, whether we hear it, and the calls it understands."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from retention.customers.models import CustomerEvent
from retention.dashboard.access import allows, needs
from retention.home import calls
from retention.home.connecting import mail_of, public_key, tag_of
from retention.kit.clock import now
from retention.stores import auditing, keys
from retention.stores.models import ApiKey
from retention.stores.views.settings_tabs import settings_page

HEARD_SINCE = timedelta(hours=1)
HEARD_SHOWN = 4


@needs("keys.view")
@require_GET
def website(request: Any) -> HttpResponse:
    """Show how the shop's pages are connected."""
    key = public_key()
    tag = tag_of(key) if key else ""
    words: dict[str, Any] = {
        "key": key,
        "tag": tag,
        "careful_tag": tag.replace("></script>", " data-consent-required></script>"),
        "policy": f"script-src {settings.SITE_URL}; connect-src {settings.SITE_URL}",
        "mail": mail_of(tag) if key else "",
        "calls": calls.examples(),
        "heard": _heard(),
        "may_make_key": allows(request.role, capability="keys.edit"),
    }
    return settings_page(request, "home/website.html", current="home_website", **words)


@needs("keys.view")
@require_GET
def heard(request: Any) -> HttpResponse:
    """Return the part that says whether the shop's pages are heard."""
    return render(request, "home/_website_heard.html", {"heard": _heard()})


@needs("keys.edit")
@require_POST
def make_website_key(request: Any) -> HttpResponse:
    """Make the key that stands in the shop's pages, when there is none yet."""
    if public_key() is None:
        with transaction.atomic():
            key, _text = keys.make_key(
                kind=ApiKey.Kind.PUBLIC,
                label=_("Website"),
                scopes=[],
                origins=[],
                made_by=request.user,
                store_id=request.store.pk,
                now=now(),
            )
            auditing.note(request, "key.made", target=f"key:{key.pk}", details={"kind": key.kind, "scopes": key.scopes})
        messages.success(request, _("The key is made. The line below carries it."))
    return redirect("home_website", store_slug=request.store.slug)


def _heard() -> list[CustomerEvent]:
    """Return the newest events that browsers sent, newest first; nothing older than an hour."""
    found = CustomerEvent.objects.filter(trusted=False, received_at__gte=now() - HEARD_SINCE).exclude(kind="own")
    return list(found.order_by("-received_at", "-id")[:HEARD_SHOWN])
