"""A number of one's own for tests of SMS: kept once the code that was sent to it is written down here.

Without that, whoever may write a message could send it to anybody. The code's text is ours, a person takes few of them a day, and it is
kept in the session as a digest, for a quarter of an hour and a few tries.
"""

import hmac
import secrets
from datetime import datetime
from typing import Any

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from campaigns.channels import Outcome
from campaigns.models import TestNumber
from campaigns.personalization.wording import Wording
from campaigns.sending.trying import send_trial
from campaigns.views.looking import seconds_to_wait
from retention.customers.phones import read_phone
from retention.stores.limits import Limit

OF_PERSON, OF_STORE = Limit("test-number-of-person", 2, 86_400), Limit("test-number", 10, 86_400)
TRIES, TRIES_OF_STORE = Limit("test-number-code-of-person", 5, 900), Limit("test-number-code", 20, 900)
GOOD_FOR_SECONDS = 900
_ASKED = "test_number"


def number_asked(request: Any, *, now: datetime) -> str:
    """Return the number that a code is on its way to for whoever asks, or nothing."""
    asked = request.session.get(_ASKED, {})
    return str(asked["phone"]) if asked.get("store") == request.store.pk and asked["until"] > now.timestamp() else ""


def keep_number(request: Any, typed: str, code: str, *, now: datetime) -> str:
    """Keep the number somebody proves theirs; nothing typed leaves it. Return what is in the way in words, or nothing.

    Call it outside a transaction: a code leaves by the store's own connection.
    """
    phone, code, asked = read_phone(typed, country=request.store.country), code.strip(), number_asked(request, now=now)
    if typed.strip() and not phone:
        return _("That is no phone number. Write yours with its country: +49 151 12345678.")
    if (not phone and not code) or TestNumber.objects.filter(user_id=request.user.pk, phone=phone).exists():
        return ""
    if code and asked and phone in {"", asked}:
        return _prove(request, asked, code, now=now)
    if phone and phone != asked:
        return _send_code(request, phone, now=now)
    return (
        _("Write down the code that was sent to %(number)s.") % {"number": asked}
        if asked
        else _("That code is too old. Write your number.")
    )


def _send_code(request: Any, phone: str, *, now: datetime) -> str:
    if seconds_to_wait(request, of_person=OF_PERSON, of_store=OF_STORE):
        return _("That were many numbers for one day. Try again tomorrow.")
    code = f"{secrets.randbelow(1_000_000):06d}"
    text = _("%(code)s is your code to get tests of SMS at this number.") % {"code": code}
    answer = send_trial(request.store, Wording(source=text), "text", channel="sms", to=[phone], now=now)[phone]
    if answer.outcome is not Outcome.ACCEPTED:
        return _("The code to %(number)s did not leave: %(answer)s") % {"number": phone, "answer": answer.detail}
    until = now.timestamp() + GOOD_FOR_SECONDS
    request.session[_ASKED] = {"store": request.store.pk, "phone": phone, "code": _digest(phone, code), "until": until}
    return _("A code is on its way to %(number)s. Write it down here, then the test can leave.") % {"number": phone}


def _prove(request: Any, phone: str, code: str, *, now: datetime) -> str:
    if seconds_to_wait(request, of_person=TRIES, of_store=TRIES_OF_STORE):
        return _("Too many tries. Wait a few minutes, then try again.")
    if not hmac.compare_digest(_digest(phone, code), request.session[_ASKED]["code"]):
        return _("That is not the code that was sent to %(number)s.") % {"number": phone}
    TestNumber.objects.update_or_create(user_id=request.user.pk, defaults={"phone": phone, "changed_at": now})
    del request.session[_ASKED]
    return ""


def _digest(phone: str, code: str) -> str:
    return salted_hmac("campaigns.test_number", f"{phone} {code}", algorithm="sha256").hexdigest()
