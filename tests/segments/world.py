"""A small invented world for rules: customers of a store with everything a rule can ask about, drawn from few values so that rules meet.

Moments lie on and around the edges of the windows rules use. Nothing here knows how a rule is worked out.
"""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from campaigns.models import Journey
from retention.customers.attributes import write_attributes
from retention.customers.consent import address_digest
from retention.customers.counting import count_events
from retention.customers.events import NewEvent, record_backfill
from retention.customers.models import Consent, Customer, CustomerEvent, EventName, Suppression
from retention.orders.figures import refigure
from retention.orders.models import Cart, Order, OrderLine
from retention.stores.models import Store
from segments.models import Postcode

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
EVENTS = ("Product Viewed", "Product Added", "Quiz Finished")
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
CITIES, COUNTRIES = ("Berlin", "BERLIN", "Straßburg", "São Paulo", ""), ("DE", "AT", "ES", "")
INTERESTS = ("Espresso", "filter", "Tea ", "grinders")
ODD = ("O'Hara", 'say "hi"', "back\\slash", "50%", "%s", "'; DROP TABLE x; --", "ﬁne")
PLANS = ("gold", "Gold", "silver", *ODD)
MESSAGES = (
    "Email Delivered", "Email Delivered", "Email Link Clicked", "Email Bounced", "Unsubscribed", "Email Opened", "Email Opened",
    "SMS Link Clicked", "Push Delivered", "On-site Closed",
)  # fmt: skip
JOURNEYS = ("0b0c9f6e-5d0f-4a0e-9d27-6f1f4b1d2c11", "9d27a5f0-1111-4c0e-8a53-3b1e7c2f4a90")
AGENTS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148", "Mozilla/5.0 (Linux; Android 14; SM-X200) Safari/537.36",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) Mobile Safari/537.36", "Mozilla/5.0 (X11; Linux x86_64)",
    "Mozilla/5.0 (iPad; CPU OS 12_0) Mobile",
)  # fmt: skip
PLACES = (
    ("DE", "80331", 48.1345, 11.571), ("DE", "10115", 52.5323, 13.3846), ("AT", "80331", 48.2082, 16.3738), ("AT", "10115", 47.8, 13.0333),
    ("ES", "10115", 40.4168, -3.7038), ("ES", "08001", 41.3797, 2.1682), ("DE", "80333", 48.1459, 11.5651),
)  # fmt: skip
JOINED = ("1999-02-28", "2000-02-29", "2016-02-29", "2020-03-01", "2024-11-20", "2026-11-26", "2001-11-19", "2030-12-31")
BIRTHDAYS = (None, 101, 228, 229, 301, 1119, 1120, 1121, 1127, 1231)


def make_world(store: Store, *, seed: int, count: int) -> None:
    """Fill the active store with so many customers."""
    chance = random.Random(seed)
    people = [_customer(chance) for _number in range(count)]
    more = random.Random(seed)
    for one in people:
        one.phone = more.choice((one.phone, "+14165550123", "+77011234567", "+79161234567"))
        one.postcode = more.choice((one.postcode, one.postcode, "80 331", "101-15 ", "99999"))
        one.fold_texts()
    people = Customer.objects.bulk_create(people)
    write_attributes({one.pk: found for one in people if (found := _attributes(chance) | _joined(more))})
    Consent.objects.bulk_create([row for one in people for row in _consents(chance, one)])
    _make_events(chance, people)
    _make_orders(chance, people)
    Cart.objects.bulk_create([row for one in people if (row := _cart(chance, one)) is not None])
    refigure([one.pk for one in people], currency=store.currency)
    Journey.objects.bulk_create([Journey(public_id=public_id, name=f"Journey {place}") for place, public_id in enumerate(JOURNEYS)])
    Postcode.objects.bulk_create([Postcode(country=land, postcode=code, latitude=lat, longitude=lon) for land, code, lat, lon in PLACES])
    _make_messages(chance, people)
    _make_views(chance, people)
    Suppression.objects.bulk_create([row for one in people for row in _suppressions(chance, one)], ignore_conflicts=True)


def moment(chance: random.Random) -> datetime:
    """Return a moment at, just before, just behind or far from the edge of a window."""
    back = chance.choice((0, 1, 3, 7, 30, 90, 365))
    return NOW - back * DAY + chance.choice((-SECOND, timedelta(0), SECOND, -timedelta(hours=5), timedelta(microseconds=-1))) - SECOND


