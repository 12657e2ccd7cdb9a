"""Settings, Channels, Senders: the host of the shop's own that links lead through, what to add where, and what the last look found."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib import messages as toasts
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from campaigns.connecting import hosting
from campaigns.connecting.asking import read_domain
from campaigns.models import LinkHost
from retention.dashboard.access import needs
from retention.kit import clock
from retention.stores import auditing
from retention.stores.limits import Limit, spend_or_local
from retention.stores.models import Store

PAGE = "campaigns:senders"
CHECKS = Limit("link-host-check", 12, 60)
ADDED = Limit("link-host-add", 20, 86_400)


@needs("senders.edit")
@require_POST
def add_host(request: Any) -> HttpResponse:
    """Note a host, and show what to add for it. Field: host."""
    typed = request.POST.get("host", "")
    host, fault = read_domain(typed), ""
    if not host:
        fault = _("“%(typed)s” is no host. It looks like links.example.com.") % {"typed": typed[:100]}
    elif host in _not_to_take(request.store):
        fault = _("%(host)s is in use already. Take a name below your domain that nothing else uses.") % {"host": host}
    elif LinkHost.objects.watched().exclude(host=host).count() >= hosting.MOST_HOSTS:
        fault = _("%(most)s hosts are the most. Stop using one first.") % {"most": hosting.MOST_HOSTS}
    elif not spend_or_local(ADDED, who=str(request.store.pk)).allowed:
        fault = _("That were many hosts for one day. Add the next one tomorrow.")
    if fault:
        toasts.error(request, fault)
        return redirect(PAGE, store_slug=request.store.slug)
    with transaction.atomic():
        row, made = LinkHost.objects.get_or_create(host=host, defaults={"created_at": clock.now()})
        if not made:
            LinkHost.objects.filter(pk=row.pk).update(retired_at=None)
        auditing.note(request, "link_host.added", target=f"link_host:{host}")
    toasts.success(request, _("Add the two records below where your domain is looked after, then check them here."))
    return redirect(PAGE, store_slug=request.store.slug)


@needs("senders.edit")
@require_POST
def check_host(request: Any, public_id: UUID) -> HttpResponse:
    """Ask the DNS and the host itself, and keep what they say."""
    row = get_object_or_404(LinkHost.objects.watched(), public_id=public_id)
    allowed = spend_or_local(CHECKS, who=str(request.store.pk))
    if not allowed.allowed:
        toasts.warning(request, _("That were many checks. Try again in %(seconds)d seconds.") % {"seconds": allowed.retry_after})
        return redirect(PAGE, store_slug=request.store.slug)
    hosting.check(row, store=request.store, now=clock.now())
    auditing.note(request, "link_host.checked", target=f"link_host:{row.host}")
    return redirect(PAGE, store_slug=request.store.slug)


@needs("senders.edit")
@require_POST
def retire_host(request: Any, public_id: UUID) -> HttpResponse:
    """Use a host for new messages no more; links that were sent with it go on working as long as its records stay."""
    row = get_object_or_404(LinkHost.objects.watched(), public_id=public_id)
    with transaction.atomic():
        LinkHost.objects.filter(pk=row.pk).update(retired_at=clock.now(), is_good=False)
        auditing.note(request, "link_host.retired", target=f"link_host:{row.host}")
    if row.proven_at is None:
        toasts.success(request, _("%(host)s is not used.") % {"host": row.host})
    else:
        toasts.success(request, _("New messages use it no more. Leave its records where they are: links that were sent lead over them."))
    return redirect(PAGE, store_slug=request.store.slug)


def shown_hosts(store: Store) -> list[dict[str, Any]]:
    """Return what the page shows of each host that is watched: the records to add, and what was found."""
    used = LinkHost.objects.good().values_list("pk", flat=True).first()
    return [
        {
            "row": row,
            "used": row.pk == used,
            "findings": hosting.last_findings(row),
            "records": [] if row.is_good else _records(row, store),
        }
        for row in LinkHost.objects.watched().order_by("created_at", "pk")
    ]


def _records(row: LinkHost, store: Store) -> list[dict[str, Any]]:
    """Return the records to add, and of each whether the last look found it; None before the first."""
    missing = [one.add[0] for one in hosting.last_findings(row) if one.add]
    seen = row.checked_at is not None and not any(one.code == "not_heard" for one in hosting.last_findings(row))
    return [
        {"kind": kind, "name": name, "value": value, "there": (kind not in missing) if seen else None}
        for kind, name, value in hosting.records_for(store, row.host)
    ]


def our_host() -> str:
    """Return the host that links lead through without one of the shop's own."""
    return urlsplit(settings.SITE_URL).hostname or ""


def _not_to_take(store: Store) -> set[str]:
    """Return the hosts that serve something else: the product's own, and the shop itself."""
    shop = urlsplit(store.web_address).hostname or ""
    return {our_host(), *(host.lstrip(".").lower() for host in (*settings.ALLOWED_HOSTS, *settings.ADMIN_HOSTS)), shop}
