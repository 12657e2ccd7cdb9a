"""What every call of a shop's page has in common: open to all origins, a limit an address, the public key that says whose shop it is."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from rest_framework.exceptions import ParseError

from retention.dashboard.access import public
from retention.rest.parsing import strict_json
from retention.stores.client_address import client_ip, network_of
from retention.stores.keys import KeyRefused, open_door
from retention.stores.limits import Limit, spend_or_local
from retention.stores.models import ApiKey
from retention.tenancy.context import store_context

_OPEN_TO_ALL = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "Content-Type", "Access-Control-Max-Age": "600"}
LARGEST_BODY = 16 * 1024
Told = Mapping[str, Any]


def for_pages(*, limit: Limit, too_many: Promise | str) -> Callable[[Callable[[HttpRequest, Told], HttpResponse]], Any]:
    """Make a view of what answers a page of any shop: it gets the request and what is told, inside the store's context.

    A GET tells `key` and `id` in its address, a POST "writeKey" and "anonymousId" in a JSON body of any content type.
    """

    def decorate(view: Callable[[HttpRequest, Told], HttpResponse]) -> Any:
        @public
        @csrf_exempt
        @never_cache
        @require_http_methods(["GET", "HEAD", "POST", "OPTIONS"])
        @wraps(view)
        def opened(request: HttpRequest) -> HttpResponse:
            if request.method == "OPTIONS":
                return HttpResponse(status=204, headers=_OPEN_TO_ALL)
            allowed = spend_or_local(limit, who=network_of(client_ip(request)))
            if not allowed.allowed:
                return say(429, "", str(too_many), wait=allowed.retry_after)
            asked = {"writeKey": request.GET.get("key", ""), "anonymousId": request.GET.get("id", "")}
            try:
                told = _body_of(request) if request.method == "POST" else asked
                key = _key_of(request, told)
            except ParseError as error:
                return say(400, "", str(error.detail))
            except KeyRefused as error:
                return say(401, "writeKey", str(error))
            with store_context(key.store_id):
                return view(request, told)

        return opened

    return decorate


def answer(told: dict[str, Any]) -> HttpResponse:
    """Answer a page of any shop."""
    return JsonResponse(told, headers=_OPEN_TO_ALL)


def say(status: int, field: str, sentence: str, *, wait: int = 0) -> HttpResponse:
    """Refuse with a field and a sentence."""
    headers = _OPEN_TO_ALL | ({"Retry-After": str(wait)} if wait else {})
    return JsonResponse({"errors": [{"field": field, "message": sentence}]}, status=status, headers=headers)


def _body_of(request: HttpRequest) -> Told:
    """Return a JSON body of a page of a shop; raises ParseError."""
    if len(request.body) > LARGEST_BODY:
        raise ParseError(_("The body is too large."))
    try:
        told = strict_json(request.body.decode("utf-8"))
    except UnicodeDecodeError:
        raise ParseError(_("The body is not UTF-8 text.")) from None
    if not isinstance(told, dict):
        raise ParseError(_("The body must be an object."))
    return told


def _key_of(request: HttpRequest, told: Told) -> ApiKey:
    """Return the public key that a page names, where it may be used; raises KeyRefused."""
    origin = request.headers.get("Origin", "")
    key = open_door(str(told.get("writeKey", "")), kind=ApiKey.Kind.PUBLIC, origin=origin)
    if key.origins and origin and origin.lower() not in key.origins:
        raise KeyRefused(_("This key may not be used on %(origin)s.") % {"origin": origin[:200]})
    return key
