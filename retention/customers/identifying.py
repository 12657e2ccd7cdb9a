"""Who is it? Names a storefront uses (its own id, an e-mail address, a browser's id) become customers, made or merged on the way.

Rules, in the order they are asked:
1. The shop's own id decides; else the e-mail address; else the browser.
2. A browser or an address that belonged to nobody known joins the person the event names; its history follows.
3. Two accounts of the shop (two own ids) are never joined here, and an address stays with the account that has it.
4. A browser stays with the first known person it was linked to: a shared computer does not join two people.
5. A browser's word never joins two people who are both known, gives nobody a second address, gives no id of the shop to somebody
   known by address and no address to an account the shop's server spoke of: otherwise a stranger could take a name that the server will
   use tomorrow.
6. A name is vouched for when the shop's server used it, or its owner proved it. An id of the shop that only a browser claimed leaves with
   nothing but itself when the server first uses it and does not say the other names too: whoever claimed it inherits nothing.
7. What stands for an order or a basket of a connected shop is the server's to say; from a browser it is another name.
Runs in the caller's transaction, one store at a time (an advisory lock), in a handful of statements however many events there are.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection

from retention.customers.addresses import is_address
from retention.customers.changes import EVERYTHING
from retention.customers.events import tell_readers
from retention.customers.merging import merge
from retention.customers.models import Customer, Identity
from retention.customers.personal_data import Pair
from retention.kit.arrays import texts_of
from retention.kit.locks import transaction_lock
from retention.kit.random_ids import random_ids
from retention.kit.words import fold
from retention.tenancy.bulk import insert_rows
from retention.tenancy.context import require_store_id
from retention.tenancy.statistics import know_table, said_to_be_few

Name = tuple[str, str]
LONGEST_ADDRESS = 254
# Each name and each person is looked up by its own index, whatever the planner believes of a young store: no join over all of its rows.
_KNOWN = """
    WITH asked AS MATERIALIZED (SELECT * FROM unnest(%(kinds)s::text[], %(values)s::text[]) AS asked(kind, value)),
    hit AS MATERIALIZED (
        SELECT found.* FROM asked CROSS JOIN LATERAL (
            SELECT customer_id, kind, value, vouched FROM customers_identity AS identity
            WHERE identity.store_id = (SELECT %(store)s::bigint) AND identity.kind = asked.kind AND identity.value = asked.value LIMIT 1
        ) AS found
    ), met AS MATERIALIZED (
        SELECT customer_id FROM hit
        UNION SELECT addressed.id FROM asked CROSS JOIN LATERAL (
            SELECT id FROM customers_customer WHERE store_id = (SELECT %(store)s::bigint) AND email_key = asked.value LIMIT 1
        ) AS addressed WHERE asked.kind = 'email'
    )
    SELECT customer_id, kind, value, vouched FROM hit
    UNION SELECT other.* FROM met CROSS JOIN LATERAL (
        SELECT customer_id, kind, value, vouched FROM customers_identity AS identity
        WHERE identity.store_id = (SELECT %(store)s::bigint) AND identity.customer_id = met.customer_id AND identity.kind <> 'anonymous'
        OFFSET 0
    ) AS other
    UNION SELECT customer.id, 'email', customer.email_key, false FROM met CROSS JOIN LATERAL (
        SELECT id, email_key FROM customers_customer WHERE store_id = (SELECT %(store)s::bigint) AND id = met.customer_id OFFSET 0
    ) AS customer WHERE customer.email_key IS NOT NULL
"""
_REWRITE = f"""
    UPDATE customers_identity AS identity SET customer_id = told.customer_id, vouched = true
    FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS told(customer_id, kind, value)
    WHERE identity.store_id = (SELECT %s::bigint) AND identity.kind = told.kind AND identity.value = told.value
        AND {said_to_be_few("told.customer_id")}
