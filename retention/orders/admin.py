"""Baskets and orders, for staff: read-only."""

from django.contrib import admin
from django.db.models import Prefetch, prefetch_related_objects
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from retention.kit.money import to_major
from retention.orders.models import Cart, CartLine, CartSettings, Order, OrderLine, Refund, RefundLine, Return, ReturnLine
from retention.tenancy.staff import Looking, look_at


@admin.register(Order)
class LookingAtOrders(Looking):
    """Orders, each with its lines: these have no list of their own, for the admin knows no key of several columns."""

    list_display = ("number", "store", "total_minor", "currency", "payment_state", "placed_at", "received_at")
    search_fields = ("=store__slug", "=number", "=public_id")
    list_filter = ("payment_state", "fulfilment_state", "source")
    ordering = ("-pk",)
    readonly_fields = ("products",)

    @display(description=_("order lines"))
    def products(self, order: Order) -> str:
        """Return its lines as a table, in their order."""
        names = (gettext("Pieces"), gettext("Product"), gettext("Product ID"), gettext("Price of one"), gettext("Amount"))
        head = format_html_join("", "<th>{}</th>", ((name,) for name in names))
        lines = OrderLine.objects.filter(store_id=order.store_id).order_by("position")
        prefetch_related_objects([order], Prefetch("lines", lines))  # a page asks for a field several times
        body = format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", map(_cells, order.lines.all()))
        return format_html("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>", head, body)


def _cells(line: OrderLine) -> tuple[object, ...]:
    currency = line.order.currency
    price, amount = (f"{to_major(minor, currency=currency):f} {currency}" for minor in (line.price_minor, line.amount_minor))
    return line.quantity, line.name, line.product_id, price, amount


look_at(
    Cart,
    columns=("public_id", "store", "state", "stage", "total_minor", "currency", "last_activity_at"),
    search=("=store__slug", "=public_id"),
    filters=("state",),
)
look_at(CartLine, columns=("name", "store", "quantity", "price_minor"), search=("=store__slug",))
look_at(CartSettings, columns=("store", "idle_minutes"), search=("=store__slug",))
look_at(
    Refund,
    columns=("number", "store", "total_minor", "currency", "refunded_at", "received_at"),
    search=("=store__slug", "=number", "=public_id"),
)
look_at(RefundLine, columns=("name", "store", "quantity", "amount_minor"), search=("=store__slug",))
look_at(Return, columns=("number", "store", "state", "requested_at", "reported_at"), search=("=store__slug", "=number"), filters=("state",))
look_at(ReturnLine, columns=("name", "store", "quantity"), search=("=store__slug",))
