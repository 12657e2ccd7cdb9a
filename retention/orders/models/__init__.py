"""The tables of the orders room, one idea a file."""

from retention.orders.models.cart import Cart, CartLine
from retention.orders.models.order import Order, OrderLine
from retention.orders.models.refund import Refund, RefundLine, Return, ReturnLine
from retention.orders.models.settings import CartSettings

__all__ = ["Cart", "CartLine", "CartSettings", "Order", "OrderLine", "Refund", "RefundLine", "Return", "ReturnLine"]
