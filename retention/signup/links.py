"""The links of this room: to say the second yes, to one's preferences, to a new address. Each is bound to its purpose and store (S35).

`preferences_url` is for whoever writes to a person: every mail's foot may lead there. It is good for as long as they are written to at the
address it was made for, so that nobody keeps a key to a person who moved, or turned out to be somebody else.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from retention.customers.consent import address_digest
from retention.customers.models import Customer
from retention.dashboard.addresses import page_address
from retention.kit.secrets import BadLink, open_link, sign_link
from retention.signup.models import SignupForm

CONFIRM, PREFERENCES, NEW_ADDRESS = "signup", "preferences", "new-address"
PREFERENCES_DAYS = 3650
_DIGEST = 16  # characters of the address's keyed digest in a link: it only has to differ for another address


@dataclass(frozen=True)
class AddressMove:
    """A person who wants to be written to elsewhere: who, and the address they had and want.

    leaving: the link went to the old address, which is asked first; else it went to the new one.
    """

    store_id: int
    public_id: UUID
    old: str
    new: str
    leaving: bool = False


def form_url(form: SignupForm) -> str:
    """Return the address of a form's own page."""
    return page_address("signup:hosted", form.public_id)


def confirm_url(confirmation_id: int, *, store_id: int, expires_at: datetime) -> str:
    """Return the address of the page where a person says the second yes."""
    token = sign_link(str(confirmation_id), store_id=store_id, purpose=CONFIRM, expires_at=expires_at)
    return page_address("signup:confirm", token)


def read_confirm(token: str, *, now: datetime) -> tuple[int, int]:
    """Return the store and the confirmation of a link; raises BadLink."""
    link = open_link(token, purpose=CONFIRM, now=now)
    if not link.subject.isdigit():
        raise BadLink("malformed")
    return link.store_id, int(link.subject)


def address_mark(customer: Customer) -> str:
    """Return what recognises, in a personal link, the address a person is written to at."""
    return address_digest(customer.email)[:_DIGEST]


def preferences_url(customer: Customer, *, store_id: int, planned_at: datetime, site: str = "") -> str:
    """Return the address of one person's preferences; the same again for a repeated build of the same mail.

    site: what it begins with where the shop has a host of its own, else it is ours.
    """
    expires_at = planned_at + timedelta(days=PREFERENCES_DAYS)
    subject = f"{customer.public_id.hex} {address_mark(customer)}"
    token = sign_link(subject, store_id=store_id, purpose=PREFERENCES, expires_at=expires_at)
    return page_address("signup:preferences", token, site=site)


def read_preferences(token: str, *, now: datetime) -> tuple[int, UUID, str]:
    """Return the store, the person's public id and the mark of the address it was made for; raises BadLink."""
    link = open_link(token, purpose=PREFERENCES, now=now)
    public_id, _space, mark = link.subject.partition(" ")
    return link.store_id, _id_in(public_id), mark


def new_address_url(move: AddressMove, *, expires_at: datetime) -> str:
    """Return the address of the page where a person proves that the old, or the new, address is theirs."""
    subject = f"{move.public_id.hex} {move.old} {move.new} {'old' if move.leaving else 'new'}"
    token = sign_link(subject, store_id=move.store_id, purpose=NEW_ADDRESS, expires_at=expires_at)
    return page_address("signup:new_address", token)


def read_new_address(token: str, *, now: datetime) -> AddressMove:
    """Return who wants which address; raises BadLink."""
    link = open_link(token, purpose=NEW_ADDRESS, now=now)
    parts = link.subject.split(" ")
    if len(parts) != 4:
        raise BadLink("malformed")
    return AddressMove(link.store_id, _id_in(parts[0]), parts[1], parts[2], leaving=parts[3] == "old")


def _id_in(text: str) -> UUID:
    try:
        return UUID(hex=text)
    except ValueError:
        raise BadLink("malformed") from None
