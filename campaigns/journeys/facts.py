"""What is true of the people whose runs are carried on: read for a whole slice in a few statements, and only what their next steps ask for.

Call it in the transaction that stores the answers.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection

from campaigns.journeys.occasions import Who, is_public_id
from campaigns.journeys.steps import Facts, Needs
from campaigns.journeys.steps.wait_date import BIRTHDAY
from campaigns.models import Enrollment
from campaigns.sending.browsers import SUBSCRIBED_SQL
from campaigns.sending.pacing import zone_of
from retention.customers.consent import GATE_SQL, address_digest
from retention.customers.models import Customer, Suppression
from retention.orders.models import Cart
from retention.stores.models import Store
from retention.tenancy.context import require_store_id
from retention.tenancy.statistics import said_to_be_few
from segments.knowing import at_moment, read
from segments.loading import load_people
from segments.models import Segment, SegmentMember
from segments.rules.evaluator import make_evaluator, needs_of
from segments.rules.facts import together
from segments.rules.tree import RuleError

_LEAP_YEAR = 2000
NOTHING = Facts()
# Who may be written to on which channel, the address being there. What is shown on the site asks for no consent.
_MAY = f"""
    SELECT customer.id, customer.email, customer.phone, {GATE_SQL} AND customer.email <> '', {GATE_SQL} AND customer.phone <> '',
        {GATE_SQL} AND {SUBSCRIBED_SQL}
    FROM unnest(%s::bigint[]) AS wanted(id)
    JOIN customers_customer AS customer ON customer.store_id = %s AND customer.id = wanted.id AND {said_to_be_few("wanted.id")}
