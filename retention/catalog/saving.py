"""What a shop reports about its products, prices and stock becomes rows: set-based, and an older report never overwrites a newer one.

Called by shops' webhooks, the API and imports, in their transaction and their store's context.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q

from retention.catalog.models import Category, PriceChange, Product, ProductNews, Variant
from retention.catalog.news import price_fell, stock_moved, tell, totals_of
from retention.kit.arrays import texts_of
from retention.kit.locks import transaction_lock
from retention.kit.words import fold
from retention.tenancy.bulk import update_rows
from retention.tenancy.context import require_store_id

ProductKey = str
VariantKey = tuple[str, str]
_STOCK = """
    INSERT INTO catalog_stocklevel (store_id, variant_id, place, available, reported_at)
    SELECT DISTINCT ON (variant_id, place) %s, variant_id, place, available, reported_at
    FROM unnest(%s::bigint[], %s::text[], %s::int[], %s::timestamptz[]) AS told(variant_id, place, available, reported_at)
    ORDER BY variant_id, place, reported_at DESC
    ON CONFLICT (store_id, variant_id, place) DO UPDATE SET available = excluded.available, reported_at = excluded.reported_at
    WHERE excluded.reported_at >= catalog_stocklevel.reported_at
"""
_KNOWN = "SELECT shop_id FROM catalog_product WHERE store_id = (SELECT %s::bigint) AND shop_id = ANY(%s::text[])"


@dataclass(frozen=True)
class VariantReport:
    """One variant as the shop tells it; amounts in minor units of `currency`, None for what it does not say."""

    shop_id: str
    currency: str
    sku: str = ""
    gtin: str = ""
    stock_id: str = ""
    name: str = ""
    position: int = 1
    price_minor: int | None = None
    compare_at_minor: int | None = None
    cost_minor: int | None = None
    image_url: str = ""


@dataclass(frozen=True)
class ProductReport:
    """One product as the shop tells it, whole: variants that are missing are gone. A removed product has state `deleted` and no variants.

    reported_at: the shop's own moment of this version. whole: False where the shop tells variants apart, so that missing ones stay.
    """

    shop_id: str
    reported_at: datetime
    name: str = ""
    category: str = ""
    brand: str = ""
    vendor: str = ""
    tags: Sequence[str] = ()
    url: str = ""
    image_url: str = ""
    state: str = Product.State.ACTIVE
    source: str = "api"
    variants: Sequence[VariantReport] = field(default_factory=tuple)
    whole: bool = True


@dataclass(frozen=True)
class StockReport:
    """How many pieces of a variant a place has. The first id that is there names the variant: stock_id, variant_shop_id, sku."""

    reported_at: datetime
    available: int
    stock_id: str = ""
    variant_shop_id: str = ""
    sku: str = ""
    place: str = ""

    def key(self) -> tuple[str, str]:
        """Return the column that finds the variant, and its value."""
        pairs = (("stock_id", self.stock_id), ("shop_id", self.variant_shop_id), ("sku", self.sku))
        return next((pair for pair in pairs if pair[1]), ("sku", ""))


@dataclass(frozen=True)
class CostReport:
    """What the shop pays for an article, in minor units. stock_id names the variant, or failing that the SKU names what is still sold."""

    reported_at: datetime
    cost_minor: int
    currency: str
    stock_id: str = ""
    sku: str = ""


@dataclass(frozen=True)
class Seen:
    """A product as a visitor's event names it: enough to show it, nothing that a shop vouches for."""

    shop_id: str
    name: str = ""
    category: str = ""
    brand: str = ""
    url: str = ""
    image_url: str = ""


def save_products(reports: Iterable[ProductReport], *, now: datetime) -> list[Product]:
    """Write what the shop told about products, in a fixed number of statements; return the products, newer versions left as they are."""
    latest: dict[ProductKey, ProductReport] = {}
    for report in sorted(reports, key=lambda one: one.reported_at):
        latest[report.shop_id] = report
    if not latest:
        return []
    transaction_lock("catalog", store_id=require_store_id())
    there = {product.shop_id: product for product in Product.objects.filter(shop_id__in=list(latest))}
    taken = [one for one in latest.values() if _newer(there.get(one.shop_id), one)]
    categories = _categories({one.category for one in taken if one.category}, now=now)
    for one in taken:
        there[one.shop_id] = _fill(there.get(one.shop_id) or Product(shop_id=one.shop_id, created_at=now), one, categories=categories)
    fresh = [there[one.shop_id] for one in taken if there[one.shop_id].pk is None]
    update_rows([there[one.shop_id] for one in taken if there[one.shop_id].pk is not None], _PRODUCT_FIELDS)
    Product.objects.bulk_create(fresh)
    _save_variants([(there[one.shop_id], one) for one in taken])
    return list(there.values())


