"""What a gift may cost: by the catalog's prices and costs, and not by what a browser says."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns.models import Coupon
from campaigns.recovery.deciding import departure_row
from campaigns.recovery.departing import Left
from campaigns.recovery.gifting import gift_refusals, margins_of
from campaigns.recovery.looking import look_at
from campaigns.recovery.rules.cells import CellPlan, Gift, Rung
from campaigns.recovery.rules.groups import BY_KEY
from retention.catalog.models import Product, Variant
from retention.kit.words import Phrase
from retention.orders.models import Cart, CartLine
from tests.campaigns.coupons.pools import make_pool
from tests.campaigns.recovery.shopping import basket, leave, shopper

pytestmark = pytest.mark.django_db
PLAN = CellPlan((Rung("email", 60, "a", "b"),), gift=Gift("percent", 10))


def refusal(cart: Cart, *, now: Any) -> str:
    """Return why whoever left this basket gets no gift, nothing when they get it."""
    (seen,) = look_at([cart.customer_id], now=now + timedelta(hours=1))
    left = Left(seen, seen.visits[0], None, next(iter(BY_KEY)), Phrase(""), Phrase(""), True, cart, cart.total_minor, "EUR")
    found = gift_refusals([(departure_row(left, None, now=now), PLAN)], now=now)
    return " ".join(why.render(str) for why in found.values())


def tea(*, price_minor: int, cost_minor: int | None) -> None:
    """Put the tea of every basket into the catalog."""
    product = Product.objects.create(shop_id="tea", name="Tea")
    Variant.objects.create(product=product, shop_id="tea", currency="EUR", price_minor=price_minor, cost_minor=cost_minor)


def test_a_price_of_the_browser_s_makes_no_margin(store: Any, now: Any) -> None:
    tea(price_minor=1000, cost_minor=900)
    ana, eve = shopper("email", now=now), shopper("email", now=now)
    assert "20% of the margin" in refusal(leave(ana, now=now), now=now)
    Variant.objects.update(price_minor=4900)
    assert refusal(Cart.objects.get(customer=ana), now=now) == ""
    dear = leave(eve, now=now)
    dear.lines.update(product_id="made-up")
    assert "not known for everything" in refusal(dear, now=now)
    Variant.objects.update(cost_minor=None)
    assert refusal(dear, now=now) == "", "a shop that tells no costs has no ceiling to pass"


def test_a_code_that_was_given_counts_as_one_that_was_used(store: Any, now: Any) -> None:
    ana = shopper("email", now=now)
    cart = leave(ana, now=now)
    make_pool("A1", now=now)
    Coupon.objects.update(customer=ana, occasion="x", kept_at=now, drawn_at=now - timedelta(days=59))
    assert "less than 60 days ago" in refusal(cart, now=now)
    Coupon.objects.update(drawn_at=now - timedelta(days=61))
    assert refusal(cart, now=now) == ""


@pytest.mark.parametrize(("currency", "margin"), [("EUR", 4900 - 1900), ("USD", None)])
def test_a_cost_counts_for_its_own_product_and_in_the_basket_s_money(store, now, currency, margin):
    tea, mug = (Product.objects.create(shop_id=one, name=one) for one in ("tea", "mug"))
    Variant.objects.create(product=tea, shop_id="small", currency=currency, cost_minor=1900)
    Variant.objects.create(product=mug, shop_id="small", currency="EUR", cost_minor=10)
    cart = basket(shopper(now=now), now=now)
    CartLine.objects.filter(cart=cart).update(variant_id="small")
    assert margins_of([cart.pk]).get(cart.pk) == margin
