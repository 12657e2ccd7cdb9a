"""A link in a mail: note the click, lead to the target stored when the mail was sent, and change nothing else (S34-S36)."""

from contextlib import suppress
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from campaigns.measurement.robots import suspicion
from campaigns.models import Click, Message
from campaigns.personalization.links import CLICK_DAYS, read_click
from campaigns.personalization.short_links import read_short
from retention.dashboard.access import public
from retention.kit import clock
from retention.kit.secrets import BadLink
from retention.signup.pages import nowhere_page
from retention.tenancy.context import store_context


@public
@never_cache
@require_safe
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """Redirect to the stored target; a click row is all that is written."""
    now = clock.now()
    try:
        link, message_id, position = read_click(token, now=now)
    except BadLink:
        return nowhere_page(request, "campaigns/link_gone.html", status=404)
    return _lead(request, link.store_id, message_id, position)


@public
@never_cache
@require_safe
def follow_short(request: HttpRequest, token: str) -> HttpResponse:
    """Redirect from a short address to the stored target, for as long as one of a mail would hold."""
    try:
        store_id, message_id, position = read_short(token)
    except BadLink:
        return nowhere_page(request, "campaigns/link_gone.html", status=404)
    return _lead(request, store_id, message_id, position, newest=clock.now() - timedelta(days=CLICK_DAYS))


def _lead(request: HttpRequest, store_id: int, message_id: int, position: int, *, newest: datetime | None = None) -> HttpResponse:
    """Redirect to where a link leads and note the click. newest: a message planned before this moment leads nowhere any more."""
    with store_context(store_id):
        target = Message.objects.target_of(message_id, position, newest=newest)
        if target is None:
            return nowhere_page(request, "campaigns/link_gone.html", status=404)
        with suppress(DatabaseError):  # a click that cannot be noted must not keep anybody from the shop
            _note(request, message_id, position)
    return HttpResponseRedirect(target)


def _note(request: HttpRequest, message_id: int, position: int) -> None:
    now = clock.now()
    message = Message.objects.filter(pk=message_id).only("customer_id", "sent_at", "store_id").first()
    if message is None:
        return
    recent = Click.objects.filter(message_id=message_id, at__gt=now - timedelta(seconds=2)).exclude(position=position)
    agent = request.headers.get("User-Agent", "")[:300]
    suspected = suspicion(method=request.method or "", agent=agent, sent_at=message.sent_at, others_just_now=recent.count(), now=now)
    Click.objects.create(
        message_id=message_id,
        customer_id=message.customer_id,
        position=position,
        at=now,
        method=request.method or "",
        agent=agent,
        suspected=suspected,
    )
