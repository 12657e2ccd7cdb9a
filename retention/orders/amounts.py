"""Amounts and products as storefronts write them, read into minor units and whole pieces; no database here."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from retention.kit.money import LARGEST_AMOUNT, LARGEST_MINOR, MoneyError, decimals_of, parse_minor, to_minor

_CLOSE = Decimal("0.000001")  # what adding up prices in binary leaves behind; a real third decimal is far larger
_EXACT = 10**15  # below it no two amounts in minor units share a float, so the one a float stands for is the one that was told
MOST_PIECES = 1_000_000
MOST_LINES = 500


class Unreadable(ValueError):
    """A property cannot be read; the message names it."""


class Line(NamedTuple):
    """One product with how many pieces and the price of one. amount_minor: what the line came to, where that is stated."""

    product_id: str
    variant_id: str
    name: str
    quantity: int
    price_minor: int
    url: str
    image_url: str
    sku: str = ""
    category: str = ""
    brand: str = ""
    vendor: str = ""
    amount_minor: int | None = None
    reason: str = ""

    @property
    def worth_minor(self) -> int:
        """Return what the line came to: as stated, after discounts, or else its pieces at their price."""
        return self.quantity * self.price_minor if self.amount_minor is None else self.amount_minor


def read_currency(properties: dict[str, Any], *, usual: str) -> str:
    """Return the currency an event names, or the store's."""
    stated = properties.get("currency")
    if stated in (None, ""):
        return usual
    currency = stated.strip().upper() if isinstance(stated, str) else ""
    try:
        decimals_of(currency)
    except MoneyError as error:
        raise Unreadable(f"properties.currency: {error}") from None
    return currency


def read_amount(value: Any, *, currency: str, field: str) -> int:
    """Return an amount in minor units; whole numbers and decimal texts exactly, floats if they are off by no more than binary leaves."""
    try:
        minor = _minor(value, currency=currency)
    except MoneyError as error:
        raise Unreadable(f"{field}: {error}") from None
    if minor < 0:
        raise Unreadable(f"{field}: The amount is negative.")
    if minor > LARGEST_AMOUNT:
        raise Unreadable(f"{field}: The amount is too large.")
    return minor


def _minor(value: Any, *, currency: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise MoneyError("The amount is not a number.")
    if isinstance(value, str):
        return parse_minor(value, currency=currency)
    if isinstance(value, float) and not math.isfinite(value):
        raise MoneyError("The amount is not a number.")
    scale: int = 10 ** decimals_of(currency)
    if abs(value) < _EXACT / scale and (minor := round(value * scale)) / scale == value:
        return minor
    amount = Decimal(repr(value))
    rounded = round(amount, decimals_of(currency)) if abs(amount) < LARGEST_MINOR else amount
    return to_minor(rounded if abs(amount - rounded) < _CLOSE else amount, currency=currency)


def read_line(product: Any, *, currency: str, field: str = "properties", fewest: int = 1) -> Line:
    """Return one product of an event. fewest: how few pieces it may have."""
    if not isinstance(product, dict):
        raise Unreadable(f"{field}: A product must be an object.")
    product_id = read_text(product.get("product_id") or product.get("productId") or product.get("id") or product.get("sku"), longest=120)
    if not product_id:
        raise Unreadable(f"{field}.product_id is missing.")
    price = product.get("price")
    price_minor = 0 if price is None else read_amount(price, currency=currency, field=f"{field}.price")
    quantity = _quantity(product.get("quantity"), field=f"{field}.quantity", fewest=fewest)
    if quantity * price_minor > LARGEST_AMOUNT:
        raise Unreadable(f"{field}.price: Price times quantity is too large.")
    return Line(
        product_id=product_id,
        variant_id=read_text(product.get("variant_id") or product.get("variantId") or product.get("variant"), longest=120),
        name=read_text(product.get("name"), longest=300),
        quantity=quantity,
        price_minor=price_minor,
        url=read_text(product.get("url"), longest=2000),
        image_url=read_text(product.get("image_url") or product.get("imageUrl"), longest=2000),
        sku=read_text(product.get("sku"), longest=120),
        category=read_text(product.get("category"), longest=300),
        brand=read_text(product.get("brand"), longest=120),
        vendor=read_text(product.get("vendor"), longest=120),
        reason=read_text(product.get("reason"), longest=200),
    )


def read_lines(properties: dict[str, Any], *, currency: str, fewest: int = 1) -> list[Line]:
    """Return the products of an event, none when it names none. fewest: how few pieces a product may have."""
    products = properties.get("products")
    if products is None:
        return []
    if not isinstance(products, list) or len(products) > MOST_LINES:
        raise Unreadable(f"properties.products: This must be a list of at most {MOST_LINES} products.")
    return [
        read_line(product, currency=currency, field=f"properties.products[{place}]", fewest=fewest)
        for place, product in enumerate(products)
    ]


def read_worths(properties: dict[str, Any], lines: Sequence[Line], *, currency: str) -> list[Line]:
    """Return the lines of an event with what each came to, where the event states it. Call it with what `read_lines` returned."""
    return [
        line
        if product.get("amount") is None
        else line._replace(amount_minor=read_amount(product["amount"], currency=currency, field=f"properties.products[{place}].amount"))
        for place, (line, product) in enumerate(zip(lines, properties.get("products") or [], strict=True))
    ]


def _quantity(value: Any, *, field: str, fewest: int) -> int:
    if value is None:
        return 1
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 10:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not fewest <= value <= MOST_PIECES:
        raise Unreadable(f"{field}: This must be a whole number between {fewest} and {MOST_PIECES}.")
    return value


def read_moment(value: Any, *, field: str) -> datetime | None:
    """Return a moment written as ISO 8601 (without a zone it is UTC), or None for nothing."""
    if value in (None, ""):
        return None
    try:
        moment = datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or not 2000 <= moment.year <= 2100:
        raise Unreadable(f"{field}: This is no moment; write it like 2026-11-20T09:12:00Z.")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def read_text(value: Any, *, longest: int) -> str:
    """Return a text or whole number as text without blanks around it, cut to the longest; nothing for anything else."""
    if isinstance(value, str):
        return value.strip()[:longest]
    return str(value)[:longest] if isinstance(value, int) and not isinstance(value, bool) else ""
