"""A push service on this machine, and browsers with real keys: it checks who sends by RFC 8292, and opens what came as a browser does."""

import base64
import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from campaigns.channels.push.encrypting import Subscription
from campaigns.models import Connection, Message, Template, TemplateVersion
from campaigns.personalization.push_texts import PushText, compile_push
from campaigns.sending.browsers import keep_subscription, keys_of_store
from campaigns.sending.dispatch import Slice, dispatch_slice
from retention.customers.models import Customer

_numbers = itertools.count(1)
SUBJECT = "mailto:push@lumen.example.test"


def b64(data: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Read base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Browser:
    """A browser that was asked: its keys, and where its push service takes messages for it."""

    endpoint: str
    auth: bytes = b"sixteen bytes ok"
    private: Any = field(default_factory=lambda: generate_private_key(SECP256R1()))

    @property
    def subscription(self) -> Subscription:
        """Return what it gives to a page."""
        public = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return Subscription(self.endpoint, b64(public), b64(self.auth))

    def read(self, body: bytes) -> dict[str, Any]:
        """Open a message as a browser does, with a library that is not ours."""
        return json.loads(http_ece.decrypt(body, private_key=self.private, auth_secret=self.auth, version="aes128gcm"))


@dataclass
class PushService:
    """What the service got, and how it answers by path. faults: of who sent, as RFC 8292 has them."""

    url: str = ""
    port: int = 0
    answers: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)
    hanging: set[str] = field(default_factory=set)
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def browser(self) -> Browser:
        """Return a new browser of this service."""
        return Browser(f"{self.url}/send/{next(_numbers)}")


@contextmanager
def push_service() -> Iterator[PushService]:
    """Run a push service."""
    service = PushService()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            service.got.append((self.path, headers, body))
            if self.path in service.hanging:
                self.close_connection = True
                return
            status, more = service.answers.get(self.path, (201, {"Location": f"{service.url}/m/{len(service.got)}"}))
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *values: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    service.port = server.server_address[1]
    service.url = f"http://127.0.0.1:{service.port}"
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()


def claims_of(authorization: str, *, public_key: str) -> dict[str, Any]:
    """Return the claims of a VAPID header that was signed with this key; raises InvalidSignature."""
    scheme, _, rest = authorization.partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert (scheme, parts["k"]) == ("vapid", public_key)
    signed, _, signature = parts["t"].rpartition(".")
    raw = unb64(signature)
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), unb64(parts["k"]))
    key.verify(encode_dss_signature(r, s), signed.encode(), ECDSA(SHA256()))
    head, claims = (json.loads(unb64(part)) for part in signed.split("."))
    assert head == {"typ": "JWT", "alg": "ES256"}
    assert time.time() < claims["exp"] <= time.time() + 24 * 3600
    return claims


def connect(*, now: datetime, **settings: Any) -> Connection:
    """Let the store's push messages leave by Web Push."""
    keys = keys_of_store(now=now)
    made = Connection(
        channel="push", provider="webpush", name="Web Push", settings={"contact": SUBJECT.removeprefix("mailto:"), **settings}
    )
    made.save()
    made.keep_credentials({"private_key": keys.private()})
    made.save()
    return made


def subscribe(browser: Browser, *, anonymous_id: str = "", now: datetime) -> Customer:
    """Keep a browser as its page would and return whose it is."""
    name = anonymous_id or f"visitor-{next(_numbers)}"
    pk = keep_subscription(browser.subscription, anonymous_id=name, agent="Firefox", ip="192.0.2.1", now=now - timedelta(days=1))
    return Customer.objects.get(pk=pk)


def push_ready(
    customer: Customer,
    title: str = "Hello {{ profile.first_name | default: 'you' }}",
    text: str = "New lamps",
    link: str = "https://lumen.example.test/new?a=1",
    *,
    now: datetime,
    picture: str = "",
    **values: Any,
) -> Message:
    """Save a message that is due."""
    number = next(_numbers)
    template = Template(key=f"push-{number}", name="Push", channel="push", live_number=1)
    template.save()
    source = str(PushText(text, link, picture))
    compiled = compile_push(subject=title, source=source)
    version = TemplateVersion(template=template, number=1, kind="push", subject=title, source=source, html="", text=compiled.text)
    version.save()
    usual = {"source_kind": "campaign", "source_id": 1, "step": f"body{number}", "occurrence": "once", "channel": "push"}
    made = Message(**usual | values, customer=customer, template_version=version, planned_at=now, due_at=now)
    made.save()
    return made


def send_pushes(store: Any, *, now: datetime) -> Slice:
    """Send one slice of push messages."""
    return dispatch_slice(store, channel="push", clock=lambda: now)
