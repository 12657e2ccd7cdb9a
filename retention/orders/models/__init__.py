"""The tables of the orders room, one idea a file."""

from retention.orders.models.cart import Cart, CartLine
from retention.orders.models.order import Order, OrderLine

__all__ = ["Cart", "CartLine", "Order", "OrderLine"]
