"""What answers 400, 403, 404, 500 and a database that is away: a page for people, a problem document for machines.

The visitor sees a number, never a trace (S56). The pages are drawn without request, session or database, so that they
stand when everything else is down; their templates are `templates/<status>.html`.
"""

import logging
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from retention.health.requests import route_of, store_of
from retention.rest.problems import problem

RETRY_AFTER_SECONDS = 10
log = logging.getLogger("boomerang.access")
_MACHINES = ("/api/", "/v1/")
_AWAY_CODES = ("08", "57P", "53")  # connection lost, server stopping or starting, too many connections


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that cannot be understood."""
    return _answer(request, status=400, words=_("This request cannot be read."))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer somebody whose role does not open this page, and say in one line of the log who that was and what they lack.

    Django would log it with the whole way through the middlewares, which is the same each time.
    """
    answer = _answer(request, status=403, words=_("This is not open to you."))
    user = getattr(request, "user", None)
    who = {"user_id": getattr(user, "pk", None), "role": getattr(request, "role", None), "store_id": store_of(request)}
    log.warning("refused", extra={**who, "method": request.method, "route": route_of(request), "why": str(exception)})
    answer._has_been_logged = True  # type: ignore[attr-defined]  # what log_response of Django asks
    return answer


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address without a page; another store's page looks the same."""
    return _answer(request, status=404, words=_("There is nothing at this address."))


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer after an unexpected error: 503 while the database is away, else 500."""
    if not database_is_away(sys.exc_info()[1]):
        words = _("Something failed on our side. Tell us number %(number)s.") % {"number": error_number(request)}
        return _answer(request, status=500, words=words)
    answer = _answer(request, status=503, words=_("The database does not answer at the moment. Nothing was stored; send it again."))
    answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return answer


def database_is_away(error: BaseException | None) -> bool:
    """Say whether an error means that no database can be reached, rather than that a statement failed."""
    if isinstance(error, InterfaceError):
        return True
    if not isinstance(error, OperationalError):
        return False
    code = getattr(error.__cause__, "pgcode", None)
    return code is None or code.startswith(_AWAY_CODES)


def error_number(request: HttpRequest) -> str:
    """Return the number to tell us: the beginning of the request's id, by which the log is searched."""
    digits = str(getattr(request, "request_id", "")).replace("-", "")[:8].upper()
    return f"{digits[:4]}-{digits[4:]}" if digits else ""


def _answer(request: HttpRequest, *, status: int, words: str) -> HttpResponse:
    if request.path_info.startswith(_MACHINES):
        return problem(request, status=status, detail=words)
    context = {"number": error_number(request) if status >= 500 else "", "retry_after": RETRY_AFTER_SECONDS}
    try:
        body = render_to_string(f"{status}.html", context)
    except ValueError:  # production without `collectstatic`: the list of static files is not there
        return HttpResponse(f"{words}\n", status=status, content_type="text/plain; charset=utf-8")
    return HttpResponse(body, status=status, headers={"Cache-Control": "no-store"})
