"""One shopper of the story and the shop's server: they speak to the product from outside, with Segment's own Python client."""

import http.client
import json
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from segment.analytics.client import Client

from retention.demo.people import Product
from retention.demo.shop.goods import GOODS

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
Post = tuple[str, str | None, dict[str, Any], str]


@dataclass
class Shopper:
    """A person in the shop. Every event they cause is remembered, so that the story can post it all again.

    waiting and sent: (kind, name or None, body, message id) in the order they happened.
    """

    name: str
    email: str
    key: str
    host: str
    last_name: str = ""
    shop_id: str = ""
    waiting: list[Post] = field(default_factory=list)
    sent: list[Post] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def user_id(self) -> str:
        """Return the shop's own id of this person."""
        return self.shop_id or self.email.partition("@")[0]

    def identify(self, **traits: Any) -> None:
        """Tell the product who this is."""
        family = {"last_name": self.last_name} if self.last_name else {}
        self._keep("identify", None, {"email": self.email, "first_name": self.name, **family, **traits})

    def track(self, event: str, /, **properties: Any) -> None:
        """Tell the product what they did."""
        self._keep("track", event, properties)

    def post(self) -> int:
        """Post everything not posted yet and return how many events that was. Raises nothing: see `failures`."""
        fresh, self.waiting = self.waiting, []
        self.sent += fresh
        return self._post(fresh)

    def post_again(self) -> int:
        """Post every event once more with the same message ids, as a client does that missed the answer."""
        return self._post(self.sent)

    def click(self, link: str) -> tuple[int, str]:
        """Open a link as a mail program does, and return the status and where it leads."""
        return _ask("GET", link)

    def says_no(self, link: str) -> int:
        """Press the mail program's own button to hear no more (RFC 8058), and return the status."""
        return _ask("POST", link, "List-Unsubscribe=One-Click", kind="application/x-www-form-urlencoded")[0]

    def allows_push(self, public_key: str) -> int:
        """Bring the product a browser's subscription with keys of its own, as the shop's page does, and return the status."""
        point = generate_private_key(SECP256R1()).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": _plain(point), "auth": _plain(b"sixteen bytes ok")}
        subscription = {"endpoint": f"https://fcm.googleapis.com/fcm/send/{self.user_id}", "keys": keys}
        told = {"writeKey": public_key, "anonymousId": self.browser_id, "subscription": subscription}
        return _ask("POST", f"{self.host}/push/browsers", json.dumps(told), kind="text/plain")[0]

    @property
    def browser_id(self) -> str:
        """Return the name of this person's browser."""
        return f"browser-{self.user_id}"

    def _keep(self, kind: str, name: str | None, body: dict[str, Any]) -> None:
        self.waiting.append((kind, name, body, str(uuid.uuid4())))

    def _fail(self, error: Exception, _events: object) -> None:
        self.failures.append(str(error))

    def _post(self, events: list[Post]) -> int:
        return post_for([(self, event) for event in events])


def line_of(product: Product) -> dict[str, Any]:
    """Return one piece of a product as the shop's events name it."""
    return {
        "product_id": product.sku,
        "name": product.name,
        "category": GOODS[product.sku].shelf_name,
        "brand": "Lumen",
        "price": product.price_minor / 100,
        "quantity": 1,
    }


def post_all(shoppers: Sequence[Shopper]) -> int:
    """Post what several people of one shop have not posted yet, with one client, and return how many events that was."""
    fresh = [(one, event) for one in shoppers for event in one.waiting]
    for one in shoppers:
        one.sent, one.waiting = one.sent + one.waiting, []
    return post_for(fresh)


def post_for(events: Sequence[tuple[Shopper, Post]]) -> int:
    """Post events of people of one shop; whoever is first among them remembers the failures."""
    if not events:
        return 0
    first = events[0][0]
    client = Client(first.key, host=first.host, gzip=True, on_error=first._fail, max_retries=3, upload_interval=0.05)
    for one, (kind, name, body, message_id) in events:
        if kind == "identify":
            client.identify(one.user_id, traits=body, message_id=message_id, anonymous_id=one.browser_id)
        else:
            client.track(one.user_id, name, body, message_id=message_id)
    client.flush()
    client.join()
    return len(events)


def _ask(method: str, link: str, body: str = "", *, kind: str = "") -> tuple[int, str]:
    """Ask for an address as a person's own program does; return the status and where it leads."""
    parts = urlsplit(link)
    line = http.client.HTTPConnection(parts.hostname or "localhost", parts.port, timeout=10)
    try:
        head = {"User-Agent": BROWSER} | ({"Content-Type": kind} if kind else {})
        line.request(method, parts._replace(scheme="", netloc="").geturl(), body=body or None, headers=head)
        answer = line.getresponse()
        answer.read()
        return answer.status, answer.getheader("Location") or ""
    finally:
        line.close()


def _plain(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
