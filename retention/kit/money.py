"""Money as whole minor units beside an ISO currency code: reading it, and writing it as the locale says.

No floats, no exchange rates, no database. Amounts are called `..._minor`: 4482 with EUR is €44.82, 6420 with JPY is ¥6,420.
"""

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.numbers import format_compact_currency, format_currency

from retention.kit.words import Phrase, gettext_noop

MINUS = "\N{MINUS SIGN}"
LARGEST_MINOR = 2**63 - 1  # what a bigint column holds
LARGEST_AMOUNT = 10**15  # what anybody may tell us, in minor units: sums of thousands still fit a bigint column

# ISO 4217, active currencies a shop can price in. Accounting units, metals and the two with four decimals (CLF, UYW) are left out.
_WITHOUT_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_WITH_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_WITH_TWO_DECIMALS = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP "
    "CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR "
    "KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN "
    "PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD "
    "TZS UAH USD UYU UZS VES WST XCD XCG YER ZAR ZMW ZWG"
)
DECIMALS: dict[str, int] = {
    **dict.fromkeys(_WITHOUT_DECIMALS.split(), 0),
    **dict.fromkeys(_WITH_TWO_DECIMALS.split(), 2),
    **dict.fromkeys(_WITH_THREE_DECIMALS.split(), 3),
}
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{1,20})?")


class MoneyError(ValueError):
    """A text is not an amount in this currency, or the currency is not one we know."""


def decimals_of(currency: str) -> int:
    """Return how many decimals a currency has: 0, 2 or 3."""
    try:
        return DECIMALS[currency]
    except KeyError:
        raise MoneyError(f"{currency!r} is not a currency code we know.") from None


def parse_minor(text: str, *, currency: str, decimal_mark: str = ".") -> int:
    """Read a decimal text such as "44.82" into whole minor units.

    decimal_mark: "." or ",". Group separators and signs of currency are refused, and so are more decimals than the currency has unless
    they are zeros: an amount is never rounded silently. Raises MoneyError.
    """
    if decimal_mark not in {".", ","}:
        raise MoneyError("The decimal mark must be a point or a comma.")
    plain = text.strip()
    if decimal_mark == ",":
        plain = plain.replace(".", "?").replace(",", ".")
    if not _PLAIN_NUMBER.fullmatch(plain):
        raise MoneyError(f"{text[:40]!r} is not an amount.")
    return to_minor(Decimal(plain), currency=currency)


def to_minor(amount: Decimal, *, currency: str) -> int:
    """Turn an exact amount in major units into whole minor units; raises MoneyError when it does not fit."""
    try:
        scaled = amount.scaleb(decimals_of(currency))
        whole = scaled.to_integral_value()
    except InvalidOperation:
        raise MoneyError("The amount is not a number.") from None
    if not scaled.is_finite() or scaled != whole:
        raise MoneyError(f"The amount has more decimals than {currency} has.")
    if abs(whole) > LARGEST_MINOR:
        raise MoneyError("The amount is too large.")
    return int(whole)


def to_major(minor: int, *, currency: str) -> Decimal:
    """Turn minor units into an exact amount in major units."""
    return Decimal(minor).scaleb(-decimals_of(currency))


@lru_cache(maxsize=4096)
def format_amount(minor: int, *, currency: str, locale: str) -> str:
    """Write an amount with all its decimals, as in a table of orders: €1,044.82, 1.044,82 €, ¥6,420."""
    return write_amount(minor, currency=currency, locale=locale)


def write_amount(minor: int, *, currency: str, locale: str) -> str:
    """Do the same for who keeps the answers, and drops them, by a limit of their own."""
    return _write(to_major(minor, currency=currency), currency=currency, locale=locale, decimals=decimals_of(currency))