"""  # noqa: S608 - fragments of ours


@dataclass(frozen=True)
class Asked:
    """One run and what has to be known to carry it on. cart_id: its basket, where a guard asks for it."""

    run_id: int
    customer_id: int
    needs: Needs
    cart_id: int | None = None


@dataclass
class _Known:
    """What was read, by customer."""

    holds: dict[int, dict[str, bool]] = field(default_factory=lambda: defaultdict(dict))
    zones: dict[int, str] = field(default_factory=dict)
    dates: dict[int, dict[str, date]] = field(default_factory=dict)
    may: dict[int, frozenset[str]] = field(default_factory=dict)
    seen: dict[int, datetime | None] = field(default_factory=dict)


def facts_of(asked: Sequence[Asked], *, now: datetime) -> dict[int, Facts]:
    """Return the facts of each run by its id."""
    known = _Known()
    _people(asked, known, now=now)
    _customers(asked, known)
    channels = {one.customer_id for one in asked if one.needs.channels}
    known.may = channels_of(channels) if channels else {}
    carts = _open_carts(one.cart_id for one in asked if one.cart_id is not None)
    return {
        one.run_id: Facts(
            holds={**known.holds.get(one.customer_id, {}), "cart_open": one.cart_id in carts},
            zone=known.zones.get(one.customer_id, "UTC"),
            dates=known.dates.get(one.customer_id, {}),
            may=known.may.get(one.customer_id, frozenset()),
            seen_at=known.seen.get(one.customer_id),
        )
        for one in asked
    }


def who_fits(questions: Mapping[int, Collection[Who]], *, now: datetime) -> dict[int, dict[str, bool]]:
    """Answer questions about people as they are now: customer id -> the question's key -> the plain answer.

    What cannot be answered (a segment that is gone, a rule that is none any more) is left out, and so does not hold.
    """
    holds: dict[int, dict[str, bool]] = {customer_id: {} for customer_id in questions}
    asked: dict[Who, set[int]] = defaultdict(set)
    for customer_id, some in questions.items():
        for who in some:
            asked[who].add(customer_id)
    _members({who: ids for who, ids in asked.items() if who.segment}, holds)
    _rules({who: ids for who, ids in asked.items() if who.rule}, holds, now=now)
    return holds


def _members(asked: Mapping[Who, set[int]], holds: Mapping[int, dict[str, bool]]) -> None:
    if not asked:
        return
    wanted = {who.segment for who in asked}
    rows = Segment.objects.kept().filter(public_id__in=[one for one in wanted if is_public_id(one)])
    known = {str(public_id): pk for public_id, pk in rows.values_list("public_id", "pk")}
    people = set().union(*asked.values())
    inside = SegmentMember.objects.filter(segment_id__in=list(known.values()), customer_id__in=list(people))
    members = set(inside.values_list("segment_id", "customer_id"))
    for who, ids in asked.items():
        segment_id = known.get(who.segment)
        for customer_id in ids if segment_id is not None else ():
            holds[customer_id][who.key] = (segment_id, customer_id) in members


def _rules(asked: Mapping[Who, set[int]], holds: Mapping[int, dict[str, bool]], *, now: datetime) -> None:
    if not asked:
        return
    at = at_moment(now)
    rules = {}
    for who in asked:
        try:
            rules[who] = read(json.loads(who.rule), at.terms)
        except RuleError:
            continue
    if not rules:
        return
    people = load_people(set().union(*(asked[who] for who in rules)), together(needs_of(rule, at) for rule in rules.values()))
    for who, rule in rules.items():
        answer = make_evaluator(rule)
        for customer_id in asked[who] & people.keys():
            holds[customer_id][who.key] = answer(people[customer_id], at)


def _people(asked: Sequence[Asked], known: _Known, *, now: datetime) -> None:
    questions: dict[int, set[Who]] = {}
    for one in asked:
        if one.needs.people:
            questions.setdefault(one.customer_id, set()).update(one.needs.people)
    if questions:
        known.holds |= who_fits(questions, now=now)


def _customers(asked: Sequence[Asked], known: _Known) -> None:
    """Read zones, dates and when people were seen last, of those for whom one of them is asked."""
    wanted = [one for one in asked if one.needs.zone or one.needs.dates or one.needs.seen]
    if not wanted:
        return
    keys = set().union(*(one.needs.dates for one in wanted))
    home = str(Store.objects.values_list("zone", flat=True).get(pk=require_store_id()))
    columns = ["pk", "zone", "last_seen_at", *(["birth_md", "attributes"] if keys else [])]
    for pk, zone, seen_at, *more in Customer.objects.filter(pk__in={one.customer_id for one in wanted}).values_list(*columns):
        known.zones[pk], known.seen[pk] = zone_of(zone, home).key, seen_at
        if more:
            known.dates[pk] = {key: day for key in keys if (day := _day(key, *more)) is not None}


def _day(key: str, birth_md: int | None, attributes: Mapping[str, Any]) -> date | None:
    """Return a date somebody has; what the shop wrote as a moment counts by its own day."""
    try:
        if key == BIRTHDAY:
            return None if birth_md is None else date(_LEAP_YEAR, birth_md // 100, birth_md % 100)
        return date.fromisoformat(str(attributes.get(key) or "")[:10])
    except ValueError:
        return None


def channels_of(customer_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """Return on which channels each of these customers may be written to: they allow it, and there is an address that is not blocked.

    On-site messages ask for no consent: they are shown to whoever comes back.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MAY, ["email", "sms", "push", list(customer_ids), require_store_id()])
        rows = cursor.fetchall()
    digests = {("email", pk): address_digest(email) for pk, email, _phone, may, _sms, _push in rows if may}
    digests |= {("sms", pk): address_digest(phone) for pk, _email, phone, _mail, may, _push in rows if may}
    blocked = set(
        Suppression.objects.filter(address_digest__in=list(digests.values()), channel__in=["email", "sms"]).values_list(
            "channel", "address_digest"
        )
        if digests
        else ()
    )
    found: dict[int, set[str]] = {pk: {"onsite"} | ({"push"} if push else set()) for pk, *_rest, push in rows}
    for (channel, pk), digest in digests.items():
        if (channel, digest) not in blocked:
            found[pk].add(channel)
    return {pk: frozenset(channels) for pk, channels in found.items()}


def _open_carts(cart_ids: Iterable[int]) -> set[int | None]:
    wanted = set(cart_ids)
    return set(Cart.objects.filter(pk__in=wanted, state=Cart.State.OPEN).values_list("pk", flat=True)) if wanted else set()


def asked_of(run: Enrollment, needs: Needs) -> Asked:
    """Return the question about one stored run."""
    return Asked(run.pk, run.customer_id, needs, run.cart_id)
