"""Birthdays with or without a year, as people give them: read, kept as two numbers, written again. No database here."""

import re
from datetime import date
from typing import NamedTuple

_WITHOUT_YEAR = re.compile(r"-{0,2}(\d{1,2})-(\d{1,2})")
_LEAP = 2000  # a year that has a 29 February, for days without a year
_EARLIEST = 1900


class Birthday(NamedTuple):
    """A day of the year, and the year where it is known. md: month * 100 + day."""

    year: int | None
    md: int


def read_birthday(text: str) -> Birthday | None:
    """Return the birthday a text means: 1990-05-01 (a time after it is ignored), --05-01 or 05-01; None for anything else.

    29 February is a birthday in every year; a day that never was is none, nor is a year before 1900 or ahead of time.
    """
    text = text.strip()
    without = _WITHOUT_YEAR.fullmatch(text)
    try:
        if without:
            return Birthday(None, _md(date(_LEAP, int(without[1]), int(without[2]))))
        day = date.fromisoformat(text[:10])
    except ValueError:
        return None
    return Birthday(day.year, _md(day)) if _EARLIEST <= day.year <= date.max.year and day.year <= 2100 else None


def write_birthday(year: int | None, md: int | None) -> str:
    """Return 1990-05-01, --05-01 without a year, or nothing without a day."""
    if md is None:
        return ""
    month, day = divmod(md, 100)
    return f"--{month:02}-{day:02}" if year is None else f"{year:04}-{month:02}-{day:02}"


def _md(day: date) -> int:
    return day.month * 100 + day.day
