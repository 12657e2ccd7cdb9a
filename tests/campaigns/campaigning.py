"""Small steps of a campaign for tests: a segment by hand, a draft with words, and time that goes by."""

import itertools
from datetime import datetime, timedelta
from typing import Any

from campaigns.broadcasts import drafting, running
from campaigns.broadcasts.content import Words
from campaigns.broadcasts.drafting import Told, Way
from campaigns.models import Campaign, Connection, Message
from retention.customers.models import Consent, Customer
from segments import saving
from segments.models import Segment
from tests.campaigns.story import send

_numbers = itertools.count(1)
WORDS = Words("New on the shelf", "Hello {{ profile.first_name }}, have a look.", "See it", "https://lumen.example.test/new")
MAIL = Way("Just in", WORDS)


def make_crowd(count: int, *, now: datetime, consent: bool = True, **fields: Any) -> list[Customer]:
    """Save people with addresses; by default they allow e-mail."""
    people = []
    for _ in range(count):
        address = f"reader{next(_numbers)}@crowd.example.test"
        people.append(Customer(email=address, email_key=address, first_name="Kim", created_at=now - timedelta(days=90), **fields))
    made = Customer.objects.bulk_create(people)
    if consent:
        Consent.objects.bulk_create([Consent(customer=one, channel="email", status="granted", changed_at=now) for one in made])
    return list(made)


def make_list(people: list[Customer], *, now: datetime, name: str = "") -> Segment:
    """Save a segment of exactly these people."""
    return saving.create_list(name=name or f"List {next(_numbers)}", customer_ids=[one.pk for one in people], user_id=None, now=now)


def make_campaign(
    *include: Segment, now: datetime, exclude: tuple[Segment, ...] = (), ways: tuple[Way, ...] = (MAIL,), **more: Any
) -> Campaign:
    """Save a draft."""
    told = Told(
        name=f"Campaign {next(_numbers)}",
        include=tuple(str(one.public_id) for one in include),
        exclude=tuple(str(one.public_id) for one in exclude),
        ways=ways,
        **more,
    )
    return drafting.create(told, user_id=None, now=now)


def start(campaign: Campaign, store: Any, *, now: datetime) -> None:
    """Start a draft, and let one tick find it."""
    assert running.start(campaign, store=store, user_id=None, now=now)
    running.tick(store, now=now)
    campaign.refresh_from_db()


def send_all(store: Any, *, now: datetime) -> int:
    """Send until nothing is due and return how many left."""
    total = 0
    while True:
        done = send(store, now=now)
        total += done.states.get("sent", 0)
        if not done.reserved:
            return total


def rows(campaign: Campaign) -> Any:
    """Return a campaign's messages."""
    return Message.objects.filter(source_kind="campaign", source_id=campaign.pk)


def connect(store: Any) -> None:
    """Connect an account for mail to a store, so that its mail leaves for real people."""
    made = Connection(channel="email", provider="smtp", name="SMTP", from_address=f"shop@{store.slug}.example.test")
    made.save()
    made.keep_credentials({"password": "sesame"})
    made.save()
