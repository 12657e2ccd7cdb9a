"""What shops say of baskets, orders and costs, from signed HTTP to the stored row: emptied, cheaper by a discount, paid after all."""

import pytest

from retention.orders.idling import note_idle_in_store
from retention.orders.models import Cart
from tests.factories import work_for
from tests.intake.shops.hooking import NOW, make_shop, tell

pytestmark = pytest.mark.django_db


def cart(*lines, at: str):
    """Return a cart as Shopify sends it, whole."""
    return {"id": "c1", "token": "c1", "line_items": list(lines), "updated_at": f"2026-11-20T{at}:00Z"}


def test_a_basket_that_was_emptied_is_never_called_abandoned():
    shop = make_shop()
    line = {"id": 1, "product_id": 5, "title": "Beans", "quantity": 2, "price": "10.00"}
    tell(shop, "carts/update", cart(line, at="06:00"))
    with work_for(shop.store):
        assert Cart.objects.values_list("lines_count", "total_minor").get() == (1, 2000)
    tell(shop, "carts/update", cart(at="06:01"))
    with work_for(shop.store):
        assert Cart.objects.values_list("lines_count", "total_minor").get() == (0, 0)
        assert note_idle_in_store(now=NOW) == 0
