"""What answers 400, 403, 404, 500 and a database that is away: a page for people, a problem document for machines.

The visitor sees a number, never a trace (S56). The pages themselves are drawn by `retention/dashboard/views/errors.py`.
"""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from retention.dashboard.views import errors as pages
from retention.rest.problems import problem

_MACHINES = ("/api/", "/v1/")
_AWAY_CODES = ("08", "57P", "53")  # connection lost, server stopping or starting, too many connections


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that cannot be understood."""
    if _from_a_machine(request):
        return problem(request, status=400, detail=_("This request cannot be read."))
    return pages.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer somebody whose role does not open this page."""
    if _from_a_machine(request):
        return problem(request, status=403, detail=_("This is not open to you."))
    return pages.forbidden(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address without a page; another store's page looks the same."""
    if _from_a_machine(request):
        return problem(request, status=404, detail=_("There is nothing at this address."))
    return pages.not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer after an unexpected error: 503 while the database is away, else 500."""
    away = database_is_away(sys.exc_info()[1])
    if not _from_a_machine(request):
        return pages.unavailable(request) if away else pages.server_error(request)
    number = pages.error_number(request)
    if not away:
        return problem(request, status=500, detail=_("Something failed on our side. Tell us number %(number)s.") % {"number": number})
    answer = problem(request, status=503, detail=_("The database does not answer at the moment. Nothing was stored; send it again."))
    answer.headers["Retry-After"] = str(pages.RETRY_AFTER_SECONDS)
    return answer


def database_is_away(error: BaseException | None) -> bool:
    """Say whether an error means that no database can be reached, rather than that a statement failed."""
    if isinstance(error, InterfaceError):
        return True
    if not isinstance(error, OperationalError):
        return False
    code = getattr(error.__cause__, "pgcode", None)
    return code is None or code.startswith(_AWAY_CODES)


def _from_a_machine(request: HttpRequest) -> bool:
    return request.path_info.startswith(_MACHINES)
