"""What the shop's own server reports, with its secret key over HTTP: who somebody is, what they allowed, and the order.

A repeated report carries the same messageId and counts once, so a lost answer is simply asked for again.
"""

import json
import logging
from datetime import datetime
from typing import Any

from django.conf import settings

from retention.demo.shop.goods import CURRENCY
from retention.demo.shop.telling import products_of
from retention.demo.shop.visit import Visit, lines_of
from retention.demo.store import key_file
from retention.kit.fetch import FetchFailed, FetchRefused, fetch

SECONDS = 5.0
Event = dict[str, Any]
log = logging.getLogger("boomerang.demo.shop")


def report_contact(visit: Visit, *, now: datetime) -> bool:
    """Report who is at the till and whether they may be written to; return whether it is stored."""
    return _post([_identify(visit, message_id=f"lumen-contact-{visit.cart_id}")], now=now)


def report_order(visit: Visit, *, now: datetime) -> bool:
    """Report the visit's order; return whether it is stored."""
    order = visit.order
    address = {key: order["delivery"][key] for key in ("street", "postcode", "city", "country")}
    who = _identify(visit, message_id=f"lumen-buyer-{order['number']}", address=address)
    bought = {
        "type": "track",
        "event": "Order Completed",
        "messageId": f"lumen-order-{order['number']}",
        "anonymousId": who["anonymousId"],
        "properties": {
            "order_id": order["number"],
            "checkout_id": order["cart_id"],
            "email": visit.contact["email"],
            "total": order["total_minor"] / 100,
            "shipping": order["shipping_minor"] / 100,
            "currency": CURRENCY,
            "payment_state": "paid",
            "products": products_of(lines_of(order["basket"])),
        },
    }
    return _post([who, bought], now=now)


def _identify(visit: Visit, *, message_id: str, **more: Any) -> Event:
    """Return who they are. The browser's id joins what they looked at; without one the basket stands in for it."""
    contact = visit.contact
    traits = {"email": contact["email"], "first_name": contact["first_name"], "last_name": contact["last_name"], **more}
    if contact.get("may_write"):
        traits["consent"] = {"email": {"status": "granted", "method": "checkout", "source": "Lumen shop"}}
    return {"type": "identify", "messageId": message_id, "anonymousId": visit.anonymous_id or f"lumen-{visit.cart_id}", "traits": traits}


def _post(events: list[Event], *, now: datetime) -> bool:
    try:
        key = key_file().read_text()
        body = json.dumps({"batch": events, "sentAt": now.isoformat()}).encode()
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        answer = fetch(f"{settings.SITE_URL}/v1/batch", method="POST", headers=headers, body=body, seconds=SECONDS)
    except (OSError, FetchRefused, FetchFailed) as error:
        log.warning("the demo shop could not report", extra={"cause": type(error).__name__})
        return False
    return answer.status == 200
