"""Standard Webhooks: secrets, signatures and the exact bytes that are signed. Knows no row of ours.

Source: the Standard Webhooks specification; tests/webhooks/test_signing.py runs its vector.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

PREFIX = "whsec_"
_SECRET_BYTES = 32


def new_secret() -> str:
    """Return a fresh secret in the form receivers' libraries take."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def sign(body: bytes, *, webhook_id: str, timestamp: int, secrets: Sequence[str]) -> str:
    """Return the signature header: one signature for each live secret, so that receivers can change theirs without a gap."""
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return " ".join(f"v1,{base64.b64encode(hmac.new(_key(one), signed, hashlib.sha256).digest()).decode()}" for one in secrets)


def body_of(kind: str, *, occurred_at: datetime, data: Mapping[str, Any]) -> bytes:
    """Return the body of a webhook: the same bytes every time for the same event."""
    moment = occurred_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"type": kind, "timestamp": moment, "data": data}, ensure_ascii=False, separators=(",", ":")).encode()


def headers_of(body: bytes, *, webhook_id: str, at: datetime, secrets: Sequence[str]) -> dict[str, str]:
    """Return the headers that go with a body sent at this moment."""
    timestamp = int(at.timestamp())
    return {
        "content-type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(body, webhook_id=webhook_id, timestamp=timestamp, secrets=secrets),
    }


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(PREFIX))
