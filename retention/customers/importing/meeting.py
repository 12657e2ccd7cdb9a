"""Rows about people meet the people a store knows: who is meant, what would change, and the change itself.

`compare_people` writes nothing; `apply_people` asks it again first, so what was true at the dry run need not be true any more.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from retention.customers.changes import EVERYTHING
from retention.customers.consent import Said, address_digest, record_consents
from retention.customers.events import NewEvent, record_backfill, tell_readers
from retention.customers.identifying import Claim, email_key, identify
from retention.customers.importing.cells import cell_of
from retention.customers.importing.kinds import ATTRIBUTE, Change, Outcome, Thing, Work
from retention.customers.models import Consent, Customer, Identity, Suppression
from retention.customers.permissions import word_of
from retention.customers.profile import Told, apply_traits
from retention.kit.words import fold

IMPORTED = "Customer Imported"
ALL_BY_EMAIL = "all_by_email"  # value of the option "agreed": the merchant says it of everybody in the file
LONGEST_NAME = 100  # as the column takes it
WHOLE_NAME = "whole_name"  # of a row's values: the cell that was taken apart into first and last name
BY_EVERYBODY = "import: everybody"  # how such a yes came


@dataclass
class _Meeting:
    """One row and the person it means; `customer` None means somebody new."""

    thing: Thing
    customer: Customer | None = None
    refusal: str = ""
    changes: list[Change] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)

    def outcome(self) -> Outcome:
        """Return what becomes of the row."""
        if self.refusal:
            return Outcome("refused", self.refusal)
        if self.customer is None:
            return Outcome("new")
        return Outcome("changed", changes=self.changes) if self.changes else Outcome("same")


def compare_people(work: Work) -> list[Outcome]:
    """Return what would become of each row, writing nothing."""
    return [meeting.outcome() for meeting in _meet(work)]


def apply_people(work: Work, now: datetime) -> list[Outcome]:
    """Bring the rows in; what they tell counts as told when bringing in began."""
    meetings = _meet(work)
    wanted = [meeting for meeting in meetings if not meeting.refusal and (meeting.customer is None or meeting.changes)]
    outcomes = [meeting.outcome() for meeting in meetings]
    _name_people(wanted, now=now)
    ids = {meeting.thing.key: _id_of(meeting) for meeting in wanted}
    work.people.update(ids.values())
    apply_traits([Told(ids[one.thing.key], _traits(one.thing), told_at=work.began_at, trusted=True) for one in wanted])
    record_consents([_for(said, ids[one.thing.key]) for one in wanted for said in one.said], now=now)
    told = {"import": work.import_id}
    record_backfill(
        [NewEvent(ids[one.thing.key], IMPORTED, told | {"fields": _fields(one)}, now) for one in wanted],
        source="csv",
        now=now,
    )
    tell_readers({customer_id: [EVERYTHING] for customer_id in ids.values()}, now=now, living=())
    return outcomes


def _meet(work: Work) -> list[_Meeting]:
    meetings = [_Meeting(thing) for thing in work.things]
    _recognise(meetings)
    consents = _consents(meetings)
    blocked = _blocked(meetings)
    for meeting in meetings:
        if not meeting.refusal:
            _keep_last_name(meeting)
            meeting.said = _news(meeting, consents, blocked, work)
            meeting.changes = [*_changes(meeting, work.plan.columns), *_changed_consents(meeting, consents)]
    return meetings


def _recognise(meetings: Sequence[_Meeting]) -> None:
    """Find who is meant: by the shop's own id, by address, and a row with only a number by that number."""
    externals = {one.thing.values["external_id"] for one in meetings} - {""}
    emails = {email_key(one.thing.values["email"]) for one in meetings} - {""}
    phones = {one.thing.values["traits"].get("phone", "") for one in meetings if one.thing.key.startswith("p:")} - {""}
    by_external = dict(Identity.objects.filter(kind="external", value__in=externals).values_list("value", "customer_id"))
    by_email = dict(Identity.objects.filter(kind="email", value__in=emails).values_list("value", "customer_id"))
    by_email |= dict(Customer.objects.filter(email_key__in=emails).values_list("email_key", "id"))
    by_phone: dict[str, list[int]] = {}
    for phone, customer_id in Customer.objects.filter(phone__in=phones).order_by("id").values_list("phone", "id"):
        by_phone.setdefault(phone, []).append(customer_id)
    people = Customer.objects.in_bulk({*by_external.values(), *by_email.values(), *(one for ids in by_phone.values() for one in ids)})
    owners = dict(Identity.objects.filter(kind="external", customer_id__in=list(people)).values_list("customer_id", "value"))
    for meeting in meetings:
        _settle(meeting, people, owners, (by_external, by_email, by_phone))


