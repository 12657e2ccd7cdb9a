"""Why a shopper came: one visitor group at a time for each person, with the evidence in words. Pure.

The first group in `GROUPS` whose rule holds is theirs; "just looking" holds for everybody. A segment of the store's own may stand in for a
rule. Rules rest on visits of the last month, on orders, and on nothing a person did not do themselves.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.recovery.rules import behaviour as acts
from campaigns.recovery.rules.behaviour import PRICE_SITES, Visit
from retention.kit.words import Phrase, gettext_noop

LOYAL_ORDERS = 3
PENDING_FOR = timedelta(days=21)
STRAIGHT_VIEWS = 5
LONG_SECONDS = 180
SAME_PRODUCT_VISITS = 3


@dataclass(frozen=True)
class Past:
    """What is known of somebody beside their visits. orders: that count; first_order_at: of the only one; sent: it was sent already."""

    orders: int = 0
    first_order_at: datetime | None = None
    sent: bool = False


@dataclass(frozen=True)
class Person:
    """Somebody at the end of a visit. before: their earlier visits of the last month, oldest first.

    named: by group, the segment that says who is in it and whether they are; such a group's own rule is not asked.
    """

    visit: Visit
    before: tuple[Visit, ...] = ()
    past: Past = Past()
    named: tuple[tuple[str, str, bool], ...] = ()

    @property
    def visits(self) -> tuple[Visit, ...]:
        """Return all their visits, this one last."""
        return (*self.before, self.visit)


Ask = Callable[[Person], Phrase | None]


@dataclass(frozen=True)
class Group:
    """One column of the plan: its stored key, its name, its rule in a few words and in a sentence, and the rule itself."""

    key: str
    name: Phrase
    hint: Phrase
    rule: Phrase
    ask: Ask


def _first_order(person: Person) -> Phrase | None:
    ordered_at = person.past.first_order_at
    if person.past.orders != 1 or ordered_at is None or person.past.sent:
        return None
    if not timedelta(0) <= person.visit.left_at - ordered_at <= PENDING_FOR:
        return None
    return Phrase(gettext_noop("their first order is paid and not there yet"))


def _loyal(person: Person) -> Phrase | None:
    if person.past.orders < LOYAL_ORDERS:
        return None
    return Phrase(gettext_noop("%(count)s orders so far"), {"count": person.past.orders})


def _comparing(person: Person) -> Phrase | None:
    for visit in reversed(person.visits[-3:]):
        for moment in visit.moments:
            host = moment.referrer or ""
            if any(host.startswith(site) or f".{site}" in f".{host}" for site in PRICE_SITES):
                return Phrase(gettext_noop("came from the price site %(host)s"), {"host": host})
            if moment.by_price:
                return Phrase(gettext_noop("sorted lists by price"))
    return None


def _researching(person: Person) -> Phrase | None:
    opened: dict[str, int] = {}
    for visit in person.visits:
        for product in visit.opened():
            opened[product] = opened.get(product, 0) + 1
    most = max((opened[product] for product in person.visit.opened()), default=0)
    if most >= SAME_PRODUCT_VISITS:
        return Phrase(gettext_noop("looked at the same product in %(count)s visits"), {"count": most})
    helped = sum(moment.helping for moment in person.visit.moments)
    if helped >= 2 or (helped and person.visit.has(acts.OPEN)):
        return Phrase(gettext_noop("read pages that answer questions (%(count)s)"), {"count": helped})
    longest = max(person.visit.dwell().values(), default=0.0)
    if longest >= LONG_SECONDS and max(person.visit.opened().values(), default=0) >= 2:
        return Phrase(gettext_noop("came back to one product and read it for %(count)s seconds"), {"count": round(longest)})
    return None


def _buying(person: Person) -> Phrase | None:
    visit = person.visit
    first = visit.first(acts.ADD, acts.CHECKOUT, acts.STEP, acts.PAY, acts.REFUSED, acts.CART)
    if first is None:
        return None
    before = visit.moments[: visit.moments.index(first)]
    pages = sum(moment.act in {acts.OPEN, acts.LIST, acts.SEARCH, acts.PAGE} for moment in before)
    if pages > STRAIGHT_VIEWS and not visit.has(acts.CHECKOUT, acts.STEP, acts.PAY, acts.REFUSED):
        return None
    return Phrase(gettext_noop("%(count)s pages before the basket"), {"count": pages})


def _looking(person: Person) -> Phrase | None:
    seen = person.visit.count(acts.PAGE, acts.LIST, acts.SEARCH, acts.OPEN)
    return Phrase(gettext_noop("%(count)s pages without a clear aim"), {"count": seen})


FIRST_ORDER, LOYAL, COMPARING, RESEARCHING, BUYING, LOOKING = "first_order", "loyal", "comparing", "researching", "buying", "looking"
GROUPS: tuple[Group, ...] = (
    Group(
        FIRST_ORDER,
        Phrase(gettext_noop("First order open")),
        Phrase(gettext_noop("paid, on its way")),
        Phrase(gettext_noop("Their only order was placed in the last %(days)s days and is not sent yet."), {"days": PENDING_FOR.days}),
        _first_order,
    ),
    Group(
        LOYAL,
        Phrase(gettext_noop("Loyal")),
        Phrase(gettext_noop("3 orders or more")),
        Phrase(gettext_noop("They have placed %(count)s orders or more."), {"count": LOYAL_ORDERS}),
        _loyal,
    ),
    Group(
        COMPARING,
        Phrase(gettext_noop("Comparing prices")),
        Phrase(gettext_noop("from a price site")),
        Phrase(gettext_noop("In one of their last three visits they came from a price site, or sorted a list by price.")),
        _comparing,
    ),
    Group(
        RESEARCHING,
        Phrase(gettext_noop("Hesitating")),
        Phrase(gettext_noop("same product, 3 visits")),
        Phrase(
            gettext_noop(
                "They looked at the same product in %(visits)s visits of a month, or read pages that answer questions, or came back to one"
                " product and read it for %(seconds)s seconds."
            ),
            {"visits": SAME_PRODUCT_VISITS, "seconds": LONG_SECONDS},
        ),
        _researching,
    ),
    Group(
        BUYING,
        Phrase(gettext_noop("Came to buy")),
        Phrase(gettext_noop("straight to the basket")),
        Phrase(gettext_noop("They saw at most %(count)s pages before the basket, or began the checkout."), {"count": STRAIGHT_VIEWS}),
        _buying,
    ),
    Group(
        LOOKING,
        Phrase(gettext_noop("Just looking")),
        Phrase(gettext_noop("many pages, no aim")),
        Phrase(gettext_noop("Whoever is in no other group.")),
        _looking,
    ),
)
"""In the order they are asked. Pages show them in `ON_PAGES`."""

ON_PAGES = (BUYING, LOOKING, RESEARCHING, COMPARING, LOYAL, FIRST_ORDER)
BY_KEY = {group.key: group for group in GROUPS}


def group_of(person: Person) -> tuple[str, Phrase]:
    """Return a person's group and why it is theirs."""
    named = {group: (segment, inside) for group, segment, inside in person.named}
    for group in GROUPS:
        if group.key in named and group.key != LOOKING:
            segment, inside = named[group.key]
            evidence = Phrase(gettext_noop("is in the segment “%(segment)s”"), {"segment": segment}) if inside else None
        else:
            evidence = group.ask(person)
        if evidence is not None:
            return group.key, evidence
    raise AssertionError("the last group holds for everybody")


def person_at(visit: Visit, earlier: Sequence[Visit], past: Past, named: tuple[tuple[str, str, bool], ...] = ()) -> Person:
    """Return somebody at the end of a visit, with those of their visits that ended before it."""
    return Person(visit, tuple(one for one in earlier if one.left_at <= visit.began_at and one is not visit), past, named)
