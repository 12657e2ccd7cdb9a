"""How figures are written: numbers, money, changes, ranges, shares, time gone by, after section 6 of look.md.

Pure: takes a value and the language, gives text. Where a figure is drawn instead, see `drawings.py`.
"""

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.utils import formats, timezone
from django.utils.translation import get_language, gettext, ngettext

from retention.kit import money
from retention.kit.money import MINUS

_NARROW_SPACE = "\u00a0"
_PERCENT_CLOSE = frozenset({"en", "ja", "zh", "ko", "pt", "it", "nl", "id", "pl"})


def write_number(value: int | float | Decimal, *, decimals: int = 0) -> str:
    """Write a number with the language's signs, groups of three and a true minus."""
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    text = formats.number_format(abs(rounded), decimal_pos=decimals, use_l10n=True, force_grouping=True)
    return f"{MINUS}{text}" if rounded < 0 else text


def write_compact(value: int | float | Decimal) -> str:
    """Write a number for row heads and axes: 61.4k, 2.1m; plain below 1,000."""
    exact = Decimal(str(value))
    if abs(exact) < 1000:
        return write_number(exact)
    unit, divisor = ("m", 1_000_000) if abs(exact) >= 999_950 else ("k", 1000)
    scaled = (exact / divisor).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    return write_number(scaled, decimals=0 if scaled == int(scaled) else 1) + unit


def write_money(minor: int, *, currency: str, cents: bool = False, compact: bool = False) -> str:
    """Write an amount given in the currency's smallest unit: with cents below 1,000 only, or always (`cents`), or as €61.4k (`compact`)."""
    write = money.format_compact if compact else money.format_amount if cents else money.format_figure
    return write(minor, currency=currency, locale=_locale())


def write_exact(amount: Decimal, *, currency: str) -> str:
    """Write an amount given in whole units, to the last decimal it has."""
    return money.format_exact(amount, currency=currency, locale=_locale())


def write_change(value: int | float | Decimal, *, currency: str = "", points: bool = False, decimals: int = 1) -> str:
    """Write a change with its sign: +€90 (currency given, value in smallest units), +2.5 points (with so many decimals), −12."""
    if currency:
        return money.format_change(int(value), currency=currency, locale=_locale())
    plus = "+" if value > 0 else ""
    if points:
        return gettext("%(change)s points") % {"change": plus + write_number(value, decimals=decimals)}
    return plus + write_number(value)


def write_share(share: float | Decimal, *, decimals: int | None = None) -> str:
    """Write a share between 0 and 1 as percent: one decimal under 20 %, none above, two under 0.1 %."""
    percent = Decimal(str(share)) * 100
    if decimals is None:
        decimals = 0 if abs(percent) >= 20 or percent == 0 else 1 if abs(percent) >= Decimal("0.1") else 2
    return write_number(percent, decimals=decimals) + ("%" if _language() in _PERCENT_CLOSE else f"{_NARROW_SPACE}%")


def write_range(low: str, high: str) -> str:
    """Write two figures that are already text as a range: €5,020 to €7,820."""
    return gettext("%(low)s to %(high)s") % {"low": low, "high": high}


def write_time_ago(moment: datetime, *, now: datetime) -> str:
    """Write how long ago a moment was in the largest unit that fits; the day itself after four weeks or for what is ahead."""
    seconds = int((now - moment).total_seconds())
    if seconds < 0 or seconds >= timedelta(days=28).total_seconds():
        return formats.date_format(timezone.localtime(moment), "j M Y")
    if seconds < 5:
        return gettext("just now")
    if seconds < 60:
        return ngettext("%(count)d second ago", "%(count)d seconds ago", seconds) % {"count": seconds}
    if seconds < 3600:
        return ngettext("%(count)d minute ago", "%(count)d minutes ago", seconds // 60) % {"count": seconds // 60}
    if seconds < 86400:
        return ngettext("%(count)d hour ago", "%(count)d hours ago", seconds // 3600) % {"count": seconds // 3600}
    days = seconds // 86400
    return gettext("yesterday") if days == 1 else ngettext("%(count)d day ago", "%(count)d days ago", days) % {"count": days}


def write_moment(moment: datetime) -> str:
    """Write a full moment with its zone: Friday 20 November 2026, 09:12 CET."""
    return formats.date_format(timezone.localtime(moment), "l j F Y, H:i T")


def _locale() -> str:
    return get_language() or "en"


def _language() -> str:
    return _locale().split("-")[0]
