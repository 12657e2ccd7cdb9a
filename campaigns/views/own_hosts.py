"""Requests that name a merchant's own host: the pages behind links in messages of the stores that proved it theirs, and nothing else.

`enter` is asked by the first middleware about a host that is not ours; `OwnHosts` stands right behind it. The token says whose link it is,
and must be of a store of this very host, so that no shop's page stands under the name of another.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.urls import Resolver404, resolve
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from campaigns.connecting import hosting
from campaigns.connecting.asking import read_domain
from campaigns.personalization.links import read_basket, read_click, read_opening, read_survey, read_unsubscribe
from campaigns.personalization.short_links import read_short
from retention.dashboard.access import public
from retention.kit import clock
from retention.kit.secrets import BadLink
from retention.signup.links import read_preferences

ANSWER = "link_host_answer"
STORE_OF: dict[str, Callable[[str], int]] = {
    "click": lambda token: read_click(token, now=clock.now())[0].store_id,
    "click_short": lambda token: read_short(token)[0],
    "opening": lambda token: read_opening(token, now=clock.now())[0].store_id,
    "unsubscribe": lambda token: read_unsubscribe(token, now=clock.now()).store_id,
    "basket_back": lambda token: read_basket(token, now=clock.now()).store_id,
    "survey": lambda token: read_survey(token, now=clock.now())[0],
    "signup:preferences": lambda token: read_preferences(token, now=clock.now())[0],
}
"""The pages of an own host by name, and whose token each reads; raises BadLink."""
FOR_ALL = frozenset({"signup:colors"})
"""What those pages need and holds nothing of any store."""


def enter(request: HttpRequest) -> bool:
    """Say whether a host that is not ours is a merchant's; from then on the request names ours, and `own_host` says which it named.

    A host nobody has proven is let in for one thing: to say that it leads here.
    """
    host = read_domain(split_domain_port(request.META.get("HTTP_HOST", ""))[0])
    if not host:
        return False
    asked = request.path_info.startswith(hosting.ANSWER_PATH)
    try:
        stores = frozenset() if asked else hosting.stores_of(host)
    except DatabaseError:  # then nobody can say whose host it is
        return False
    if not asked and not stores:
        return False
    request.own_host, request.own_host_stores = host, stores  # type: ignore[attr-defined]
    request.META["HTTP_HOST"] = urlsplit(settings.SITE_URL).netloc
    return True


class OwnHosts:
    """Answer on a merchant's own host with what its links lead to, and with 404 for everything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        stores = getattr(request, "own_host_stores", None)
        if stores is None or _may_answer(request, stores):
            return self.get_response(request)
        return HttpResponse("There is nothing here.\n", status=404, content_type="text/plain; charset=utf-8")


def _may_answer(request: HttpRequest, stores: frozenset[int]) -> bool:
    try:
        match = resolve(request.path_info)
    except Resolver404:
        return False
    if not stores:
        return match.view_name == ANSWER
    if match.view_name in FOR_ALL:
        return True
    reads = STORE_OF.get(match.view_name)
    try:
        return reads is not None and reads(str(match.kwargs["token"])) in stores
    except BadLink:
        return True  # its page says so, and shows nothing of anybody


@public
@never_cache
@require_safe
def answer(request: Any, nonce: str) -> HttpResponse:
    """Say on a merchant's host that it leads here; on our own there is nothing to say."""
    host = getattr(request, "own_host", "")
    if not host:
        return HttpResponse(status=404)
    return HttpResponse(f"{hosting.answer_for(host, nonce)}\n", content_type="text/plain; charset=utf-8")


@public
@never_cache
@require_safe
def is_known(request: HttpRequest) -> HttpResponse:
    """Answer 200 for a host some store wants and 404 for any other; a proxy that gets certificates asks this. Parameter: domain."""
    host = read_domain(request.GET.get("domain", ""))
    return HttpResponse(status=200 if host and hosting.is_wanted(host) else 404)
