"""A connected shop of a test, and webhooks as the shop itself would send them: signed, over HTTP."""

import itertools
import json
from datetime import UTC, datetime
from typing import Any

from django.test import Client

from retention.customers.models import CustomerEvent
from retention.intake.models import Delivery, ShopConnection
from retention.intake.projecting.batching import project_batch
from retention.intake.shops.applying import apply_turn
from retention.intake.shops.connecting import connect
from retention.intake.shops.kinds import KINDS
from retention.intake.shops.signing import sign
from retention.stores.models import Store
from tests.factories import make_store, work_for

SECRET = "a-secret-of-the-shop"
NOW = datetime(2026, 11, 20, 9, 12, tzinfo=UTC)
_numbers = itertools.count(1)


def make_shop(
    store: Store | None = None, *, kind: str = "shopify", secret: str = SECRET, name: str = "lumen.example.test"
) -> ShopConnection:
    """Save a connected shop."""
    store = store or make_store(currency="USD")
    with work_for(store):
        return connect(kind=kind, name=name, secret=secret, now=NOW)[0]


def raw_of(body: Any) -> bytes:
    """Return a body as it travels."""
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def headers_of(kind: str, topic: str, raw: bytes, *, secret: str = SECRET, delivery: str = "", at: str = "", **more: str) -> dict[str, str]:
    """Return the headers the shop sends with a body."""
    names = KINDS[kind].headers
    given = {names["topic"]: topic, names["signature"]: sign(raw, secret=secret), names["delivery"]: delivery or f"d-{next(_numbers)}"}
    if at:
        given[names["triggered"]] = at
    return given | more


def send(shop: ShopConnection, topic: str, body: Any, **how: Any):
    """Post one webhook to the shop's address and return the answer."""
    raw = raw_of(body)
    headers = how.pop("headers", None) or headers_of(shop.kind, topic, raw, **how)
    return Client().post(f"/hooks/{shop.kind}/{shop.token}", data=raw, content_type="application/json", headers=headers)


def apply(shop: ShopConnection, *, now: datetime = NOW) -> None:
    """Carry out everything that waits, then make state of the events."""
    with work_for(shop.store):
        Delivery.objects.filter(state="received", due_at__gt=now).update(due_at=now)
        while apply_turn(now=now):
            pass
        while project_batch(now=now):
            pass


def tell(shop: ShopConnection, topic: str, body: Any, *, now: datetime = NOW, **how: Any) -> Delivery:
    """Send one webhook, carry it out and return what became of it."""
    answer = send(shop, topic, body, **how)
    assert (answer.status_code, answer.content) == (200, b"stored\n")
    apply(shop, now=now)
    with work_for(shop.store):
        return Delivery.objects.order_by("-pk")[0]


def events(shop: ShopConnection) -> list[str]:
    """Return the names of all stored events, in the order they happened."""
    with work_for(shop.store):
        return list(CustomerEvent.objects.order_by("occurred_at", "id").values_list("name", flat=True))
