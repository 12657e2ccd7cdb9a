"""Asking somebody to work in a store: the mail, the link, and what becomes of it (S7).

The link is good for one hour and one person. It holds the store and a random token, sealed; the database keeps only the token's digest.
Real time throughout, because the demo's fast clock must not let a link run out in a second.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from retention.dashboard.access import allows
from retention.kit.locks import transaction_lock
from retention.kit.secrets import BadLink, open_link, sign_link
from retention.notices.owing import owe_page
from retention.stores.limits import Limit, spend_or_local
from retention.stores.models import Invitation, Membership, Store
from retention.stores.models.invitation import digest_of
from retention.stores.team import may_give
from retention.tenancy.context import store_context

_PURPOSE = "invitation"
MOST_OPEN = 50
BY_PERSON = Limit("inviting", 20, 86_400)
TO_ADDRESS = Limit("invited", 3, 86_400)  # whichever stores ask: nobody's mailbox is filled with our mail


class NotAcceptable(Exception):
    """The invitation cannot be accepted. reason: unknown, used, withdrawn, expired, other_address."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class AlreadyHere(Exception):
    """The person works in the store already."""


class TooManyOpen(Exception):
    """The store has too many invitations that nobody answered."""


class TooOften(Exception):
    """The person invited too many, or the address was invited too often, within a day."""


@dataclass(frozen=True)
class Asked:
    """An invitation as its link opens it."""

    store: Store
    invitation: Invitation

    @property
    def role(self) -> str:
        """Return the role's name."""
        return str(self.invitation.get_role_display())


def spend_mail(email: str, *, by: int) -> None:
    """Take one of the day's mails that a person may cause and an address may get. by: the inviter's row. Raises TooOften."""
    address = hashlib.sha256(email.strip().lower().encode()).hexdigest()
    if not (spend_or_local(BY_PERSON, who=str(by)).allowed and spend_or_local(TO_ADDRESS, who=address).allowed):
        raise TooOften


def invite(store: Store, *, email: str, role: str, invited_by: Any, now: datetime) -> Invitation:
    """Invite an address; an open invitation to the same address is replaced. Raises AlreadyHere or TooManyOpen."""
    email = email.strip().lower()
    with transaction.atomic():
        transaction_lock("invitations", store_id=store.pk)
        if Membership.objects.filter(user__email=email).exists():
            raise AlreadyHere
        waiting = Invitation.objects.open(now)
        waiting.filter(email=email).update(withdrawn_at=now)
        if waiting.count() >= MOST_OPEN:
            raise TooManyOpen
        invitation, token = Invitation.prepare(email=email, role=role, invited_by=invited_by, now=now)
        invitation.save()
        _owe_mail(store, invitation, token)
    return invitation


def withdraw(invitation_id: int, *, now: datetime) -> Invitation:
    """Take an open invitation back. Raises Invitation.DoesNotExist."""
    with transaction.atomic():
        invitation: Invitation = Invitation.objects.open(now).select_for_update().get(pk=invitation_id)
        invitation.withdrawn_at = now
        invitation.save(update_fields=["withdrawn_at"])
    return invitation


def read_link(link: str, *, now: datetime) -> Asked:
    """Return what a link asks for; raises NotAcceptable with the reason. Changes nothing."""
    try:
        opened = open_link(link, purpose=_PURPOSE, now=now)
    except BadLink as error:
        raise NotAcceptable("expired" if error.reason == "expired" else "unknown") from error
    with store_context(opened.store_id):
        invitation = Invitation.objects.filter(digest=digest_of(opened.subject)).select_related("store", "invited_by").first()
        if invitation is None:
            raise NotAcceptable("unknown")
        _refuse_unless_open(invitation, now=now)
    return Asked(invitation.store, invitation)


def accept(asked: Asked, *, user: Any, now: datetime) -> Membership:
    """Make the person a member, once; one who works there already keeps the role. Raises NotAcceptable.

    Runs in a transaction of its own, inside the store's context.
    """
    with store_context(asked.store.pk), transaction.atomic():
        invitation = Invitation.objects.select_for_update().get(pk=asked.invitation.pk)
        _refuse_unless_open(invitation, now=now)
        if not owns_address(user, invitation.email):
            raise NotAcceptable("other_address")
        invitation.accepted_at = now
        invitation.save(update_fields=["accepted_at"])
        membership, _made = Membership.objects.get_or_create(store=asked.store, user=user, defaults={"role": invitation.role})
    return membership


def owns_address(user: Any, email: str) -> bool:
    """Say whether the person proved that this address is theirs."""
    return bool(EmailAddress.objects.filter(user_id=user.pk, email__iexact=email, verified=True).exists())


def _refuse_unless_open(invitation: Invitation, *, now: datetime) -> None:
    if invitation.accepted_at is not None:
        raise NotAcceptable("used")
    if invitation.withdrawn_at is not None:
        raise NotAcceptable("withdrawn")
    if now >= invitation.expires_at:
        raise NotAcceptable("expired")
    if not _still_stands(invitation):
        raise NotAcceptable("withdrawn")


def _still_stands(invitation: Invitation) -> bool:
    """Say whether who invited may still give this role; what somebody sent before they had to go is void."""
    if invitation.invited_by_id is None:
        return True
    role = Membership.objects.filter(user_id=invitation.invited_by_id).values_list("role", flat=True).first()
    return allows(role, capability="team.edit") and may_give(invitation.role, actor_role=role or "")


def _owe_mail(store: Store, invitation: Invitation, token: str) -> None:
    link = sign_link(token, store_id=store.pk, purpose=_PURPOSE, expires_at=invitation.expires_at)
    words = {
        "store": store.name,
        "role": invitation.get_role_display(),
        "by": str(invitation.invited_by or store.name),
        "url": f"{settings.SITE_URL}{reverse('stores:join', args=[link])}",
    }
    subject = _("%(by)s asks you to join %(store)s") % words
    owe_page(
        "invitation",
        to=invitation.email,
        subject=subject,
        template="invitation",
        words=words,
        key=f"invitation:{invitation.digest}",
        may_repeat=True,
    )
