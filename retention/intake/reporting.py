"""Orders and refunds a shop's server reports become stored events, in the words every reader of events knows.

An order that is not known yet is told as "Order Completed", once per number, and its state as "Order Updated"; what is told again in the
same version changes nothing. The projection carries them out within seconds, in the order they were lived.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from retention.customers.models import Identity
from retention.intake.reading import Row, key_of
from retention.intake.storing import store_events
from retention.kit.money import to_major
from retention.orders.models import Order
from retention.tenancy.context import require_store_id

COMPLETED = "Order Completed"
UPDATED = "Order Updated"
CANCELLED = "Order Cancelled"
REFUNDED = "Order Refunded"
_AMOUNTS = ("total", "subtotal", "discount", "shipping", "tax")
_PLAIN = ("label", "payment_state", "fulfilment_state")


class Nobody(LookupError):
    """There is nothing an event could name this customer by, for example a phone number only."""


@dataclass(frozen=True)
class Names:
    """How an event names the person: the shop's own id, an e-mail address, or a browser."""

    external_id: str = ""
    email: str = ""
    anonymous_id: str = ""


def names_of(customer_id: int) -> Names:
    """Return a name by which the projection finds this customer again. Raises Nobody."""
    found = dict(Identity.objects.filter(customer_id=customer_id).order_by("-created_at", "-pk").values_list("kind", "value"))
    if "external" in found:
        return Names(external_id=found["external"])
    if "email" in found:
        return Names(email=found["email"])
    if "anonymous" in found:
        return Names(anonymous_id=found["anonymous"])
    raise Nobody


def report_orders(orders: Sequence[tuple[Mapping[str, Any], Names]], *, backfill: bool, now: datetime) -> None:
    """Store what was said about orders, in the caller's transaction.

    orders: checked fields as the API names them, with amounts in minor units, and who bought. backfill: counted, but triggers nothing.
    """
    numbers = [said["number"] for said, _names in orders]
    known = set(Order.objects.filter(number__in=numbers).values_list("number", flat=True))
    rows: list[Row] = []
    for said, names in orders:
        properties, placed_at = order_properties(said, names=names, now=now), said["placed_at"]
        if said["number"] not in known:
            rows.append(_row(COMPLETED, properties, names, at=placed_at, key=f"completed:{said['number']}", backfill=backfill, now=now))
        told_at = max(said.get("updated_at") or now, placed_at)
        rows.append(_row(UPDATED, properties, names, at=told_at, key=_version_of(properties), backfill=backfill, now=now))
        if said.get("cancelled_at"):
            gone = {"order_id": said["number"], "cancelled_at": said["cancelled_at"].isoformat()}
            key = f"cancelled:{said['number']}"
            rows.append(_row(CANCELLED, gone, names, at=said["cancelled_at"], key=key, backfill=backfill, now=now))
    store_events(rows, now=now)


def report_refunds(refunds: Sequence[tuple[Mapping[str, Any], Names]], *, backfill: bool, now: datetime) -> None:
    """Store what was said about refunds, in the caller's transaction; each number counts once."""
    store_events(
        [
            _row(
                REFUNDED,
                _refund_properties(said),
                names,
                at=said["refunded_at"],
                key=f"refunded:{said['number']}",
                backfill=backfill,
                now=now,
            )
            for said, names in refunds
        ],
        now=now,
    )


def order_properties(said: Mapping[str, Any], *, names: Names, now: datetime) -> dict[str, Any]:
    """Return an order in Segment's e-commerce words, whole: amounts as decimal texts, and what was left out is stated as nothing.

    Only its name and how far its payment and its parcels are stay as they were when they are left out.
    """
    currency = said["currency"]
    found: dict[str, Any] = {"order_id": said["number"], "currency": currency, "placed_at": said["placed_at"].isoformat()}
    found |= {name: _major(said.get(f"{name}_minor") or 0, currency) for name in _AMOUNTS}
    found["subtotal"] = None if said.get("subtotal_minor") is None else found["subtotal"]
    found |= {name: said[name] for name in _PLAIN if said.get(name)}
    found["coupons"] = list(said.get("coupons") or [])
    found |= {"coupon": found["coupons"][0]} if found["coupons"] else {}
    found |= {"email": names.email} if names.email else {}
    found["updated_at"] = (said.get("updated_at") or now).isoformat()
    found["cancelled_at"] = said["cancelled_at"].isoformat() if said.get("cancelled_at") else None
    found["products"] = [_product(line, currency=currency) for line in said["lines"]]
    return found


def _product(line: Mapping[str, Any], *, currency: str) -> dict[str, Any]:
    amount = line["amount_minor"] if line.get("amount_minor") is not None else line["price_minor"] * line["quantity"]
    words = {name: line[name] for name in ("variant_id", "sku", "name", "category", "brand", "vendor") if line.get(name)}
    figures = {"price": _major(line["price_minor"], currency), "quantity": line["quantity"], "amount": _major(amount, currency)}
    return {"product_id": line["product_id"], **words, **figures}


def _refund_properties(said: Mapping[str, Any]) -> dict[str, Any]:
    currency = said["currency"]
    products = [
        {
            "product_id": line["product_id"],
            **({"variant_id": line["variant_id"]} if line.get("variant_id") else {}),
            "quantity": line["quantity"],
            "amount": _major(line["amount_minor"], currency),
        }
        for line in said["lines"]
    ]
    found = {"order_id": said["order_number"], "refund_id": said["number"], "currency": currency, "products": products}
    found |= {"total": _major(said["total_minor"], currency), "refunded_at": said["refunded_at"].isoformat()}
    return found | ({"reason": said["reason"]} if said.get("reason") else {})


def _row(name: str, properties: dict[str, Any], names: Names, *, at: datetime, key: str, backfill: bool, now: datetime) -> Row:
    return Row(
        store_id=require_store_id(),
        key=key_of(key, by="api"),
        kind="track",
        name=name,
        anonymous_id=names.anonymous_id,
        external_id=names.external_id,
        properties=properties,
        context={"traits": {"email": names.email}} if names.email else {},
        occurred_at=min(at, now),
        received_at=now,
        trusted=True,
        source="api",
        backfill=backfill,
    )


def _version_of(properties: Mapping[str, Any]) -> str:
    digest = hashlib.blake2b(json.dumps(properties, sort_keys=True).encode(), digest_size=16).hexdigest()
    return f"updated:{properties['order_id']}:{digest}"


def _major(minor: int, currency: str) -> str:
    return f"{to_major(minor, currency=currency):f}"
