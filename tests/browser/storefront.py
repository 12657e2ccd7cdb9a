"""A shop on an origin of its own, with a policy as strict as they come, and a gateway that can be told to be away for a while."""

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{tags}</head>
<body><main><h1>{title}</h1><a href="/two?next=1">Next</a></main></body></html>"""


@dataclass
class Storefront:
    """The shop: which tags its pages carry, and the files it serves itself (path to script)."""

    url: str = ""
    policy: str = ""
    tags: str = ""
    files: dict[str, str] = field(default_factory=dict)


@dataclass
class Gateway:
    """What stands between browsers and the product. refusals: answers to give instead of passing on, one per batch.

    came_at: seconds on a clock that only goes forward, one per batch.
    """

    url: str = ""
    product: str = ""
    refusals: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    batches: list[bytes] = field(default_factory=list)
    came_at: list[float] = field(default_factory=list)


@contextmanager
def _running(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def open_storefront(*, tags: str, product: str) -> Iterator[Storefront]:
    """Serve a shop whose pages carry these tags and may load from and speak to the product's host only, besides itself."""
    shop = Storefront(tags=tags, policy=f"default-src 'none'; script-src 'self' {product}; connect-src {product}")

    class Pages(_Quiet):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path == "/favicon.ico":
                self.answer(404, {}, b"")
            elif path in shop.files:
                self.answer(200, {"Content-Type": "text/javascript"}, shop.files[path].encode())
            else:
                page = PAGE.format(title=path.strip("/") or "Home", tags=shop.tags)
                self.answer(200, {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": shop.policy}, page.encode())

    with _running(Pages) as url:
        shop.url = url
        yield shop


@contextmanager
def open_gateway(product: str) -> Iterator[Gateway]:
    """Pass requests on to the product and its answers back, unless the next one is to be refused."""
    gateway = Gateway(product=product)

    class Passing(_Quiet):
        def do_GET(self) -> None:
            self._pass_on("GET", b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            gateway.came_at.append(time.monotonic())
            gateway.batches.append(body)
            if gateway.refusals:
                status, headers = gateway.refusals.pop(0)
                exposed = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After"}
                self.answer(status, exposed | headers, b"")
            else:
                self._pass_on("POST", body)

        def _pass_on(self, method: str, body: bytes) -> None:
            line = http.client.HTTPConnection(str(urlsplit(gateway.product).hostname), urlsplit(gateway.product).port, timeout=30)
            headers = {name: self.headers[name] for name in ("Content-Type", "Origin") if self.headers.get(name)}
            line.request(method, self.path, body=body, headers=headers)
            answer = line.getresponse()
            kept = {
                name: value for name, value in answer.getheaders() if name.lower() not in {"content-length", "connection", "date", "server"}
            }
            self.answer(answer.status, kept, answer.read())
            line.close()

    with _running(Passing) as url:
        gateway.url = url
        yield gateway


class _Quiet(BaseHTTPRequestHandler):
    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        """Send one whole answer."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *values: object) -> None:
        """Say nothing: what matters is asserted."""
