"""How many segments a text takes as SMS, and the same text in fewer: pure.

GSM-7 where every sign has a place in its tables, else UCS-2. One segment holds 160 septets or 70 code units; of several each holds 153 or
67, because a header takes 48 bits, and neither an escaped sign nor a surrogate pair is ever cut in two. Source: 3GPP TS 23.038, 23.040.
"""

from collections.abc import Iterable
from dataclasses import dataclass

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
_HEADER_BITS = 48
# Typographic signs and what stands for them where a plain sign keeps the text in GSM-7.
_PLAIN = str.maketrans(
    dict.fromkeys("‘’‚‛′ʼ", "'")
    | dict.fromkeys("“”„‟″«»", '"')
    | dict.fromkeys("‐‑‒–—―−", "-")
    | dict.fromkeys("\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\u2060\t", " ")
    | dict.fromkeys("\u200b\u200c\u200e\u200f\ufeff\u00ad")
    | {"…": "...", "•": "-", "·": "-", "×": "x", "`": "'", "´": "'", "\u2028": "\n", "\u2029": "\n"}
)


@dataclass(frozen=True)
class Count:
    """What a text takes. encoding: GSM-7 or UCS-2. units: septets or 16-bit code units. left: units that still fit the last segment."""

    encoding: str
    segments: int
    units: int
    left: int

    @property
    def text_bits(self) -> int:
        """Return the size of the text alone."""
        return self.units * (7 if self.encoding == "GSM-7" else 16)

    @property
    def total_bits(self) -> int:
        """Return the size with the headers of several segments."""
        return self.text_bits + (self.segments * _HEADER_BITS if self.segments > 1 else 0)


def count_segments(text: str) -> Count:
    """Return what a text takes as SMS; an empty one takes one segment."""
    plain = fits_gsm(text)
    sizes = [1 + (sign in _EXTENDED) if plain else 1 + (ord(sign) > 0xFFFF) for sign in text]
    alone, several = (160, 153) if plain else (70, 67)
    units = sum(sizes)
    encoding = "GSM-7" if plain else "UCS-2"
    if units <= alone:
        return Count(encoding, 1, units, alone - units)
    segments, used = _pack(sizes, several)
    return Count(encoding, segments, units, several - used)


def _pack(sizes: Iterable[int], most: int) -> tuple[int, int]:
    """Return how many segments these signs fill, and how much of the last."""
    segments, used = 1, 0
    for size in sizes:
        if used + size > most:
            segments, used = segments + 1, 0
        used += size
    return segments, used


def fits_gsm(text: str) -> bool:
    """Say whether every sign has a place in GSM-7."""
    return all(sign in _BASIC or sign in _EXTENDED for sign in text)


def made_plain(text: str) -> str:
    """Return the text with plain signs for typographic ones where that alone keeps it in GSM-7; else the text as it is."""
    plain = text.translate(_PLAIN)
    return plain if fits_gsm(plain) else text
