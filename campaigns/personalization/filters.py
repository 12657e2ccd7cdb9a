"""Filters merchants expect beside those of Liquid itself, and those of Liquid that must not read the clock or trust an address.

No Django: they run inside the render process. A new one: a function here and its line in `FILTERS`.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dateutil import parser  # type: ignore[import-untyped]
from liquid import Undefined
from liquid.filter import liquid_filter

from retention.kit.money import MoneyError, forget_locales, is_locale, write_amount

LONGEST_MOMENT = 100
LONGEST_LOCALE = 20  # zh_Hant_HK has ten signs; what follows a point may be of any length, and would be kept
_EPOCH = datetime.fromisoformat("1970-01-01")  # what a text leaves out is filled from here, never from today
_WEB = ("http", "https")


@liquid_filter
def money(minor: Any, currency: Any = "", locale: Any = "en") -> str:
    """Write whole minor units as an amount: {{ line.total_minor | money: cart.currency }}; as in English where nobody knows the locale."""
    wanted = str(locale)
    try:
        known = wanted if 0 < len(wanted) <= LONGEST_LOCALE else "en"
        return _amount(minor if type(minor) is int else int(str(minor)), str(currency), known)
    except (MoneyError, ValueError):
        return ""


@lru_cache(maxsize=4096)  # by place: named arguments take longer to look up than the rest of the filter
def _amount(minor: int, currency: str, locale: str) -> str:
    return write_amount(minor, currency=currency, locale=locale if is_locale(locale) else "en")


def forget_amounts() -> None:
    """Drop the amounts that are kept, and what was read to write them."""
    _amount.cache_clear()
    forget_locales()


@liquid_filter
def img_url(address: Any, size: Any = "") -> str:
    """Return an image's web address, with the wanted width as `width` when one is given; nothing for other schemes."""
    url = _web(str(address or ""))
    width = re.match(r"\d{1,4}", str(size))
    if not url or not width:
        return url
    return f"{url}{'&' if urlsplit(url).query else '?'}width={width.group()}"


@liquid_filter
def web_url(address: Any) -> str:
    """Return an address only when it is http, https, mailto or tel."""
    return _web(str(address or ""), schemes=(*_WEB, "mailto", "tel"))


@liquid_filter
def countdown_url(until: Any, shop: Any = None) -> str:
    """Return the address of a picture that counts down: {{ "2026-12-24 20:00" | countdown_url: shop }}; nothing for what is no moment.

    until: a moment; one without a zone is read by the clock of the shop. shop: the word `shop`, which knows the zone and our address.
    """
    known: Mapping[str, Any] = shop if isinstance(shop, Mapping) else {}
    try:
        found = _moment(until)
        zone = ZoneInfo(str(known.get("zone") or "UTC"))
        seconds = int((found if found.tzinfo else found.replace(tzinfo=zone)).timestamp())
    except (ValueError, OverflowError, OSError, KeyError):
        return ""
    base = _web(str(known.get("countdown_base", "")))
    color = re.sub(r"[^0-9a-fA-F]", "", str(known.get("color", "")))[:6]
    return f"{base}{seconds}-{color}.png" if base and len(color) == 6 else ""


@liquid_filter
def one_line(text: Any) -> str:
    """Write what was typed in lines with commas between them, HTML runs lines together: {{ shop.postal_address | one_line }}."""
    return ", ".join(part for line in str(text or "").splitlines() if (part := line.strip(" ,\t")))


@liquid_filter
def date_text(moment: Any, pattern: Any = "%d %B %Y") -> str:
    """Write a moment by a strftime pattern; what is no moment stays as it is. Never reads the clock: `now` is a word like any other.

    moment: ISO text, another usual way to write a date, or seconds since 1970 (read as UTC).
    """
    if isinstance(moment, Undefined) or isinstance(pattern, Undefined):
        return str(moment)
    try:
        found = _moment(moment)
        wanted = str(pattern)[:LONGEST_MOMENT].replace("%s", str(int(found.replace(tzinfo=found.tzinfo or UTC).timestamp())))
        return found.strftime(wanted)
    except (ValueError, OverflowError, OSError):
        return str(moment)


def _moment(value: Any) -> datetime:
    """Read a moment; raises ValueError or OverflowError."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())  # a day has no zone
    text = str(value).strip()
    if len(text) > LONGEST_MOMENT or not any(sign.isdigit() for sign in text):
        raise ValueError("no moment")
    if text.isdigit() and len(text) > 8:
        return datetime.fromtimestamp(int(text), UTC)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        found: datetime = parser.parse(text, default=_EPOCH)
        return found


def _web(address: str, schemes: tuple[str, ...] = _WEB) -> str:
    try:
        return address if urlsplit(address).scheme.lower() in schemes else ""
    except ValueError:
        return ""


FILTERS: Mapping[str, Callable[..., Any]] = {
    "money": money,
    "img_url": img_url,
    "web_url": web_url,
    "date": date_text,
    "countdown_url": countdown_url,
    "one_line": one_line,
}
