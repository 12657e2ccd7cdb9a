"""Secrets at rest and links that prove where they come from: a key ring, sealed credentials, signed links.

Passwords and API keys are hashed elsewhere; nothing here is for them. The ring comes from the setting MERCHANT_KEYS.
Every use derives its own key from the ring by HKDF, bound to its purpose and store, so a value copied to another store's row stays shut.
"""

import base64
import binascii
import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.core.exceptions import ImproperlyConfigured

from retention.kit.known import setting

SHORTEST_KEY = 32
_ENTRY = re.compile(r"(?P<id>[a-z0-9]{1,16}):(?P<key>\S+)")
_LINK = re.compile(r"(?P<id>[a-z0-9]{1,16})\.(?P<box>[A-Za-z0-9_-]{38,2000})")
_LINK_HEAD = struct.Struct(">QQ")  # store id, last second it is good for
_DERIVED_ID = "site"
_IN_ADDRESSES = bytes.maketrans(b"+/", b"-_")


class CannotUnseal(Exception):
    """A sealed value is damaged, belongs to another store or purpose, or its key has left the ring."""


class BadLink(Exception):
    """A signed link cannot be followed; the visitor sees one sentence whatever the reason."""

    def __init__(self, reason: Literal["malformed", "unknown_key", "forged", "expired"]) -> None:
        super().__init__(f"The link is {reason}.")
        self.reason = reason


@dataclass(frozen=True, eq=False)  # what is kept for a ring is found by which one it is: looking through its keys costs as much as signing
class KeyRing:
    """Keys by id in order of age, newest first: the first seals and signs, all of them open."""

    keys: tuple[tuple[str, bytes], ...]

    @property
    def newest(self) -> str:
        """The id of the key that seals and signs."""
        return self.keys[0][0]

    def derive(self, key_id: str, *, info: str, length: int) -> bytes:
        """Return the key for one use; KeyError when the ring has no such id."""
        return _derived(dict(self.keys)[key_id], info, length)


@lru_cache(maxsize=256)
def _derived(key: bytes, info: str, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=info.encode()).derive(key)


def read_ring(entries: Sequence[str], *, secret_key: str) -> KeyRing:
    """Read a ring from `id:key` entries, newest first; without entries one key is derived from the site's secret key.

    A ring without entries of its own shuts every stored credential when SECRET_KEY changes, so production names its keys.
    """
    if not entries:
        return KeyRing(((_DERIVED_ID, secret_key.encode()),))
    keys: dict[str, bytes] = {}
    for entry in entries:
        match = _ENTRY.fullmatch(entry)
        if match is None or len(match["key"]) < SHORTEST_KEY:
            raise ImproperlyConfigured(f"Each entry of MERCHANT_KEYS is `id:key` with a key of at least {SHORTEST_KEY} characters.")
        if match["id"] in keys:
            raise ImproperlyConfigured(f"MERCHANT_KEYS names the key {match['id']!r} twice.")
        keys[match["id"]] = match["key"].encode()
    return KeyRing(tuple(keys.items()))


def site_ring() -> KeyRing:
    """Return the ring of this installation."""
    return _read_once(tuple(setting("MERCHANT_KEYS")), setting("SECRET_KEY"))


@lru_cache(maxsize=4)
def _read_once(entries: tuple[str, ...], secret_key: str) -> KeyRing:
    return read_ring(entries, secret_key=secret_key)


def seal(text: str, *, store_id: int, purpose: str, ring: KeyRing | None = None) -> str:
    """Encrypt a merchant's credential for one store and purpose; the answer starts with the id of its key."""
    used = ring or site_ring()
    return f"{used.newest}:{_fernet(used, used.newest, store_id, purpose).encrypt(text.encode()).decode()}"


def unseal(sealed: str, *, store_id: int, purpose: str, ring: KeyRing | None = None) -> str:
    """Decrypt what `seal` made for the same store and purpose; raises CannotUnseal."""
    key_id, _, token = sealed.partition(":")
    try:
        return _fernet(ring or site_ring(), key_id, store_id, purpose).decrypt(token.encode()).decode()
    except (InvalidToken, KeyError):
        raise CannotUnseal from None


