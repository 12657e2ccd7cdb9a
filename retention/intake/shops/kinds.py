"""The kinds of shops we understand, and the one way from a stored body to what it means.

A new kind: a folder beside `shopify/`, and its line in `KINDS`.
"""

from datetime import datetime

from retention.intake.shops.reading import Unreadable, decode
from retention.intake.shops.results import Ignored, Kind, Message, Result
from retention.intake.shops.shopify import SHOPIFY
from retention.intake.shops.woocommerce import WOOCOMMERCE
from retention.kit.words import gettext_noop

UNKNOWN_TOPIC = gettext_noop("We do not read this topic. You can leave it out in the shop's settings.")
OTHER_BODY = gettext_noop("The body is not what the shop sends under this topic. Only a body is signed, so its topic was not believed.")
KINDS: dict[str, Kind] = {kind.key: kind for kind in (SHOPIFY, WOOCOMMERCE)}


def normalise(kind: str, *, topic: str, raw: bytes, at: datetime, currency: str) -> list[Result]:
    """Return what a delivery means. Raises Unreadable with one sentence when that cannot be said."""
    known = KINDS[kind].topics.get(topic)
    if known is None:
        return [Ignored(UNKNOWN_TOPIC)]
    body = decode(raw)
    if not known.fits(body):
        raise Unreadable(OTHER_BODY)
    return known.read(Message(topic, body, at, currency))
