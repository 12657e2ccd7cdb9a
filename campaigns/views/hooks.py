"""The doors for providers: prove who calls, carry out once, answer. Which store it is stands in the address alone (S41, S42)."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.html import escape
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from campaigns.channels.sms.providers.twilio import is_signed, read_reply, read_status
from campaigns.models import Connection
from campaigns.sending.hearing import credentials_of, find_connection, take_receipt
from campaigns.sending.replying import take_reply
from retention.dashboard.access import public
from retention.kit import clock

_XML = '<?xml version="1.0" encoding="UTF-8"?>'


@public
@csrf_exempt
@never_cache
@require_POST
def twilio_status(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take a report of what became of a message."""
    connection = _twilio(public_id)
    if connection is None:
        return _say(404, "There is no such address.")
    if not _proven(request, connection):
        return _say(403, "The signature does not fit.")
    now = clock.now()
    receipt = read_status(request.POST.dict(), key=request.GET.get("m", ""), now=now)
    if receipt is not None:
        take_receipt(connection, receipt, now=now)
    return HttpResponse(status=204)


@public
@csrf_exempt
@never_cache
@require_POST
def twilio_reply(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take what a person wrote back, and answer it in Twilio's own words."""
    connection = _twilio(public_id)
    if connection is None:
        return _say(404, "There is no such address.")
    if not _proven(request, connection):
        return _say(403, "The signature does not fit.")
    reply = read_reply(request.POST.dict())
    answer = take_reply(connection, reply, now=clock.now()) if reply is not None else ""
    inside = f"<Message>{escape(answer)}</Message>" if answer else ""
    return HttpResponse(f"{_XML}<Response>{inside}</Response>", content_type="text/xml; charset=utf-8")


def _twilio(public_id: UUID) -> Connection | None:
    return find_connection(public_id, providers=["twilio"])


def _proven(request: HttpRequest, connection: Connection) -> bool:
    """Say whether the call is signed for exactly our public address, whatever stands between Twilio and us."""
    url = f"{settings.SITE_URL}{request.get_full_path()}"
    token = str(credentials_of(connection).get("auth_token", ""))
    return is_signed(url, request.POST, signature=request.headers.get("X-Twilio-Signature", ""), auth_token=token)


def _say(status: int, sentence: str) -> HttpResponse:
    return HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8")
