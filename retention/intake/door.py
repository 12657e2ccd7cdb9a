"""The tracking door: a plain WSGI callable in front of Django that speaks Segment's HTTP API.

It answers 2xx only after the events are committed. Reading is in `reading.py`, storing in `writing.py`, keys in `keys.py`.
"""

import base64
import binascii
import math
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache, lru_cache
from http import HTTPStatus
from typing import Any

import msgspec
import psycopg2

from retention.intake.bodies import BodyRefused, read_body
from retention.intake.envelopes import open_batch
from retention.intake.keys import Key, KeyBook
from retention.intake.reading import KINDS, Reading, Refused, Sender, Single, read_batch, write_key_of
from retention.intake.writing import NotStored, QueueFull, Writer
from retention.kit import clock
from retention.kit.metrics import EVENTS
from retention.rest.limiting import Buckets
from retention.stores.client_address import network_in

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

# A unit is an event, or each started KB of a request where that is more: what is stored and read costs by its size.
UNITS_PER_SECOND = 2_000.0
BURST_UNITS = 20_000.0
UNIT_BYTES = 1024
STORE_SHARE = 2.0  # of a key's units for all keys of a store together: a shop that rotates keys uses two at once
SHARE_OF_ONE = 0.1  # of a public key's units for one address, so that one visitor cannot use up what all others need (S8)
LOOKUPS_PER_SECOND = 20.0
BURST_LOOKUPS = 200.0
COME_BACK_SECONDS = 5
_MOST_HEADERS, _LONGEST_HEADER = 4096, 200  # of a key that are remembered
_STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
NO_ADDRESS = "There is no such address. Events go to /v1/batch, /v1/track, /v1/identify, /v1/page, /v1/screen, /v1/group and /v1/alias."
NO_KEY = "Send your write key as Basic user name or as writeKey in the body."
UNKNOWN_KEY = "This key is not known or was revoked."
SECRET_IN_BROWSER = "A secret key was used from a browser. Revoke it: everybody who visited the page can read it."  # noqa: S105 - a sentence
OTHER_ADDRESS = "This key may not be used on %s. Add the address to the key, or use a key without addresses."
FULL = "Too many events wait to be stored. Keep them and try again."
AWAY = "The events could not be stored now. Keep them and try again."
_REFUSED = EVENTS.labels("refused")
_SHARED_HEADERS = [
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "Retry-After"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
]
_PREFLIGHT_HEADERS = [
    ("Access-Control-Allow-Methods", "POST, OPTIONS"),
    ("Access-Control-Allow-Headers", "Authorization, Content-Type, Content-Encoding"),
    ("Access-Control-Max-Age", "86400"),
]