"""  # noqa: S608 - the condition above
# For a row of customers_customerevent called `event` in any query: whether what it says of a basket counts. A browser's word about
# somebody the shop's server knows does only where that browser was linked to them by the server or by themselves (S8), and no browser is
# the one who placed an order (rule 7).
BASKET_COUNTS_SQL = """(event.trusted OR NOT EXISTS (
    SELECT 1 FROM customers_identity AS known
    WHERE known.store_id = event.store_id AND known.customer_id = event.customer_id AND known.kind <> 'anonymous' AND known.vouched
) OR EXISTS (
    SELECT 1 FROM customers_identity AS browser
    WHERE browser.store_id = event.store_id AND browser.customer_id = event.customer_id AND browser.kind = 'anonymous'
        AND browser.value = event.anonymous_id AND browser.vouched
        AND event.anonymous_id NOT LIKE '%%-order:%%' AND event.anonymous_id NOT LIKE '%%-cart:%%'
        AND event.anonymous_id NOT LIKE '%%-checkout:%%'
))"""
_RESERVED = re.compile(r"[a-z]+-(order|cart|checkout):")  # what `intake/shops` calls whoever ordered, or filled a basket


class Claim(msgspec.Struct, frozen=True, gc=False):
    """The names one event (or request) gives a person. trusted: it came from the shop's server.

    told_at: when a trusted claim's address and country (its ISO code) were said last. Somebody new of whom it is the only claim is made
    with them; to anybody else they are told by `profile.apply_traits`.
    """

    external: str = ""
    email: str = ""
    anonymous: str = ""
    trusted: bool = False
    at: datetime | None = None
    country: str = ""
    told_at: datetime | None = None

    def names(self) -> list[Name]:
        """Return the names that are there, strongest first."""
        external, anonymous = (self.external, self.anonymous) if self.trusted else map(unreserved, (self.external, self.anonymous))
        pairs = (("external", external), ("email", email_key(self.email)), ("anonymous", anonymous))
        return [(kind, value) for kind, value in pairs if value]


class _Person(msgspec.Struct, eq=False):
    """A customer while names are sorted out; without an id it is about to be made."""

    id: int | None = None
    names: set[Name] = msgspec.field(default_factory=set)
    vouched: set[Name] = msgspec.field(default_factory=set)
    fresh: list[Name] = msgspec.field(default_factory=list)
    rewritten: list[Name] = msgspec.field(default_factory=list)  # rows that are there and become vouched for, or somebody else's
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

    @property
    def of_the_shop(self) -> bool:
        """Return whether the shop's server spoke of them by its own id."""
        return any(kind == "external" for kind, _value in self.vouched)


def email_key(address: str) -> str:
    """Return the folded address that is compared, or nothing for what cannot be an address (or is one only when folded)."""
    text = address.strip()
    if not text:
        return ""
    folded = fold(text)
    return folded if len(text) <= LONGEST_ADDRESS and is_address(folded) else ""


def vouch(customer_id: int, names: Iterable[Name]) -> None:
    """Note that these names of a customer are theirs, because their owner proved it; names that are not the customer's stay as they are."""
    wanted = [name for name in names if name[1]]
    for kind, value in wanted:
        Identity.objects.filter(customer_id=customer_id, kind=kind, value=value).update(vouched=True)


def identify(claims: Sequence[Claim], *, now: datetime, newcomers: list[int] | None = None) -> list[int]:
    """Return the customer of each claim, in order; makes and merges customers as the rules say.

    claims: in the order they were lived; each has at least one name. newcomers: who is new is put there, and the caller tells readers that
    EVERYTHING of them changed, together with what else it has to tell; without it they hear of it here. Call it inside a transaction.
    """
    transaction_lock("customers", store_id=require_store_id())
    people = _load({name for claim in claims for name in claim.names()})
    found = [_resolve(people, claim, now=now) for claim in claims]
    made = _save([person.end() for person in found], claims, now=now)
    if newcomers is not None:
        newcomers += made
    else:  # a rule may be true of somebody of whom nothing is known yet: whatever is said of them, they are looked at
        tell_readers({customer_id: [EVERYTHING] for customer_id in made}, now=now, living=())
    losers = {person for person in people.values() if person.joined is not None and person.id is not None}
    merge(_pairs(losers), now=now, rules={_id_of(person): person.rule for person in losers})
    return [_id_of(person.end()) for person in found]


def _resolve(people: dict[Name, _Person], claim: Claim, *, now: datetime) -> _Person:
    names = claim.names()
    if claim.trusted:
        _take_back(people, names)
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
    if claim.trusted:
        _vouch_all(people, person, names)
    return person


def _take_back(people: dict[Name, _Person], names: Sequence[Name]) -> None:
    """Let an id of the shop that only a browser claimed start anew, where it stands beside names the server does not say now (rule 6)."""
    for name in names:
        owner = people[name].end() if name[0] == "external" and name in people else None
        if owner is None or name in owner.vouched:
            continue
        if any(other[0] != "anonymous" for other in owner.names - set(names)):
            alone = _Person()
            owner.names.discard(name)
            if name in owner.fresh:
                owner.fresh.remove(name)
                alone.fresh.append(name)
            else:
                alone.rewritten.append(name)
            alone.names.add(name)
            people[name] = alone


