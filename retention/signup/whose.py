"""Whose sign-up is it, and did whoever filled the form in show that they are that person?

A form is filled in by anybody: an e-mail address leads to its person whoever typed it. What is new to somebody we knew before, a phone
number above all, is therefore not theirs by that; only their own browser or the press in a mail to them says so.
"""

from dataclasses import dataclass
from datetime import datetime

from retention.customers.consent import ADDRESS_COLUMNS
from retention.customers.identifying import Claim, email_key, identify, unreserved
from retention.customers.models import Consent, Customer, Identity
from retention.signup.models import Signup


@dataclass(frozen=True)
class Whose:
    """Whom a sign-up leads to. by_stranger: we knew them before, and nothing shows that it was them who filled the form in."""

    customer_id: int
    by_stranger: bool


def find_whose(signup: Signup, *, now: datetime) -> Whose:
    """Return whom a sign-up leads to, made where they are new; call it inside a transaction."""
    if signup.email:
        customer_id = _behind_address(signup, now=now)
        return Whose(customer_id, by_stranger=_is_known(customer_id) and not _has_proven_browser(signup, customer_id))
    earlier = Signup.objects.filter(address_digest=signup.address_digest, customer__isnull=False).order_by("pk").first()
    if earlier is not None:
        return Whose(int(earlier.customer_id), by_stranger=True)
    made: Customer = Customer.objects.create(created_at=now)
    return Whose(int(made.pk), by_stranger=False)


def _behind_address(signup: Signup, *, now: datetime) -> int:
    """Return whose address it is. Where the browser led to somebody who may not have it, it is somebody's of their own."""
    for browser in (signup.anonymous_id, ""):
        (customer_id,) = identify([Claim(email=signup.email, anonymous=browser, trusted=False, at=now)], now=now)
        if _has_address(customer_id, email_key(signup.email)) or _has_proven_browser(signup, customer_id):
            break
    return customer_id


def _has_address(customer_id: int, key: str) -> bool:
    named = Identity.objects.filter(customer_id=customer_id, kind="email", value=key)
    return bool(named.exists() or Customer.objects.filter(pk=customer_id, email_key=key).exists())


def _is_known(customer_id: int) -> bool:
    """Say whether the shop's server, or the person, spoke of them before; what only browsers said makes nobody known."""
    named = Identity.objects.filter(customer_id=customer_id, kind__in=["external", "email"], vouched=True)
    return bool(named.exists() or Consent.objects.filter(customer_id=customer_id, channel__in=ADDRESS_COLUMNS).exists())


def _has_proven_browser(signup: Signup, customer_id: int) -> bool:
    """Say whether the form came from a browser which the shop's server, or the person, linked to them."""
    browser = unreserved(signup.anonymous_id)
    named = Identity.objects.filter(customer_id=customer_id, kind="anonymous", value=browser, vouched=True)
    return bool(browser and named.exists())
