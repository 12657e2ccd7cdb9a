"""An order as WooCommerce would send it, made up, for the button that tries a connection."""

from datetime import datetime
from typing import Any


def sample_order(at: datetime, currency: str) -> dict[str, Any]:
    """Return the body of an order of one product, placed at this moment."""
    moment = at.strftime("%Y-%m-%dT%H:%M:%S")
    return {
        "id": 10**9,
        "number": "TEST",
        "status": "processing",
        "currency": currency,
        "date_created_gmt": moment,
        "date_modified_gmt": moment,
        "date_paid_gmt": moment,
        "total": "25.00",
        "total_tax": "0.00",
        "discount_total": "0.00",
        "shipping_total": "0.00",
        "customer_id": 0,
        "billing": {"first_name": "Test", "last_name": "Order", "email": "test.order@example.test", "country": "DE"},
        "line_items": [{"id": 1, "product_id": 10**9, "name": "Test product", "quantity": 1, "subtotal": "25.00", "total": "25.00"}],
        "refunds": [],
    }
