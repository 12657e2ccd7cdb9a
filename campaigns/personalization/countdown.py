"""A picture of the time that is left, drawn when a mail is opened: days, hours and minutes as digits on the colour of the shop.

A PNG of three colours, made here so that nothing but the address decides what it shows. No Django, no database.
"""

import struct
import zlib
from functools import lru_cache

WIDTH, HEIGHT = 640, 150
_TILE, _GAP, _DIGIT_WIDTH, _DIGIT_HEIGHT, _STROKE = 200, 20, 50, 90, 11
_CORNER = 14
MOST_DAYS = 99
_SEGMENTS = {"0": "abcdef", "1": "bc", "2": "abdeg", "3": "abcdg", "4": "bcfg", "5": "acdfg", "6": "acdefg", "7": "abc", "8": "abcdefg",
             "9": "abcdfg"}  # fmt: skip
_LETTERS = {
    "d": ("00001", "00001", "01111", "10001", "10001", "10001", "01111"),
    "h": ("10000", "10000", "10110", "11001", "10001", "10001", "10001"),
    "m": ("00000", "00000", "11010", "10101", "10101", "10101", "10101"),
}
_LETTER_SCALE = 5
_NOTHING, _BEHIND, _INK = 0, 1, 2


def draw(seconds: int, *, color: str, ink: str) -> bytes:
    """Return the PNG for so many seconds left; none are left below 0. color, ink: "#0b6674"."""
    minutes = max(0, seconds) // 60
    return _drawn(min(MOST_DAYS, minutes // 1440), minutes // 60 % 24, minutes % 60, color, ink)


@lru_cache(maxsize=512)
def _drawn(days: int, hours: int, minutes: int, color: str, ink: str) -> bytes:
    """Draw once a minute what everybody who opens a mail in it asks for."""
    parts = ((days, "d"), (hours, "h"), (minutes, "m"))
    rows = [bytearray(WIDTH) for _row in range(HEIGHT)]
    for place, (number, letter) in enumerate(parts):
        _tile(rows, place * (_TILE + _GAP), f"{number:02}", letter)
    return _png(rows, [(0, 0, 0), _rgb(color), _rgb(ink)])


def _tile(rows: list[bytearray], left: int, digits: str, letter: str) -> None:
    for y in range(HEIGHT):
        edge = max(0, _CORNER - y, _CORNER - (HEIGHT - 1 - y))
        inset = round(_CORNER - (_CORNER**2 - edge**2) ** 0.5)
        _fill(rows, left + inset, y, _TILE - 2 * inset, 1, _BEHIND)
    top = (HEIGHT - _DIGIT_HEIGHT) // 2
    for place, digit in enumerate(digits):
        _digit(rows, left + 20 + place * (_DIGIT_WIDTH + 14), top, digit)
    for y, line in enumerate(_LETTERS[letter]):
        for x, there in enumerate(line):
            if there == "1":
                at = left + _TILE - 46 + x * _LETTER_SCALE, top + _DIGIT_HEIGHT - (7 - y) * _LETTER_SCALE
                _fill(rows, *at, _LETTER_SCALE, _LETTER_SCALE, _INK)


def _digit(rows: list[bytearray], left: int, top: int, digit: str) -> None:
    half, wide = (_DIGIT_HEIGHT - _STROKE) // 2, _DIGIT_WIDTH
    bars = {
        "a": (0, 0, wide, _STROKE),
        "g": (0, half, wide, _STROKE),
        "d": (0, _DIGIT_HEIGHT - _STROKE, wide, _STROKE),
        "f": (0, 0, _STROKE, half + _STROKE),
        "b": (wide - _STROKE, 0, _STROKE, half + _STROKE),
        "e": (0, half, _STROKE, _DIGIT_HEIGHT - half),
        "c": (wide - _STROKE, half, _STROKE, _DIGIT_HEIGHT - half),
    }
    for segment in _SEGMENTS[digit]:
        x, y, width, height = bars[segment]
        _fill(rows, left + x, top + y, width, height, _INK)


def _fill(rows: list[bytearray], left: int, top: int, width: int, height: int, value: int) -> None:
    for row in rows[top : top + height]:
        row[left : left + width] = bytes([value]) * width


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _png(rows: list[bytearray], palette: list[tuple[int, int, int]]) -> bytes:
    """Return rows of palette numbers as a PNG; the first colour is seen through."""
    header = struct.pack(">IIBBBBB", WIDTH, len(rows), 8, 3, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows), 6)
    chunks = ((b"IHDR", header), (b"PLTE", bytes(sum(palette, ()))), (b"tRNS", b"\0"), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