def _customer(chance: random.Random) -> Customer:
    address = chance.choice(("", "a{}@example.test", "B{}@Shop.example"))
    email = address.format(chance.randrange(10**9))
    return Customer(
        email=email,
        email_key=email.casefold() or None,
        phone=chance.choice(("", "+4917012345", "+14155550123")),
        first_name=chance.choice(("Ann", "ann", "Zoë", "", *ODD)),
        last_name=chance.choice(("Müller", "MÜLLER", "")),
        gender=chance.choice(("", "female", "Male")),
        language=chance.choice(("", "de", "en-GB")),
        city=chance.choice(CITIES),
        region=chance.choice(("", "Bayern")),
        postcode=chance.choice(("", "80331", "10115")),
        country=chance.choice(COUNTRIES),
        interests=chance.sample(INTERESTS, chance.randrange(4)),
        birth_md=(day := chance.choice(BIRTHDAYS)),
        birth_year=chance.choice((None, 1990, 2008)) if day else None,
        created_at=moment(chance),
        last_seen_at=chance.choice((None, moment(chance))),
    )


def _attributes(chance: random.Random) -> dict[str, Any]:
    every = {
        "plan": chance.choice(PLANS),
        "points": chance.choice((0, 1, 2.5, 10, -3)),
        "vip": chance.choice((True, False)),
        "renewal": (NOW.date() + timedelta(days=chance.choice((-30, -1, 0, 1, 7, 8)))).isoformat(),
        "tags": chance.sample(("new", "New Yorker", "sale", "Ökö"), chance.randrange(1, 4)),
    }
    return {key: value for key, value in every.items() if chance.random() < 0.6}


def _joined(chance: random.Random) -> dict[str, str]:
    return {"joined": chance.choice(JOINED)} if chance.random() < 0.6 else {}


def _consents(chance: random.Random, one: Customer) -> list[Consent]:
    return [
        Consent(
            customer=one,
            channel=channel,
            status=chance.choice(("granted", "pending", "refused")),
            method=chance.choice(("form", "checkout")),
            source=chance.choice(("", "footer")),
            changed_at=moment(chance),
        )
        for channel in ("email", "sms", "push")
        if chance.random() < 0.6
    ]


def _make_messages(chance: random.Random, people: list[Customer]) -> None:
    told = [
        NewEvent(one.pk, chance.choice(MESSAGES), {"message_id": 7, **chance.choice(({"journey": JOURNEYS[0]}, {}))}, moment(chance))
        for one in people
        for _number in range(chance.choice((0, 0, 1, 2, 5)))
    ]
    record_backfill(told, source="own", now=NOW)


def _make_views(chance: random.Random, people: list[Customer]) -> None:
    rows = []
    for one in people:
        for _number in range(chance.choice((0, 0, 1, 1, 3))):
            began = moment(chance)
            for minutes in chance.sample((0, 10, 30, 40, 41, 71, 110), chance.randrange(1, 5)):
                at = began + timedelta(minutes=minutes) + chance.choice((timedelta(0), timedelta(0), timedelta(microseconds=1)))
                kind, refusal = chance.choice(("page", "page", "screen")), chance.choice(("", "", "", "Not counted."))
                about = {"occurred_at": at, "received_at": at, "projected_at": at, "refusal": refusal, "context": _context(chance)}
                rows.append(CustomerEvent(customer=one, kind=kind, name="The shop", **about))
    CustomerEvent.objects.bulk_create(rows)
    counted = [row for row in rows if not row.refusal]
    count_events(((row.customer_id, f"{row.kind.title()} Viewed", row.occurred_at) for row in counted), now=NOW)


def _context(chance: random.Random) -> dict[str, Any]:
    every: dict[str, Any] = {
        "userAgent": chance.choice((*AGENTS, None, 7)),
        "device": chance.choice(({"type": "ios"}, {"type": "Desktop"}, {}, "phone")),
        "referrer": chance.choice(({"url": "https://www.Google.example/x"}, {"url": ""}, {}, 5)),
        "page": chance.choice(({"referrer": "https://blog.example/Ärger"}, {"referrer": None}, {}, [])),
        "campaign": chance.choice(({"source": "Google", "name": "Spring 50%"}, {"source": "news"}, {"name": 7}, None)),
    }
    return {key: value for key, value in every.items() if chance.random() < 0.6}


