"""Phone numbers of half the world's regions, as written at home and abroad, become E.164."""

import csv
from pathlib import Path

import pytest

from retention.customers.phones import read_phone

EXAMPLES = list(csv.DictReader((Path(__file__).parents[1] / "data" / "phone_numbers.csv").open(encoding="utf-8", newline="")))


def test_the_examples_are_all_there():
    assert len(EXAMPLES) == 507


@pytest.mark.parametrize("column", ["national_input", "international", "e164"])
def test_reads_every_example_number(column):
    wrong = [
        (row["region"], row[column], found) for row in EXAMPLES if (found := read_phone(row[column], country=row["region"])) != row["e164"]
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("written", "e164"),
    [
        ("030 123456", "+4930123456"),
        ("+49 (30) 123456", "+4930123456"),
        ("0049 30 123456", "+4930123456"),
        (" +44 20 7946 0958 ", "+442079460958"),
    ],
)
def test_reads_what_people_write(written, e164):
    assert read_phone(written, country="DE") == e164


@pytest.mark.parametrize(
    "written",
    ["", "12", "110", "call me", "+49", "+4930123456 ext. 7", "0800-FLOWERS", "+999 123 456 789", "1" * 41, "+49 30 1234567890123456"],
)
def test_refuses_what_is_no_number(written):
    assert read_phone(written, country="DE") == ""


def test_a_national_number_means_the_country_given():
    assert read_phone("(212) 555-2368", country="US") == "+12125552368"
    assert read_phone("(212) 555-2368", country="DE") == "+492125552368"
