"""Bytes off the wire: bodies of limited size, gzip that cannot blow up, JSON that means one thing only.

Nothing here knows what an event is; that is `reading.py`.
"""

import json
import re
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

LARGEST_BODY = 500 * 1024
DEEPEST = 32
_LARGEST_NUMBER = 2**63
_LONG_NUMBER = b"0" * 19  # digits in a row; fewer always fit into 64 bits
_SHAPE = bytes.maketrans(b"123456789E\r\t[", b"000000000e\n\n{")
_EXPONENT = re.compile(rb"0e[+-]?00")
_TEXT = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
LARGEST_EXPONENT = 39  # PostgreSQL writes a number out: 1e300 with three hundred digits, each time it is read
_MOST_LOOKALIKES = 2_000  # a fifth of the largest body's ids, looked at in a millisecond; a body may hold a hundred thousand
_LONG = 40  # bytes of a number; longer ones are rare
_BEFORE_NUMBERS = (b"", b":", b",", b"{", b" ", b"\n")  # in a shape
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class BodyRefused(Exception):
    """The body cannot be read; the message may be shown to the sender."""

    def __init__(self, message: str, *, status: int = 400, field: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.field = field


def read_body(environ: dict[str, Any]) -> bytes:
    """Return the request's body, unpacked, or raise BodyRefused; never holds more than the limit."""
    try:
        length = int(environ.get("CONTENT_LENGTH") or -1)
    except ValueError:
        raise BodyRefused("Content-Length is not a number.") from None
    if length > LARGEST_BODY:
        raise BodyRefused(f"The body is larger than {LARGEST_BODY // 1024} KB.", status=413)
    body = environ["wsgi.input"].read(LARGEST_BODY + 1 if length < 0 else length)
    if len(body) > LARGEST_BODY:
        raise BodyRefused(f"The body is larger than {LARGEST_BODY // 1024} KB.", status=413)
    encoding = environ.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if encoding in {"gzip", "x-gzip"}:
        return _unzip(body)
    if encoding not in {"", "identity"}:
        raise BodyRefused("Content-Encoding must be gzip or nothing.", status=415)
    return bytes(body)


def _unzip(body: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(body, LARGEST_BODY + 1)
    except zlib.error:
        raise BodyRefused("The body is not gzip, although Content-Encoding says so.") from None
    if len(plain) > LARGEST_BODY:
        raise BodyRefused(f"The unpacked body is larger than {LARGEST_BODY // 1024} KB.", status=413)
    if not unpacker.eof or unpacker.unused_data:
        raise BodyRefused("The gzip body is cut short or followed by other bytes.")
    return plain


def decode(raw: bytes, *, kind: Any = Any) -> Any:
    """Return the value of a JSON text, or raise BodyRefused with one sentence."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except UnicodeDecodeError:
        raise BodyRefused("The text is not UTF-8.") from None
    except RecursionError:
        raise BodyRefused(f"The value is nested more than {DEEPEST} levels deep.") from None
    except msgspec.ValidationError as error:
        raise BodyRefused(*_said(error)) from None
    except msgspec.DecodeError as error:
        half = b"\\ud" in raw.lower() and ("hex escape" in str(error) or "truncated" in str(error) or "surrogate" in str(error))
        raise BodyRefused("A text holds half of a surrogate pair." if half else f"Not valid JSON: {error}.") from None


def decode_strictly(raw: bytes) -> dict[str, Any]:
    """Return one JSON object that every reader understands alike: no doubled key, no NUL, at most 32 levels, 64-bit whole numbers."""
    return read_object(raw)[0]


def read_object(raw: bytes) -> tuple[dict[str, Any], bool]:
    """Return what `decode_strictly` returns, and whether parts of the source may be stored as they stand.

    They may where they are one line and hold no number with very many digits. Numbers are looked at first: reading one with a large
    exponent takes as long as a KB of anything else.
    """
    shape = raw.translate(_SHAPE)
    if _has_large_exponent(raw, shape, lookalikes=len(raw)) and _has_large_number(raw):
        raise BodyRefused(f"A number is out of range: an exponent may be at most {LARGEST_EXPONENT}. Send it as text.")
    value = decode(raw)
    if not isinstance(value, dict):
        raise BodyRefused("An event must be a JSON object.")
    escapes = b"\\u00" in raw if b"\\" in raw else False
    nul = escapes and b"\\u0000" in raw
    odd = nul or _LONG_NUMBER in shape
    if odd or shape.count(b"{") > DEEPEST:
        _walk(value, depth=1, search_nul=nul)
    # Each text, key or value, stands between two quotes. A doubled key leaves fewer of them in the value than in the source.
    if (escapes and b"\\u0022" in raw) or raw.count(b'"') != _encode(value).count(b'"'):
        _refuse_doubled(raw)
    return value, not (odd or b"\n" in shape)


def read_plain(raw: bytes, parts: Sequence[bytes], *, apart: bool = False) -> list[Any] | None:
    """Return the values of a JSON list, or None where one of them might be refused by `read_object` or not be stored as it stands.

    parts: the text of each value. One look at the whole list is cheaper than one at each; what it doubts is to be read one by one.
    apart: the parts come from several senders; each is a value by itself, or one that leaves a bracket open could reach into the next.
    """
    shape = raw.translate(_SHAPE)
    if b"\n" in shape or _LONG_NUMBER in shape or b"\\u00" in raw or _has_large_exponent(raw, shape, lookalikes=_MOST_LOOKALIKES):
        return None
    if _is_deep(shape, parts, begin=0 if apart else 1):
        return None
    try:
        values: list[Any] = [_decode(part) for part in parts] if apart else _decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    # Nothing leaves more quotes in a value than in its source, so no doubled key can hide behind another event.
    return values if raw.count(b'"') == _encode(values).count(b'"') else None


def _has_large_exponent(raw: bytes, shape: bytes, *, lookalikes: int) -> bool:
    """Say whether a number may have an exponent beyond the largest allowed.

    The hexadecimal ids most clients send are full of what looks like one; but only a text, and no number, follows a quote or a letter.
    lookalikes: so many exponents, of numbers or of what looks like one, are looked at; where there are more, the answer is yes.
    """
    if b"0e" not in shape:
        return False
    for count, found in enumerate(_EXPONENT.finditer(shape)):
        if count == lookalikes:
            return True
        end = found.end()
        is_large = shape[end : end + 1] == b"0" or int(raw[end - 2 : end]) > LARGEST_EXPONENT
        if is_large and _is_number(shape, until=found.start()):
            return True
    return False


def _has_large_number(raw: bytes) -> bool:
    """Say for certain what `_has_large_exponent` only thinks: texts are left out, in which "Bearing 2E40" is none."""
    bare = _TEXT.sub(b'""', raw)
    return _has_large_exponent(bare, bare.translate(_SHAPE), lookalikes=len(bare))


def _is_number(shape: bytes, *, until: int) -> bool:
    """Say whether what ends here is a number: digits, with a point and a sign or without, at the beginning of a value."""
    before = shape[max(0, until - _LONG) : until].rstrip(b"0.") or shape[:until].rstrip(b"0.")
    return before.removesuffix(b"-")[-1:] in _BEFORE_NUMBERS


def _is_deep(shape: bytes, parts: Sequence[bytes], *, begin: int) -> bool:
    """Say whether one of the parts may be nested too deep. shape: of all of them with a comma between. begin: where the first stands."""
    for part in parts:
        end = begin + len(part)
        if shape.count(b"{", begin, end) > DEEPEST:
            return True
        begin = end + 1
    return False


def _walk(value: Any, *, depth: int, search_nul: bool) -> None:
    """Refuse what must not be stored."""
    if depth > DEEPEST:
        raise BodyRefused(f"The value is nested more than {DEEPEST} levels deep.")
    if isinstance(value, dict):
        for key, part in value.items():
            if search_nul and "\x00" in key:
                raise BodyRefused("A key holds a NUL character.")
            _walk(part, depth=depth + 1, search_nul=search_nul)
    elif isinstance(value, list):
        for part in value:
            _walk(part, depth=depth + 1, search_nul=search_nul)
    elif isinstance(value, str):
        if search_nul and "\x00" in value:
            raise BodyRefused("A text holds a NUL character.")
    elif type(value) is int and not -_LARGEST_NUMBER <= value < _LARGEST_NUMBER:
        raise BodyRefused("A whole number does not fit into 64 bits; send it as text.")


def _refuse_doubled(raw: bytes) -> None:
    def one_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise BodyRefused("The key stands twice in one object.", field=first_doubled(name for name, _value in pairs)[:80])
        return found

    json.loads(raw, object_pairs_hook=one_object)


def first_doubled(names: Iterable[str]) -> str:
    """Return the first of these names that stood before, or an empty text; each is looked at once, for an object may have thousands."""
    met: set[str] = set()
    for name in names:
        if name in met:
            return name
        met.add(name)
    return ""


def _said(error: msgspec.ValidationError) -> tuple[str]:
    return (str(error).replace(" - at `$", " at `").replace("`[...]`", "a value"),)