def _suppressions(chance: random.Random, one: Customer) -> list[Suppression]:
    return [
        Suppression(
            channel=channel,
            address_digest=address_digest(address),
            reason=chance.choice(("bounced", "complained", "manual")),
            created_at=moment(chance),
        )
        for channel, address in (("email", one.email), ("sms", one.phone), ("sms", one.email))
        if address and chance.random() < 0.4
    ]


def _make_events(chance: random.Random, people: list[Customer]) -> None:
    rows = []
    for one in people:
        for _number in range(chance.choice((0, 0, 1, 2, 4, 7))):
            at = moment(chance)
            kind = chance.choice(("track", "track", "track", "page"))
            name = "The shop" if kind == "page" else chance.choice(EVENTS)
            rows.append(
                CustomerEvent(
                    customer=one,
                    kind=kind,
                    name=name,
                    properties=_properties(chance),
                    occurred_at=at,
                    received_at=at,
                    projected_at=at,
                    trusted=True,
                    refusal=chance.choice(("", "", "", "Not counted.")),
                )
            )
    CustomerEvent.objects.bulk_create(rows)
    counted = [row for row in rows if not row.refusal]
    count_events(((row.customer_id, "Page Viewed" if row.kind == "page" else row.name, row.occurred_at) for row in counted), now=NOW)
    EventName.objects.get_or_create(name="Never Done", defaults={"first_seen_at": NOW})


def _properties(chance: random.Random) -> dict[str, Any]:
    every = {
        "category": chance.choice(("Coffee", "coffee", "Tea", "O'Hara", 7)),
        "price": chance.choice((12.5, 10, 0.1, "12.5", None)),
        "gift": chance.choice((True, False)),
    }
    return {key: value for key, value in every.items() if chance.random() < 0.7}


def _make_orders(chance: random.Random, people: list[Customer]) -> None:
    orders = [_order(chance, one) for one in people for _number in range(chance.choice((0, 0, 1, 2, 3)))]
    Order.objects.bulk_create(orders)
    OrderLine.objects.bulk_create([line for order in orders for line in _lines(chance, order)])


def _order(chance: random.Random, one: Customer) -> Order:
    total = chance.choice((1000, 2550, 9900))
    return Order(
        customer=one,
        number=f"n{chance.randrange(10**12)}",
        currency=chance.choice(("EUR", "EUR", "EUR", "USD")),
        total_minor=total,
        refunded_minor=chance.choice((0, 0, total, 500)),
        payment_state=chance.choice(("paid", "paid", "pending", "voided")),
        coupons=chance.choice(([], ["SPRING"], ["spring", "O'Hara"])),
        placed_at=(at := moment(chance)),
        received_at=at,
        cancelled_at=chance.choice((None, None, None, at)),
    )


def _lines(chance: random.Random, order: Order) -> list[OrderLine]:
    return [
        OrderLine(
            store_id=order.store_id,
            order=order,
            position=place,
            product_id=chance.choice(("p1", "p2")),
            category=chance.choice(("Coffee", "Coffee / Espresso", "Coffee Table", "")),
            brand=chance.choice(("Lumen", "")),
            vendor=chance.choice(("Roasters", "O'Hara", "")),
            quantity=1,
        )
        for place in range(chance.randrange(3))
    ]


def _cart(chance: random.Random, one: Customer) -> Cart | None:
    if chance.random() < 0.5:
        return None
    at = moment(chance)
    idle = chance.choice((None, at))
    return Cart(
        customer=one,
        state=chance.choice(("open", "open", "bought")),
        currency=chance.choice(("EUR", "USD")),
        total_minor=chance.choice((0, 1000, 5000)),
        lines_count=chance.choice((0, 1, 2)),
        stage=chance.choice(("basket", "checkout", "payment")),
        started_at=at,
        last_activity_at=at,
        idle_at=idle,
        abandoned_at=chance.choice((None, at)) if idle else None,
    )


def exact(value: Any) -> Decimal | None:
    """Return a JSON number exactly, or None for anything else."""
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else None
