"""What the timeline says of an order: its amount as money is written, or as it was told where no currency is known."""

import pytest

from retention.customers.models import CustomerEvent
from retention.orders.telling import tell_order


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ({"total": 89.0, "currency": "EUR"}, "€89.00"),
        ({"total": "1234.50", "currency": "eur"}, "€1,234.50"),
        ({"revenue": 6420, "currency": "JPY", "products": [{"name": "Kettle"}]}, "¥6,420, Kettle"),
        ({"total": "89.00", "currency": "XYZ"}, "89.00 XYZ"),
        ({"total": 12.345, "currency": "EUR"}, "12.345 EUR"),
        ({"total": 5}, "5"),
        ({"total": True, "currency": "EUR"}, ""),
        ({"total": {"a": 1}, "currency": "EUR"}, ""),
        ({}, ""),
    ],
)
def test_an_amount_is_written_as_money(told, text):
    assert tell_order(CustomerEvent(name="Order Completed", properties={"order_id": "1"} | told)).text == text
