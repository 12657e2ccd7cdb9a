"""The demo shop's own report of what it sells: prices, one of them lower than before, and how many pieces there are, one sold out."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.templatetags.static import static
from django.urls import reverse

from retention.catalog.models import Product
from retention.catalog.saving import ProductReport, StockReport, VariantReport, save_products, set_stock
from retention.demo.shop.goods import CURRENCY, GOODS, Good

PIECES, FEW = 40, {"gift-box": 3, "milk-pitcher": 0}
BEFORE_MINOR = {"gooseneck-kettle": 8900}
"""What a reduced one cost before, in euro cents."""


def fill_shelves(*, now: datetime) -> int:
    """Report the shop's products to the active store, unless it has them; return how many. What was changed since stays."""
    if Product.objects.filter(shop_id__in=GOODS, state=Product.State.ACTIVE).exists():
        return 0
    with transaction.atomic():
        save_products([_report(good, now=now) for good in GOODS.values()], now=now)
        return set_stock([StockReport(now, FEW.get(sku, PIECES), variant_shop_id=sku, place="Berlin") for sku in GOODS])


def _report(good: Good, *, now: datetime) -> ProductReport:
    price = good.product.price_minor
    before = BEFORE_MINOR.get(good.sku)
    return ProductReport(
        shop_id=good.sku,
        reported_at=now,
        name=good.product.name,
        category=good.shelf_name,
        brand="Lumen",
        url=settings.SITE_URL + reverse("demo_shop:product", args=[good.sku]),
        image_url=settings.SITE_URL + static(good.picture),
        variants=[
            VariantReport(
                good.sku, CURRENCY, sku=good.sku, price_minor=price, compare_at_minor=before if before and before > price else None
            )
        ],
    )
