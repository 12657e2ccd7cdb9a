"""The events benchmarks send: one of about 480 bytes, as a storefront's library words it, and the same as a line for COPY."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from retention.intake.reading import key_of

PEOPLE = 20_000
_PROPERTIES = (
    '{"cart_id":"c-%d","product_id":"p-%d","sku":"SKU-%d","name":"Coffee beans %d, 500 g","category":"Coffee","brand":"Lumen",'
    '"price":12.5,"currency":"EUR","quantity":1,"url":"https://shop.example.test/p/%d"}'
)
_CONTEXT = '{"library":{"name":"analytics.js","version":"2.1.0"},"page":{"path":"/p/%d","title":"Coffee beans"},"locale":"de-DE"}'
_EVENT = '{"type":"track","event":"Product Added","anonymousId":"a-%d","messageId":"%s","timestamp":"%s","properties":%s,"context":%s}'


def json_of(message_id: str, number: int, *, moment: str) -> bytes:
    """Return one event as it goes over the wire."""
    person, product = number % PEOPLE, number % 997
    properties = _PROPERTIES % (person, product, product, product, product)
    return (_EVENT % (person, message_id, moment, properties, _CONTEXT % product)).encode()


def line_of(number: int, *, store_id: int, moment: datetime) -> str:
    """Return the same event as a line of COPY text."""
    person, product = number % PEOPLE, number % 997
    stamp = moment.isoformat()
    fields = [str(uuid.uuid4()), str(store_id), "track", "Product Added", f"a-{person}", ""]
    fields += [_PROPERTIES % (person, product, product, product, product), _CONTEXT % product, stamp, stamp, "t", "", "api", "f"]
    return "\t".join(fields)


COLUMNS = (
    "public_id", "store_id", "kind", "name", "anonymous_id", "external_id", "properties", "context", "occurred_at", "received_at",
    "trusted", "refusal", "source", "backfill",
)  # fmt: skip


def keys_of(message_ids: Iterable[str]) -> set[bytes]:
    """Return what the product keeps of message ids."""
    return {bytes.fromhex(key_of(message_id, by="secret")) for message_id in message_ids}
