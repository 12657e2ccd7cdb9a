"""Changing one customer by hand: fields are set or emptied, names are folded, the address stays one person's, the timeline says so."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from retention.customers.announcing import UPDATED, announce_customers
from retention.customers.birthdays import read_birthday
from retention.customers.events import record
from retention.customers.identifying import email_key
from retention.customers.models import Customer, Identity
from retention.customers.saving import SAVED

EDITED = (
    *("email", "phone", "first_name", "last_name", "gender", "birthday", "language", "zone", "city", "region", "postcode", "country"),
    "interests",
)


class AddressTaken(Exception):
    """Another customer of the store has this e-mail address."""

    def __init__(self, other: Customer) -> None:
        super().__init__("The address belongs to another customer.")
        self.other = other


def value_of(customer: Customer, name: str) -> Any:
    """Return a field as the form shows it: the birthday as text, interests as one line."""
    return ", ".join(customer.interests) if name == "interests" else getattr(customer, name)


def edit_customer(customer: Customer, values: Mapping[str, Any], *, now: datetime) -> list[str]:
    """Set what differs and return the names of the changed fields; call it inside a transaction.

    values: of EDITED, checked by the form; interests as a list, the birthday as text. An empty value empties the field. What a shop says
    later about a field counts again. Raises AddressTaken.
    """
    kept = Customer.objects.select_for_update().get(pk=customer.pk)
    changed = [name for name in EDITED if name in values and values[name] != getattr(kept, name)]
    if not changed:
        return []
    if "email" in changed:
        _change_address(kept, values["email"])
    if "birthday" in changed:
        kept.birth_year, kept.birth_md = read_birthday(values["birthday"]) or (None, None)
    for name in changed:
        if name not in {"email", "birthday"}:
            setattr(kept, name, values[name])
        kept.learnt_at[name] = now.isoformat()
    kept.fold_texts()
    kept.save()
    record(kept.pk, name=SAVED, now=now, properties={"fields": sorted(changed), "by": "person"})
    announce_customers(UPDATED, [kept.pk], now=now)
    return sorted(changed)


def _change_address(customer: Customer, address: str) -> None:
    """Give a customer another address: the old one stays known as theirs, the new one must be nobody else's."""
    key = email_key(address)
    if key:
        other = Customer.objects.filter(email_key=key).exclude(pk=customer.pk).first()
        known = Identity.objects.select_related("customer").filter(kind=Identity.Kind.EMAIL, value=key).exclude(customer=customer).first()
        taken_by = other or (known.customer if known else None)
        if taken_by:
            raise AddressTaken(taken_by)
        Identity.objects.get_or_create(kind=Identity.Kind.EMAIL, value=key, defaults={"customer": customer})
    customer.email, customer.email_key = address, key or None
