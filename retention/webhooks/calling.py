"""One try: the body signed and posted through the guarded way out, and what came back put into an `Outcome`. Touches no row.

Redirects are not followed: a receiver that moved is told to the merchant, who changes the address.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from retention.kit.fetch import FetchFailed, FetchRefused, fetch
from retention.kit.secrets import CannotUnseal
from retention.webhooks import signing
from retention.webhooks.models.delivery import LONGEST_ANSWER
from retention.webhooks.retrying import Outcome, is_gone, rest_of

DEADLINE_SECONDS = 15.0
_MOST_BYTES = 1024 * 1024
_SILENT = frozenset({"timeout", "connect", "dns", "tls"})


@dataclass(frozen=True)
class Call:
    """What is posted where: the body's parts, and the secrets that sign it. secrets: None when they cannot be opened."""

    url: str
    webhook_id: str
    kind: str
    occurred_at: datetime
    data: Mapping[str, Any]
    secrets: list[str] | None

    @property
    def body(self) -> bytes:
        """Return the bytes that are sent and signed."""
        return signing.body_of(self.kind, occurred_at=self.occurred_at, data=self.data)


def make_call(delivery: Any, *, now: datetime) -> Call:
    """Return what one delivery (with its endpoint and event) posts."""
    event, endpoint = delivery.event, delivery.endpoint
    try:
        secrets = endpoint.secrets(now=now)
    except CannotUnseal:
        secrets = None
    return Call(endpoint.url, event.webhook_id, event.type, event.occurred_at, event.data, secrets)


def post(call: Call, *, now: datetime) -> Outcome:
    """Post once, within 15 seconds altogether, and say what came of it. Call it outside a transaction."""
    if call.secrets is None:
        return Outcome(False, None, _("The secret of this endpoint cannot be opened. Rotate it."))
    body = call.body
    headers = signing.headers_of(body, webhook_id=call.webhook_id, at=now, secrets=call.secrets)
    start = time.monotonic()
    try:
        answer = fetch(call.url, method="POST", headers=headers, body=body, max_bytes=_MOST_BYTES, seconds=DEADLINE_SECONDS)
    except (FetchRefused, FetchFailed) as error:
        return Outcome(False, None, _in_words(error), milliseconds=_since(start), silent=error.reason in _SILENT)
    return _read(answer.status, answer.headers, answer.body, milliseconds=_since(start), now=now)


def _read(status: int, headers: Mapping[str, str], body: bytes, *, milliseconds: int, now: datetime) -> Outcome:
    return Outcome(
        delivered=200 <= status < 300,
        status=status,
        error=_about(status),
        answer=body.decode("utf-8", "replace").replace("\x00", "")[:LONGEST_ANSWER],
        milliseconds=milliseconds,
        gone=is_gone(status),
        rest=rest_of(status, headers, now=now),
    )


def _about(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return _("The address sends us elsewhere. We follow no redirects: enter the new address.")
    return _("The address answered %(status)d.") % {"status": status}


def _in_words(error: FetchRefused | FetchFailed) -> str:
    """Return a failure in the reader's language; generic on purpose, since a merchant must not learn what is inside our network."""
    words = {
        "address": _("The web address is not allowed."),
        "scheme": _("Only https addresses are allowed."),
        "port": _("The port is not allowed."),
        "dns": _("The host name was not found."),
        "connect": _("The server could not be reached."),
        "tls": _("A secure connection could not be made."),
        "timeout": _("The server took longer than 15 seconds."),
        "too_large": _("The server's answer is larger than a megabyte."),
        "protocol": _("The server's answer could not be read."),
    }
    return str(words.get(error.reason, error))


def _since(start: float) -> int:
    return round((time.monotonic() - start) * 1000)
