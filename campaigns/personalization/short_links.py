"""Short addresses for texts where every sign costs: what a link points at and nine bytes of proof, twenty signs and no table.

The numbers in it are bound to our key and purpose; the moment it runs out is the message's own and asked where it is followed (S34-S36).
"""

import base64
import binascii
import hmac

from django.conf import settings

from retention.kit.secrets import BadLink, site_ring

_PROOF_BYTES = 9
_MOST_TOKEN = 60


def short_url(message_id: int, position: int, *, store_id: int, site: str = "") -> str:
    """Return the short address of one link of one message; the same again for a repeated build. site: as for `links.click_base`."""
    ring = site_ring()
    plain = b"".join(_packed(number) for number in (store_id, message_id, position))
    token = base64.urlsafe_b64encode(plain + _proof(plain, key_id=ring.newest)).rstrip(b"=").decode()
    return f"{site or settings.SITE_URL}/l/{token}"


def read_short(token: str) -> tuple[int, int, int]:
    """Return store, message and position of a short link, proven; raises BadLink."""
    if len(token) > _MOST_TOKEN:
        raise BadLink("malformed")
    try:
        whole = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadLink("malformed") from None
    plain, proof = whole[:-_PROOF_BYTES], whole[-_PROOF_BYTES:]
    if not any(hmac.compare_digest(_proof(plain, key_id=key_id), proof) for key_id, _ in site_ring().keys):
        raise BadLink("forged")
    numbers = _unpacked(plain)
    if len(numbers) != 3:
        raise BadLink("malformed")
    return numbers[0], numbers[1], numbers[2]


def _proof(plain: bytes, *, key_id: str) -> bytes:
    return hmac.digest(site_ring().derive(key_id, info="short link", length=32), plain, "sha256")[:_PROOF_BYTES]


def _packed(number: int) -> bytes:
    """Write a number in groups of seven bits, the last one without the eighth."""
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def _unpacked(plain: bytes) -> list[int]:
    numbers, number, shift = [], 0, 0
    for byte in plain:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            numbers.append(number)
            number, shift = 0, 0
    return numbers
