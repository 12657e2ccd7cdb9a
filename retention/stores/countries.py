"""What a country decides when a store is opened: currency and time zones; and the choices for each and for languages, in words.

Data comes from CLDR (babel) and the time zone database's own table; nothing is typed in here but the list of languages.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.numbers import get_currency_name, get_territory_currencies
from django.utils.translation import get_language

from retention.kit.money import DECIMALS, format_amount

LANGUAGES = ("en", "cs", "da", "de", "el", "es", "fi", "fr", "hu", "it", "ja", "ko", "nb", "nl", "pl", "pt", "ro", "sv", "tr", "uk", "zh")
_EXAMPLE_MINOR = {0: 1235, 2: 123450, 3: 1234500}

Choices = list[tuple[str, str]]


@dataclass(frozen=True)
class Country:
    """One country and what it proposes; every proposal can be changed."""

    code: str
    currency: str
    zones: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return the country's name in the language of the page."""
        return country_name(self.code)


@lru_cache(maxsize=1)
def countries() -> dict[str, Country]:
    """Return every country with a currency we know, by its code."""
    found = {}
    for code, zones in _zones_by_country().items():
        currency = next((str(one) for one in get_territory_currencies(code) if str(one) in DECIMALS), "")
        if currency and code in Locale("en").territories:
            found[code] = Country(code, currency, zones)
    return found


def country_name(code: str) -> str:
    """Return a country's name in the language of the page."""
    return str(_page_locale().territories.get(code, code))


def country_of_zone(zone: str) -> str:
    """Return the code of the country a time zone belongs to; nothing for one we do not know, an old name included."""
    return next((code for code, zones in _zones_by_country().items() if zone in zones), "")


def country_choices() -> Choices:
    """Return the countries by name."""
    return sorted(((code, country_name(code)) for code in countries()), key=lambda choice: choice[1])


def currency_choices() -> Choices:
    """Return the currencies with an example of how an amount is written: "Euro, €1,234.50"."""
    return sorted(((code, currency_words(code)) for code in DECIMALS), key=lambda choice: choice[1])


def currency_words(code: str) -> str:
    """Return a currency's name and how it is written."""
    locale = _page_locale()
    example = format_amount(_EXAMPLE_MINOR[DECIMALS[code]], currency=code, locale=str(locale))
    return f"{get_currency_name(code, locale=locale)}, {example}"


def language_choices() -> Choices:
    """Return the languages a store may write in, each by its name on the page."""
    return [(code, language_name(code)) for code in LANGUAGES]


def language_name(code: str) -> str:
    """Return a language's name in the language of the page."""
    name = _page_locale().languages.get(code, code)
    return str(name[:1].upper() + name[1:])


def zone_choices(codes: Iterable[str], *, now: datetime) -> Choices:
    """Return time zones by city, with the time it is there: "Berlin, now 09:12"."""
    return [(code, f"{city_of(code)}, {now.astimezone(ZoneInfo(code)):%H:%M}") for code in codes]


@lru_cache(maxsize=1)
def all_zones() -> tuple[str, ...]:
    """Return every time zone people live in, by name."""
    return tuple(sorted({zone for zones in _zones_by_country().values() for zone in zones}))


def city_of(zone: str) -> str:
    """Return the city a time zone is named after."""
    return zone.rpartition("/")[2].replace("_", " ")


@lru_cache(maxsize=1)
def _zones_by_country() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for line in (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            code, _place, zone, *_note = line.split("\t")
            found.setdefault(code, []).append(zone)
    return {code: tuple(zones) for code, zones in sorted(found.items())}


def _page_locale() -> Locale:
    return _locale(get_language() or "en")


@lru_cache(maxsize=32)
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")
