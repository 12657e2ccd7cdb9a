"""A shop that sells a lamp, or something else, if need be in sizes, and tells what it costs and how many there are."""

from collections.abc import Sequence
from typing import Any

from retention.catalog.saving import ProductReport, StockReport, VariantReport, save_products, set_stock


def report(price: int, *, at: Any, name: str = "Lamp", sizes: Sequence[str] = ()) -> None:
    """Let the shop tell of the lamp, or of what else it sells, at a price, in one size or several."""
    key, skus = name.lower(), sizes or (name.upper(),)
    variants = [VariantReport(f"{key}-{place}", "EUR", sku=sku, name=name, price_minor=price) for place, sku in enumerate(skus, start=1)]
    save_products([ProductReport(key, at, name=name, url=f"https://lumen.example.test/{key}", variants=variants)], now=at)


def stock(pieces: int, *, at: Any, place: str = "", sizes: Sequence[str] = ("LAMP",)) -> None:
    """Let the shop tell at once how many lamps of each of these sizes a place has."""
    set_stock([StockReport(at, pieces, sku=sku, place=place) for sku in sizes])
