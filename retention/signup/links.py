"""The links of this room: to say the second yes, to one's preferences, to a new address. Each is bound to its purpose and store (S35).

`preferences_url` is for whoever writes to a person: every mail's foot may lead there.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from retention.kit.secrets import BadLink, open_link, sign_link
from retention.signup.models import SignupForm

CONFIRM, PREFERENCES, NEW_ADDRESS = "signup", "preferences", "new-address"
PREFERENCES_DAYS = 3650


@dataclass(frozen=True)
class AddressMove:
    """A person who wants to be written to elsewhere: who, and the address they had and want."""

    store_id: int
    public_id: UUID
    old: str
    new: str


def form_url(form: SignupForm) -> str:
    """Return the address of a form's own page."""
    return f"{settings.SITE_URL}{reverse('signup:hosted', args=[form.public_id])}"


def confirm_url(confirmation_id: int, *, store_id: int, expires_at: datetime) -> str:
    """Return the address of the page where a person says the second yes."""
    token = sign_link(str(confirmation_id), store_id=store_id, purpose=CONFIRM, expires_at=expires_at)
    return f"{settings.SITE_URL}{reverse('signup:confirm', args=[token])}"


def read_confirm(token: str, *, now: datetime) -> tuple[int, int]:
    """Return the store and the confirmation of a link; raises BadLink."""
    link = open_link(token, purpose=CONFIRM, now=now)
    if not link.subject.isdigit():
        raise BadLink("malformed")
    return link.store_id, int(link.subject)


def preferences_url(public_id: UUID, *, store_id: int, planned_at: datetime) -> str:
    """Return the address of one person's preferences; the same again for a repeated build of the same mail."""
    expires_at = planned_at + timedelta(days=PREFERENCES_DAYS)
    token = sign_link(public_id.hex, store_id=store_id, purpose=PREFERENCES, expires_at=expires_at)
    return f"{settings.SITE_URL}{reverse('signup:preferences', args=[token])}"


def read_preferences(token: str, *, now: datetime) -> tuple[int, UUID]:
    """Return the store and the person's public id; raises BadLink."""
    link = open_link(token, purpose=PREFERENCES, now=now)
    return link.store_id, _id_in(link.subject)


def new_address_url(move: AddressMove, *, expires_at: datetime) -> str:
    """Return the address of the page where a person proves that the new address is theirs."""
    subject = f"{move.public_id.hex} {move.old} {move.new}"
    token = sign_link(subject, store_id=move.store_id, purpose=NEW_ADDRESS, expires_at=expires_at)
    return f"{settings.SITE_URL}{reverse('signup:new_address', args=[token])}"


def read_new_address(token: str, *, now: datetime) -> AddressMove:
    """Return who wants which address; raises BadLink."""
    link = open_link(token, purpose=NEW_ADDRESS, now=now)
    parts = link.subject.split(" ")
    if len(parts) != 3:
        raise BadLink("malformed")
    return AddressMove(link.store_id, _id_in(parts[0]), parts[1], parts[2])


def _id_in(text: str) -> UUID:
    try:
        return UUID(hex=text)
    except ValueError:
        raise BadLink("malformed") from None