def format_price(amount: Decimal, *, currency: str, locale: str) -> str:
    """Write an amount in major units; one with parts smaller than a coin with all of them, as an SMS may cost: 0.0075 EUR."""
    if 0 < amount < 1 and amount != round(amount, decimals_of(currency)):
        return f"{amount.normalize():f} {currency}"
    return format_amount(to_minor(round(amount, decimals_of(currency)), currency=currency), currency=currency, locale=locale)


def format_exact(amount: Decimal, *, currency: str, locale: str) -> str:
    """Write an amount in major units with all the decimals it has, at least those of its currency: €1,279.40, £1.005."""
    told = -int(amount.normalize().as_tuple().exponent)
    return _write(amount, currency=currency, locale=locale, decimals=max(decimals_of(currency), told))


def format_figure(minor: int, *, currency: str, locale: str) -> str:
    """Write an amount for a figure or a sentence: without decimals from 1,000 up (€128,640), with them below (€44.82)."""
    amount = to_major(minor, currency=currency)
    decimals = 0 if abs(amount) >= 1000 else decimals_of(currency)
    return _write(amount, currency=currency, locale=locale, decimals=decimals)


def format_change(minor: int, *, currency: str, locale: str) -> str:
    """Write a difference with its sign, a true minus (U+2212) included: +€90; nought has none. Whole units lose their decimals."""
    amount = to_major(minor, currency=currency)
    decimals = 0 if amount == amount.to_integral_value() or abs(amount) >= 1000 else decimals_of(currency)
    text = _write(amount, currency=currency, locale=locale, decimals=decimals)
    return f"+{text}" if minor > 0 else text


def format_compact(minor: int, *, currency: str, locale: str) -> str:
    """Write an amount for a row head or an axis: €61.4k. Not for sentences."""
    amount = to_major(minor, currency=currency)
    if abs(amount) < 1000:
        return format_figure(minor, currency=currency, locale=locale)
    parsed = _locale(locale)
    text = str(format_compact_currency(abs(amount), currency, locale=parsed, fraction_digits=1))
    if re.search(r"\d{4}", text):  # a locale without a short form for thousands, as German
        return format_figure(minor, currency=currency, locale=locale)
    text = re.sub(r"(?<=\d)K", "k", text) if parsed.language == "en" else text
    return f"{MINUS}{text}" if minor < 0 else text


def format_range(low_minor: int, high_minor: int, *, currency: str, locale: str) -> Phrase:
    """Say a range: "€5,020 to €7,820", and with signs as soon as one end is negative, as in "(minus)€240 to +€420"."""
    write = format_change if low_minor < 0 or high_minor < 0 else format_figure
    low = write(low_minor, currency=currency, locale=locale)
    high = write(high_minor, currency=currency, locale=locale)
    return Phrase(gettext_noop("%(low)s to %(high)s"), {"low": low, "high": high})


def _write(amount: Decimal, *, currency: str, locale: str, decimals: int) -> str:
    parsed = _locale(locale)
    rounded = abs(amount).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    text = format_currency(rounded, currency, format=_pattern(locale, decimals), locale=parsed, currency_digits=False)
    return f"{MINUS}{text}" if amount < 0 and rounded else str(text)


@lru_cache(maxsize=256)
def _pattern(locale: str, decimals: int) -> str:
    # ISO decides the decimals: the locale data gives some currencies fewer than their minor units have.
    fraction = "0." + "0" * decimals if decimals else "0"
    standard = _locale(locale).currency_formats["standard"].pattern.split(";")[0]
    return re.sub(r"0(\.0+)?(?=[^0-9#]*$)", fraction, standard)


@lru_cache(maxsize=256)
def _locale(locale: str) -> Locale:
    return Locale.parse(locale.replace("-", "_"))


def is_locale(locale: str) -> bool:
    """Say whether it names a locale in which amounts can be written."""
    try:
        _locale(locale)
    except (UnknownLocaleError, ValueError):
        return False
    return True


def forget_locales() -> None:
    """Drop the locales that are kept and their ways to write amounts, where memory is scarce."""
    for kept in (_pattern, _locale):
        kept.cache_clear()