class _Turned(Exception):
    """The request is turned away with this status and sentence."""

    def __init__(self, status: int, message: str, *, retry_after: float = 0, refused: Refused | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after
        self.refused = refused


class Door:
    """The WSGI callable for `/v1/...`. One per process; its book of keys, buckets and writer serve all threads."""

    def __init__(
        self,
        *,
        keys: KeyBook | None = None,
        writer: Writer | None = None,
        buckets: Buckets | None = None,
        stores: Buckets | None = None,
        visitors: Buckets | None = None,
        strangers: Buckets | None = None,
        lookups: Buckets | None = None,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self._keys = keys or KeyBook()
        self._writer = writer or Writer()
        self._buckets = buckets or _share(1.0)
        self._stores = stores or _share(STORE_SHARE)
        self._visitors = visitors or _share(SHARE_OF_ONE)
        self._strangers = strangers or _share(SHARE_OF_ONE)
        self._lookups = lookups or Buckets(per_second=LOOKUPS_PER_SECOND, burst=BURST_LOOKUPS)
        self._now = now or clock.of_this_process()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        method = environ["REQUEST_METHOD"]
        if method == "OPTIONS":
            start_response("204 No Content", _SHARED_HEADERS + _PREFLIGHT_HEADERS)
            return []
        try:
            answer = self._take(environ, method=method, word=environ.get("PATH_INFO", "")[4:].strip("/"))
            return _answer(start_response, 200, answer)
        except BodyRefused as error:
            return _answer(start_response, error.status, _failure(str(error), refused=Refused(0, str(error), error.field)))
        except _Turned as turned:
            return _answer(start_response, turned.status, _failure(str(turned), refused=turned.refused), retry_after=turned.retry_after)
        except QueueFull:
            return _answer(start_response, 503, _failure(FULL), retry_after=COME_BACK_SECONDS)
        except (NotStored, psycopg2.OperationalError):
            return _answer(start_response, 503, _failure(AWAY), retry_after=COME_BACK_SECONDS)

    def close(self) -> None:
        """Write what waits and let go of the database."""
        self._writer.close()
        self._keys.close()

    def _take(self, environ: Environ, *, method: str, word: str) -> bytes:
        """Take what the request holds and return the answer to it."""
        kind = KINDS.get(word)
        if kind is None and word not in {"batch", "b", "import"}:
            raise _Turned(404, NO_ADDRESS)
        if method != "POST":
            raise _Turned(405, "Events are sent with POST.")
        body = read_body(environ)
        return self._take_batch(environ, body) if kind is None else self._take_single(environ, body, kind=kind)

    def _take_single(self, environ: Environ, body: bytes, *, kind: str) -> bytes:
        key = self._open(environ, size=len(body), in_body=lambda: write_key_of(body))
        reading = self._writer.write_single(Single(body, kind, self._sender(key)))
        if reading.refused:
            _REFUSED.inc()
            refused = reading.refused[0]
            raise _Turned(refused.status, refused.message, refused=refused)
        return _ONE_TAKEN if not reading.without_message_id else _success(reading)

    def _take_batch(self, environ: Environ, body: bytes) -> bytes:
        opened = cache(lambda: open_batch(body))
        key = self._open(environ, size=len(body), in_body=lambda: opened().write_key or "")
        batch = opened()
        self._pay(key, network=network_in(environ), units=len(batch.batch) - _units_of(len(body)))
        reading = read_batch(batch, sender=self._sender(key))
        for place in self._writer.write(reading.rows) if reading.rows else ():
            reading.lose(place)
        if reading.refused:
            _REFUSED.inc(len(reading.refused))
        return _success(reading)

    def _open(self, environ: Environ, *, size: int, in_body: Callable[[], str]) -> Key:
        """Return the key that opens the door for a body of this size, or turn the sender away.

        A key in the header is asked for before the body is read at all; without one, the address pays for the reading first.
        """
        network, units = network_in(environ), _units_of(size)
        header = environ.get("HTTP_AUTHORIZATION", "")
        text = _key_in_header(header) if len(header) <= _LONGEST_HEADER else ""
        if not text:
            _spend(self._strangers, network, units=units, words="Too many events from this address.")
            text = in_body()
        key = self._keys.recall(text) or self._find(text, network=network)
        _check_use(key, origin=environ.get("HTTP_ORIGIN", ""))
        self._pay(key, network=network, units=units)
        return key

    def _pay(self, key: Key, *, network: str, units: int) -> None:
        """Take units from everybody who shares them, or turn the sender away."""
        if units <= 0:
            return
        if not key.secret:
            _spend(self._visitors, (key.id, network), units=units, words="Too many events from this address.")
        _spend(self._buckets, key.id, units=units, words="Too many events from this key.")
        _spend(self._stores, key.store_id, units=units, words="Too many events from this store.")

    def _find(self, text: str, *, network: str) -> Key:
        if not text:
            raise _Turned(401, NO_KEY)
        _spend(self._lookups, network, units=1, words="Too many keys from this address.")
        key = self._keys.find(text)
        if key is None:
            raise _Turned(401, UNKNOWN_KEY)
        return key

    def _sender(self, key: Key) -> Sender:
        return Sender(key.store_id, key.secret, self._now())


def _check_use(key: Key, *, origin: str) -> None:
    """Refuse a key that is used where it must not be. A browser always names the page's origin; what sends none may be any program."""
    if key.secret and origin:
        raise _Turned(403, SECRET_IN_BROWSER)
    if key.secret and "events:write" not in key.scopes:
        raise _Turned(403, "This key does not carry the scope events:write.")
    if key.origins and origin and origin.lower() not in key.origins:
        raise _Turned(403, OTHER_ADDRESS % origin[:200])


def _share(share: float) -> Buckets:
    return Buckets(per_second=UNITS_PER_SECOND * share, burst=BURST_UNITS * share)


def _units_of(size: int) -> int:
    """Return what so many bytes cost before it is known how many events they are."""
    return -(-size // UNIT_BYTES) or 1


def _spend(buckets: Buckets, caller: object, *, units: int, words: str) -> None:
    wait = buckets.take(caller, units=units)
    if wait:
        raise _Turned(429, words, retry_after=wait)


@lru_cache(_MOST_HEADERS)
def _key_in_header(header: str) -> str:
    """Return the key of `Basic base64(key:)` or `Bearer key`. Headers are remembered: ask only with one that is no longer than a key's."""
    scheme, _space, value = header.strip().partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value.strip(), validate=True).decode("ascii").partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _success(reading: Reading) -> bytes:
    answer: dict[str, Any] = {"success": True, "accepted": len(reading.rows) - reading.lost}
    if reading.refused:
        answer["errors"] = [refused.as_answer() for refused in reading.refused]
    if reading.without_message_id:
        answer["without_message_id"] = reading.without_message_id
        answer["hint"] = "Events without a messageId cannot be recognised when they are sent again."
    return msgspec.json.encode(answer)


def _failure(message: str, *, refused: Refused | None = None) -> bytes:
    return msgspec.json.encode({"success": False, "message": message} | ({"errors": [refused.as_answer()]} if refused is not None else {}))


def _answer(start_response: StartResponse, status: int, body: bytes, *, retry_after: float = 0) -> Iterable[bytes]:
    if body is _ONE_TAKEN:
        start_response("200 OK", _ONE_HEADERS)
        return _ONE_ANSWER
    headers = _headers_of(body)
    if retry_after:
        headers.append(("Retry-After", str(math.ceil(retry_after))))
    if status == 401:
        headers.append(("WWW-Authenticate", 'Basic realm="Boomerang"'))
    start_response(_STATUS_LINES[status], headers)
    return [body]


def _headers_of(body: bytes) -> list[tuple[str, str]]:
    return [*_SHARED_HEADERS, ("Content-Type", "application/json"), ("Content-Length", str(len(body)))]


_ONE_TAKEN = msgspec.json.encode({"success": True, "accepted": 1})
_ONE_HEADERS, _ONE_ANSWER = _headers_of(_ONE_TAKEN), [_ONE_TAKEN]  # what nearly every single event is answered
