"""Shopify's orders and refunds. An order arrives whole with every topic; its version is `updated_at`.

Amounts are the shop's own currency (`shop_money`), never the shopper's. `total_price` is what the order came to before refunds, which are
told one by one.
"""

from decimal import Decimal
from typing import Any

from retention.intake.shops.reading import (
    amount,
    currency_of,
    decimal_of,
    filled,
    identity,
    moment,
    needed,
    part,
    parts,
    pieces,
    text,
    write_amount,
)
from retention.intake.shops.results import Happened, Message, Person, Result
from retention.intake.shops.shopify.people import of_cart, of_order, person_in, traits_of

_PAYMENT = {
    "paid": "paid", "pending": "pending", "authorized": "pending", "partially_paid": "pending", "expired": "voided",
    "partially_refunded": "part_refunded", "refunded": "refunded", "voided": "voided",
}  # fmt: skip
_FULFILMENT = {"fulfilled": "done", "partial": "partial"}


def read_new_order(message: Message) -> list[Result]:
    """orders/create: the order, and who placed it."""
    body = message.body
    order_id = needed(body, "id")
    placed_at = moment(body, "processed_at") or moment(body, "created_at") or message.at
    person = person_in(body, anonymous=of_order(order_id))
    told: list[Result] = [Happened("Order Completed", person, order_properties(message), placed_at, once=order_id)]
    traits = traits_of(
        part(body, "customer") or {},
        address=part(body, "billing_address") or part(body, "shipping_address"),
        language=text(body, "customer_locale", longest=10),
    )
    if (person.external or person.email) and traits:
        who = Person(person.external, person.email, of_cart(text(body, "cart_token", longest=100)))
        told.append(Happened("Identify", who, traits, moment(body, "updated_at") or placed_at, kind="identify"))
    return [*told, *_cancelled(message)]


def read_order(message: Message) -> list[Result]:
    """orders/updated, paid, fulfilled and partially_fulfilled: the order as it stands now."""
    return [_updated(message)]


def read_cancelled(message: Message) -> list[Result]:
    """orders/cancelled: the order as it stands now, and that it will not be."""
    return [_updated(message), *_cancelled(message)]


def _updated(message: Message) -> Happened:
    order_id = needed(message.body, "id")
    person = person_in(message.body, anonymous=of_order(order_id))
    return Happened("Order Updated", person, order_properties(message), moment(message.body, "updated_at") or message.at)


def _cancelled(message: Message) -> list[Result]:
    body = message.body
    at = moment(body, "cancelled_at")
    if at is None:
        return []
    order_id = needed(body, "id")
    said = filled(order_id=order_id, cancelled_at=at.isoformat(), reason=text(body, "cancel_reason"))
    return [Happened("Order Cancelled", person_in(body, anonymous=of_order(order_id)), said, at, once=order_id)]


def order_properties(message: Message) -> dict[str, Any]:
    """Return an order in Segment's e-commerce words: its full state, amounts as decimal texts; what it has none of is stated as nothing."""
    body = message.body
    currency = currency_of(body, "currency", usual=message.currency)
    codes = [code for one in parts(body, "discount_codes") if (code := text(one, "code", longest=80))]
    placed_at, updated_at = moment(body, "processed_at") or moment(body, "created_at"), moment(body, "updated_at")
    cancelled_at = moment(body, "cancelled_at")
    said = filled(
        order_id=needed(body, "id"),
        label=text(body, "name", longest=120),
        currency=currency,
        total=amount(body, "total_price", currency=currency),
        subtotal=amount(body, "subtotal_price", currency=currency),
        discount=amount(body, "total_discounts", currency=currency),
        shipping=_shipping(body, currency=currency),
        tax=amount(body, "total_tax", currency=currency),
        coupon=codes[0] if codes else "",
        email=person_in(body, anonymous="").email,
        payment_state=_PAYMENT.get(text(body, "financial_status"), "pending"),
        fulfilment_state=_FULFILMENT.get(text(body, "fulfillment_status"), "open"),
        placed_at=placed_at.isoformat() if placed_at else "",
        updated_at=(updated_at or message.at).isoformat(),
        cart_id=text(body, "cart_token", longest=120),
        checkout_id=text(body, "checkout_token", longest=120),
        test=part(body, "test") is True,
    )
    whole = {"coupons": codes, "cancelled_at": cancelled_at.isoformat() if cancelled_at else None}
    return said | whole | products_of(body, currency=currency)


