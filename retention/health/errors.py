"""Pages for what goes wrong: 400, 403, 404, 500, and a database that is away. The visitor sees a number, never a trace (S56).

They read nothing from the database and use no context processor, so that they stand when everything else is down.
"""

import sys
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from retention.kit.logs import current_request_id
from retention.rest.problems import problem

RETRY_SECONDS = "10"
_MACHINES = ("/api/", "/v1/")
_AWAY_CODES = ("08", "57P", "53")  # connection lost, server stopping or starting, too many connections


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that cannot be understood."""
    return _answer(request, status=400, words=_("This request cannot be read."))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer somebody whose role does not open this page."""
    return _answer(request, status=403, words=_("Your role does not open this page."))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address without a page; another store's page looks the same."""
    return _answer(request, status=404, words=_("There is no such page."))


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer after an unexpected error: 503 while the database is away, else 500."""
    if database_is_away(sys.exc_info()[1]):
        answer = _answer(request, status=503, words=_("The database does not answer at the moment. Nothing is lost; try again shortly."))
        answer.headers["Retry-After"] = RETRY_SECONDS
        return answer
    return _answer(request, status=500, words=_("Something failed on our side. Your data is safe."))


def database_is_away(error: BaseException | None) -> bool:
    """Say whether an error means that no database can be reached, rather than that a statement failed."""
    if isinstance(error, InterfaceError):
        return True
    if not isinstance(error, OperationalError):
        return False
    code = getattr(error.__cause__, "pgcode", None)
    return code is None or code.startswith(_AWAY_CODES)


def error_number() -> str:
    """Return the number a visitor can tell us: the beginning of the request's id in the logs."""
    digits = (current_request_id() or "").replace("-", "")[:8].upper()
    return f"{digits[:4]}-{digits[4:]}" if digits else ""


def _answer(request: HttpRequest, *, status: int, words: str) -> HttpResponse:
    number = error_number()
    if request.path_info.startswith(_MACHINES):
        return problem(request, status=status, detail=f"{words} {number}".strip() if status >= 500 else words)
    context: dict[str, Any] = {"number": number, "words": words, "status": status, "ours": status >= 500}
    try:
        body = render_to_string("trouble.html", context)
    except (TemplateDoesNotExist, ValueError):  # ValueError: the list of static files is not there
        return HttpResponse(f"{words} {number}\n", status=status, content_type="text/plain; charset=utf-8")
    return HttpResponse(body, status=status, headers={"Cache-Control": "no-store"})
