"""Baskets and orders, for staff: read-only."""

from retention.orders.models import Cart, CartLine, CartSettings, Order, Refund, RefundLine, Return, ReturnLine
from retention.tenancy.staff import look_at

look_at(
    Cart,
    columns=("public_id", "store", "state", "stage", "total_minor", "currency", "last_activity_at"),
    search=("=store__slug", "=public_id"),
    filters=("state",),
)
look_at(CartLine, columns=("name", "store", "quantity", "price_minor"), search=("=store__slug",))
look_at(CartSettings, columns=("store", "idle_minutes"), search=("=store__slug",))
look_at(
    Order,
    columns=("number", "store", "total_minor", "currency", "payment_state", "placed_at", "received_at"),
    search=("=store__slug", "=number", "=public_id"),
    filters=("payment_state", "fulfilment_state", "source"),
)
look_at(
    Refund,
    columns=("number", "store", "total_minor", "currency", "refunded_at", "received_at"),
    search=("=store__slug", "=number", "=public_id"),
)
look_at(RefundLine, columns=("name", "store", "quantity", "amount_minor"), search=("=store__slug",))
look_at(Return, columns=("number", "store", "state", "requested_at", "reported_at"), search=("=store__slug", "=number"), filters=("state",))
look_at(ReturnLine, columns=("name", "store", "quantity"), search=("=store__slug",))
