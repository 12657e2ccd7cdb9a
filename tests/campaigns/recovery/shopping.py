"""Shoppers of the recovery plan's tests: events as the projection stores them, the news read, people looked at."""

import itertools
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from campaigns.journeys.intake import take_news
from campaigns.journeys.running import run_due
from campaigns.measurement.assignment import held_out_of, journey_key
from campaigns.models import RecoveryCell
from campaigns.recovery.noticing import notice_due
from campaigns.recovery.planning import set_state
from retention.customers.consent import Said, record_consents
from retention.customers.events import tell_readers
from retention.customers.models import Customer, CustomerEvent
from retention.kit.words import fold
from retention.orders.models import Cart, CartLine

_numbers = itertools.count(1)
TEA = {"product_id": "tea", "price": 49}


def shopper(*channels: str, now: datetime, **fields: Any) -> Customer:
    """Save a customer with an address and a number who allowed these channels."""
    number = next(_numbers)
    email = f"shopper{number}@example.test"
    made = Customer(email=email, email_key=fold(email), phone=f"+49170{number:07d}", created_at=now - timedelta(days=30), **fields)
    made.save()
    record_consents([Said(made.pk, channel, "granted", now - timedelta(days=30), method="test") for channel in channels], now=now)
    return made


def is_written_to(customer: Customer, cell: RecoveryCell) -> bool:
    """Draw a person's lot in a cell, as their entering would, and say whether they are not only measured."""
    assert cell.journey_id is not None
    return not held_out_of(journey_key(cell.journey_id), [customer.pk], share=0.10, now=customer.created_at)


def live(customer: Customer, *told: tuple[float, str] | tuple[float, str, dict[str, Any]], now: datetime, context: Any = None) -> None:
    """Let events happen so many minutes after `now`, as the projection leaves them, with their news."""
    rows = []
    for minute, name, *more in told:
        moment = now + timedelta(minutes=minute)
        rows.append(
            CustomerEvent(
                public_id=uuid.uuid4(),
                customer=customer,
                kind="track",
                name=name,
                properties=more[0] if more else {},
                context=context or {},
                occurred_at=moment,
                received_at=moment,
                projected_at=moment,
            )
        )
    CustomerEvent.objects.bulk_create(rows)
    last = rows[-1].occurred_at
    Customer.objects.filter(pk=customer.pk).update(last_seen_at=last)
    tell_readers({customer.pk: ["*"]}, now=last)


def basket(customer: Customer, *, now: datetime, total_minor: int = 4900) -> Cart:
    """Save an open basket with one line, filled at `now`."""
    cart = Cart(customer=customer, currency="EUR", total_minor=total_minor, lines_count=1, started_at=now, last_activity_at=now)
    cart.save()
    CartLine.objects.create(cart=cart, product_id="tea", name="Tea", quantity=1, price_minor=total_minor)
    return cart


def leave(customer: Customer, *, now: datetime, more: Sequence[Any] = (), context: Any = None) -> Cart:
    """Let somebody fill a basket at `now` and do nothing after it but what is told."""
    cart = basket(customer, now=now)
    live(customer, (0, "Product Added", TEA), *more, now=now, context=context)
    return cart


def tick(*, now: datetime) -> int:
    """Read the news, look at who may have left, and carry on what is due; return how many were looked at."""
    take_news(now=now)
    looked = notice_due(now=now)
    run_due(now=now)
    return looked


def cell_of(stage: str, group: str) -> RecoveryCell:
    """Return one cell of the ready-made plan."""
    return RecoveryCell.objects.select_related("stage", "journey").get(stage__ready=stage, group=group)


def go_live(stage: str, group: str, *, now: datetime) -> RecoveryCell:
    """Switch one cell on and return it."""
    set_state(cell_of(stage, group), "live", user_id=None, now=now)
    return cell_of(stage, group)
