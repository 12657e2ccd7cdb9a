"""Shoppers who look at what is sold out: a lamp and a shelf."""

from typing import Any

from campaigns.journeys.products import take_product_news
from campaigns.models import Departure, Message, RecoveryCell
from retention.customers.models import Customer
from tests.campaigns.recovery.shopping import is_written_to, live, shopper
from tests.campaigns.recovery.shopping import tick as look

LAMP, SHELF = {"product_id": "lamp", "availability": "OutOfStock"}, {"product_id": "shelf", "availability": "OutOfStock"}


def tick(*, now: Any) -> None:
    """Read the news of products, then do what a turn does."""
    tell(now=now)
    look(now=now)


def tell(*, now: Any) -> None:
    """Tell people the news of products, which nobody reads yet."""
    while take_product_news(now=now):
        continue


def written_one(cell: RecoveryCell, *others: RecoveryCell, now: Any, held: bool = False) -> Customer:
    """Save somebody with an address whom the lot does not hold back, or does in the first cell."""
    people = (shopper("email", now=now) for _ in range(500))
    return next(one for one in people if is_written_to(one, cell) != held and all(is_written_to(one, other) for other in others))


def wanting(
    cell: RecoveryCell, *others: RecoveryCell, now: Any, product: Any = LAMP, did: str = "Product Viewed", held: bool = False
) -> Customer:
    """Let somebody look at what is sold out, or ask for it, and leave; the lot holds them back in the cell, or does not."""
    found = written_one(cell, *others, now=now, held=held)
    live(found, (0, did, product), now=now)
    return found


def decisions(customer: Customer) -> list[str]:
    """Return what was decided about each time they left."""
    return list(Departure.objects.filter(customer=customer).order_by("left_at").values_list("decision", flat=True))


def written(customer: Customer) -> int:
    """Return how many messages they got, or will."""
    return Message.objects.filter(customer=customer).count()


def said(customer: Customer) -> list[str]:
    """Return which messages they got, or will, in their order."""
    mine = Message.objects.filter(customer=customer).exclude(state="suppressed").order_by("planned_at", "id")
    return list(mine.values_list("template_version__template__key", flat=True))
