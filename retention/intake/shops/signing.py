"""Proof that a delivery comes from the shop: base64 of HMAC-SHA256 over the body's raw bytes, which Shopify and WooCommerce share."""

import base64
import hashlib
import hmac
from collections.abc import Iterable


def sign(raw: bytes, *, secret: str) -> str:
    """Return the signature of a body."""
    return base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()


def is_signed(raw: bytes, *, signature: str, secrets: Iterable[str]) -> bool:
    """Say whether one of the secrets signed these bytes. Every secret is tried and compared in constant time."""
    given = signature.strip().encode("utf-8", "replace")
    good = False
    for secret in secrets:
        good |= hmac.compare_digest(sign(raw, secret=secret).encode(), given)
    return good
