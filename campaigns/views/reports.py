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
from campaigns.sending.hearing import credentials_of, find_connection, report_password, take_receipt
from retention.dashboard.access import public
from retention.kit import clock


@public
@csrf_exempt
@never_cache
@require_POST
def take_email(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take what an e-mail service reports about mails of one connection."""
    account = find_connection(public_id, providers=BY_KEY)
    if account is None:
        return _say(404, "There is no such address.")
    now = clock.now()
    secret = str(credentials_of(account).get("report_secret", "") or account.settings.get(BY_KEY[account.provider].proof, ""))
    try:
        receipts = read_reports(account.provider, request, secret=secret, password=report_password(public_id), now=now)
    except RequestDataTooBig:
        return _say(413, "The body is too large.")
    except NotProven:
        return _say(403, "The signature or the password does not fit this connection.")
    except NotReadable:
        return _say(400, "This is no report of this service.")
    return _say(200, f"{sum(take_receipt(account, receipt, now=now) for receipt in receipts)} new")


def _say(status: int, sentence: str) -> HttpResponse:
    return HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8")
