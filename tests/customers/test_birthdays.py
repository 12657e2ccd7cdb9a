"""Birthdays are read with and without a year, and no day that never was."""

import pytest

from retention.customers.birthdays import read_birthday, write_birthday


@pytest.mark.parametrize(
    ("text", "year", "md"),
    [
        ("1990-05-01", 1990, 501),
        ("1990-05-01T00:00:00Z", 1990, 501),
        ("2000-02-29", 2000, 229),
        ("--02-29", None, 229),
        ("--05-01", None, 501),
        ("05-01", None, 501),
        (" 5-1 ", None, 501),
    ],
)
def test_reads_days(text, year, md):
    assert read_birthday(text) == (year, md)


@pytest.mark.parametrize("text", ["", "1990-02-29", "31.02.1990", "1899-12-31", "--13-01", "--02-30", "never", "9999-01-01"])
def test_refuses_what_is_no_birthday(text):
    assert read_birthday(text) is None


def test_writes_what_it_reads():
    for text in ("1990-05-01", "--02-29"):
        assert write_birthday(*read_birthday(text)) == text
    assert write_birthday(None, None) == ""
