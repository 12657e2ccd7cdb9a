"""Products, prices and stock, for staff: read-only."""

from retention.catalog.models import Category, PriceChange, Product, ProductNews, StockLevel, Variant
from retention.tenancy.staff import look_at

look_at(Category, columns=("path", "store", "created_at"), search=("=store__slug",))
look_at(
    Product,
    columns=("name", "store", "shop_id", "state", "source", "reported_at"),
    search=("=store__slug", "=shop_id", "=public_id"),
    filters=("state", "source"),
)
look_at(
    Variant,
    columns=("name", "store", "sku", "price_minor", "currency", "reported_at"),
    hidden=("cost_minor",),
    search=("=store__slug", "=sku"),
)
look_at(StockLevel, columns=("variant", "store", "place", "available", "reported_at"), search=("=store__slug",))
look_at(PriceChange, columns=("variant", "store", "price_minor", "currency", "changed_at"), search=("=store__slug",))
look_at(ProductNews, columns=("at", "store", "product", "kind", "before", "after"), search=("=store__slug",), filters=("kind",))
