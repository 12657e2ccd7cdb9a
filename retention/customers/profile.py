"""What people tell about themselves: traits become fields, the later word wins field by field, however late it arrives.

An address or a phone number is changed only on the shop's own word; a browser may fill it in where there is none (S8, S9). What the
shop's server or the person themselves said of any field is never replaced by the word of somebody who only holds the public key.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from retention.customers.attributes import LONGEST, Value, keys_for_browsers, write_attributes
from retention.customers.birthdays import read_birthday
from retention.customers.changes import of_attribute, of_field
from retention.customers.identifying import email_key
from retention.customers.models import FOLDED_COPIES, Customer, Identity
from retention.customers.phones import read_phone
from retention.kit.zones import ZONES
from retention.stores.models import Store
from retention.tenancy.bulk import update_rows
from retention.tenancy.context import require_store_id

MOST_ATTRIBUTES = 100  # of one event
MOST_OF_PERSON, LARGEST_OF_PERSON = 300, 64 * 1024  # custom attributes one person has, and the characters of them all as JSON
_TEXTS = {
    "firstName": "first_name", "first_name": "first_name", "lastName": "last_name", "last_name": "last_name", "gender": "gender",
    "city": "city", "region": "region", "state": "region", "postcode": "postcode", "postalCode": "postcode", "zip": "postcode",
    "country": "country", "language": "language", "locale": "language", "phone": "phone",
    "timezone": "zone", "zone": "zone", "birthday": "birthday", "interests": "interests", "email": "email",
}  # fmt: skip
_OF_ADDRESS = ("city", "country", "region", "state", "postcode", "postalCode", "zip")
_NOT_ATTRIBUTES = frozenset({"consent", "address", "name", "id", "anonymousId", "userId", "groupId"})
_FOLDED = frozenset({"first_name", "last_name", "gender", "language", "city", "region", "postcode", "interests"})
_SEVERAL = {"email": ("email", "email_key"), "birthday": ("birth_year", "birth_md")}  # fields that are more than one column


@dataclass(frozen=True)
class Told:
    """What one event says about one customer.

    trusted: the shop's server said it. public: anybody who has the shop's page could have; neither: the person themselves did.
    """

    customer_id: int
    traits: dict[str, Any]
    told_at: datetime
    trusted: bool
    public: bool = False


@dataclass
class _Rules:
    """What the active store allows at this moment: who has which address, its country, and which attributes a browser may write."""

    taken: dict[str, int]
    named: dict[str, int]
    country: str
    keys: frozenset[str]
    sizes: dict[int, int] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)  # the fields that change of somebody


def apply_traits(told: Sequence[Told]) -> dict[int, set[str]]:
    """Write what was told into the customers' fields, in a few statements; call it inside a transaction, after `identify`.

    Return what changed of whom, in the words of `changes.py`.
    """
    told = [one for one in told if one.traits]
    if not told:
        return {}
    customers = Customer.objects.select_for_update().order_by("pk").in_bulk({one.customer_id for one in told})
    country = _country() if any("phone" in one.traits for one in told) else ""
    words = [(one, _read(one.traits, country=country)) for one in told]
    rules = _Rules(*_addresses(told), country, _keys_of_browsers(words))
    before = {customer_id: dict(customer.attributes) for customer_id, customer in customers.items()}
    changed: dict[int, set[str]] = {}
    for one, said in words:
        if names := _apply(customers[one.customer_id], one, said, rules=rules):
            changed.setdefault(one.customer_id, set()).update(names)
    columns = {"learnt_at", *(column for name in rules.written for column in _SEVERAL.get(name, (name,)))}
    if rules.written & _FOLDED:
        columns |= set(FOLDED_COPIES)
        for customer_id in changed:
            customers[customer_id].fold_texts()
    update_rows([customers[customer_id] for customer_id in sorted(changed)], sorted(columns))
    write_attributes({customer_id: _differing(before[customer_id], customers[customer_id].attributes) for customer_id in sorted(changed)})
    return changed


def _differing(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in after.items() if key not in before or before[key] != value}


def is_reserved(name: str) -> bool:
    """Say whether a trait of this name is read as a field (or not at all), so that no custom attribute can be called so."""
    return name in _TEXTS or name in _NOT_ATTRIBUTES


def _country() -> str:
    """Return the active store's country, for which a national number is meant."""
    return str(Store.objects.values_list("country", flat=True).get(pk=require_store_id()))


def _addresses(told: Sequence[Told]) -> tuple[dict[str, int], dict[str, int]]:
    """Return who is written to at each address that was told, and whom each names."""
    wanted = {key for one in told if (key := email_key(str(one.traits.get("email") or "")))}
    if not wanted:
        return {}, {}
    taken = dict(Customer.objects.filter(email_key__in=wanted).values_list("email_key", "pk"))
    return taken, dict(Identity.objects.filter(kind="email", value__in=wanted).values_list("value", "customer_id"))


