"""A shop that sells one lamp, if need be in sizes, and tells what it costs and how many there are."""

from collections.abc import Sequence
from typing import Any

from retention.catalog.saving import ProductReport, StockReport, VariantReport, save_products, set_stock


def report(price: int, *, at: Any, sizes: Sequence[str] = ("LAMP",)) -> None:
    """Let the shop tell of the lamp at a price, in one size or several."""
    variants = [VariantReport(f"v{number}", "EUR", sku=sku, name="Lamp", price_minor=price) for number, sku in enumerate(sizes, start=1)]
    save_products([ProductReport("lamp", at, name="Lamp", url="https://lumen.example.test/lamp", variants=variants)], now=at)


def stock(pieces: int, *, at: Any, place: str = "", sizes: Sequence[str] = ("LAMP",)) -> None:
    """Let the shop tell at once how many lamps of each of these sizes a place has."""
    set_stock([StockReport(at, pieces, sku=sku, place=place) for sku in sizes])