def _settle(meeting: _Meeting, people: Mapping[int, Customer], owners: Mapping[int, str], found: tuple[Any, Any, Any]) -> None:
    by_external, by_email, by_phone = found
    values = meeting.thing.values
    external = by_external.get(values["external_id"]) if values["external_id"] else None
    email = by_email.get(email_key(values["email"])) if values["email"] else None
    if external is not None and email is not None and external != email:
        meeting.refusal = _("The address belongs to another person than the shop's id “%(id)s”.") % {"id": values["external_id"][:40]}
    elif external is None and email is not None and values["external_id"] and owners.get(email):
        meeting.refusal = _("The address belongs to the person with the shop's id “%(id)s”.") % {"id": owners[email][:40]}
    elif meeting.thing.key.startswith("p:"):
        owned = by_phone.get(values["traits"]["phone"], [])
        if len(owned) > 1:
            meeting.refusal = _("%(count)s people have this number; say which by an address or an id.") % {"count": len(owned)}
        meeting.customer = people[owned[0]] if len(owned) == 1 else None
    else:
        known = external if external is not None else email
        meeting.customer = None if known is None else people[known]


def _keep_last_name(meeting: _Meeting) -> None:
    """Have a cell that was taken apart mean first names where a last name is known: what stands before that name or a part of it, else all.

    A cell that begins with the known first name tells nothing, for what follows it may be a family name written otherwise.
    """
    values, known = meeting.thing.values, _bare_words(meeting.customer.last_name) if meeting.customer else []
    whole = values.get(WHOLE_NAME)
    if not whole or not known or meeting.customer is None:
        return
    words, bare, first = whole.split(), _bare_words(whole), _bare_words(meeting.customer.first_name)
    end = next((place for place in range(1, len(bare)) if _begins(bare[place:], known) or _begins(known, bare[place:])), None)
    traits = {name: value for name, value in values["traits"].items() if name not in {"first_name", "last_name"}}
    told = bare[:end]
    if not (_begins(first, told) if end is not None else first and _begins(told, first)):
        traits["first_name"] = " ".join(words[:end])[:LONGEST_NAME].rstrip()
    meeting.thing = meeting.thing._replace(values=values | {"traits": traits})


def _bare_words(name: str) -> list[str]:
    """Return the words of a name as they are compared: folded and without accents, for many lists are written without."""
    marked = [unicodedata.normalize("NFKD", fold(word)) for word in name.split()]
    return ["".join(letter for letter in word if not unicodedata.combining(letter)) for word in marked]


def _begins(words: Sequence[str], start: Sequence[str]) -> bool:
    return words[: len(start)] == start


def _changes(meeting: _Meeting, columns: Mapping[str, int]) -> list[Change]:
    """Return what the row would change of a known person, in the order of the file's columns."""
    customer, values = meeting.customer, meeting.thing.values
    if customer is None:
        return []
    changes = []
    if values["email"] and email_key(values["email"]) != customer.email_key:
        changes.append(Change("email", customer.email, values["email"]))
    for name, value in sorted(values["traits"].items(), key=lambda one: columns.get(one[0], 0)):
        current = customer.attributes.get(name.removeprefix(ATTRIBUTE)) if name.startswith(ATTRIBUTE) else getattr(customer, name)
        if cell_of(current) != cell_of(value):
            changes.append(Change(name, cell_of(current), cell_of(value)))
    return changes


