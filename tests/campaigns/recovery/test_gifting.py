"""What a gift may cost: the margin of a basket by the costs of its own variants, in its own money."""

import pytest

from campaigns.recovery.gifting import margins_of
from retention.catalog.models import Product, Variant
from retention.orders.models import CartLine
from tests.campaigns.recovery.shopping import basket, shopper

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("currency", "margin"), [("EUR", 4900 - 1900), ("USD", None)])
def test_a_cost_counts_for_its_own_product_and_in_the_basket_s_money(store, now, currency, margin):
    tea, mug = (Product.objects.create(shop_id=one, name=one) for one in ("tea", "mug"))
    Variant.objects.create(product=tea, shop_id="small", currency=currency, cost_minor=1900)
    Variant.objects.create(product=mug, shop_id="small", currency="EUR", cost_minor=10)
    cart = basket(shopper(now=now), now=now)
    CartLine.objects.filter(cart=cart).update(variant_id="small")
    assert margins_of([cart.pk]).get(cart.pk) == margin