def _keys_of_browsers(words: Sequence[tuple[Told, dict[str, Any]]]) -> frozenset[str]:
    prefix = "attributes."
    return keys_for_browsers({name.removeprefix(prefix) for one, said in words if one.public for name in said if name.startswith(prefix)})


def _apply(customer: Customer, one: Told, said: dict[str, Any], *, rules: _Rules) -> set[str]:
    """Apply one event's words to a customer in memory and return what changed."""
    moment = one.told_at.isoformat()
    changed: set[str] = set()
    for name, value in said.items():
        if not _may_say(customer, name, value, one=one, rules=rules):
            continue
        if name == "email":
            customer.email, customer.email_key = value, email_key(value)
            rules.taken[email_key(value)] = customer.pk
        elif name.startswith("attributes."):
            customer.attributes[name.removeprefix("attributes.")] = value
        elif name == "birthday":
            customer.birth_year, customer.birth_md = value
        else:
            setattr(customer, name, value)
        customer.learnt_at.pop(_publicly(name), None)
        customer.learnt_at[_publicly(name) if one.public else name] = moment
        key = name.removeprefix("attributes.")
        changed.add(of_field(name) if key == name else of_attribute(key))
        rules.written.add(name if key == name else "attributes")
    return changed


def _may_say(customer: Customer, name: str, value: Any, *, one: Told, rules: _Rules) -> bool:
    """Say whether this word counts beside what is known of the field already."""
    moment = one.told_at.isoformat()
    if name == "email":
        return _address_fits(customer, value, one=one, rules=rules)
    if name == "phone" and customer.phone and not one.trusted:
        return False
    if name.startswith("attributes.") and not _attribute_fits(customer, name.removeprefix("attributes."), value, one=one, rules=rules):
        return False
    if not one.public:
        return bool(moment >= customer.learnt_at.get(name, ""))
    if is_public_word(customer, name):
        return bool(moment >= customer.learnt_at[_publicly(name)])
    return bool(not _is_filled(customer, name) and moment >= customer.learnt_at.get(name, ""))


def is_public_word(customer: Customer, name: str) -> bool:
    """Say whether what we know of this field was said by somebody who only holds the public key."""
    return name not in customer.learnt_at and _publicly(name) in customer.learnt_at


def _publicly(name: str) -> str:
    """Return under which name the moment of a public word is kept: it never stands in the way of the shop's own word."""
    return f"~{name}"


def _is_filled(customer: Customer, name: str) -> bool:
    if name.startswith("attributes."):
        return name.removeprefix("attributes.") in customer.attributes
    return bool(customer.birth_md or customer.birth_year) if name == "birthday" else bool(getattr(customer, name))


def _address_fits(customer: Customer, address: str, *, one: Told, rules: _Rules) -> bool:
    key = email_key(address)
    if rules.taken.get(key, customer.pk) != customer.pk:
        return False
    if one.public and rules.named.get(key) != customer.pk:
        return False  # `identify` did not give it to them
    if not customer.email_key:
        return True
    return one.trusted and one.told_at.isoformat() >= customer.learnt_at.get("email", "")


def _attribute_fits(customer: Customer, key: str, value: Value, *, one: Told, rules: _Rules) -> bool:
    """Say whether there is room for the attribute; counts it in."""
    if one.public and key not in rules.keys:
        return False
    if key not in customer.attributes and len(customer.attributes) >= MOST_OF_PERSON:
        return False
    size = rules.sizes.setdefault(customer.pk, len(json.dumps(customer.attributes)))
    grown = size + len(json.dumps(value)) - len(json.dumps(customer.attributes.get(key, ""))) + len(key)
    if grown > max(size, LARGEST_OF_PERSON):
        return False
    rules.sizes[customer.pk] = grown
    return True


def split_name(whole: str) -> tuple[str, str]:
    """Return a whole name as the first word and the rest; the rest is empty for a single word."""
    first, _space, rest = whole.strip().partition(" ")
    return first, rest.strip()


def _read(traits: dict[str, Any], *, country: str) -> dict[str, Any]:
    """Return fields and `attributes.*` with values that fit; what does not fit is left out."""
    address = traits.get("address")
    flat = ({key: address.get(key) for key in _OF_ADDRESS} if isinstance(address, dict) else {}) | traits
    if isinstance(traits.get("name"), str) and not (traits.get("firstName") or traits.get("first_name")):
        flat["firstName"], flat["lastName"] = split_name(traits["name"])
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
        return text if text in ZONES else None
    if field == "country":
        return text.upper() if re.fullmatch(r"[A-Za-z]{2}", text) else None
    longest = getattr(Customer._meta.get_field(field), "max_length", None) or 100
    return text[:longest] or None
