"""The doors for shops: prove, store, answer, all well under a second. Which store it is stands in the address alone.

Shopify repeats a delivery eight times in four hours unless it gets 2xx; WooCommerce switches a webhook off after five failures in a row.
So a repeat and a body we cannot read are answered 200 as well: both are safe with us.
"""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from retention.dashboard.access import public
from retention.intake.shops.receiving import LARGEST_BODY, Gone, NoTopic, NotSigned, find_connection, receive
from retention.kit import clock
from retention.kit.secrets import CannotUnseal


@public
@csrf_exempt
@never_cache
@require_POST
def shopify(request: HttpRequest, token: str) -> HttpResponse:
    """Take one webhook of Shopify."""
    return _take(request, "shopify", token)


@public
@csrf_exempt
@never_cache
@require_POST
def woocommerce(request: HttpRequest, token: str) -> HttpResponse:
    """Take one webhook of WooCommerce."""
    return _take(request, "woocommerce", token)


def _take(request: HttpRequest, kind: str, token: str) -> HttpResponse:
    shop = find_connection(kind, token)
    if shop is None:
        return _say(404, "There is no such address.")
    try:
        raw = request.body
    except RequestDataTooBig:
        raw = b" " * (LARGEST_BODY + 1)
    if len(raw) > LARGEST_BODY:
        return _say(413, "The body is larger than 1 MB.")
    try:
        taken = receive(shop, headers=request.headers, raw=raw, now=clock.now())
    except Gone:
        return _say(410, "This shop was disconnected. Delete the webhook.")
    except NotSigned:
        return _say(401, "The signature does not fit the secret of this connection.")
    except NoTopic:
        return _say(400, "The header with the topic is missing.")
    except CannotUnseal:
        return _say(503, "The secret of this connection cannot be read now. Try again later.")
    return _say(200, taken.value)


def _say(status: int, sentence: str) -> HttpResponse:
    return HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8")
