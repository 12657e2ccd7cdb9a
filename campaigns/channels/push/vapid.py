"""Prove to a push service who sends: RFC 8292. One token holds for all messages to one service, so it is signed once in a while. Pure."""

import json
import threading
import time
from collections import OrderedDict
from functools import lru_cache
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    derive_private_key,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from campaigns.channels.push.encrypting import as_base64url, unpadded

GOOD_SECONDS = 12 * 3600  # a service takes at most 24 hours
RENEW_SECONDS = 3600  # before it ends
_MOST_TOKENS = 1024
_HEAD = as_base64url(b'{"typ":"JWT","alg":"ES256"}')

_tokens: OrderedDict[tuple[str, str, str], tuple[float, str]] = OrderedDict()
_guard = threading.Lock()


def new_pair() -> tuple[str, str]:
    """Return a fresh pair: the private number and the public point, both base64url; browsers are given the public one."""
    private = generate_private_key(SECP256R1())
    return as_base64url(private.private_numbers().private_value.to_bytes(32, "big")), public_of(private)


def public_of(private: EllipticCurvePrivateKey) -> str:
    """Return the public point of a key as browsers want it."""
    return as_base64url(private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


@lru_cache(maxsize=256)
def read_private(text: str) -> EllipticCurvePrivateKey:
    """Return the key behind a private number; raises BadSubscription."""
    return derive_private_key(int.from_bytes(unpadded(text), "big"), SECP256R1())


def authorization(endpoint: str, *, private: str, subject: str, now: float | None = None) -> str:
    """Return the Authorization header for a message to this endpoint. subject: mailto: or https: of who answers for the messages."""
    parts = urlsplit(endpoint)
    audience = f"{parts.scheme}://{parts.netloc}"
    at = time.time() if now is None else now
    slot = (private, audience, subject)
    with _guard:
        kept = _tokens.get(slot)
    if kept is not None and at < kept[0]:
        return kept[1]
    header = _header(read_private(private), audience, subject, int(at) + GOOD_SECONDS)
    with _guard:
        _tokens[slot] = (at + GOOD_SECONDS - RENEW_SECONDS, header)
        _tokens.move_to_end(slot)
        while len(_tokens) > _MOST_TOKENS:
            _tokens.popitem(last=False)
    return header


def _header(key: EllipticCurvePrivateKey, audience: str, subject: str, expires: int) -> str:
    claims = json.dumps({"aud": audience, "exp": expires, "sub": subject}, separators=(",", ":"))
    signed = f"{_HEAD}.{as_base64url(claims.encode())}"
    r, s = decode_dss_signature(key.sign(signed.encode(), ECDSA(hashes.SHA256())))
    return f"vapid t={signed}.{as_base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))},k={public_of(key)}"
