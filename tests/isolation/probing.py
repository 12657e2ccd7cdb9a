"""Asking as somebody, without leaving a trace in the database, and looking for canaries in what came back."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core import mail
from django.db import transaction
from django.test import Client

from retention.notices.models import Notice
from retention.stores.models import Store
from tests.isolation.scene import fingerprint, rows_written

_PASSING = re.compile(
    rb'name="csrfmiddlewaretoken" value="[^"]+"|"csrfToken":\s*"[^"]+"|nonce="[^"]+"|data-at="[^"]+"|request[ _-]?id[^<]{0,80}',
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Answer:
    """What came back: the status, the body, and head and body as one piece of text to search, the victim's rows (none if nothing wrote)."""

    status: int
    body: bytes
    everything: str
    rows: dict[str, str] | None

    def holds(self, canary: str) -> bool:
        """Say whether the canary stands anywhere in it."""
        return canary in self.everything.lower()

    def changed(self, before: dict[str, str]) -> set[str]:
        """Return the tables in which the victim's rows are no longer what they were; `ask` must have been told of the victim."""
        assert self.rows is not None
        return {label for label, digest in self.rows.items() if digest != before[label]}

    def without(self, *ids: object) -> bytes:
        """Return the body with these ids and everything that differs from request to request taken out."""
        body = _PASSING.sub(b"", self.body)
        for number in sorted(map(str, ids), key=len, reverse=True):
            body = body.replace(f"/{number}/".encode(), b"/ID/") if len(number) < 12 else body.replace(number.encode(), b"ID")
        return body


def ask(
    browser: Client, method: str, address: str, data: dict[str, Any] | None = None, *, victim: Store | None = None, **headers: Any
) -> Answer:
    """Send one request and take back whatever it changed; mails and notices it caused are part of the answer.

    victim: the store whose rows are compared before they are taken back.
    """
    with transaction.atomic():
        earlier = rows_written() if victim is not None else 0
        known = set(Notice.objects.values_list("pk", flat=True))
        response = getattr(browser, method.lower())(address, data or {}, **headers)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        head = "\n".join(f"{name}: {value}" for name, value in response.items())
        written = [f"{notice.to} {notice.subject} {notice.text} {notice.html}" for notice in Notice.objects.exclude(pk__in=known)]
        rows = None if victim is None else fingerprint(victim) if rows_written() > earlier else {}
        transaction.set_rollback(True)
    sent = [f"{letter.to} {letter.subject} {letter.body}" for letter in getattr(mail, "outbox", [])]
    return Answer(response.status_code, body, "\n".join([head, body.decode("utf-8", "replace"), *written, *sent]), rows)


class _Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextmanager
def listening() -> Iterator[list[str]]:
    """Collect every log line, as the product's own formatter writes it."""
    from retention.kit.logs import JsonFormatter

    listener = _Listener()
    listener.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.addHandler(listener)
    try:
        yield listener.lines
    finally:
        root.removeHandler(listener)


def cached_text() -> str:
    """Return every key and value in this process's Valkey database as one piece of text."""
    import redis

    client = redis.Redis.from_url(settings.REDIS_URL)
    parts: list[bytes] = []
    for key in client.scan_iter(count=1000):
        parts.append(key)
        if client.type(key) == b"string":
            parts.append(client.get(key) or b"")
    return b"\n".join(parts).decode("utf-8", "replace").lower()
