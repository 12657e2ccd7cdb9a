"""An order as Shopify would send it, made up, for the button that tries a connection."""

from datetime import datetime
from typing import Any


def sample_order(at: datetime, currency: str) -> dict[str, Any]:
    """Return the body of an order of one product, placed at this moment."""
    moment = at.isoformat()
    return {
        "id": 10**18,
        "name": "#TEST",
        "email": "test.order@example.test",
        "created_at": moment,
        "processed_at": moment,
        "updated_at": moment,
        "currency": currency,
        "financial_status": "paid",
        "fulfillment_status": None,
        "total_price": "25.00",
        "subtotal_price": "25.00",
        "total_discounts": "0.00",
        "total_tax": "0.00",
        "test": True,
        "customer": {"id": 10**18 + 1, "first_name": "Test", "last_name": "Order", "email": "test.order@example.test"},
        "line_items": [{"id": 10**18 + 2, "product_id": 10**18 + 3, "title": "Test product", "quantity": 1, "price": "25.00"}],
    }
