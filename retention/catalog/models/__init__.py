"""The tables of the catalog room, one idea a file."""

from retention.catalog.models.news import ProductNews
from retention.catalog.models.product import Category, Product, Variant
from retention.catalog.models.stock import PriceChange, StockLevel

__all__ = ["Category", "PriceChange", "Product", "ProductNews", "StockLevel", "Variant"]
