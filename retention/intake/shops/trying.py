"""The button that tries a connection: a delivery signed as the shop would sign it goes through our own door, is read and counts nothing."""

import json
import uuid
from datetime import datetime

from retention.intake.models import Delivery, ShopConnection
from retention.intake.shops.applying import apply_one
from retention.intake.shops.kinds import KINDS
from retention.intake.shops.receiving import OURS, read_heading, receive
from retention.intake.shops.signing import sign
from retention.kit.secrets import CannotUnseal
from retention.stores.models import Store


class NoSecret(Exception):
    """The connection has no secret that can be opened, so nothing can be signed."""


def send_test(shop: ShopConnection, *, now: datetime) -> Delivery:
    """Send the shop's own kind of sample order to its address with us and return what became of it. Raises NoSecret."""
    try:
        good = shop.good_secrets(now=now)
    except CannotUnseal as error:
        raise NoSecret from error
    if not good:
        raise NoSecret
    kind = KINDS[shop.kind]
    currency = Store.objects.values_list("currency", flat=True).get(pk=shop.store_id)
    raw = json.dumps(kind.sample(now, currency)).encode()
    headers = {
        kind.headers["signature"]: sign(raw, secret=good[0]),
        kind.headers["topic"]: kind.sample_topic,
        kind.headers["delivery"]: f"test-{uuid.uuid4()}",
        OURS: "1",
    }
    receive(shop, headers=headers, raw=raw, now=now)
    delivery: Delivery = Delivery.objects.get(connection=shop, delivery_id=read_heading(shop.kind, headers, raw).delivery_id)
    apply_one(delivery.pk, currency=currency, now=now)
    delivery.refresh_from_db()
    return delivery
