"""A shop that sells one lamp and tells what it costs and how many there are."""

from typing import Any

from retention.catalog.saving import ProductReport, StockReport, VariantReport, save_products, set_stock


def report(price: int, *, at: Any) -> None:
    """Let the shop tell of the lamp at a price."""
    variant = VariantReport("v1", "EUR", sku="LAMP", name="Lamp", price_minor=price)
    save_products([ProductReport("lamp", at, name="Lamp", url="https://lumen.example.test/lamp", variants=[variant])], now=at)


def stock(pieces: int, *, at: Any, place: str = "") -> None:
    """Let the shop tell how many lamps a place has."""
    set_stock([StockReport(at, pieces, sku="LAMP", place=place)])
