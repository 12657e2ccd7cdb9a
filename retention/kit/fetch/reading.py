"""Read a response body up to a size, unpacking gzip piece by piece so that a small bomb stays small.

The HTTP library decodes nothing: we ask for gzip only and refuse any other or nested coding.
"""

import zlib
from collections.abc import Iterator

from urllib3 import BaseHTTPResponse

from retention.kit.fetch.errors import FetchFailed
from retention.kit.fetch.wire import Meter

_PIECE = 16 * 1024
_RATIO_FREE = 1024 * 1024
_HIGHEST_RATIO = 100  # reliability guide S21
_GZIP = 16 + zlib.MAX_WBITS


def read_body(response: BaseHTTPResponse, *, max_bytes: int, meter: Meter) -> bytes:
    """Return the decoded body.

    Raises FetchFailed: too_large above max_bytes or above 100 bytes out per byte in, encoding for codings we do not read.
    """
    if int(response.length_remaining or 0) > max_bytes:
        raise FetchFailed("too_large", request_sent=True)
    body = bytearray()
    for piece in _decoded(response, meter=meter):
        body += piece
        if len(body) > max_bytes:
            raise FetchFailed("too_large", request_sent=True)
    return bytes(body)


def _decoded(response: BaseHTTPResponse, *, meter: Meter) -> Iterator[bytes]:
    coding = response.headers.get("content-encoding", "").strip().lower()
    pieces = response.stream(_PIECE, decode_content=False)
    if coding in {"", "identity"}:
        return iter(pieces)
    if coding in {"gzip", "x-gzip"}:
        return _unpack(pieces, meter=meter)
    raise FetchFailed("encoding", request_sent=True)


def _unpack(pieces: Iterator[bytes], *, meter: Meter) -> Iterator[bytes]:
    members = _Members()
    taken = given = 0
    for piece in pieces:
        taken += len(piece)
        for out in members.feed(piece):
            meter.left()
            given += len(out)
            if given > _RATIO_FREE and given > _HIGHEST_RATIO * taken:
                raise FetchFailed("too_large", request_sent=True)
            yield out
    if taken and not members.complete:
        raise FetchFailed("encoding", request_sent=True)


class _Members:
    """Unpacks the members of a gzip stream, never more than one piece at a time."""

    def __init__(self) -> None:
        self._unpacker = zlib.decompressobj(_GZIP)

    @property
    def complete(self) -> bool:
        return self._unpacker.eof

    def feed(self, piece: bytes) -> Iterator[bytes]:
        waiting = bool(piece)
        while waiting:
            if self._unpacker.eof:
                self._unpacker = zlib.decompressobj(_GZIP)
            try:
                out = self._unpacker.decompress(piece, _PIECE)
            except zlib.error:
                raise FetchFailed("encoding", request_sent=True) from None
            yield out
            piece = self._unpacker.unconsumed_tail or self._unpacker.unused_data
            # zlib may have taken all the input and still owe output when it filled the last piece.
            waiting = bool(piece) or (len(out) == _PIECE and not self._unpacker.eof)
