"""Where a shop's page brings the push subscription its visitor's browser gave it, and takes the key that one is made with.

The public key in the page says whose shop it is, as it does for events; a browser speaks for itself and for no other channel.
"""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from rest_framework.exceptions import ParseError

from campaigns.channels.push.encrypting import BadSubscription, Subscription
from campaigns.sending.browsers import check_subscription, drop_subscription, keep_subscription, keys_of_store
from retention.dashboard.access import public
from retention.kit import clock
from retention.kit.fetch import FetchRefused
from retention.rest.parsing import strict_json
from retention.stores.client_address import UNKNOWN, client_ip, network_of
from retention.stores.keys import KeyRefused, open_door
from retention.stores.limits import Limit, spend_or_local
from retention.stores.models import ApiKey
from retention.tenancy.context import store_context

OPEN_TO_ALL = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "Content-Type", "Access-Control-Max-Age": "600"}
PER_NETWORK = Limit("push_browsers", 60, 600)
LARGEST_BODY = 16 * 1024


@public
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST", "OPTIONS"])
def take_browser(request: HttpRequest) -> HttpResponse:
    """Give the store's public push key, keep a browser, or let go of one: {"writeKey", "anonymousId", "subscription" or "gone"}."""
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=OPEN_TO_ALL)
    allowed = spend_or_local(PER_NETWORK, who=network_of(client_ip(request)))
    if not allowed.allowed:
        return say(429, "", _("Too many browsers from this address."), wait=allowed.retry_after)
    try:
        told = body_of(request) if request.method == "POST" else {"writeKey": request.GET.get("key", "")}
        key = key_of(request, told)
    except ParseError as error:
        return say(400, "", str(error.detail))
    except KeyRefused as error:
        return say(401, "writeKey", str(error))
    with store_context(key.store_id):
        if request.method != "POST":
            return answer({"public_key": keys_of_store(now=clock.now()).public_key})
        return _keep(request, told)


def _keep(request: HttpRequest, told: Mapping[str, Any]) -> HttpResponse:
    now = clock.now()
    if isinstance(told.get("gone"), str):
        drop_subscription(told["gone"], now=now)
        return answer({})
    anonymous_id = told.get("anonymousId")
    if not isinstance(anonymous_id, str) or not 0 < len(anonymous_id) <= 200:
        return say(422, "anonymousId", _("This must be the browser's id, of at most 200 signs."))
    try:
        subscription = _subscription(told.get("subscription"))
        check_subscription(subscription)
    except (BadSubscription, FetchRefused) as error:
        return say(422, "subscription", str(error))
    ip = client_ip(request)
    agent = request.headers.get("User-Agent", "").replace("\0", "")
    keep_subscription(subscription, anonymous_id=anonymous_id, agent=agent, ip=None if ip == UNKNOWN else ip, now=now)
    return answer({})


def body_of(request: HttpRequest) -> Mapping[str, Any]:
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


def key_of(request: HttpRequest, told: Mapping[str, Any]) -> ApiKey:
    """Return the public key that a page names, where it may be used; raises KeyRefused."""
    origin = request.headers.get("Origin", "")
    key = open_door(str(told.get("writeKey", "")), kind=ApiKey.Kind.PUBLIC, origin=origin)
    if key.origins and origin and origin.lower() not in key.origins:
        raise KeyRefused(_("This key may not be used on %(origin)s.") % {"origin": origin[:200]})
    return key


def _subscription(told: Any) -> Subscription:
    keys = told.get("keys") if isinstance(told, dict) else None
    parts = (told.get("endpoint"), keys.get("p256dh"), keys.get("auth")) if isinstance(keys, dict) else ()
    if len(parts) != 3 or not all(isinstance(part, str) for part in parts):
        raise BadSubscription(_("This must be an object with an endpoint and the keys p256dh and auth."))
    endpoint, p256dh, auth = map(str, parts)
    if len(endpoint) > 2000 or len(p256dh) > 100 or len(auth) > 30:
        raise BadSubscription(_("A part of it is too long."))
    return Subscription(endpoint, p256dh, auth)


def answer(told: dict[str, Any]) -> HttpResponse:
    """Answer a page of any shop."""
    return JsonResponse(told, headers=OPEN_TO_ALL)


def say(status: int, field: str, sentence: str, *, wait: int = 0) -> HttpResponse:
    """Refuse with a field and a sentence."""
    headers = OPEN_TO_ALL | ({"Retry-After": str(wait)} if wait else {})
    return JsonResponse({"errors": [{"field": field, "message": sentence}]}, status=status, headers=headers)
