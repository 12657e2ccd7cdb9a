"""A link in a mail: note the click, lead to the target stored when the mail was sent, and change nothing else (S34-S36)."""

from contextlib import suppress
from datetime import timedelta

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from campaigns.measurement.robots import suspicion
from campaigns.models import Click, Message
from campaigns.personalization.links import read_click
from retention.dashboard.access import public
from retention.kit import clock
from retention.kit.secrets import BadLink
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
        return render(request, "campaigns/link_gone.html", status=404)
    with store_context(link.store_id):
        target = Message.objects.target_of(message_id, position)
        if target is None:
            return render(request, "campaigns/link_gone.html", status=404)
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
