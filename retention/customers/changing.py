"""Changing one customer by hand or by the API: what is named changes, what is null is cleared, the rest stays.

The word of the shop itself: it wins over what was told before, and is told later by nobody but a later word.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from retention.customers.announcing import UPDATED, announce_customers
from retention.customers.attributes import write_attributes
from retention.customers.birthdays import read_birthday
from retention.customers.events import record
from retention.customers.identifying import email_key
from retention.customers.models import AttributeValue, Customer, Identity
from retention.customers.saving import SAVED
from retention.kit.locks import transaction_lock
from retention.tenancy.context import require_store_id

TEXTS = ("phone", "first_name", "last_name", "gender", "language", "zone", "city", "region", "postcode", "country")


class AddressTaken(Exception):
    """Another customer of the store has this e-mail address; changing is no way to merge people."""


class ShopIdTaken(Exception):
    """Another customer of the store has this id of the shop."""


def change_customer(customer_id: int, changes: Mapping[str, Any], *, now: datetime) -> Customer:
    """Change one customer of the active store and return them. Call it inside a transaction.

    changes: checked values by field; None clears. email: an address or None. attributes: values by key, None removes one.
    Raises Customer.DoesNotExist, AddressTaken and ShopIdTaken.
    """
    transaction_lock("customers", store_id=require_store_id())
    customer: Customer = Customer.objects.select_for_update().get(pk=customer_id)
    if "email" in changes:
        _change_email(customer, changes["email"], now=now)
    if changes.get("external_id"):
        _add_shop_id(customer, changes["external_id"], now=now)
    for name in (name for name in TEXTS if name in changes):
        setattr(customer, name, changes[name] or "")
    if "interests" in changes:
        customer.interests = list(changes["interests"] or [])
    if "birthday" in changes:
        customer.birth_year, customer.birth_md = (read_birthday(changes["birthday"] or "") or (None, None))[:2]
    _change_attributes(customer, changes.get("attributes") or {})
    _note(customer, changes, now=now)
    customer.save()
    announce_customers(UPDATED, [customer.pk], now=now)
    return customer


def _change_email(customer: Customer, address: str | None, *, now: datetime) -> None:
    key = email_key(address or "")
    if key and Customer.objects.filter(email_key=key).exclude(pk=customer.pk).exists():
        raise AddressTaken
    if key and Identity.objects.filter(kind="email", value=key).exclude(customer=customer).exists():
        raise AddressTaken
    Identity.objects.filter(customer=customer, kind="email").exclude(value=key).delete()
    if key:
        Identity.objects.get_or_create(kind="email", value=key, defaults={"customer": customer, "created_at": now})
    customer.email, customer.email_key = (address or "").strip(), key or None


def _add_shop_id(customer: Customer, shop_id: str, *, now: datetime) -> None:
    identity, _made = Identity.objects.get_or_create(kind="external", value=shop_id, defaults={"customer": customer, "created_at": now})
    if identity.customer_id != customer.pk:
        raise ShopIdTaken


def _change_attributes(customer: Customer, attributes: Mapping[str, Any]) -> None:
    wanted = {key: value for key, value in attributes.items() if value is not None}
    gone = [key for key, value in attributes.items() if value is None]
    customer.attributes = {key: value for key, value in (customer.attributes | wanted).items() if key not in gone}
    if gone:
        AttributeValue.objects.filter(customer=customer, attribute__key__in=gone).delete()
    if wanted:
        write_attributes({customer.pk: wanted})


def _note(customer: Customer, changes: Mapping[str, Any], *, now: datetime) -> None:
    """Remember when each field was told, keep the folded names, and write the event that says which fields changed."""
    names = [name for name in changes if name not in {"attributes", "external_id"}]
    names += [f"attributes.{key}" for key in changes.get("attributes") or {}]
    customer.learnt_at = customer.learnt_at | dict.fromkeys(names, now.isoformat())
    customer.fold_texts()
    record(customer.pk, name=SAVED, now=now, properties={"fields": sorted(changes)})
