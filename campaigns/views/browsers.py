"""Where a shop's page brings the push subscription its visitor's browser gave it, and takes the key that one is made with.

The public key in the page says whose shop it is, as it does for events; a browser speaks for itself and for no other channel.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.channels.push.encrypting import BadSubscription, Subscription
from campaigns.sending.browsers import check_subscription, drop_subscription, keep_subscription, keys_of_store
from campaigns.views.pages_door import Told, answer, for_pages, say
from retention.kit import clock
from retention.kit.fetch import FetchRefused
from retention.stores.client_address import UNKNOWN, client_ip
from retention.stores.limits import Limit

PER_NETWORK = Limit("push_browsers", 60, 600)


@for_pages(limit=PER_NETWORK, too_many=gettext_lazy("Too many browsers from this address."))
def take_browser(request: HttpRequest, told: Told) -> HttpResponse:
    """Give the store's public push key, keep a browser, or let go of one: {"writeKey", "anonymousId", "subscription" or "gone"}."""
    if request.method != "POST":
        return answer({"public_key": keys_of_store(now=clock.now()).public_key})
    return _keep(request, told)


def _keep(request: HttpRequest, told: Told) -> HttpResponse:
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


def _subscription(told: Any) -> Subscription:
    keys = told.get("keys") if isinstance(told, dict) else None
    parts = (told.get("endpoint"), keys.get("p256dh"), keys.get("auth")) if isinstance(keys, dict) else ()
    if len(parts) != 3 or not all(isinstance(part, str) for part in parts):
        raise BadSubscription(_("This must be an object with an endpoint and the keys p256dh and auth."))
    endpoint, p256dh, auth = map(str, parts)
    if len(endpoint) > 2000 or len(p256dh) > 100 or len(auth) > 30:
        raise BadSubscription(_("A part of it is too long."))
    return Subscription(endpoint, p256dh, auth)