def products_of(body: dict[str, Any], *, currency: str) -> dict[str, Any]:
    """Return everything an order or a basket holds; an empty list says that it holds nothing, and no list says nothing."""
    if not isinstance(part(body, "line_items"), list):
        return {}
    return {"products": [line for one in parts(body, "line_items") if (line := product_line(one, currency=currency))]}


def _shipping(body: dict[str, Any], *, currency: str) -> str:
    stated = amount(body, "total_shipping_price_set", "shop_money", "amount", currency=currency)
    if stated:
        return stated
    return write_amount(
        sum((decimal_of(one.get("price") or 0, field="shipping_lines.price") for one in parts(body, "shipping_lines")), Decimal(0)),
        currency=currency,
    )


def product_line(line: dict[str, Any], *, currency: str) -> dict[str, Any]:
    """Return one product of an order, a basket or a refund; nothing for a line without pieces.

    A line whose product was deleted, or never existed (a custom item), is called by its SKU or its own id.
    """
    quantity = pieces(line, "quantity")
    if quantity <= 0:
        return {}
    names = (identity(line, "product_id"), identity(line, "variant_id"), text(line, "sku", longest=120), identity(line, "id"))
    product_id = next((name for name in names if name), "")
    if not product_id:
        return {}
    price = decimal_of(line.get("price") or 0, field="line_items.price")
    return filled(
        product_id=product_id,
        variant_id=identity(line, "variant_id"),
        sku=text(line, "sku", longest=120),
        name=text(line, "title") or text(line, "presentment_title") or text(line, "name"),
        variant=text(line, "variant_title"),
        brand=text(line, "vendor", longest=120),
        vendor=text(line, "vendor", longest=120),
        price=write_amount(price, currency=currency),
        quantity=quantity,
        amount=write_amount(max(price * quantity - _discount(line), Decimal(0)), currency=currency),
    )


def _discount(line: dict[str, Any]) -> Decimal:
    allocations = parts(line, "discount_allocations")
    if allocations:
        return sum((decimal_of(one.get("amount") or 0, field="discount_allocations.amount") for one in allocations), Decimal(0))
    return decimal_of(line.get("total_discount") or 0, field="line_items.total_discount")


def read_refund(message: Message) -> list[Result]:
    """refunds/create: money and goods given back. It names the order and not the customer."""
    body = message.body
    order_id, refund_id = needed(body, "order_id"), needed(body, "id")
    currency = _refund_currency(body, usual=message.currency)
    at = moment(body, "processed_at") or moment(body, "created_at") or message.at
    said = filled(
        order_id=order_id,
        refund_id=refund_id,
        currency=currency,
        total=_refunded(body, currency=currency),
        reason=text(body, "note", longest=200),
        refunded_at=at.isoformat(),
        products=[line for one in parts(body, "refund_line_items") if (line := _refund_line(one, currency=currency))],
    )
    return [Happened("Order Refunded", Person(anonymous=of_order(order_id)), said, at, once=refund_id)]


def _refund_currency(body: dict[str, Any], *, usual: str) -> str:
    """Return the shop's own currency, which only the amounts themselves name."""
    for one in parts(body, "refund_line_items"):
        if part(one, "subtotal_set", "shop_money", "currency_code"):
            return currency_of(one, "subtotal_set", "shop_money", "currency_code", usual=usual)
    stated = next((one for one in parts(body, "transactions") if one.get("currency")), {})
    return currency_of(stated, "currency", usual=usual)


def _refunded(body: dict[str, Any], *, currency: str) -> str:
    """Return the money that went back: the payments that were reversed, or the lines' worth when those are in a shopper's currency."""
    paid = [one for one in parts(body, "transactions") if one.get("kind") == "refund" and one.get("status") in {"success", None}]
    if all((one.get("currency") or currency) == currency for one in paid):
        return write_amount(
            sum((decimal_of(one.get("amount") or 0, field="transactions.amount") for one in paid), Decimal(0)), currency=currency
        )
    worth = Decimal(0)
    for one in parts(body, "refund_line_items"):
        for key in ("subtotal_set", "total_tax_set"):
            worth += decimal_of(part(one, key, "shop_money", "amount") or 0, field=f"refund_line_items.{key}")
    return write_amount(worth, currency=currency)


def _refund_line(one: dict[str, Any], *, currency: str) -> dict[str, Any]:
    line = product_line({**(part(one, "line_item") or {}), "quantity": one.get("quantity")}, currency=currency)
    stated = part(one, "subtotal_set", "shop_money", "amount")
    worth = decimal_of(one.get("subtotal") or 0 if stated is None else stated, field="refund_line_items.subtotal")
    return {**line, "amount": write_amount(worth, currency=currency)} if line else {}
