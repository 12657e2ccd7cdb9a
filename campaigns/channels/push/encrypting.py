"""Encrypt one push message for one browser: RFC 8291 over RFC 8188, one record, with a fresh key pair for every message. Pure.

On the primitives of `cryptography`; the same bytes as pywebpush makes, at a third of its cost (`./run bench push`).
"""

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RECORD_BYTES = 4096
HEAD_BYTES = 86  # salt, record size, length of the key, key
LONGEST_PLAIN = RECORD_BYTES - HEAD_BYTES - 17  # a push service takes 4096 bytes: our head, one byte that ends the text, the tag
_CURVE = SECP256R1()
_ECDH = ECDH()
_SHA256 = hashes.SHA256()
_SIZE_AND_LENGTH = RECORD_BYTES.to_bytes(4, "big") + b"\x41"
_KEY_INFO = b"Content-Encoding: aes128gcm\x00\x01"
_NONCE_INFO = b"Content-Encoding: nonce\x00\x01"


class BadSubscription(ValueError):
    """What a browser is said to have given is no subscription; the message says what is wrong."""


class TooLong(ValueError):
    """The message does not fit one record."""


@dataclass(frozen=True)
class Subscription:
    """One browser's address and keys, as it gave them: base64url without padding. name: ours, to say which one is gone."""

    endpoint: str
    p256dh: str
    auth: str
    name: str = ""

    @classmethod
    def read(cls, told: Mapping[str, str]) -> "Subscription":
        """Return one as `vars` wrote it."""
        return cls(told["endpoint"], told["p256dh"], told["auth"], told.get("name", ""))


def check_keys(p256dh: str, auth: str) -> None:
    """Raise BadSubscription for keys nothing can be encrypted with."""
    _browser_key(p256dh)
    if len(unpadded(auth)) != 16:
        raise BadSubscription("auth must be 16 bytes")


def encrypt(plain: bytes, *, p256dh: str, auth: str, private: EllipticCurvePrivateKey | None = None, salt: bytes | None = None) -> bytes:
    """Return the body for a push service; raises TooLong and BadSubscription.

    private, salt: only for the examples of the RFC; each message gets its own.
    """
    if len(plain) > LONGEST_PLAIN:
        raise TooLong(f"{len(plain)} bytes, {LONGEST_PLAIN} are the most")
    raw, key = _browser_key(p256dh)
    own = private or generate_private_key(_CURVE)
    public = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    mixed = salt or os.urandom(16)
    shared = _mac(_mac(unpadded(auth), own.exchange(_ECDH, key)), b"WebPush: info\x00" + raw + public + b"\x01")
    pseudo = _mac(mixed, shared)
    sealed = AESGCM(_mac(pseudo, _KEY_INFO)[:16]).encrypt(_mac(pseudo, _NONCE_INFO)[:12], plain + b"\x02", None)
    return b"".join((mixed, _SIZE_AND_LENGTH, public, sealed))


def decrypt(body: bytes, *, private: EllipticCurvePrivateKey, auth: str) -> bytes:
    """Return what a browser would read, for receivers of tests and demos; raises cryptography's InvalidTag for a changed byte."""
    salt, public, sealed = body[:16], body[21:HEAD_BYTES], body[HEAD_BYTES:]
    if body[16:21] != _SIZE_AND_LENGTH:
        raise BadSubscription("the head of the message is none of ours")
    own = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    agreed = private.exchange(_ECDH, _point(public))
    pseudo = _mac(salt, _mac(_mac(unpadded(auth), agreed), b"WebPush: info\x00" + own + public + b"\x01"))
    padded = AESGCM(_mac(pseudo, _KEY_INFO)[:16]).decrypt(_mac(pseudo, _NONCE_INFO)[:12], sealed, None)
    return padded.rstrip(b"\x00")[:-1]


def unpadded(text: str) -> bytes:
    """Return the bytes of base64url without padding; raises BadSubscription."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadSubscription("keys are base64url") from None


def as_base64url(data: bytes) -> str:
    """Return bytes as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _browser_key(text: str) -> tuple[bytes, EllipticCurvePublicKey]:
    raw = unpadded(text)
    return raw, _point(raw)


def _point(raw: bytes) -> EllipticCurvePublicKey:
    if len(raw) != 65 or raw[0] != 4:
        raise BadSubscription("p256dh must be an uncompressed P-256 point")
    try:
        return EllipticCurvePublicKey.from_encoded_point(_CURVE, raw)
    except ValueError:
        raise BadSubscription("p256dh is no point of P-256") from None


def _mac(key: bytes, data: bytes) -> bytes:
    made = hmac.HMAC(key, _SHA256)
    made.update(data)
    return made.finalize()
