"""What a push message costs before it leaves: our encrypting and proving, against the bare primitives of `cryptography` and pywebpush.

All in turns in one run, by processor time. "raw" is the work that RFC 8291 cannot do without, on objects that are ready: a key pair, its
public bytes, the browser's point, one agreement, five HMACs, one sealing. `push_vs_raw` compares whole messages (encrypted, with all
headers) with that; `push_vs_pywebpush` with pywebpush's own way to the same bytes, its proof made anew for each as it does.
"""

import os
import statistics
import time
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric.ec import ECDH, SECP256R1, EllipticCurvePublicKey, generate_private_key
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid
from pywebpush import WebPusher

from campaigns.channels import Account, Outgoing
from campaigns.channels.push.encrypting import Subscription, as_base64url, encrypt, unpadded
from campaigns.channels.push.providers.webpush import WEBPUSH
from campaigns.channels.push.vapid import new_pair

TURNS, MESSAGES, BROWSERS = 7, 2_000, 50
_SUBJECT = "mailto:push@lumen.example.test"
_PLAIN = os.urandom(150).hex().encode()  # 300 bytes


def main(scale: float) -> tuple[list[tuple[object, ...]], dict[str, Any]]:
    """Measure all sides in turns and return the table and the figures."""
    count = max(100, int(MESSAGES * scale))
    browsers = [_browser(number) for number in range(BROWSERS)]
    private, _public = new_pair()
    sides: dict[str, Callable[[Subscription], object]] = {
        "raw primitives": _raw,
        "ours": _ours(private),
        "pywebpush": _theirs(private),
    }
    costs: dict[str, list[float]] = {name: [] for name in sides}
    for _turn in range(TURNS):
        for name, side in sides.items():
            began = time.process_time()
            for number in range(count):
                side(browsers[number % BROWSERS])
            costs[name].append((time.process_time() - began) / count)
    middle = {name: statistics.median(found) for name, found in costs.items()}
    rows: list[tuple[object, ...]] = [("what", "us of CPU a message", "messages a CPU second")]
    rows += [(name, round(1e6 * cost, 1), round(1 / cost)) for name, cost in middle.items()]
    ratios = {
        "push_vs_raw": _ratio(costs["raw primitives"], costs["ours"]),
        "push_vs_pywebpush": _ratio(costs["pywebpush"], costs["ours"]),
    }
    return rows, {"ratios": ratios, "counts": {"messages": count * TURNS, "bytes": len(_PLAIN)}}


def _ratio(base: list[float], ours: list[float]) -> float:
    return round(statistics.median(one / other for one, other in zip(base, ours, strict=True)), 2)


def _browser(number: int) -> Subscription:
    public = generate_private_key(SECP256R1()).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return Subscription(f"https://push{number % 3}.example.net/send/{number}", as_base64url(public), as_base64url(os.urandom(16)))


def _ours(private: str) -> Callable[[Subscription], object]:
    session = WEBPUSH.open(Account("webpush", {"contact": _SUBJECT.removeprefix("mailto:")}, {"private_key": private}))

    def make(browser: Subscription) -> object:
        outgoing = Outgoing(os.urandom(16).hex(), "Lumen", "ana", _PLAIN)
        return encrypt(_PLAIN, p256dh=browser.p256dh, auth=browser.auth), session.headers_of(outgoing, browser)

    return make


def _theirs(private: str) -> Callable[[Subscription], object]:
    prover = Vapid.from_raw(private.encode())

    def make(browser: Subscription) -> object:
        pusher = WebPusher({"endpoint": browser.endpoint, "keys": {"p256dh": browser.p256dh, "auth": browser.auth}})
        return pusher.encode(_PLAIN, "aes128gcm"), prover.sign({"aud": browser.endpoint.partition("/send")[0], "sub": _SUBJECT})

    return make


def _raw(browser: Subscription) -> object:
    own = generate_private_key(_CURVE)
    public = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    raw = unpadded(browser.p256dh)
    agreed = own.exchange(_ECDH, EllipticCurvePublicKey.from_encoded_point(_CURVE, raw))
    key = agreed
    for info in (raw, public, b"key", b"nonce"):
        made = hmac.HMAC(key, _SHA256)
        made.update(info)
        key = made.finalize()
    made = hmac.HMAC(os.urandom(16), _SHA256)
    made.update(key)
    return public + AESGCM(key[:16]).encrypt(made.finalize()[:12], _PLAIN, None)


_CURVE, _ECDH, _SHA256 = SECP256R1(), ECDH(), hashes.SHA256()
