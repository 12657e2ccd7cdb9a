"""The first middleware: every request gets an id, one access line in the log and its place in the figures.

Answers the three pages of operations itself, so that nothing behind it (sessions, hosts, database) can break them.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse

from campaigns.views.own_hosts import enter
from retention.health.probes import PROBES
from retention.kit.logs import request_context, take_request_id
from retention.kit.metrics import REQUEST_SECONDS, REQUESTS

log = logging.getLogger("boomerang.access")

HEADER = "X-Request-ID"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestLog:
    """Give every request an id, carry it into the log lines and the answer, and count it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        """Answer the request."""
        request.request_id = take_request_id(request.headers.get(HEADER))
        began = time.perf_counter()
        with request_context(request.request_id):
            answer = self._answer(request)
            self._note(request, answer, seconds=time.perf_counter() - began)
        answer.headers[HEADER] = request.request_id
        return answer

    def _answer(self, request: Any) -> HttpResponse:
        probe = PROBES.get(request.path_info)
        if probe is not None:
            return probe(request)
        if not _host_is_ours(request):
            return HttpResponse("This host is not served here.\n", status=400, content_type="text/plain; charset=utf-8")
        return self.get_response(request)

    def _note(self, request: Any, answer: HttpResponse, *, seconds: float) -> None:
        route = route_of(request)
        method = request.method if request.method in _METHODS else "OTHER"
        REQUESTS.labels(route=route, method=method, status=str(answer.status_code)).inc()
        REQUEST_SECONDS.labels(route=route).observe(seconds)
        if request.path_info in PROBES:
            return
        line = {"method": method, "route": route, "status": answer.status_code, "milliseconds": round(seconds * 1000, 1)}
        log.info("request", extra=line | {"store_id": store_of(request)})


def route_of(request: Any) -> str:
    """Return the address's pattern, which holds no id and no token; `(none)` when no page has the address."""
    if request.path_info in PROBES:
        return str(request.path_info).lstrip("/")
    match = getattr(request, "resolver_match", None)
    return str(match.route) or "/" if match is not None else "(none)"


def store_of(request: Any) -> int | None:
    """Return the id of the store the request worked for: of the page's address or of the API key."""
    store = getattr(request, "store", None)
    if store is not None:
        return int(store.pk)
    key = getattr(request, "api_key", None)
    return int(key.store_id) if key is not None else None


def _host_is_ours(request: HttpRequest) -> bool:
    try:
        request.get_host()
    except DisallowedHost:
        return enter(request)
    return True
