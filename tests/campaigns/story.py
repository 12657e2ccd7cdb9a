"""Small steps of the main story for tests: a shopper who allowed mail, a basket left alone, ticks of the timed jobs."""

import itertools
from datetime import datetime, timedelta
from typing import Any

from campaigns.journeys.intake import take_news
from campaigns.journeys.running import run_due
from campaigns.sending.dispatch import Slice, dispatch_slice
from retention.customers.consent import Said, record_consents
from retention.customers.events import record
from retention.customers.models import Customer
from retention.kit.words import fold
from retention.orders.models import Cart, CartLine, Order

_numbers = itertools.count(1)


def make_shopper(name: str = "Ana", *, consent: bool = True, now: datetime, email: str = "") -> Customer:
    """Save a customer; by default one who allowed e-mail."""
    address = email or f"{name.lower()}{next(_numbers)}@example.test"
    customer = Customer(email=address, email_key=fold(address), first_name=name, created_at=now - timedelta(days=30))
    customer.save()
    if consent:
        record_consents([Said(customer.pk, "email", "granted", now - timedelta(days=30), method="checkout")], now=now)
    return customer


def leave_cart(customer: Customer, *, now: datetime) -> Cart:
    """Save a basket with one line and the moment it counts as left alone."""
    cart = Cart(
        customer=customer,
        currency="EUR",
        total_minor=4900,
        lines_count=1,
        started_at=now - timedelta(hours=2),
        last_activity_at=now - timedelta(hours=1),
        idle_at=now,
    )
    cart.save()
    CartLine.objects.create(cart=cart, product_id="hand-grinder", name="Hand grinder", quantity=1, price_minor=4900)
    record(customer.pk, name="Cart Idle", now=now, properties={"cart_id": str(cart.public_id), "total_minor": 4900})
    return cart


def buy(customer: Customer, cart: Cart | None, *, now: datetime) -> Order:
    """Save a paid order as the projection does: order, basket, event and news."""
    order = Order(
        customer=customer, cart=cart, number=f"W-{next(_numbers)}", currency="EUR", total_minor=4900, placed_at=now, received_at=now
    )
    order.save()
    if cart is not None:
        Cart.objects.filter(pk=cart.pk).update(state="bought", closed_at=now)
    record(customer.pk, name="Order Completed", now=now, properties={"order_id": order.number})
    return order


def tick(*, now: datetime) -> None:
    """Read the news and carry on what is due."""
    take_news(now=now)
    run_due(now=now)


def send(store: Any, *, now: datetime) -> Slice:
    """Send one slice of e-mail."""
    return dispatch_slice(store, channel="email", clock=lambda: now)
