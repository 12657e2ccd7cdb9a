"""Who is it? Names a storefront uses (its own id, an e-mail address, a browser's id) become customers, made or merged on the way.

Rules, in the order they are asked:
1. The shop's own id decides; else the e-mail address; else the browser.
2. A browser or an address that belonged to nobody known joins the person the event names; its history follows.
3. Two accounts of the shop (two own ids) are never joined here, and an address stays with the account that has it.
4. A browser stays with the first known person it was linked to: a shared computer does not join two people.
5. A browser's word never joins two people who are both known, gives nobody a second address, and gives no id of the shop to somebody
   known by address: otherwise a stranger could take a name that the shop's server will use tomorrow.
Runs in the caller's transaction, one store at a time (an advisory lock), in a handful of statements however many events there are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from retention.customers.addresses import is_address
from retention.customers.merging import merge
from retention.customers.models import Customer, Identity
from retention.customers.personal_data import Pair
from retention.kit.locks import transaction_lock
from retention.kit.words import fold
from retention.tenancy.context import require_store_id

Name = tuple[str, str]
_KNOWN = """
    WITH asked AS (SELECT * FROM unnest(%s::text[], %s::text[]) AS asked(kind, value)),
    met AS (
        SELECT customer_id FROM customers_identity AS identity JOIN asked USING (kind, value) WHERE identity.store_id = %s
        UNION SELECT id FROM customers_customer JOIN asked ON asked.kind = 'email' AND asked.value = email_key WHERE store_id = %s
    )
    SELECT identity.customer_id, identity.kind, identity.value FROM customers_identity AS identity JOIN met USING (customer_id)
    LEFT JOIN asked ON asked.kind = identity.kind AND asked.value = identity.value
    WHERE identity.store_id = %s AND (identity.kind <> 'anonymous' OR asked.kind IS NOT NULL)
    UNION SELECT customer.id, 'email', customer.email_key FROM customers_customer AS customer JOIN met ON met.customer_id = customer.id
    WHERE customer.store_id = %s AND customer.email_key IS NOT NULL
"""


@dataclass(frozen=True)
class Claim:
    """The names one event (or request) gives a person. trusted: it came from the shop's server."""

    external: str = ""
    email: str = ""
    anonymous: str = ""
    trusted: bool = False
    at: datetime | None = None

    def names(self) -> list[Name]:
        """Return the names that are there, strongest first."""
        pairs = (("external", self.external), ("email", email_key(self.email)), ("anonymous", self.anonymous))
        return [(kind, value) for kind, value in pairs if value]


@dataclass(eq=False)
class _Person:
    """A customer while names are sorted out; without an id it is about to be made."""

    id: int | None = None
    names: set[Name] = field(default_factory=set)
    fresh: list[Name] = field(default_factory=list)
    first_at: datetime | None = None
    joined: "_Person | None" = None
    rule: str = ""

    def end(self) -> "_Person":
        """Follow the chain of joins."""
        return self if self.joined is None else self.joined.end()

    def has(self, kind: str) -> bool:
        """Return whether the person has a name of this kind."""
        return any(known == kind for known, _value in self.names)

    @property
    def known(self) -> bool:
        """Return whether this is more than a browser."""
        return self.has("external") or self.has("email")


def email_key(address: str) -> str:
    """Return the folded address that is compared, or nothing for what cannot be an address."""
    folded = fold(address.strip())
    return folded if is_address(folded) else ""


def identify(claims: Sequence[Claim], *, now: datetime) -> list[int]:
    """Return the customer of each claim, in order; makes and merges customers as the rules say.

    claims: in the order they were lived; each has at least one name. Call it inside a transaction.
    """
    transaction_lock("customers", store_id=require_store_id())
    people = _load({name for claim in claims for name in claim.names()})
    found = [_resolve(people, claim, now=now) for claim in claims]
    _save((person.end() for person in found), now=now)
    losers = {person for person in people.values() if person.joined is not None and person.id is not None}
    merge(_pairs(losers), now=now, rules={_id_of(person): person.rule for person in losers})
    return [_id_of(person.end()) for person in found]


