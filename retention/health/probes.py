"""`/healthz`, `/readyz` and `/metrics`: what load balancers, containers and Prometheus ask.

They show no store's data and answer in front of everything else, see `requests.py`.
"""

from collections.abc import Callable
from hmac import compare_digest

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse

from retention.dashboard.access import public
from retention.health.gauges import render_gauges
from retention.health.readiness import check_lately
from retention.kit.metrics import CONTENT_TYPE, render_metrics

_PLAIN = "text/plain; charset=utf-8"
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@public
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that the process answers; touches nothing else."""
    return HttpResponse("ok\n", content_type=_PLAIN, headers=_HEADERS)


@public
def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether requests may come here: 200, or 503 with the reasons; asked again within two seconds, the same answer."""
    checks = check_lately()
    ready = all(check.ok for check in checks if check.decides)
    body = {"ready": ready, "checks": {check.name: {"ok": check.ok, "found": check.found} for check in checks}}
    answer = JsonResponse(body, status=200 if ready else 503, headers=_HEADERS)
    if not ready:
        answer.headers["Retry-After"] = "5"
    return answer


@public
def metrics(request: HttpRequest) -> HttpResponse:
    """Give Prometheus its figures, for the token of METRICS_TOKEN only; without one there is no such page."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
    if not settings.METRICS_TOKEN:
        return HttpResponse("Not found.\n", status=404, content_type=_PLAIN)
    if not compare_digest(token, settings.METRICS_TOKEN.encode()):
        return HttpResponse("The token is missing or wrong.\n", status=401, content_type=_PLAIN, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(render_metrics() + _gauges(), content_type=CONTENT_TYPE, headers=_HEADERS)


def _gauges() -> bytes:
    """Return the counts of the database; while it is away the process's own figures still stand."""
    try:
        return render_gauges()
    except DatabaseError:
        return b""


PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}
