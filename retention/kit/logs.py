"""JSON log lines that carry the request and the store, and never an address, a phone number or a key (S50).

What a line may not show is found in the finished text, so arguments, exception texts and tracebacks are covered alike. The scrubber
rather hides an order number too many than shows one phone number. A new secret prefix: one line in `_RULES`, one canary in its test.
"""

import json
import logging
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from uuid import uuid4

LONGEST_TEXT = 16 * 1024
_LONGEST_SCRUBBED = 64 * 1024
_REQUEST_ID = re.compile(r"[0-9a-fA-F-]{8,64}")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

_SECRET_WORD = (
    r"password|passwd|passphrase|(?<![a-z])pass|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"  # noqa: S105
    r"|session(?:[_-]?(?:id|key))?|csrf[a-z]*|(?<![a-z])otp|signature"
)
_SECRET_NAME = re.compile(rf"(?i).*(?:{_SECRET_WORD}|authorization|cookie|credentials?)")
_LOCAL = r"\w.!#$%&*+^`{|}~-"

# Applied in this order: what has a name first, then what has a shape.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"://[^\s/@\"'<>]+@"), "://[secret]@"),
    (
        re.compile(
            r"(?i)\b((?:proxy-)?authorization|(?:set-)?cookie)([\"']?\s*[:=]\s*)(?!\s*\[secret\])(?:b?\"[^\"]*\"|b?'[^']*'|[^\r\n\"']+)"
        ),
        r"\1\2[secret]",
    ),
    (re.compile(r"(?i)\bbearer\s+[\w.~+/=-]+"), "Bearer [secret]"),
    (re.compile(r"\b[Bb]asic\s+(?=[A-Za-z+/]*[0-9A-Z=])[A-Za-z0-9+/]{4,}={0,2}"), "Basic [secret]"),
    (
        re.compile(
            rf"(?i)(?<![a-z0-9_-])([a-z0-9_-]*(?:{_SECRET_WORD}))([\"']?\s*(?:=|:|%3D)\s*)(?!\[secret\])"
            r"(?:b?\"[^\"]*\"|b?'[^']*'|[^\s,;&\"'}\]]+)"
        ),
        r"\1\2[secret]",
    ),
    (re.compile(r"(?<![A-Za-z0-9])(?:sk|pk|whsec|rk)_[A-Za-z0-9_-]{4,}"), "[key]"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), "[token]"),
    (re.compile(r"(?<![\w.])[a-z0-9]{1,16}\.[A-Za-z0-9_-]{38,}"), "[token]"),  # kit.secrets.sign_link
    (re.compile(r"(?<![\w-])(?=[a-zA-Z_-]*[0-9])(?=[a-z0-9_-]*[A-Z])(?=[A-Z0-9_-]*[a-z])[\w-]{32,}={0,2}"), "[token]"),
    (re.compile(r"(?<![\w-])(?=(?:[a-z]*[0-9]){4})[a-z0-9]{32,}(?![\w-])"), "[token]"),  # session ids, hexadecimal digests
    (re.compile(r"(?<![\w.:-])[\w-]{20,}:[\w-]{4,}:[\w-]{20,}"), "[token]"),  # django.core.signing
    (re.compile(rf"(?:\"[^\"\r\n]{{1,64}}\"|(?<![{_LOCAL}])[{_LOCAL}]+)(?:@|%40)(?:[\w-]+(?:\.[\w-]+)+|\[[\w.:]+\])"), "[email]"),
    (re.compile(r"(?i)\b((?:tel|phone|mobile|msisdn|sms|whatsapp)\w*[\"']?\s*[:=]\s*[\"']?)\+?[\d(][\d ().-]{4,}\d"), r"\1[phone]"),
    (re.compile(r"(?i)(?:(?<!\w)\+|%2B|(?<![\w.:-])00(?=[1-9]))(?:[ ().\-/]{0,2}\d){7,15}(?!\d)"), "[phone]"),
    (re.compile(r"(?<![\w.:-])\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?![\w-]|\.\d)"), "[phone]"),
    (re.compile(r"(?<![\w.:+-])\(?0\d(?:[ /().-]{0,2}\d){6,12}(?![\w:-]|\.\d)"), "[phone]"),
    (re.compile(r"(?<![\w.-])\d{10,15}(?![\w-]|\.\d)"), "[phone]"),
)

_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def current_request_id() -> str | None:
    """Return the id of the request (or task) this code works for."""
    return _request_id.get()


@contextmanager
def request_context(request_id: str) -> Iterator[None]:
    """Let every log line of a block carry this id."""
    token = _request_id.set(request_id)
    try:
        yield
    finally:
        _request_id.reset(token)


def take_request_id(offered: str | None) -> str:
    """Return the id a proxy in front of us offered when it looks like one, else a new one."""
    return offered if offered and _REQUEST_ID.fullmatch(offered) else uuid4().hex


def trace_of(error: BaseException) -> str:
    """Return where an error was raised, without its text, which may quote what a person or a shop said."""
    return "".join(traceback.format_tb(error.__traceback__))


def breakage(error: BaseException) -> dict[str, str]:
    """Return what a log line says of an error as its extra: its kind as "cause" and its place as "trace", none of its own words."""
    return {"cause": type(error).__name__, "trace": trace_of(error)}


def scrub(text: str) -> str:
    """Replace e-mail addresses, phone numbers, keys, passwords, session ids and signed tokens by words in brackets."""
    text = text[:_LONGEST_SCRUBBED]
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + " [cut]"


class JsonFormatter(logging.Formatter):
    """Format a record as one scrubbed JSON object on one line.

    store_id: asked for each line; the settings pass the tenancy room's provider, because this room does not know stores.
    """

    def __init__(self, *, store_id: Callable[[], int | None] | None = None) -> None:
        super().__init__()
        self._store_id = store_id

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; what was passed as `extra` becomes a field of its own."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": scrub(record.getMessage()),
            "request_id": current_request_id(),
            "store_id": self._store_id() if self._store_id else None,
        }
        line |= {
            name: _scrub_value(name, value) for name, value in vars(record).items() if name not in _STANDARD and line.get(name) is None
        }
        if record.exc_info:
            line["exception"] = scrub(self.formatException(record.exc_info))
        if record.stack_info:
            line["stack"] = scrub(self.formatStack(record.stack_info))
        return json.dumps({name: value for name, value in line.items() if value is not None})


def _scrub_value(name: str, value: object, depth: int = 0) -> object:
    if _SECRET_NAME.fullmatch(name):
        return "[secret]"
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if abs(value) < 10**9 else scrub(str(value))
    if isinstance(value, Mapping) and depth < 4:
        return {scrub(str(key)): _scrub_value(str(key), inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple | set) and depth < 4:
        return [_scrub_value("", inner, depth + 1) for inner in value]
    return scrub(str(value))
