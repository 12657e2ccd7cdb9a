"""Shopify's products, variants and their cost. None of it is about a person, so it goes to the catalogue."""

from datetime import datetime
from typing import Any

from retention.intake.shops.reading import amount, filled, identity, moment, needed, part, parts, pieces, text
from retention.intake.shops.results import CostSeen, Ignored, Message, ProductGone, ProductSeen, Result, StockSeen, VariantSeen
from retention.kit.words import gettext_noop

NO_COST = gettext_noop("The shop names no cost for this article.")
LEVELS = gettext_noop("This counts one place only; how many there are of an article in all comes with products/update.")
_STATES = {"active": "active", "draft": "draft", "archived": "archived", "unlisted": "archived"}


def read_product(message: Message) -> list[Result]:
    """products/create and products/update: the product with all its variants, and how many of each there are."""
    body = message.body
    product_id, at = needed(body, "id"), moment(body, "updated_at") or message.at
    category = text(body, "category", "full_name") or text(body, "product_type")
    seen = ProductSeen(
        shop_id=product_id,
        name=text(body, "title"),
        reported_at=at,
        currency=message.currency,
        brand=text(body, "vendor", longest=120),
        image_url=text(body, "image", "src", longest=2000) or _first_image(body),
        category=category,
        tags=tuple(tag.strip()[:80] for tag in text(body, "tags", longest=5000).split(",") if tag.strip()),
        state=_STATES.get(text(body, "status"), "active"),
        variants=tuple(_variant(one, currency=message.currency) for one in parts(body, "variants") if identity(one, "id")),
    )
    return [seen, *(stock for one in parts(body, "variants") for stock in _stock(one, product_id, at))]


def _first_image(body: dict[str, Any]) -> str:
    return next((text(one, "src", longest=2000) for one in parts(body, "images")), "")


def _variant(one: dict[str, Any], *, currency: str) -> VariantSeen:
    said = filled(
        sku=text(one, "sku", longest=120),
        gtin=text(one, "barcode", longest=14),
        stock_id=identity(one, "inventory_item_id"),
        name="" if text(one, "title") == "Default Title" else text(one, "title"),
        price=amount(one, "price", currency=currency),
        compare_at=amount(one, "compare_at_price", currency=currency),
    )
    return VariantSeen(shop_id=identity(one, "id"), position=max(pieces(one, "position"), 1), **said)


def _stock(one: dict[str, Any], product_id: str, at: datetime) -> list[StockSeen]:
    if part(one, "inventory_quantity") is None or not identity(one, "id"):
        return []
    return [StockSeen(product_id, identity(one, "id"), pieces(one, "inventory_quantity"), at)]


def read_deleted_product(message: Message) -> list[Result]:
    """products/delete: only the id is left of it."""
    return [ProductGone(needed(message.body, "id"), message.at)]


def read_stock(message: Message) -> list[Result]:
    """variants/in_stock and variants/out_of_stock: one variant ran out, or is back; the delivery's own moment counts."""
    return [
        StockSeen(needed(message.body, "product_id"), needed(message.body, "id"), pieces(message.body, "inventory_quantity"), message.at)
    ]


def read_inventory_item(message: Message) -> list[Result]:
    """inventory_items/update: what the shop itself pays for an article."""
    body = message.body
    cost, sku = amount(body, "cost", currency=message.currency), text(body, "sku", longest=120)
    if not cost:
        return [Ignored(NO_COST)]
    return [CostSeen(needed(body, "id"), sku, cost, message.currency, moment(body, "updated_at") or message.at)]


def read_inventory_level(message: Message) -> list[Result]:
    """inventory_levels/update and its kin."""
    return [Ignored(LEVELS)]