def _vouch_all(people: dict[Name, _Person], person: _Person, names: Sequence[Name]) -> None:
    """Note that the shop's server used these names of the person."""
    for name in names:
        if name in people and people[name].end() is person and name not in person.vouched:
            person.vouched.add(name)
            if name not in person.fresh and name not in person.rewritten:
                person.rewritten.append(name)


def _may_be(owner: _Person, claim: Claim, *, by: Name) -> bool:
    """Say whether the owner of this name can be the person the whole claim speaks of."""
    if by[0] == "external":
        return True
    if claim.external and owner.has("external") and ("external", claim.external) not in owner.names:
        return False
    address = ("email", email_key(claim.email))
    return by[0] == "email" or not (address[1] and owner.has("email") and address not in owner.names)


def _may_have(person: _Person, claim: Claim, *, name: Name) -> bool:
    """Say whether a person may get this new name.

    A browser's word gives no second address, no shop's id to a known address, and no address to an account the server spoke of.
    """
    if claim.trusted or name[0] == "anonymous":
        return True
    return not person.has("email") and not (name[0] == "email" and person.of_the_shop)


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
    into.vouched |= loser.vouched
    into.fresh += loser.fresh
    into.rewritten += loser.rewritten
    loser.fresh, loser.rewritten = [], []
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
        kinds, values = texts_of([kind for kind, _ in wanted]), texts_of([value for _, value in wanted])
        cursor.execute(_KNOWN, {"kinds": kinds, "values": values, "store": store_id})
        for customer_id, kind, value, vouched in cursor.fetchall():
            person = people.setdefault(customer_id, _Person(id=customer_id))
            person.names.add((kind, value))
            if vouched:
                person.vouched.add((kind, value))
            owners.setdefault((kind, value), person)
    return owners


def _save(found: Sequence[_Person], claims: Sequence[Claim], *, now: datetime) -> list[int]:
    """Make the customers and the names that are new, and note what is vouched for now, one statement each; return who is new.

    found: whose each claim is.
    """
    people = list(dict.fromkeys(found))
    fresh = [person for person in people if person.id is None]
    names = random_ids(len(fresh))
    rows = [{"public_id": name, "created_at": person.first_at or now} for name, person in zip(names, fresh, strict=True)]
    if any(claim.told_at for claim in claims):
        words = _only_words(found, claims)
        rows = [row | _profile(person, words.get(person)) for row, person in zip(rows, fresh, strict=True)]
    made = insert_rows(Customer, rows)
    for name, person in zip(names, fresh, strict=True):
        person.id = made[name]
    know_table(Customer, made=len(made))
    described = [
        {
            "customer_id": _id_of(person),
            "kind": kind,
            "value": value,
            "vouched": (kind, value) in person.vouched,
            "created_at": person.first_at or now,
        }
        for person in people
        for kind, value in person.fresh
    ]
    insert_rows(Identity, described)
    know_table(Identity, made=len(described))
    _rewrite([(_id_of(person), *name) for person in people for name in person.rewritten])
    return list(made.values())


def _only_words(found: Sequence[_Person], claims: Sequence[Claim]) -> dict[_Person, Claim]:
    """Return the claims of people of whom there is one alone."""
    counts = Counter(found)
    return {person: claim for person, claim in zip(found, claims, strict=True) if counts[person] == 1}


def _profile(person: _Person, claim: Claim | None) -> dict[str, Any]:
    """Return what somebody new is made with, as `profile.apply_traits` would write it; an address only where it became theirs."""
    fields: dict[str, Any] = {"email": "", "email_key": None, "country": "", "learnt_at": {}}
    if claim is None or claim.told_at is None:
        return fields
    key = email_key(claim.email)
    if ("email", key) in person.fresh:
        fields |= {"email": claim.email.strip(), "email_key": key}
    fields["country"] = claim.country
    fields["learnt_at"] = dict.fromkeys((name for name in ("country", "email") if fields[name]), claim.told_at.isoformat())
    return fields


def _rewrite(rows: Sequence[tuple[int, str, str]]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_REWRITE, [*map(list, zip(*rows, strict=True)), require_store_id()])


def unreserved(value: str) -> str:
    """Return a browser's name as it is kept: one that the shop's server uses for orders and baskets is marked as a browser's."""
    return f"browser {value}" if _RESERVED.match(value) else value


def _pairs(losers: Iterable[_Person]) -> list[Pair]:
    """Return who is merged into whom, chains followed to their ends."""
    return sorted(Pair(_id_of(person), _id_of(person.end())) for person in losers)


def _id_of(person: _Person) -> int:
    if person.id is None:
        raise LookupError("A person has no row yet.")
    return person.id
