"""What shops say about products goes to the catalogue: decimal texts become minor units, one report a product."""

from collections.abc import Sequence
from datetime import datetime

from retention.catalog import saving
from retention.catalog.models import Product, Variant
from retention.catalog.saving import CostReport, ProductReport, StockReport, VariantReport
from retention.intake.shops.results import CostSeen, ProductGone, ProductSeen, Result, StockSeen, VariantSeen
from retention.kit.money import parse_minor


def save_products(results: Sequence[Result], *, source: str, now: datetime) -> list[str]:
    """Save products and removals; where the shop tells variants apart, what this delivery does not name stays."""
    seen = [one for one in results if isinstance(one, ProductSeen)]
    gone = [one for one in results if isinstance(one, ProductGone)]
    saving.save_products([_report(one, source) for one in seen if not one.only_variants], now=now)
    for one in seen:
        if one.only_variants:
            variants = [_variant(each, one.currency) for each in one.variants]
            saving.save_variants(one.shop_id, variants, reported_at=one.reported_at, source=source, now=now)
    for lost in gone:
        _take_out(lost, source=source, now=now)
    return ["product" for _one in seen] + ["product_gone" for _one in gone]


def _take_out(lost: ProductGone, *, source: str, now: datetime) -> None:
    """Take out a product, or one variant of it: WooCommerce calls both a product."""
    if not Product.objects.filter(shop_id=lost.shop_id).exists():
        variants = Variant.objects.filter(shop_id=lost.shop_id, removed_at=None).exclude(reported_at__gt=lost.reported_at)
        if variants.update(removed_at=lost.reported_at, reported_at=lost.reported_at):
            return
    gone = ProductReport(shop_id=lost.shop_id, reported_at=lost.reported_at, state=Product.State.DELETED, source=source)
    saving.save_products([gone], now=now)


def save_stock(results: Sequence[Result]) -> list[str]:
    """Save how many pieces there are of variants the catalogue knows."""
    told = [one for one in results if isinstance(one, StockSeen)]
    found = saving.set_stock([StockReport(one.reported_at, one.available, variant_shop_id=one.variant_id) for one in told])
    return ["stock" if found else "stock_unknown"] if told else []


def save_costs(results: Sequence[Result]) -> list[str]:
    """Save what the shop pays for an article, on the variant that carries its number or, failing that, its SKU."""
    told = [one for one in results if isinstance(one, CostSeen)]
    saving.set_costs(
        CostReport(one.reported_at, parse_minor(one.cost, currency=one.currency), one.currency, stock_id=one.stock_id, sku=one.sku)
        for one in told
    )
    return ["cost"] if told else []


def _report(one: ProductSeen, source: str) -> ProductReport:
    return ProductReport(
        shop_id=one.shop_id,
        reported_at=one.reported_at,
        name=one.name,
        category=one.category,
        brand=one.brand,
        tags=one.tags,
        url=one.url,
        image_url=one.image_url,
        state=one.state,
        source=source,
        variants=tuple(_variant(each, one.currency) for each in one.variants),
        whole=one.whole,
    )


def _variant(one: VariantSeen, currency: str) -> VariantReport:
    return VariantReport(
        shop_id=one.shop_id,
        currency=currency,
        sku=one.sku,
        gtin=one.gtin,
        stock_id=one.stock_id,
        name=one.name,
        position=one.position,
        price_minor=_minor(one.price, currency),
        compare_at_minor=_minor(one.compare_at, currency),
    )


def _minor(text: str, currency: str) -> int | None:
    return parse_minor(text, currency=currency) if text else None
