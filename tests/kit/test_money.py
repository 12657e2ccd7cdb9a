"""Amounts are whole minor units; text in, text out, no floats and no silent rounding."""

from decimal import Decimal

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from retention.kit.money import (
    DECIMALS,
    MoneyError,
    decimals_of,
    format_amount,
    format_change,
    format_compact,
    format_exact,
    format_figure,
    format_range,
    parse_minor,
    to_major,
    to_minor,
)

NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(("currency", "decimals"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("UGX", 0), ("HUF", 2), ("TND", 3), ("ISK", 0)])
def test_knows_the_decimals_of_a_currency(currency: str, decimals: int) -> None:
    assert decimals_of(currency) == decimals


@pytest.mark.parametrize("code", ["", "eur", "EURO", "XAU", "XXX"])
def test_refuses_an_unknown_currency(code: str) -> None:
    with pytest.raises(MoneyError):
        decimals_of(code)


def test_every_code_is_one_the_locale_data_knows() -> None:
    assert set(DECIMALS) - set(Locale("en").currencies) == set()
    assert len(DECIMALS) > 150


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("44.82", "EUR", 4482),
        ("44.8", "EUR", 4480),
        ("44", "EUR", 4400),
        (" 44.820 ", "EUR", 4482),
        ("-0.01", "EUR", -1),
        ("+1.00", "EUR", 100),
        ("6420", "JPY", 6420),
        ("6420.00", "JPY", 6420),
        ("1.234", "KWD", 1234),
        ("0.1", "KWD", 100),
        ("0.29", "EUR", 29),
        ("92233720368547758.07", "EUR", 2**63 - 1),
    ],
)
def test_reads_an_amount(text: str, currency: str, minor: int) -> None:
    assert parse_minor(text, currency=currency) == minor


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-",
        ".",
        "1.",
        ".5",
        "44.821",
        "1,234.50",
        "1 234",
        "1_000",
        "1e3",
        "NaN",
        "inf",
        "€5",
        "5 EUR",
        "0x10",
        "--1",
        "\u0661",
        "1\x00",
        "9" * 30,
    ],
)
def test_refuses_what_is_no_amount(text: str) -> None:
    with pytest.raises(MoneyError):
        parse_minor(text, currency="EUR")


def test_refuses_an_amount_that_no_column_holds() -> None:
    with pytest.raises(MoneyError, match="too large"):
        parse_minor("92233720368547758.08", currency="EUR")


def test_reads_a_decimal_comma_when_told() -> None:
    assert parse_minor("44,82", currency="EUR", decimal_mark=",") == 4482
    for text in ("44.82", "1.044,82"):
        with pytest.raises(MoneyError):
            parse_minor(text, currency="EUR", decimal_mark=",")


@pytest.mark.parametrize("amount", [Decimal("NaN"), Decimal("Infinity"), Decimal("sNaN"), Decimal("0.001"), Decimal("1E+30")])
def test_refuses_a_decimal_that_is_no_amount(amount: Decimal) -> None:
    with pytest.raises(MoneyError):
        to_minor(amount, currency="EUR")


@given(minor=st.integers(-(2**63) + 1, 2**63 - 1), currency=st.sampled_from(sorted(DECIMALS)))
def test_reading_what_was_written_gives_the_same_amount(minor: int, currency: str) -> None:
    assert parse_minor(f"{to_major(minor, currency=currency):f}", currency=currency) == minor


@pytest.mark.parametrize(
    ("minor", "currency", "locale", "amount", "figure"),
    [
        (4482, "EUR", "en", "€44.82", "€44.82"),
        (104482, "EUR", "en", "€1,044.82", "€1,045"),
        (99999, "EUR", "en", "€999.99", "€999.99"),
        (100000, "EUR", "en", "€1,000.00", "€1,000"),
        (12864000, "EUR", "de-DE", f"128.640,00{NBSP}€", f"128.640{NBSP}€"),
        (6420, "JPY", "en", "¥6,420", "¥6,420"),
        (1234567, "KWD", "en_GB", "KWD1,234.567", "KWD1,235"),
        (12, "UGX", "en", "UGX12", "UGX12"),
        (-6000, "EUR", "en", f"{MINUS}€60.00", f"{MINUS}€60.00"),
        (-6000, "EUR", "sv", f"{MINUS}60,00{NBSP}€", f"{MINUS}60,00{NBSP}€"),
        (0, "EUR", "en", "€0.00", "€0.00"),
        (100050, "EUR", "en", "€1,000.50", "€1,001"),
    ],
)
def test_writes_an_amount_and_a_figure(minor: int, currency: str, locale: str, amount: str, figure: str) -> None:
    assert format_amount(minor, currency=currency, locale=locale) == amount
    assert format_figure(minor, currency=currency, locale=locale) == figure


@pytest.mark.parametrize(
    ("minor", "text"), [(9000, "+€90"), (-6000, f"{MINUS}€60"), (9050, "+€90.50"), (0, "€0"), (-128640050, f"{MINUS}€1,286,401")]
)
def test_writes_a_change_with_its_sign(minor: int, text: str) -> None:
    assert format_change(minor, currency="EUR", locale="en") == text


@pytest.mark.parametrize(
    ("minor", "currency", "locale", "text"),
    [
        (6140000, "EUR", "en", "€61.4k"),
        (-6140000, "EUR", "en", f"{MINUS}€61.4k"),
        (4482, "EUR", "en", "€44.82"),
        (6140000, "EUR", "de", f"61.400{NBSP}€"),
        (614000000, "EUR", "en", "€6.1M"),
        (1234567, "KWD", "en", "KWD1.2k"),
    ],
)
def test_writes_a_compact_amount(minor: int, currency: str, locale: str, text: str) -> None:
    assert format_compact(minor, currency=currency, locale=locale) == text


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("1279.4", "EUR", "€1,279.40"),
        ("1.005", "GBP", "£1.005"),
        ("0", "EUR", "€0.00"),
        ("-0.0050", "EUR", "\u2212€0.005"),
        ("6E+3", "JPY", "¥6,000"),
    ],
)
def test_writes_an_exact_amount_with_all_its_decimals(amount: str, currency: str, text: str) -> None:
    assert format_exact(Decimal(amount), currency=currency, locale="en") == text


def test_says_a_range_in_words() -> None:
    assert format_range(502000, 782000, currency="EUR", locale="en").render(str) == "€5,020 to €7,820"
    assert format_range(-24000, 42000, currency="EUR", locale="en").render(str) == f"{MINUS}€240 to +€420"


@given(
    minor=st.integers(-(10**15), 10**15),
    currency=st.sampled_from(sorted(DECIMALS)),
    locale=st.sampled_from(["en", "de", "fr", "ja", "ar", "hi"]),
)
def test_every_amount_can_be_written(minor: int, currency: str, locale: str) -> None:
    for write in (format_amount, format_figure, format_change, format_compact):
        text = write(minor, currency=currency, locale=locale)
        assert "-" not in text.replace("\u200f", "")
        assert any(sign.isdigit() for sign in text)
