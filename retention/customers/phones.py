"""Phone numbers as people write them, read into E.164 with the country a national number is meant for. No database here.

The numbering plans are Google's, through `phonenumberslite`; nothing is asked over the network.
"""

from functools import lru_cache

import phonenumbers

_LONGEST_WRITTEN = 40


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
