"""The pages a person sees when something went wrong: rendered without request, database, session or menu.

Named in `retention/urls.py` as Django's handlers, and in settings as CSRF_FAILURE_VIEW; `unavailable` answers a database that is down.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

RETRY_AFTER_SECONDS = 10


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 400: the request could not be read."""
    return _page(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403: the role does not include this page."""
    return _page(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404: there is no such page, or it is somebody else's."""
    return _page(request, 404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403: the form came without its token, most often because the page was open for too long."""
    return _page(request, 403, template="csrf_failure.html")


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500: our fault; the number finds the entry in the log."""
    return _page(request, 500)


def unavailable(request: HttpRequest) -> HttpResponse:
    """Answer 503: the database does not answer; the browser may come back on its own."""
    answer = _page(request, 503, retry_after=RETRY_AFTER_SECONDS)
    answer["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return answer


def error_number(request: HttpRequest) -> str:
    """Return the number to tell us: the beginning of the request's id, by which the log is searched."""
    digits = str(getattr(request, "request_id", "")).replace("-", "")[:8].upper()
    return f"{digits[:4]}-{digits[4:]}" if digits else ""


def _page(request: HttpRequest, status: int, *, template: str = "", **extra: Any) -> HttpResponse:
    body = render_to_string(template or f"{status}.html", {"number": error_number(request), **extra})
    return HttpResponse(body, status=status, headers={"Cache-Control": "no-store"})
