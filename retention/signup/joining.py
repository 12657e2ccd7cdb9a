"""A sign-up becomes true: who it is, what they told us, what they allow, and the news of it. In the caller's transaction.

Both ways lead here: at once where one yes is enough, or after the second one. The consent itself is `customers/consent.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models.functions import Greatest

from retention.customers.announcing import told_of_customers
from retention.customers.consent import Said, record_consents
from retention.customers.events import record
from retention.customers.identifying import email_key
from retention.customers.models import Consent, Customer, Suppression
from retention.customers.profile import Told, apply_traits
from retention.signup.definition import steps_of, traits_of
from retention.signup.models import Preference, Signup
from retention.signup.refusals import addresses_of, needs_second_yes, reached_by
from retention.signup.whose import find_whose

SIGNED_UP = "Signed Up"
DOUBLE, SINGLE = "double_opt_in", "form"
_LIFTED = ("unsubscribed", "complained", "bounced")  # what a fresh, proven yes undoes; an address the store itself blocked stays blocked


@dataclass(frozen=True)
class Sender:
    """From where a request came. ip: None when it cannot be told."""

    ip: str | None = None
    user_agent: str = ""
    anonymous_id: str = ""


class SecondYesNeeded(Exception):
    """One yes is not enough for this person; what was written on the way to finding out must be undone."""


def join(signup: Signup, *, method: str, sender: Sender, now: datetime) -> Customer:
    """Make the sign-up true and return whose it is.

    method: DOUBLE after the second yes, which proves the e-mail address, or SINGLE, which raises SecondYesNeeded where `refusals.py` says
    so. A phone number is proven by neither, so with DOUBLE it stays pending. A channel is granted only where the
    address that was typed is the one we write to this person at; a number new to somebody we knew is not, by a stranger.
    """
    with told_of_customers(now=now) as concerned:
        whose = find_whose(signup, now=now)
        customer: Customer = Customer.objects.select_for_update().get(pk=whose.customer_id)
        concerned.add(customer.pk)
        if method == SINGLE and needs_second_yes(signup, customer):
            raise SecondYesNeeded
        proven = method == DOUBLE and customer.email_key in (None, email_key(signup.email))
        by_stranger = whose.by_stranger and not proven
        _tell(signup, customer, proven=proven, by_stranger=by_stranger, now=now)
        if not by_stranger:
            Customer.objects.filter(pk=customer.pk).update(last_seen_at=Greatest("last_seen_at", now))
        customer.refresh_from_db()
        reached = reached_by(signup, customer, by_stranger=by_stranger)
        record_consents(list(_words(signup, customer, reached=reached, method=method, sender=sender, now=now)), now=now)
    if method == DOUBLE and "email" in reached:
        _lift(signup)
    _want(signup, customer, channels=reached, now=now)
    signup.state, signup.confirmed_at, signup.customer = Signup.State.CONFIRMED, now, customer
    signup.save(update_fields=["state", "confirmed_at", "customer"])
    record(customer.pk, name=SIGNED_UP, now=now, properties=_news(signup, channels=reached, method=method))
    return customer


def _tell(signup: Signup, customer: Customer, *, proven: bool, by_stranger: bool, now: datetime) -> None:
    """Write the answers into the profile. Without proof of the address they only fill in what nobody said before (S8).

    by_stranger: not even a phone number, to which we would write about the person.
    """
    traits = traits_of(steps_of(signup.form), signup.answers)
    if not proven:
        traits = {name: value for name, value in traits.items() if not _known(customer, name)}
    traits |= {"email": signup.email} if signup.email else {}
    traits |= {"phone": signup.phone} if signup.phone and not (customer.phone or by_stranger) else {}
    apply_traits([Told(customer.pk, traits, told_at=now, trusted=False)])


def _known(customer: Customer, trait: str) -> bool:
    field = {"firstName": "first_name"}.get(trait, trait)
    if field in {"first_name", "gender", "interests", "birthday"}:
        return bool(getattr(customer, field))
    return field in customer.attributes


def _words(signup: Signup, customer: Customer, *, reached: list[str], method: str, sender: Sender, now: datetime) -> Iterable[Said]:
    proof = {
        "form": str(signup.form.public_id),
        "signup": str(signup.public_id),
        "text": signup.consent_text,
        "asked_at": signup.created_at.isoformat(),
        "confirmed_at": now.isoformat(),
    }
    said_before = dict(Consent.objects.filter(customer=customer).values_list("channel", "status"))
    for channel in addresses_of(signup):
        status = "granted" if channel in reached and (channel, method) != ("sms", DOUBLE) else "pending"
        if status == "pending" and channel in said_before:
            continue
        yield Said(
            customer.pk,
            channel,
            status,
            now,
            method=method,
            source=f"form: {signup.form.name}",
            text_version=signup.text_version,
            ip=sender.ip,
            user_agent=sender.user_agent,
            proof=proof,
        )


def _lift(signup: Signup) -> None:
    Suppression.objects.filter(channel="email", address_digest=signup.address_digest, reason__in=_LIFTED).delete()


def _want(signup: Signup, customer: Customer, *, channels: list[str], now: datetime) -> None:
    if signup.form.topic_id is None:
        return
    for channel in channels:
        Preference.objects.update_or_create(
            customer=customer, topic_id=signup.form.topic_id, channel=channel, defaults={"wanted": True, "changed_at": now}
        )


def _news(signup: Signup, *, channels: list[str], method: str) -> dict[str, Any]:
    topic = signup.form.topic
    return {
        "form": signup.form.name,
        "form_id": str(signup.form.public_id),
        "topic": topic.name if topic is not None else "",
        "channels": channels,
        "method": method,
    }