def _resolve(people: dict[Name, _Person], claim: Claim, *, now: datetime) -> _Person:
    names = claim.names()
    owners = {name: people[name].end() for name in names if name in people}
    person = next((owner for name, owner in owners.items() if _may_be(owner, claim, by=name)), None) or _Person()
    person.first_at = min(filter(None, (person.first_at, claim.at or now)))
    for name in names:
        owner = owners.get(name)
        owner = owner.end() if owner is not None else None
        if owner is None:
            if _may_have(person, claim, name=name):
                _give(people, person, name)
        elif owner is not person and _may_join(owner, person, claim, by=name):
            _join(owner, into=person, rule=name[0])
    return person


def _may_be(owner: _Person, claim: Claim, *, by: Name) -> bool:
    """Say whether the owner of this name can be the person the whole claim speaks of."""
    if by[0] == "external":
        return True
    if claim.external and owner.has("external") and ("external", claim.external) not in owner.names:
        return False
    address = ("email", email_key(claim.email))
    return by[0] == "email" or not (address[1] and owner.has("email") and address not in owner.names)


def _may_have(person: _Person, claim: Claim, *, name: Name) -> bool:
    """Say whether a person may get this new name: a browser's word gives no second address, and no shop's id to a known address."""
    if claim.trusted or name[0] == "anonymous":
        return True
    return not person.has("email") if name[0] == "email" else person.id is None or not person.has("email")


def _may_join(owner: _Person, person: _Person, claim: Claim, *, by: Name) -> bool:
    """Say whether the owner of a weaker name is the same person and joins."""
    if not owner.known:
        return True
    return claim.trusted and by[0] != "anonymous" and not owner.has("external")


def _give(people: dict[Name, _Person], person: _Person, name: Name) -> None:
    people[name] = person
    person.names.add(name)
    person.fresh.append(name)


def _join(loser: _Person, *, into: _Person, rule: str) -> None:
    loser.joined, loser.rule = into, rule
    into.names |= loser.names
    into.fresh += loser.fresh
    loser.fresh = []
    into.first_at = min(filter(None, (into.first_at, loser.first_at)), default=None)
    if into.id is None:  # keep the row that exists; the one about to be made is not needed
        into.id, loser.id = loser.id, None


def _load(names: Iterable[Name]) -> dict[Name, _Person]:
    """Return the people behind the names, with every name that tells who they are."""
    wanted = sorted(names)
    store_id = require_store_id()
    people: dict[int, _Person] = {}
    owners: dict[Name, _Person] = {}
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [[kind for kind, _ in wanted], [value for _, value in wanted], store_id, store_id, store_id, store_id])
        for customer_id, kind, value in cursor.fetchall():
            person = people.setdefault(customer_id, _Person(id=customer_id))
            person.names.add((kind, value))
            owners.setdefault((kind, value), person)
    return owners


def _save(found: Iterable[_Person], *, now: datetime) -> None:
    """Make the customers that are new and the names that are new, one statement each."""
    people = list(dict.fromkeys(found))
    fresh = [person for person in people if person.id is None]
    made = Customer.objects.bulk_create([Customer(created_at=person.first_at or now) for person in fresh])
    for person, row in zip(fresh, made, strict=True):
        person.id = row.pk
    Identity.objects.bulk_create(
        [
            Identity(customer_id=_id_of(person), kind=kind, value=value, created_at=person.first_at or now)
            for person in people
            for kind, value in person.fresh
        ]
    )


def _pairs(losers: Iterable[_Person]) -> list[Pair]:
    """Return who is merged into whom, chains followed to their ends."""
    return sorted(Pair(_id_of(person), _id_of(person.end())) for person in losers)


def _id_of(person: _Person) -> int:
    if person.id is None:
        raise LookupError("A person has no row yet.")
    return person.id
