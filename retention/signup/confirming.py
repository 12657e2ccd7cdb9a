"""The second yes: one mail per address in 24 hours whichever form asks, a page with a button, and only its press counts.

Looking at the link changes nothing (S36). One press confirms everything that waits for the address and was shown to the person.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from retention.customers.consent import address_digest
from retention.customers.identifying import email_key, vouch
from retention.customers.models import Customer
from retention.kit.languages import speaking
from retention.kit.locks import transaction_lock
from retention.kit.secrets import BadLink
from retention.notices.owing import owe_page
from retention.signup import rules
from retention.signup.joining import DOUBLE, Sender, join
from retention.signup.links import confirm_url, read_confirm
from retention.signup.models import Confirmation, Signup
from retention.stores.limits import Limit, spend_or_local
from retention.stores.models import Store
from retention.tenancy.context import store_context

PER_ADDRESS = Limit("signup_asked", 10, 86_400)  # from all stores: nobody's mailbox is filled with our questions


class NotConfirmable(Exception):
    """There is nothing to confirm behind the link. reason: unknown, expired, refused or done."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Asked:
    """What a link asks for: the shop, the address, the sign-ups that wait for it, oldest first, and what its owner speaks if we know."""

    store: Store
    confirmation: Confirmation
    signups: list[Signup]
    language: str

    @property
    def email(self) -> str:
        """Return the address that is being proven."""
        return self.signups[0].email

    @property
    def shown(self) -> str:
        """Return a mark for each sign-up as a page shows it; what comes in or changes later is not confirmed by its button."""
        return " ".join(_mark(signup) for signup in self.signups)


def lock_address(digest: str, *, store_id: int) -> None:
    """Let one request at a time deal with an address of a store."""
    transaction_lock(f"signup:{digest}", store_id=store_id)


def may_ask(digest: str, *, now: datetime) -> Confirmation | None:
    """Take the one mail an address may get in 24 hours across the store, and one of the few it may get from all stores together.

    None when it was taken, or the person wants silence.

    Call it inside a transaction that holds the address's lock.
    """
    Confirmation.objects.bulk_create([Confirmation(address_digest=digest)], ignore_conflicts=True)
    due = Q(last_mail_at=None) | Q(last_mail_at__lte=now - rules.MAIL_EVERY)
    quiet = Q(silent_until__gt=now)
    free = Confirmation.objects.filter(due, address_digest=digest).exclude(quiet)
    if not free.update(last_mail_at=now, mails_count=F("mails_count") + 1):
        return None
    if not spend_or_local(PER_ADDRESS, who=digest).allowed:
        return None
    taken: Confirmation = Confirmation.objects.get(address_digest=digest)
    return taken


def owe_question(signup: Signup, *, store: Store, now: datetime) -> bool:
    """Owe the mail that asks for the second yes, unless one went to the address within 24 hours; say whether it was owed."""
    confirmation = may_ask(signup.address_digest, now=now)
    if confirmation is None:
        return False
    words = {
        "shop": store.name,
        "postal_address": store.postal_address,
        "url": confirm_url(confirmation.pk, store_id=store.pk, expires_at=now + rules.GOOD_FOR),
        "consent_text": signup.consent_text,
        "days": rules.GOOD_FOR.days,
    }
    with speaking(language_at(signup.email), store.locale):
        return owe_page(
            "signup_confirmation",
            to=signup.email,
            subject=_("One press, and you hear from %(shop)s") % words,
            template="signup_confirmation",
            words=words,
            key=f"signup:{store.pk}:{confirmation.pk}:{confirmation.mails_count}",
        )


def language_at(email: str) -> str:
    """Return what whoever has this address in the active store speaks; nothing where we do not know them."""
    return str(Customer.objects.filter(email_key=email_key(email)).values_list("language", flat=True).first() or "")


def look(token: str, *, now: datetime) -> Asked:
    """Return what the link asks for; raises NotConfirmable. Changes nothing."""
    try:
        store_id, number = read_confirm(token, now=now)
    except BadLink as error:
        raise NotConfirmable("expired" if error.reason == "expired" else "unknown") from error
    with store_context(store_id):
        confirmation = Confirmation.objects.select_related("store").filter(pk=number).first()
        if confirmation is None:
            raise NotConfirmable("unknown")
        signups = list(_of(confirmation).waiting(now).exclude(email="").select_related("form").order_by("pk"))
        if not signups:
            raise NotConfirmable(_what_became(confirmation))
        language = language_at(signups[0].email)
    return Asked(confirmation.store, confirmation, signups, language)


def confirm(asked: Asked, *, shown: str, sender: Sender, now: datetime) -> list[Signup]:
    """Make true what waits for the address, exactly as it was shown; return it. A second press finds nothing and changes nothing.

    shown: the marks of the page that was pressed.
    """
    with store_context(asked.store.pk), transaction.atomic():
        lock_address(asked.confirmation.address_digest, store_id=asked.store.pk)
        rows = _of(asked.confirmation).waiting(now).exclude(email="")
        waiting = rows.select_for_update(of=("self",)).select_related("form__topic").order_by("pk")
        signups = [signup for signup in waiting if _mark(signup) in shown.split()]
        for signup in signups:
            customer = join(signup, method=DOUBLE, sender=sender, now=now)
            vouch(customer.pk, [("email", email_key(signup.email)), ("anonymous", signup.anonymous_id)])
    return signups


def refuse(asked: Asked, *, now: datetime) -> int:
    """Take back what waits for the address, because its owner did not ask for it, and leave them alone for a while."""
    with store_context(asked.store.pk), transaction.atomic():
        lock_address(asked.confirmation.address_digest, store_id=asked.store.pk)
        Confirmation.objects.filter(pk=asked.confirmation.pk).update(silent_until=now + rules.SILENT_FOR)
        return int(_of(asked.confirmation).waiting(now).update(state=Signup.State.REFUSED))


def digest_of(email: str, phone: str) -> str:
    """Return the digest an address is recognised by: of the e-mail address, else of the number."""
    return address_digest(email or phone)


def _mark(signup: Signup) -> str:
    """Return what recognises a sign-up with everything in it that a yes would make true."""
    said = [signup.email, signup.phone, signup.anonymous_id, signup.text_version, signup.consent_text, signup.answers]
    digest = hashlib.blake2b(json.dumps(said, sort_keys=True).encode(), digest_size=12).hexdigest()
    return f"{signup.pk}:{digest}"


def _of(confirmation: Confirmation):  # type: ignore[no-untyped-def]
    return Signup.objects.filter(address_digest=confirmation.address_digest)


def _what_became(confirmation: Confirmation) -> str:
    last = _of(confirmation).order_by("-pk").values_list("state", flat=True).first()
    return {Signup.State.CONFIRMED: "done", Signup.State.REFUSED: "refused"}.get(last, "expired")
