"""WooCommerce's products. A variation comes in a delivery of its own and names its product; the product only lists its variations' ids."""

from typing import Any

from retention.intake.shops.reading import amount, filled, identity, moment, needed, part, parts, pieces, text
from retention.intake.shops.results import Ignored, Message, ProductGone, ProductSeen, Result, StockSeen, VariantSeen
from retention.kit.words import gettext_noop

COUPON = gettext_noop("A coupon of the shop says nothing about a person; coupons of your messages are made here.")
_STATES = {"publish": "active", "draft": "draft", "pending": "draft", "future": "draft", "private": "archived", "trash": "archived"}


def read_product(message: Message) -> list[Result]:
    """product.created, updated and restored."""
    body = message.body
    at = moment(body, "date_modified_gmt") or message.at
    parent_id = _parent_of(body)
    variant = _variant(body, message)
    if parent_id:
        seen = ProductSeen(parent_id, "", at, message.currency, variants=(variant,), whole=False, only_variants=True)
        return [seen, *_stock(message, parent_id)]
    product_id = needed(body, "id")
    kinds = parts(body, "categories")
    seen = ProductSeen(
        shop_id=product_id,
        name=text(body, "name"),
        reported_at=at,
        currency=message.currency,
        url=text(body, "permalink", longest=2000),
        image_url=next((text(one, "src", longest=2000) for one in parts(body, "images")), ""),
        category=text(kinds[0], "name") if kinds else "",
        tags=tuple(tag for one in parts(body, "tags") if (tag := text(one, "name", longest=80))),
        state=_STATES.get(text(body, "status"), "active"),
        variants=() if part(body, "variations") else (variant,),
        whole=not part(body, "variations"),
    )
    return [seen, *_stock(message, product_id)]


def _parent_of(body: dict[str, Any]) -> str:
    """Return the product a variation belongs to: by its field, or by the link upwards."""
    up = next((text(one, "href") for one in parts(body, "_links", "up")), "")
    return identity(body, "parent_id") or (up.rstrip("/").rpartition("/")[2] if "/products/" in up else "")


def _variant(body: dict[str, Any], message: Message) -> VariantSeen:
    regular = amount(body, "regular_price", currency=message.currency)
    price = amount(body, "price", currency=message.currency)
    said = filled(
        sku=text(body, "sku", longest=120),
        gtin=text(body, "global_unique_id", longest=14),
        name=", ".join(text(one, "option") for one in parts(body, "attributes") if text(one, "option")),
        price=price,
        compare_at=regular if part(body, "on_sale") is True and regular != price else "",
    )
    return VariantSeen(shop_id=needed(body, "id"), **said)


def _stock(message: Message, product_id: str) -> list[Result]:
    """Return how many there are; an article whose pieces nobody counts is left alone unless it is out."""
    body = message.body
    if part(body, "stock_quantity") is not None:
        return [StockSeen(product_id, needed(body, "id"), pieces(body, "stock_quantity"), moment(body, "date_modified_gmt") or message.at)]
    if part(body, "stock_status") == "outofstock" and not part(body, "variations"):
        return [StockSeen(product_id, needed(body, "id"), 0, moment(body, "date_modified_gmt") or message.at)]
    return []


def read_deleted_product(message: Message) -> list[Result]:
    """product.deleted: only the id is left."""
    return [ProductGone(needed(message.body, "id"), message.at)]


def read_coupon(message: Message) -> list[Result]:
    """coupon.created, updated, deleted and restored."""
    return [Ignored(COUPON)]
