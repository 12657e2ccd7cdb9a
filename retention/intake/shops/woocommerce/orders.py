"""WooCommerce's orders. An order exists from the moment somebody reaches payment, so one that waits for it is a checkout, not a sale.

Moments end in `_gmt` and carry no zone. Refunds stand inside the order, without their lines.
"""

from datetime import datetime
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
    phone_of,
    pieces,
    text,
    write_amount,
)
from retention.intake.shops.results import Happened, Ignored, Message, Person, Result
from retention.kit.words import gettext_noop

DELETED = gettext_noop("Deleted in the shop; what was bought stays bought here. Cancel the order there if it should not count.")
REFUND = gettext_noop("WooCommerce tells refunds inside order.updated, which names the order they belong to.")
_SOLD = {"processing", "completed", "on-hold", "refunded"}
_WAITING = {"pending", "failed", "checkout-draft", "auto-draft"}
_ENDED = {"cancelled", "trash"}


def of_order(order_id: str) -> str:
    """Return the id that stands for whoever placed an order."""
    return f"woocommerce-order:{order_id}"


def person_in(body: dict[str, Any]) -> Person:
    """Return who placed the order: an account where they have one, else the address they typed."""
    return Person(identity(body, "customer_id"), text(body, "billing", "email", longest=254), of_order(needed(body, "id")))


def address_of(place: Any) -> dict[str, Any]:
    """Return a WooCommerce address as traits have it."""
    return filled(
        city=text(place, "city", longest=100),
        region=text(place, "state", longest=100),
        postcode=text(place, "postcode", longest=20),
        country=text(place, "country", longest=2),
    )


def read_order(message: Message) -> list[Result]:
    """order.created, updated and restored: the order as it stands now."""
    body = message.body
    status, paid_at = text(body, "status", longest=40), moment(body, "date_paid_gmt")
    if status in _SOLD or paid_at is not None:
        return _sold(message, status)
    if status in _ENDED:
        return [_came_to_nothing(message)]
    if status in _WAITING:
        return [_checkout(message), _came_to_nothing(message)] if status == "failed" else [_checkout(message)]
    return _sold(message, status)


def _sold(message: Message, status: str) -> list[Result]:
    """The sale, once; how it stands now; what was given back; and that it was called off."""
    body = message.body
    order_id, person = needed(body, "id"), person_in(body)
    placed_at = moment(body, "date_paid_gmt") or moment(body, "date_created_gmt") or message.at
    changed_at = moment(body, "date_modified_gmt") or message.at
    said = order_properties(message)
    told: list[Result] = [
        Happened("Order Completed", person, said, placed_at, once=order_id),
        Happened("Order Updated", person, said, max(changed_at, placed_at)),
    ]
    traits = filled(
        firstName=text(body, "billing", "first_name", longest=100),
        lastName=text(body, "billing", "last_name", longest=100),
        phone=phone_of(body, "billing", "phone"),
        address=address_of(part(body, "billing")),
    )
    if traits and (person.external or person.email):
        told.append(Happened("Identify", person, traits, placed_at, kind="identify", once=f"order {order_id}"))
    told += _refunds(message, person, changed_at)
    return [*told, _cancelled(message, changed_at)] if status in _ENDED else told


def _came_to_nothing(message: Message) -> Happened:
    """An order that nobody paid: it changes one that counted (on hold until the money came) and is no sale otherwise."""
    said = order_properties(message) | {"sold": False}
    return Happened("Order Updated", person_in(message.body), said, moment(message.body, "date_modified_gmt") or message.at)


def _checkout(message: Message) -> Happened:
    """A purchase that waits for its payment; the shop's own payment page leads back into it."""
    body = message.body
    currency = currency_of(body, "currency", usual=message.currency)
    person = person_in(body)
    said = filled(
        cart_id=person.anonymous,
        checkout_id=needed(body, "id"),
        restore_url=text(body, "payment_url", longest=2000),
        email=person.email,
        currency=currency,
        value=amount(body, "total", currency=currency),
        products=[line for one in parts(body, "line_items") if (line := _line(one, currency=currency))],
    )
    return Happened("Checkout Started", person, said, moment(body, "date_created_gmt") or message.at)


