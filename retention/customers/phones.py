"""Phone numbers as people write them, read into E.164 with the country a national number is meant for. No database here.

The numbering plans are Google's, through `phonenumberslite`; nothing is asked over the network.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers

_LONGEST_WRITTEN = 40
_NORTH_AMERICA = 1
_MOST_LEADING = 5


def read_phone(text: str, *, country: str) -> str:
    """Return a number as E.164 ("+4930123456"), or nothing for what cannot be one.

    country: ISO code used for a number without a country code, usually the store's. A number with its country code must be possible;
    a national one must be valid there, because a wrong guess would be somebody else's number. Extensions and words are refused.
    """
    written = text.strip()
    if not written or len(written) > _LONGEST_WRITTEN or any(letter.isalpha() for letter in written):
        return ""
    return _read(written, country)


def national_digits(number: str) -> str:
    """Return the digits of an E.164 number that stand in it however it is written; nothing for a text that is no number."""
    if not number.startswith("+") or not number[1:].isdecimal():
        return ""
    try:
        return str(phonenumbers.national_significant_number(phonenumbers.parse(number, None)))
    except phonenumbers.NumberParseException:
        return ""


@lru_cache(maxsize=512)
def prefixes_of(country: str) -> tuple[str, ...]:
    """Return what numbers of a country begin with as E.164 ("+49"); nothing for a country without numbers of its own.

    North America is told apart by its area codes, and others that share a calling code where their numbers begin differently (+7 of
    Kazakhstan). Where they do not (+44 of the islands), all of the code counts for each of them.
    """
    code = phonenumbers.country_code_for_region(country)
    if code == _NORTH_AMERICA:
        return tuple(prefix for prefix, region in _areas() if region == country)
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(country) if code else None
    if metadata is None:
        return ()
    if not metadata.leading_digits:
        return (f"+{code}",)
    return tuple(f"+{code}{digits}" for digits in _leading(re.compile(metadata.leading_digits), ""))


@lru_cache(maxsize=1)
def _areas() -> tuple[tuple[str, str], ...]:
    """Return each area code of North America that is in use, with its country, by the number in it that ends in 234 5678."""
    numbers = ((area, phonenumbers.PhoneNumber(_NORTH_AMERICA, area * 10_000_000 + 2_345_678)) for area in range(200, 1000))
    found = ((area, phonenumbers.region_code_for_number(number)) for area, number in numbers)
    return tuple((f"+{_NORTH_AMERICA}{area}", region) for area, region in found if region)


def _leading(pattern: "re.Pattern[str]", digits: str) -> Iterator[str]:
    """Yield the shortest rows of digits that match a pattern whole."""
    for digit in "0123456789":
        longer = digits + digit
        if pattern.fullmatch(longer):
            yield longer
        elif len(longer) < _MOST_LEADING:
            yield from _leading(pattern, longer)


@lru_cache(maxsize=4096)
def _read(written: str, country: str) -> str:
    try:
        number = phonenumbers.parse(written, country or None)
    except phonenumbers.NumberParseException:
        return ""
    fits = phonenumbers.is_possible_number(number) if written.startswith("+") else phonenumbers.is_valid_number(number)
    if not fits or number.extension:
        return ""
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
