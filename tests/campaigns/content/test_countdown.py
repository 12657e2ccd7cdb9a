"""The picture that counts down: its address from a template, and what it shows at a moment."""

import struct
import zlib
from typing import Any

import pytest
from django.test import Client

from campaigns.personalization.countdown import HEIGHT, WIDTH, draw
from campaigns.personalization.filters import countdown_url
from retention.kit import clock

SHOP = {"zone": "Europe/Berlin", "color": "#0b6674", "countdown_base": "https://b.test/countdown/"}


@pytest.mark.parametrize(
    ("until", "seconds"),
    [
        ("2026-12-24 20:00", 1798138800),
        ("2026-07-01T00:00", 1782856800),
        ("2026-12-24T20:00+00:00", 1798142400),
        ("1798138800", 1798138800),
    ],
)
def test_a_moment_is_read_by_the_clock_of_the_shop(until: str, seconds: int) -> None:
    assert countdown_url(until, SHOP) == f"https://b.test/countdown/{seconds}-0b6674.png"


@pytest.mark.parametrize("until", ["soon", "", None, "9" * 200])
def test_what_is_no_moment_gives_no_picture(until: Any) -> None:
    assert countdown_url(until, SHOP) == ""
    assert countdown_url("2026-12-24 20:00", {}) == ""


def pixels(png: bytes) -> bytes:
    """Return the rows of an 8-bit palette PNG, each without its filter byte."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    place, data = 8, b""
    while place < len(png):
        length, name = struct.unpack(">I4s", png[place : place + 8])
        body = png[place + 8 : place + 8 + length]
        assert struct.unpack(">I", png[place + 8 + length : place + 12 + length])[0] == zlib.crc32(name + body)
        data += body if name == b"IDAT" else b""
        place += 12 + length
    rows = zlib.decompress(data)
    assert len(rows) == HEIGHT * (WIDTH + 1)
    return b"".join(rows[at + 1 : at + WIDTH + 1] for at in range(0, len(rows), WIDTH + 1))


def test_a_minute_less_is_another_picture_and_what_is_over_is_nought() -> None:
    two, three = (pixels(draw(minutes * 60 + 5, color="#0b6674", ink="#ffffff")) for minutes in (2, 3))
    assert two != three
    assert two == pixels(draw(2 * 60 + 59, color="#0b6674", ink="#ffffff"))
    assert pixels(draw(-5, color="#0b6674", ink="#ffffff")) == pixels(draw(0, color="#0b6674", ink="#ffffff"))
    assert pixels(draw(10**10, color="#0b6674", ink="#ffffff")).count(2) > 0


def test_the_picture_is_drawn_anew_each_time(client: Client, db: None) -> None:
    until = int(clock.now().timestamp()) + 3 * 86400
    answer = client.get(f"/countdown/{until}-0b6674.png")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert "no-store" in answer["Cache-Control"]
    assert pixels(answer.content).count(2) > 1000
    for wrong in (f"/countdown/{until}-0b667.png", "/countdown/-1-0b6674.png", "/countdown/123456789012-0b6674.png"):
        assert client.get(wrong).status_code == 404