def save_variants(product_shop_id: str, variants: Sequence[VariantReport], *, reported_at: datetime, source: str, now: datetime) -> None:
    """Write variants that a shop tells apart from their product, which is made where it is not known yet.

    The product's own words and its other variants stay; a variant's newer version stays too.
    """
    transaction_lock("catalog", store_id=require_store_id())
    product, _made = Product.objects.get_or_create(
        shop_id=product_shop_id, defaults={"state": Product.State.ACTIVE, "source": source[:20], "created_at": now}
    )
    versions = dict(Variant.objects.filter(product=product).values_list("shop_id", "reported_at"))
    fresh = [one for one in variants if (version := versions.get(one.shop_id)) is None or reported_at >= version]
    _save_variants([(product, ProductReport(product_shop_id, reported_at, variants=fresh, whole=False))])


@transaction.atomic
def set_stock(reports: Sequence[StockReport]) -> int:
    """Write stock levels of variants that are known; return how many reports found their variant."""
    if not reports:
        return 0
    found = _variants_of(reports)
    rows = [(found[report.key()], report) for report in reports if report.key() in found]
    transaction_lock("stock", store_id=require_store_id())
    before = totals_of(pk for pk, _ in rows)
    columns: list[list[Any]] = [
        [pk for pk, _ in rows],
        [r.place for _, r in rows],
        [r.available for _, r in rows],
        [r.reported_at for _, r in rows],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_STOCK, [require_store_id(), *columns])
    if before:
        latest = max(report.reported_at for _, report in rows)
        tell(stock_moved(before, totals_of(pk for pk, _ in rows), at=latest), now=latest)
    return len(rows)


def set_costs(reports: Iterable[CostReport]) -> None:
    """Write costs of variants that are known and priced in the same currency; one told later stays."""
    for one in sorted(reports, key=lambda one: one.reported_at):
        rows = Variant.objects.filter(stock_id=one.stock_id).exclude(stock_id="")
        if not rows.exists():
            rows = Variant.objects.filter(sku=one.sku, removed_at=None).exclude(sku="")
        older = Q(cost_reported_at=None) | Q(cost_reported_at__lte=one.reported_at)
        rows.filter(older, currency=one.currency).update(cost_minor=one.cost_minor, cost_reported_at=one.reported_at)


def unknown_products(shop_ids: Collection[str]) -> list[str]:
    """Return those of the shop's ids that name no product of the active store, in their order."""
    if not shop_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [require_store_id(), texts_of(list(shop_ids))])
        known = {shop_id for (shop_id,) in cursor.fetchall()}
    return [shop_id for shop_id in shop_ids if shop_id not in known]


def note_seen(seen: Iterable[Seen], *, now: datetime) -> None:
    """Make the products that events name and the shop has not told of; words of known ones stay as they are."""
    told = {one.shop_id: one for one in seen if one.shop_id}
    fresh = [told[shop_id] for shop_id in sorted(unknown_products(told))]
    if not fresh:
        return
    categories = _categories({one.category for one in fresh if one.category}, now=now)
    Product.objects.bulk_create(
        [
            Product(
                shop_id=one.shop_id,
                name=one.name[:300],
                name_key=fold(one.name)[:300],
                category=categories.get(one.category[:300]),
                brand=one.brand[:120],
                url=one.url[:2000],
                image_url=one.image_url[:2000],
                created_at=now,
            )
            for one in fresh
        ],
        ignore_conflicts=True,
    )


_PRODUCT_FIELDS = ["name", "name_key", "category", "brand", "vendor", "tags", "url", "image_url", "state", "source", "reported_at"]
_VARIANT_FIELDS = [
    *("sku", "gtin", "stock_id", "name", "position", "currency", "price_minor", "compare_at_minor", "cost_minor", "image_url"),
    *("cost_reported_at", "removed_at", "reported_at"),
]


def _newer(product: Product | None, report: ProductReport) -> bool:
    return product is None or product.reported_at is None or report.reported_at >= product.reported_at


