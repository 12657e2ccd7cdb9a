"""E-mail services played by a real HTTP server: they take what Anymail sends and answer as theirs do, or as a test wants."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# What each answers to a mail it takes, from its documentation.
YES: dict[str, tuple[int, Any, dict[str, str]]] = {
    "brevo": (201, {"messageId": "<201798300811.5787683@relay.brevo.example>"}, {}),
    "mailersend": (202, b"", {"X-Message-Id": "5e42957d51f1d94a1070a733", "Content-Type": "text/html; charset=UTF-8"}),
    "mailgun": (200, {"id": "<20260302120000.1@mg.lumen.example.test>", "message": "Queued. Thank you."}, {}),
    "mailjet": (
        200,
        {
            "Messages": [
                {"Status": "success", "To": [{"Email": "jane@example.test", "MessageID": 456, "MessageUUID": "u", "MessageHref": "h"}]}
                | {"Cc": [], "Bcc": []}
            ]
        },
        {},
    ),
    "postmark": (
        200,
        {"To": "jane@example.test", "SubmittedAt": "2026-03-02T12:00:00Z", "MessageID": "b7bc2f4a", "ErrorCode": 0, "Message": "OK"},
        {},
    ),
    "resend": (200, {"id": "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794"}, {}),
    "sendgrid": (202, None, {"X-Message-Id": "14c5d75ce93"}),
    "sparkpost": (200, {"results": {"id": "11668787484950529", "total_rejected_recipients": 0, "total_accepted_recipients": 1}}, {}),
}


@dataclass
class Service:
    """What a service was asked, and what it answers next: status, body (JSON, or bytes as they are), headers; status 0: it hangs up."""

    port: int = 0
    answer: tuple[int, Any, dict[str, str]] = (200, {}, {})
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"


@contextmanager
def playing() -> Iterator[Service]:
    """Run a service."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            service.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            status, told, headers = service.answer
            if not status:
                self.connection.close()
                return
            content = told if isinstance(told, bytes) else b"" if told is None else json.dumps(told).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_words: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 128  # 32 senders come at once; of more than 5 a busy machine would lose some

    server = Server(("127.0.0.1", 0), Handler)
    service.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
