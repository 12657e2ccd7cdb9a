"""The doors for e-mail services: prove, take, answer. Which store it is stands in the address alone.

A service repeats what is not answered 2xx; a repeat is safe here, and so is a report of a mail we do not know.
"""

from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from campaigns.channels.email.reports import NotProven, NotReadable, read_reports
from campaigns.channels.email.vendors import BY_KEY
from campaigns.sending.finding import find_connection, report_password
from campaigns.sending.reported import take_reports
from retention.dashboard.access import public
from retention.kit import clock
from retention.kit.secrets import CannotUnseal
from retention.tenancy.context import store_context


@public
@csrf_exempt
@never_cache
@require_POST
def take_email(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take what an e-mail service reports about mails of one connection."""
    account = find_connection(public_id)
    if account is None or account.provider not in BY_KEY:
        return _say(404, "There is no such address.")
    now = clock.now()
    with store_context(account.store_id):
        try:
            secret = str(account.credentials().get("report_secret", ""))
            reports = read_reports(account.provider, request, secret=secret, password=report_password(public_id), now=now)
        except CannotUnseal:
            return _say(503, "The secret of this connection cannot be read now. Try again later.")
        except RequestDataTooBig:
            return _say(413, "The body is too large.")
        except NotProven:
            return _say(403, "The signature or the password does not fit this connection.")
        except NotReadable:
            return _say(400, "This is no report of this service.")
        taken = take_reports(account, reports, now=now)
    return _say(200, f"{taken} new")


def _say(status: int, sentence: str) -> HttpResponse:
    return HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8")