def reseal(sealed: str, *, store_id: int, purpose: str, ring: KeyRing | None = None) -> str:
    """Encrypt anew under the ring's newest key; returns the value unchanged when it already is. Raises CannotUnseal."""
    used = ring or site_ring()
    if key_id_of(sealed) == used.newest:
        return sealed
    token = sealed.partition(":")[2].encode()
    try:
        fernets = [_fernet(used, key_id, store_id, purpose) for key_id in (used.newest, key_id_of(sealed))]
        return f"{used.newest}:{MultiFernet(fernets).rotate(token).decode()}"
    except (InvalidToken, KeyError):
        raise CannotUnseal from None


def key_id_of(sealed: str) -> str:
    """Return which key sealed a value; a key may leave the ring when no stored value names it."""
    return sealed.partition(":")[0]


@dataclass(frozen=True)
class Link:
    """What a signed link says: whose store it belongs to and what it points at."""

    store_id: int
    subject: str


def sign_link(subject: str, *, store_id: int, purpose: str, expires_at: datetime, ring: KeyRing | None = None) -> str:
    """Make the token of a link for one purpose and store, good until a moment.

    The token hides its content (no store numbers in anybody's mail), and the same input gives the same token, so a repeated send has the
    same body. At least 16 bytes of authentication, checked in constant time (AES-SIV, RFC 5297).
    """
    return link_signer(store_id=store_id, purpose=purpose, ring=ring)(subject, expires_at)


def link_signer(*, store_id: int, purpose: str, ring: KeyRing | None = None) -> Callable[[str, datetime], str]:
    """Return what makes tokens as `sign_link` does, of a subject and a moment: many in a row take a quarter of the time of each alone."""
    key_id, cipher = _signing(ring or site_ring())
    encrypt, head, bound_to = cipher.encrypt, _LINK_HEAD.pack, [purpose.encode()]

    def sign(subject: str, expires_at: datetime) -> str:
        box = encrypt(head(store_id, int(expires_at.timestamp())) + subject.encode(), bound_to)
        return f"{key_id}.{in_address(box)}"

    return sign


def in_address(content: bytes) -> str:
    """Return bytes as they stand in an address: base64 of its signs, without the filling at its end."""
    return binascii.b2a_base64(content, newline=False).translate(_IN_ADDRESSES).rstrip(b"=").decode()


@lru_cache(maxsize=4)
def _signing(ring: KeyRing) -> tuple[str, AESSIV]:
    """Return the key of a ring that signs links."""
    return ring.newest, _link_cipher(ring.derive(ring.newest, info="link", length=64))


@lru_cache(maxsize=16)
def _link_cipher(key: bytes) -> AESSIV:
    return AESSIV(key)


def open_link(token: str, *, purpose: str, now: datetime, ring: KeyRing | None = None) -> Link:
    """Read a token made for the same purpose; raises BadLink. The store in the answer is proven, the caller opens its context."""
    used = ring or site_ring()
    match = _LINK.fullmatch(token)
    if match is None:
        raise BadLink("malformed")
    try:
        box = base64.urlsafe_b64decode(match["box"] + "=" * (-len(match["box"]) % 4))
        plain = _link_cipher(used.derive(match["id"], info="link", length=64)).decrypt(box, [purpose.encode()])
    except KeyError:
        raise BadLink("unknown_key") from None
    except (InvalidTag, ValueError):
        raise BadLink("forged") from None
    store_id, last_second = _LINK_HEAD.unpack_from(plain)
    if now >= datetime.fromtimestamp(last_second, UTC):
        raise BadLink("expired")
    return Link(store_id=store_id, subject=plain[_LINK_HEAD.size :].decode())


def _fernet(ring: KeyRing, key_id: str, store_id: int, purpose: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(ring.derive(key_id, info=f"credential:{store_id}:{purpose}", length=32)))
