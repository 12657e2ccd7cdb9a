"""What a shop's page asks when it opens: is there a message for this visitor; and what became of it. JSON in any content type."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from rest_framework.exceptions import ParseError

from campaigns.sending.visiting import note_closed, note_shown, visitor, waiting_for
from campaigns.views.browsers import OPEN_TO_ALL, answer, body_of, key_of, say
from retention.dashboard.access import public
from retention.kit import clock
from retention.stores.client_address import client_ip, network_of
from retention.stores.keys import KeyRefused
from retention.stores.limits import Limit, spend_or_local
from retention.tenancy.context import store_context

PER_NETWORK = Limit("onsite_messages", 1200, 600)
DEEDS = {"shown": note_shown, "closed": note_closed}


@public
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST", "OPTIONS"])
def onsite(request: HttpRequest) -> HttpResponse:
    """Give the message that waits for `id` (the browser's), or note {"writeKey", "anonymousId", "message", "what": shown or closed}."""
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=OPEN_TO_ALL)
    allowed = spend_or_local(PER_NETWORK, who=network_of(client_ip(request)))
    if not allowed.allowed:
        return say(429, "", _("Too many pages from this address."), wait=allowed.retry_after)
    asked = {"writeKey": request.GET.get("key", ""), "anonymousId": request.GET.get("id", "")}
    try:
        told = body_of(request) if request.method == "POST" else asked
        key = key_of(request, told)
    except ParseError as error:
        return say(400, "", str(error.detail))
    except KeyRefused as error:
        return say(401, "writeKey", str(error))
    with store_context(key.store_id):
        who = visitor(str(told.get("anonymousId", ""))[:200].replace("\0", ""))
        return _note(told, who) if request.method == "POST" else _waiting(who)


def _waiting(who: int | None) -> HttpResponse:
    found = waiting_for(who, now=clock.now()) if who is not None else None
    return answer({"message": {"id": str(found.id), **found.content} if found else None})


def _note(told: Mapping[str, Any], who: int | None) -> HttpResponse:
    deed = DEEDS.get(str(told.get("what")))
    if deed is None:
        return say(422, "what", _("This must be shown or closed."))
    try:
        message = UUID(str(told.get("message")))
    except ValueError:
        return say(422, "message", _("This must be the message's id."))
    return answer({"noted": who is not None and deed(who, message, now=clock.now())})
