"""A shop that sells a lamp, or something else, and tells what it costs and how many there are."""

from typing import Any

from retention.catalog.saving import ProductReport, StockReport, VariantReport, save_products, set_stock


def report(price: int, *, at: Any, name: str = "Lamp") -> None:
    """Let the shop tell of the lamp, or of what else it sells, at a price."""
    key = name.lower()
    variant = VariantReport(f"{key}-1", "EUR", sku=name.upper(), name=name, price_minor=price)
    save_products([ProductReport(key, at, name=name, url=f"https://lumen.example.test/{key}", variants=[variant])], now=at)


def stock(pieces: int, *, at: Any, place: str = "") -> None:
    """Let the shop tell how many lamps a place has."""
    set_stock([StockReport(at, pieces, sku="LAMP", place=place)])
