"""Making or changing a customer by hand or through the API, by the same rules as events of the shop's server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from retention.customers.announcing import CREATED, UPDATED, announce_customers
from retention.customers.consent import Said, record_consents
from retention.customers.events import record
from retention.customers.identifying import Claim, identify
from retention.customers.models import Customer
from retention.customers.profile import Told, apply_traits

SAVED = "Customer Saved"


@dataclass(frozen=True)
class Wish:
    """What somebody wants to be known about a person. traits: fields by name, as `profile.py` reads them."""

    email: str
    external_id: str = ""
    traits: Mapping[str, Any] = field(default_factory=dict)
    consents: Sequence[Mapping[str, str]] = ()


def save_customer(wish: Wish, *, now: datetime) -> tuple[Customer, bool]:
    """Make the customer with this address, or change the one there is; return them and whether they are new.

    Call it inside a transaction, in the store's context.
    """
    (customer_id,) = identify([Claim(external=wish.external_id, email=wish.email, trusted=True, at=now)], now=now)
    named = {"email": wish.email} if wish.email else {}
    apply_traits([Told(customer_id, dict(wish.traits) | named, told_at=now, trusted=True)])
    record_consents(
        [
            Said(
                customer_id,
                one["channel"],
                one["status"],
                now,
                method=one.get("method", "") or "api",
                source=one.get("source", ""),
                text_version=one.get("text_version", ""),
            )
            for one in wish.consents
        ],
        now=now,
    )
    record(customer_id, name=SAVED, now=now, properties={"fields": sorted({*named, *wish.traits})})
    customer = Customer.objects.get(pk=customer_id)
    made = customer.created_at == now
    announce_customers(CREATED if made else UPDATED, [customer_id], now=now)
    return customer, made
