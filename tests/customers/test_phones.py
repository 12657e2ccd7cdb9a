"""Phone numbers of half the world's regions, as written at home and abroad, become E.164."""

import csv
from pathlib import Path

import phonenumbers
import pytest

from retention.customers.phones import prefixes_of, read_phone

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


def test_every_number_begins_as_those_of_its_country_and_in_america_and_russia_as_of_no_other():
    numbers = {row["e164"]: phonenumbers.region_code_for_number(phonenumbers.parse(row["e164"])) for row in EXAMPLES}
    countries = {country: prefixes_of(country) for country in numbers.values() if country}
    assert [number for number, country in numbers.items() if country and not number.startswith(countries[country])] == []
    apart = {number: country for number, country in numbers.items() if number.startswith(("+1", "+7"))}
    assert len(apart) > 20
    for number, country in apart.items():
        assert [other for other, prefixes in countries.items() if number.startswith(prefixes)] == [country]


@pytest.mark.parametrize("country", ["", "XX", "de", "001", "AQ"])
def test_what_is_no_country_with_numbers_has_no_prefix(country):
    assert prefixes_of(country) == ()