def _changed_consents(meeting: _Meeting, consents: Mapping[tuple[int, str], Consent]) -> list[Change]:
    if meeting.customer is None:
        return []
    known = {said.channel: consents.get((meeting.customer.pk, said.channel)) for said in meeting.said}
    return [
        Change(f"{channel}_consent", word_of(consent.status if consent else ""), word_of(said.status))
        for said in meeting.said
        for channel, consent in [(said.channel, known[said.channel])]
    ]


def _consents(meetings: Sequence[_Meeting]) -> dict[tuple[int, str], Consent]:
    ids = [one.customer.pk for one in meetings if one.customer is not None and one.thing.values["said"]]
    return {(row.customer_id, row.channel): row for row in Consent.objects.filter(customer_id__in=ids)} if ids else {}


def _blocked(meetings: Sequence[_Meeting]) -> set[tuple[str, str]]:
    wanted = [
        address_digest(address) for one in meetings for channel, _, _ in one.thing.values["said"] if (address := _address(one, channel))
    ]
    return set(Suppression.objects.filter(address_digest__in=wanted).values_list("channel", "address_digest")) if wanted else set()


def _address(meeting: _Meeting, channel: str) -> str:
    values, customer = meeting.thing.values, meeting.customer
    if channel == "email":
        return str(values["email"] or (customer.email if customer else ""))
    return str(values["traits"].get("phone") or (customer.phone if customer else ""))


def _news(meeting: _Meeting, consents: Mapping[tuple[int, str], Consent], blocked: set[tuple[str, str]], work: Work) -> list[Said]:
    """Return what the row says about channels and is not known yet.

    A yes never passes a block; without a moment of its own it passes neither a no nor a first yes that waits for the second.
    """
    customer_id = meeting.customer.pk if meeting.customer else 0
    options = work.plan.options
    source = options.get("consent_source", "")
    news = []
    for channel, status, since in meeting.thing.values["said"]:
        known = consents.get((customer_id, channel))
        said_at = datetime.fromisoformat(since) if since else work.began_at
        address = _address(meeting, channel)
        if status == "granted" and (not address or (channel, address_digest(address)) in blocked):
            continue
        if known is not None and (known.status == status or said_at <= known.changed_at):
            continue
        if status == "granted" and not since and known is not None and known.status in {"refused", "pending"}:
            continue
        is_everybody_s = channel == "email" and options.get("agreed") == ALL_BY_EMAIL and "email_consent" not in work.plan.columns
        method = BY_EVERYBODY if is_everybody_s else "import"
        news.append(Said(customer_id, channel, status, said_at, method=method, source=source, backfill=True))
    return news


def _for(said: Said, customer_id: int) -> Said:
    return replace(said, customer_id=customer_id)


def _name_people(wanted: Sequence[_Meeting], *, now: datetime) -> None:
    """Make the people who are new, and give everybody the names their row adds."""
    named = [one for one in wanted if not one.thing.key.startswith("p:")]
    ids = identify([_claim(one, now=now) for one in named], now=now, newcomers=[])
    people = Customer.objects.in_bulk(ids)
    for meeting, customer_id in zip(named, ids, strict=True):
        meeting.customer = people[customer_id]
    nameless = [one for one in wanted if one.customer is None]
    made = Customer.objects.bulk_create([Customer(created_at=now) for _one in nameless])
    for meeting, customer in zip(nameless, made, strict=True):
        meeting.customer = customer


def _claim(meeting: _Meeting, *, now: datetime) -> Claim:
    values = meeting.thing.values
    return Claim(external=values["external_id"], email=values["email"], trusted=True, at=now)


def _id_of(meeting: _Meeting) -> int:
    if meeting.customer is None:
        raise LookupError("A row's person was not made.")
    return int(meeting.customer.pk)


def _fields(meeting: _Meeting) -> list[str]:
    """Return the names of what the row told: what it changes of a known person, everything of a new one."""
    return [one.field.removeprefix(ATTRIBUTE) for one in meeting.changes] or sorted(_traits(meeting.thing))


def _traits(thing: Thing) -> dict[str, Any]:
    """Return a row's traits as `profile.py` reads them."""
    traits = {name.removeprefix(ATTRIBUTE): value for name, value in thing.values["traits"].items()}
    return traits | ({"email": thing.values["email"]} if thing.values["email"] else {})