def _cancelled(message: Message, at: datetime) -> Happened:
    order_id = needed(message.body, "id")
    said = {"order_id": order_id, "cancelled_at": at.isoformat()}
    return Happened("Order Cancelled", person_in(message.body), said, at, once=order_id)


def _refunds(message: Message, person: Person, changed_at: datetime) -> list[Result]:
    body = message.body
    currency = currency_of(body, "currency", usual=message.currency)
    told: list[Result] = []
    for one in parts(body, "refunds"):
        refund_id = needed(one, "id")
        total = abs(decimal_of(one.get("total") or 0, field="refunds.total"))
        said = filled(
            order_id=needed(body, "id"),
            refund_id=refund_id,
            currency=currency,
            total=write_amount(total, currency=currency),
            reason=text(one, "reason", longest=200),
            refunded_at=changed_at.isoformat(),
        )
        told.append(Happened("Order Refunded", person, said, changed_at, once=refund_id))
    return told


def order_properties(message: Message) -> dict[str, Any]:
    """Return an order in Segment's e-commerce words; what it has none of is stated as nothing."""
    body = message.body
    currency = currency_of(body, "currency", usual=message.currency)
    codes = [code for one in parts(body, "coupon_lines") if (code := text(one, "code", longest=80))]
    placed_at = moment(body, "date_paid_gmt") or moment(body, "date_created_gmt")
    status, changed_at = text(body, "status", longest=40), moment(body, "date_modified_gmt") or message.at
    said = filled(
        order_id=needed(body, "id"),
        label=text(body, "number", longest=120),
        currency=currency,
        total=amount(body, "total", currency=currency),
        subtotal=_subtotal(body, currency=currency),
        discount=amount(body, "discount_total", currency=currency),
        shipping=amount(body, "shipping_total", currency=currency),
        tax=amount(body, "total_tax", currency=currency),
        coupon=codes[0] if codes else "",
        email=text(body, "billing", "email", longest=254),
        payment_state=_payment(body, status),
        fulfilment_state="done" if status == "completed" else "open",
        placed_at=placed_at.isoformat() if placed_at else "",
        updated_at=changed_at.isoformat(),
    )
    return said | {
        "coupons": codes,
        "cancelled_at": changed_at.isoformat() if status in _ENDED else None,
        "products": [line for one in parts(body, "line_items") if (line := _line(one, currency=currency))],
    }


def _payment(body: dict[str, Any], status: str) -> str:
    if status == "refunded":
        return "refunded"
    if moment(body, "date_paid_gmt") is not None or status in {"processing", "completed"}:
        return "part_refunded" if parts(body, "refunds") else "paid"
    return "voided" if status in {*_ENDED, "failed"} else "pending"


def _subtotal(body: dict[str, Any], *, currency: str) -> str:
    lines = parts(body, "line_items")
    if not lines:
        return ""
    return write_amount(
        sum((decimal_of(one.get("subtotal") or 0, field="line_items.subtotal") for one in lines), Decimal(0)), currency=currency
    )


def _line(one: dict[str, Any], *, currency: str) -> dict[str, Any]:
    """Return one product; its price is the line's worth by its pieces, since WooCommerce writes that with binary noise."""
    quantity = pieces(one, "quantity")
    product_id = identity(one, "product_id") or text(one, "sku", longest=120) or identity(one, "id")
    if quantity <= 0 or not product_id:
        return {}
    total = decimal_of(one.get("total") or 0, field="line_items.total")
    before = decimal_of(one.get("subtotal") or total, field="line_items.subtotal")
    return filled(
        product_id=product_id,
        variant_id=identity(one, "variation_id"),
        sku=text(one, "sku", longest=120),
        name=text(one, "name"),
        price=write_amount(max(before, Decimal(0)) / quantity, currency=currency),
        quantity=quantity,
        amount=write_amount(max(total, Decimal(0)), currency=currency),
        image_url=text(one, "image", "src", longest=2000),
    )


def read_deleted_order(message: Message) -> list[Result]:
    """order.deleted: only the id is left."""
    return [Ignored(DELETED)]
