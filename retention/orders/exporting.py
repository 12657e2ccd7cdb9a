"""Orders as CSV, a row per product, with the headings our import reads back.

Lines only: shipping, discounts, refunds and orders without lines are not in it, so what comes back adds up to the lines at their price. The
column "Order Total" says what was paid; the import does not read it.
"""

from django.utils.translation import gettext_lazy

from retention.customers.exporting import Cells, Table
from retention.customers.importing.cells import cell_of
from retention.kit.money import to_major
from retention.orders.models import OrderLine
from retention.tenancy.context import require_store_id

HEADER = [
    *("Order Number", "Order Date", "Customer Email", "Customer ID", "Product ID", "Product Name", "Quantity", "Unit Price", "Currency"),
    *("Country", "Order Total"),
]
_BITS = 20  # of a position: no report has so many lines
_LAST_POSITION = (1 << _BITS) - 1


def _page(after: int, limit: int) -> list[tuple[int, Cells]]:
    """Return lines behind a place: their order's id, and in its last bits the position there."""
    last = require_store_id(), after >> _BITS, after & _LAST_POSITION
    lines = OrderLine.objects.filter(pk__gt=last).select_related("order__customer").prefetch_related("order__customer__identities")
    return [(line.order_id << _BITS | line.position, _cells(line)) for line in lines.order_by("pk")[:limit]]


def _cells(line: OrderLine) -> Cells:
    order = line.order
    who = order.customer
    external = next((one.value for one in who.identities.all() if one.kind == "external"), "") if who else ""
    money = [str(to_major(minor, currency=order.currency)) for minor in (line.price_minor, order.total_minor)]
    person = [who.email if who else "", external]
    product = [line.product_id, line.name, str(line.quantity), money[0], order.currency]
    return [order.number, cell_of(order.placed_at), *person, *product, who.country if who else "", money[1]]


ORDERS = Table(gettext_lazy("Orders"), lambda: list(HEADER), _page, OrderLine.objects.all)