def _fill(product: Product, report: ProductReport, *, categories: Mapping[str, Category]) -> Product:
    """Copy a report into a row; a removal keeps the words, so that old orders still show what it was."""
    product.state, product.source, product.reported_at = report.state, report.source[:20], report.reported_at
    if report.state == Product.State.DELETED:
        return product
    product.name, product.name_key = report.name[:300], fold(report.name)[:300]
    product.category = categories.get(report.category[:300])
    product.brand, product.vendor = report.brand[:120], report.vendor[:120]
    product.tags = [tag[:80] for tag in report.tags[:100]]
    product.url, product.image_url = report.url[:2000], report.image_url[:2000]
    return product


def _categories(paths: set[str], *, now: datetime) -> dict[str, Category]:
    wanted = sorted({path[:300] for path in paths})
    if not wanted:
        return {}
    Category.objects.bulk_create([Category(path=path, created_at=now) for path in wanted], ignore_conflicts=True)
    return {category.path: category for category in Category.objects.filter(path__in=wanted)}


def _save_variants(told: Sequence[tuple[Product, ProductReport]]) -> None:
    products = [product for product, _ in told]
    there = {(row.product_id, row.shop_id): row for row in Variant.objects.filter(product__in=products)}
    fresh: list[Variant] = []
    changed: list[Variant] = []
    prices: list[PriceChange] = []
    news: list[ProductNews] = []
    for product, report in told:
        named = {one.shop_id for one in report.variants}
        for one in report.variants:
            row = there.get((product.pk, one.shop_id)) or Variant(product=product, shop_id=one.shop_id)
            if one.price_minor is not None and (row.price_minor, row.compare_at_minor) != (one.price_minor, one.compare_at_minor):
                prices.append(_price(row, one, changed_at=report.reported_at))
                news += _news(row, one, changed_at=report.reported_at)
            _fill_variant(row, one, report=report)
            (changed if row.pk is not None else fresh).append(row)
        for row in there.values() if report.whole else ():
            if row.product_id == product.pk and row.shop_id not in named and row.removed_at is None:
                row.removed_at, row.reported_at = report.reported_at, report.reported_at
                changed.append(row)
    Variant.objects.bulk_create(fresh)
    update_rows(changed, _VARIANT_FIELDS)
    PriceChange.objects.bulk_create(prices, ignore_conflicts=True)
    if news:
        tell(news, now=max(one.at for one in news))


def _news(row: Variant, one: VariantReport, *, changed_at: datetime) -> list[ProductNews]:
    """Return the news of a variant that costs less than before; a price in another money is none."""
    if row.pk is None or row.price_minor is None or one.price_minor is None or row.currency != one.currency or row.removed_at is not None:
        return []
    if one.price_minor >= row.price_minor:
        return []
    return [price_fell(row.product_id, before=row.price_minor, after=one.price_minor, currency=one.currency, at=changed_at)]


def _price(row: Variant, one: VariantReport, *, changed_at: datetime) -> PriceChange:
    return PriceChange(
        variant=row,
        currency=one.currency,
        price_minor=one.price_minor or 0,
        compare_at_minor=one.compare_at_minor,
        changed_at=changed_at,
    )


def _fill_variant(row: Variant, one: VariantReport, *, report: ProductReport) -> None:
    row.sku, row.gtin, row.stock_id, row.name = one.sku[:120], one.gtin[:14], one.stock_id[:120], one.name[:300]
    row.position, row.currency, row.image_url = one.position, one.currency, one.image_url[:2000]
    row.price_minor, row.compare_at_minor = one.price_minor, one.compare_at_minor
    if one.cost_minor is not None and (row.cost_reported_at is None or report.reported_at >= row.cost_reported_at):
        row.cost_minor, row.cost_reported_at = one.cost_minor, report.reported_at
    row.removed_at, row.reported_at = None, report.reported_at


def _variants_of(reports: Sequence[StockReport]) -> dict[tuple[str, str], int]:
    """Return the variant behind each key; of several with one SKU the oldest that is still sold."""
    found: dict[tuple[str, str], int] = {}
    for column in ("stock_id", "shop_id", "sku"):
        wanted = {value for name, value in (report.key() for report in reports) if name == column and value}
        if wanted:
            rows = (
                Variant.objects.filter(**{f"{column}__in": wanted})
                .order_by(F("removed_at").desc(nulls_last=True), "-pk")
                .values_list(column, "pk")
            )
            found |= {(column, value): pk for value, pk in rows}
    return found
