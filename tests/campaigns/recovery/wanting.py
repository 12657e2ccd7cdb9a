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


def written_one(cell: RecoveryCell, *, now: Any) -> Customer:
    """Save somebody with an address whom the lot does not hold back."""
    return next(one for _ in range(200) if is_written_to(one := shopper("email", now=now), cell))


def wanting(cell: RecoveryCell, *, now: Any, product: Any = LAMP, did: str = "Product Viewed") -> Customer:
    """Let somebody whom the lot does not hold back look at what is sold out, or ask for it, and leave."""
    found = written_one(cell, now=now)
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
