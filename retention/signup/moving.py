"""A person moves to another address: asked for in the preferences, allowed by a button in a mail to the old one, proven by one to the new.

The old address is asked first, so that whoever got hold of somebody's personal link cannot carry the person off.
"""

from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from retention.customers.announcing import told_of_customers
from retention.customers.consent import Said, address_digest, record_consents
from retention.customers.events import record
from retention.customers.identifying import email_key, vouch
from retention.customers.models import Consent, Customer, Identity
from retention.kit.languages import speaking
from retention.kit.secrets import BadLink
from retention.notices.owing import owe_page
from retention.signup.confirming import lock_address, may_ask
from retention.signup.joining import DOUBLE, Sender
from retention.signup.links import AddressMove, new_address_url, read_new_address
from retention.signup.preferring import CHANGED, METHOD, Person, find_person
from retention.signup.rules import GOOD_FOR
from retention.stores.models import Store
from retention.tenancy.context import store_context


def ask_for(person: Person, new: str, *, now: datetime) -> bool:
    """Owe the mail that asks the address they have, or the new one where they have none.

    Nothing is owed when a mail went there within 24 hours; nobody learns which.
    """
    old = person.customer.email
    move = AddressMove(person.store.pk, person.customer.public_id, old, new, leaving=bool(old))
    return _owe(move, person, to=old or new, now=now)


def ask_the_new(move: AddressMove, person: Person, *, now: datetime) -> bool:
    """Owe the mail that proves the new address, since the old one allowed the move; the same limit holds."""
    return _owe(replace(move, leaving=False), person, to=move.new, now=now)


def _owe(move: AddressMove, person: Person, *, to: str, now: datetime) -> bool:
    store, digest = person.store, address_digest(to)
    with store_context(store.pk), transaction.atomic():
        lock_address(digest, store_id=store.pk)
        confirmation = may_ask(digest, now=now)
        if confirmation is None:
            return False
        words = {
            "shop": store.name,
            "postal_address": store.postal_address,
            "url": new_address_url(move, expires_at=now + GOOD_FOR),
            "days": GOOD_FOR.days,
            "new": move.new,
        }
        with speaking(person.customer.language, store.locale):
            subject = _("Shall %(shop)s write to another address?") if move.leaving else _("Is this your new address? %(shop)s asks")
            return owe_page(
                "leave_address" if move.leaving else "new_address",
                to=to,
                subject=subject % words,
                template="signup_leave_address" if move.leaving else "signup_new_address",
                words=words,
                key=f"signup:{store.pk}:{confirmation.pk}:{confirmation.mails_count}",
            )


def look(token: str, *, now: datetime) -> tuple[AddressMove, Person]:
    """Return what a link asks for; raises BadLink, also when the person moved in the meantime. Changes nothing."""
    move = read_new_address(token, now=now)
    with store_context(move.store_id):
        store, customer = Store.objects.get(pk=move.store_id), find_person(move.public_id)
    present = email_key(customer.email) if customer is not None else ""
    if customer is None or present not in {email_key(move.old)} | (set() if move.leaving else {email_key(move.new)}):
        raise BadLink("malformed")
    return move, Person(store, customer)


def carry_out(move: AddressMove, person: Person, *, sender: Sender, now: datetime) -> bool:
    """Give the person the new address; False when it belongs to somebody else already. A second press changes nothing."""
    key = email_key(move.new)
    with store_context(move.store_id), transaction.atomic(), told_of_customers(now=now) as concerned:
        lock_address(address_digest(move.new), store_id=move.store_id)
        customer: Customer = Customer.objects.select_for_update().get(pk=person.customer.pk)
        concerned.add(customer.pk)
        if customer.email_key == key:
            return True
        if (
            Customer.objects.filter(email_key=key).exists()
            or Identity.objects.filter(kind="email", value=key).exclude(customer=customer).exists()
        ):
            return False
        customer.email, customer.email_key = move.new, key
        customer.learnt_at["email"] = now.isoformat()
        customer.save(update_fields=["email", "email_key", "learnt_at"])
        Identity.objects.get_or_create(kind="email", value=key, defaults={"customer": customer, "created_at": now})
        vouch(customer.pk, [("email", key)])
        _prove(customer, sender=sender, now=now)
        record(customer.pk, name=CHANGED, now=now, properties={"changed": ["address"], "by": METHOD})
    return True


def _prove(customer: Customer, *, sender: Sender, now: datetime) -> None:
    """Let a yes that holds go on for the new address, with the proof of it."""
    if Consent.objects.filter(customer=customer, channel="email", status="granted").exists():
        proof = {"address": "moved", "confirmed_at": now.isoformat(), "site": settings.SITE_URL}
        record_consents(
            [
                Said(
                    customer.pk, "email", "granted", now,
                    method=DOUBLE, source="new address", ip=sender.ip, user_agent=sender.user_agent, proof=proof,
                )
            ],
            now=now,
        )  # fmt: skip
