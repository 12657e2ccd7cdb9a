"""What people tell about themselves: traits become fields, the later word wins field by field, however late it arrives.

An address or a phone number is changed only on the shop's own word; a browser may fill it in where there is none (S8, S9).
"""

import re
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from retention.customers.attributes import LONGEST, Value, write_attributes
from retention.customers.birthdays import read_birthday
from retention.customers.identifying import email_key
from retention.customers.models import Customer
from retention.customers.phones import read_phone
from retention.stores.models import Store
from retention.tenancy.bulk import update_rows
from retention.tenancy.context import require_store_id

MOST_ATTRIBUTES = 100
_TEXTS = {
    "firstName": "first_name", "first_name": "first_name", "lastName": "last_name", "last_name": "last_name", "gender": "gender",
    "city": "city", "region": "region", "state": "region", "postcode": "postcode", "postalCode": "postcode", "zip": "postcode",
    "country": "country", "language": "language", "locale": "language", "phone": "phone",
    "timezone": "zone", "zone": "zone", "birthday": "birthday", "interests": "interests", "email": "email",
}  # fmt: skip
_OF_ADDRESS = ("city", "country", "region", "state", "postcode", "postalCode", "zip")
_NOT_ATTRIBUTES = frozenset({"consent", "address", "name", "id", "anonymousId", "userId", "groupId"})
_FIELDS = [
    *(name for name in dict.fromkeys(_TEXTS.values()) if name != "birthday"),
    *("birth_year", "birth_md", "name_key", "last_name_key", "email_key", "attributes", "learnt_at"),
]


@dataclass(frozen=True)
class Told:
    """What one event says about one customer."""

    customer_id: int
    traits: dict[str, Any]
    told_at: datetime
    trusted: bool


def apply_traits(told: Sequence[Told]) -> None:
    """Write what was told into the customers' fields, in a few statements; call it inside a transaction, after `identify`."""
    told = [one for one in told if one.traits]
    if not told:
        return
    customers = Customer.objects.select_for_update().order_by("pk").in_bulk({one.customer_id for one in told})
    taken = _taken_addresses(told)
    country = _country() if any("phone" in one.traits for one in told) else ""
    before = {customer_id: dict(customer.attributes) for customer_id, customer in customers.items()}
    changed = sorted({one.customer_id for one in told if _apply(customers[one.customer_id], one, taken=taken, country=country)})
    for customer_id in changed:
        customers[customer_id].fold_names()
    update_rows([customers[customer_id] for customer_id in changed], _FIELDS)
    write_attributes({customer_id: _differing(before[customer_id], customers[customer_id].attributes) for customer_id in changed})


def _differing(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in after.items() if key not in before or before[key] != value}


def is_reserved(name: str) -> bool:
    """Say whether a trait of this name is read as a field (or not at all), so that no custom attribute can be called so."""
    return name in _TEXTS or name in _NOT_ATTRIBUTES


def _country() -> str:
    """Return the active store's country, for which a national number is meant."""
    return str(Store.objects.values_list("country", flat=True).get(pk=require_store_id()))


def _taken_addresses(told: Sequence[Told]) -> dict[str, int]:
    wanted = {key for one in told if (key := email_key(str(one.traits.get("email") or "")))}
    return dict(Customer.objects.filter(email_key__in=wanted).values_list("email_key", "pk"))


def _apply(customer: Customer, one: Told, *, taken: dict[str, int], country: str) -> bool:
    """Apply one event's words to a customer in memory and return whether anything changed."""
    moment = one.told_at.isoformat()
    changed = False
    for name, value in _read(one.traits, country=country).items():
        is_address = name == "email"
        if not (_address_fits(customer, value, one=one, taken=taken) if is_address else moment >= customer.learnt_at.get(name, "")):
            continue
        if name == "phone" and customer.phone and not one.trusted:
            continue
        if is_address:
            customer.email, customer.email_key = value, email_key(value)
            taken[email_key(value)] = customer.pk
        elif name.startswith("attributes."):
            customer.attributes[name.removeprefix("attributes.")] = value
        elif name == "birthday":
            customer.birth_year, customer.birth_md = value
        else:
            setattr(customer, name, value)
        customer.learnt_at[name] = moment
        changed = True
    return changed


def _address_fits(customer: Customer, address: str, *, one: Told, taken: dict[str, int]) -> bool:
    if taken.get(email_key(address), customer.pk) != customer.pk:
        return False
    if not customer.email_key:
        return True
    return one.trusted and one.told_at.isoformat() >= customer.learnt_at.get("email", "")


def _read(traits: dict[str, Any], *, country: str) -> dict[str, Any]:
    """Return fields and `attributes.*` with values that fit; what does not fit is left out."""
    address = traits.get("address")
    flat = ({key: address.get(key) for key in _OF_ADDRESS} if isinstance(address, dict) else {}) | traits
    if isinstance(traits.get("name"), str) and not (traits.get("firstName") or traits.get("first_name")):
        flat["firstName"], _space, flat["lastName"] = traits["name"].strip().partition(" ")
    found: dict[str, Any] = {}
    for key, value in flat.items():
        field = _TEXTS.get(key)
        fitting = _fitting(field, value, country=country) if field else None
        if field and fitting:
            found[field] = fitting
        elif field is None and key not in _NOT_ATTRIBUTES and len(found) < MOST_ATTRIBUTES:
            attribute = _attribute(value)
            if attribute is not None:
                found[f"attributes.{key[:80]}"] = attribute
    return found


def _attribute(value: Any) -> Value | None:
    """Return a custom attribute's value as it is kept: a text, a number, yes or no, or a list of texts."""
    if isinstance(value, str):
        return value[:LONGEST]
    if isinstance(value, list):
        return [word.strip()[:LONGEST] for word in value if isinstance(word, str) and word.strip()][:50] or None
    return value if isinstance(value, int | float) else None


def _fitting(field: str, value: Any, *, country: str) -> Any:
    """Return the value as the column takes it, or None."""
    if field == "interests":
        words = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        return [word.strip()[:80] for word in words if isinstance(word, str) and word.strip()][:50] or None
    if not isinstance(value, str):
        return None
    text = value.strip()
    if field == "email":
        return text if email_key(text) else None
    if field == "phone":
        return read_phone(text, country=country) or None
    if field == "birthday":
        return read_birthday(text)
    if field == "zone":
        return text if text in zoneinfo.available_timezones() else None
    if field == "country":
        return text.upper() if re.fullmatch(r"[A-Za-z]{2}", text) else None
    longest = getattr(Customer._meta.get_field(field), "max_length", None) or 100
    return text[:longest] or None
