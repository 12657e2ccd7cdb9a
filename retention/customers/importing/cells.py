"""Cells as people and programs write them: days, moments, numbers, countries, read as the merchant said. No database here."""

import re
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import get_global
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from retention.kit.languages import LANGUAGES
from retention.kit.words import fold

DATE_ORDERS = {
    "ymd": gettext_lazy("Year first: 2026-11-24"),
    "dmy": gettext_lazy("Day first: 24.11.2026 or 24/11/2026"),
    "mdy": gettext_lazy("Month first: 11/24/2026"),
}
EARLIEST_YEAR = 1900
DECIMAL_MARKS = {".": gettext_lazy("Point: 1,234.50"), ",": gettext_lazy("Comma: 1.234,50")}
_PLACES = {"ymd": (0, 1, 2), "dmy": (2, 1, 0), "mdy": (2, 0, 1)}
_DAY = re.compile(r"(\d{1,4})[-./](\d{1,2})[-./](\d{1,4})")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?(?:\s*([AaPp])\.?[Mm]\.?)?")
_GROUPED = {".": re.compile(r"\d{1,3}(,\d{3})+(\.\d*)?"), ",": re.compile(r"\d{1,3}([.'\u00a0 ]\d{3})+(,\d*)?")}
_NUMBER = re.compile(r"\d{1,15}(\.\d{1,10})?")

_SHORT_NAMES = {
    "usa": "US",
    "u s a": "US",
    "united states of america": "US",
    "uk": "GB",
    "u k": "GB",
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "eire": "IE",
    "rsa": "ZA",
    "holland": "NL",
    "the netherlands": "NL",
    "channel islands": "JE",
    "hong kong": "HK",
    "hongkong": "HK",
    "macau": "MO",
    "macao": "MO",
    "oesterreich": "AT",
    "grossbritannien": "GB",
    "vereinigte staaten von amerika": "US",
    "tschechische republik": "CZ",
    "turkey": "TR",
    "czech republic": "CZ",
}


class Unreadable(ValueError):
    """A cell is not what its column holds; the message says so, in the reader's language."""


class Manner(NamedTuple):
    """How the file writes days and numbers, and where its clocks hang."""

    zone: ZoneInfo
    country: str = ""
    date_order: str = "ymd"
    decimal_mark: str = "."


def read_day(text: str, manner: Manner) -> date:
    """Return a day; a day that never was is refused."""
    found = _DAY.fullmatch(text.strip())
    if found is None:
        raise Unreadable(_("“%(value)s” is not a date.") % {"value": text[:40]})
    return _day(found.groups(), text, manner)


def read_moment(text: str, manner: Manner) -> datetime:
    """Return a moment in UTC; without an offset it is on the clock of the manner's zone, a day alone is its beginning there.

    Years before 1900 are refused: they stand for "we do not know", and not every clock can show them.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = _moment(text, manner)
    if moment.year < EARLIEST_YEAR:
        raise _no_moment(text)
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=manner.zone)).astimezone(UTC)
    except OverflowError:
        raise _no_moment(text) from None


def read_decimal(text: str, manner: Manner) -> Decimal:
    """Return an exact number; a minus may stand before or behind, or brackets around it; group marks only where they belong."""
    plain = text.strip().replace("\N{MINUS SIGN}", "-")
    negative = plain.startswith("-") or plain.endswith("-") or (plain.startswith("(") and plain.endswith(")"))
    plain = plain.strip("-()").strip()
    if _GROUPED[manner.decimal_mark].fullmatch(plain):
        plain = re.sub(r"[^\d" + manner.decimal_mark + "]", "", plain)
    plain = plain.replace(manner.decimal_mark, ".") if manner.decimal_mark == "," and "." not in plain else plain
    if not _NUMBER.fullmatch(plain):
        raise Unreadable(_("“%(value)s” is not a number.") % {"value": text[:40]})
    return -Decimal(plain) if negative else Decimal(plain)


def read_country(text: str) -> str:
    """Return the ISO code of a country written as its code of two or three letters, or by its name in one of our languages."""
    code = _countries().get(_plain(text), "")
    if not code:
        raise Unreadable(_("“%(value)s” is not a country we know.") % {"value": text[:40]})
    return code


def cell_of(value: object) -> str:
    """Write a value the way the readers read it: lists with commas, yes and no as words, moments with their offset."""
    if value is None or value is False or value is True:
        return {None: "", False: "false", True: "true"}[value]
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value)
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def guess_date_order(samples: list[str], *, country: str) -> str:
    """Return the order by which most of a column's first cells can be read; of those that read as many, year first or the country's."""
    usual = ["mdy", "dmy"] if country == "US" else ["dmy", "mdy"]
    return max(["ymd", *usual], key=lambda order: sum(_fits(sample, order) for sample in samples))


def _fits(sample: str, order: str) -> bool:
    found = _DAY.match(sample)
    try:
        return bool(found) and bool(_day(found.groups(), sample, Manner(ZoneInfo("UTC"), date_order=order)))  # type: ignore[union-attr]
    except Unreadable:
        return False


def _day(parts: tuple[str, ...], text: str, manner: Manner) -> date:
    order = "ymd" if len(parts[0]) == 4 else manner.date_order
    year, month, day = (parts[place] for place in _PLACES[order])
    try:
        return date(int(year) if len(year) == 4 else 0, int(month), int(day))
    except ValueError:
        raise Unreadable(_("“%(value)s” is not a date.") % {"value": text[:40]}) from None


def _moment(text: str, manner: Manner) -> datetime:
    day, _space, clock = text.strip().replace("T", " ").partition(" ")
    found = _TIME.fullmatch(clock.strip()) if clock.strip() else None
    if clock.strip() and found is None:
        raise _no_moment(text)
    hour, minute, second = (int(part or 0) for part in found.groups()[:3]) if found else (0, 0, 0)
    half = (found[4] or "").lower() if found else ""
    hour = hour % 12 + (12 if half == "p" else 0) if half else hour
    start = read_day(day, manner)
    try:
        return datetime(start.year, start.month, start.day, hour, minute, second, tzinfo=manner.zone)
    except ValueError:
        raise _no_moment(text) from None


def _no_moment(text: str) -> Unreadable:
    return Unreadable(_("“%(value)s” is not a moment.") % {"value": text[:40]})


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    """Return ISO codes by names in our languages, by codes of two and three letters, and by the short names lists use, all plain."""
    told = [(str(name), str(code)) for language in LANGUAGES for code, name in Locale(language).territories.items()]
    codes = {code for _name, code in told if len(code) == 2 and code.isalpha()}
    known = {_plain(name): code for name, code in reversed(told) if code in codes}  # the first language that has a name says what it means
    longer = [(str(code), names) for code, names in get_global("territory_aliases").items()]
    known |= {_plain(code): names[0] for code, names in longer if len(code) == 3 and len(names) == 1 and names[0] in codes}
    return known | {_plain(code): code for code in codes} | _SHORT_NAMES


def _plain(text: str) -> str:
    """Return a name as it is compared: without accents, with letters and digits alone, and one space between words."""
    marked = unicodedata.normalize("NFKD", fold(text))
    return " ".join("".join(letter if letter.isalnum() else " " for letter in marked if not unicodedata.combining(letter)).split())
