"""Customers, what they allow, what they do, their baskets and orders; each inside the store's context."""

import itertools
from datetime import datetime
from typing import Any

from retention.customers.models import Consent, Customer, CustomerEvent, Identity
from retention.kit.clock import now
from retention.kit.words import fold
from retention.orders.figures import refigure
from retention.orders.models import Cart, CartLine, Order
from retention.stores.models import Store
from retention.tenancy.context import store_context

_numbers = itertools.count(1)


def make_customer(store: Store, email: str | None = None, *, allows: tuple[str, ...] = (), **fields: Any) -> Customer:
    """Save a customer; without an address one is made up, with an empty one they are a visitor."""
    email = f"customer{next(_numbers)}@example.test" if email is None else email
    with store_context(store.pk):
        customer = Customer(email=email, email_key=fold(email) or None, **fields)
        customer.fold_texts()
        customer.save()
        if email:
            Identity.objects.create(customer=customer, kind="email", value=fold(email))
        for channel in allows:
            Consent.objects.create(customer=customer, channel=channel, status="granted", method="form")
        return customer


def make_event(customer: Customer, name: str, *, at: datetime | None = None, kind: str = "track", **fields: Any) -> CustomerEvent:
    """Save an event that was projected already."""
    moment = at or now()
    with store_context(customer.store_id):
        event: CustomerEvent = CustomerEvent.objects.create(
            customer=customer, kind=kind, name=name, occurred_at=moment, received_at=moment, projected_at=moment, **fields
        )
        return event


def make_cart(
    customer: Customer, *, touched: datetime | None = None, product: str = "beans", price_minor: int = 1250, **fields: Any
) -> Cart:
    """Save an open basket with one product in it."""
    moment = touched or now()
    given = {"currency": "EUR", "total_minor": price_minor, "lines_count": 1, "started_at": moment, "last_activity_at": moment}
    with store_context(customer.store_id):
        cart: Cart = Cart.objects.create(customer=customer, **(given | fields))
        CartLine.objects.create(cart=cart, product_id=product, name=product.title(), quantity=1, price_minor=price_minor)
        return cart


def make_order(customer: Customer, *, number: str = "", total_minor: int = 2500, placed: datetime | None = None, **fields: Any) -> Order:
    """Save an order, and what the customer's orders come to."""
    moment = placed or now()
    number = number or f"N-{next(_numbers)}"
    given = {"currency": "EUR", "placed_at": moment, "received_at": moment}
    with store_context(customer.store_id):
        order: Order = Order.objects.create(customer=customer, number=number, total_minor=total_minor, **(given | fields))
        refigure([customer.pk], currency=customer.store.currency)
        return order
