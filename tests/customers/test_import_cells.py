"""Countries by the names of our languages, and the order of dates and the mark of amounts as a file shows them."""

import pytest

from retention.customers.importing.cells import Unreadable, guess_date_order, read_country
from retention.customers.importing.mapping import propose_options
from retention.customers.models import Customer
from tests.customers.importing import import_file, put_in
from tests.factories import make_store, work_for


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("DE", "de, DE, DEU, deu, Deutschland, DEUTSCHLAND, Germany, Allemagne, Alemania, Germania, Alemanha, Duitsland, ドイツ"),
        ("CH", "CH, CHE, Schweiz, Suisse, Suiza, Svizzera, Switzerland, Zwitserland"),
        ("AT", "Österreich, Oesterreich, Osterreich, AUT, Autriche"),
        ("GB", "UK, U.K., GBR, England, United Kingdom, Vereinigtes Königreich, Großbritannien, Royaume-Uni"),
        ("US", "USA, U.S.A., US, United States, États-Unis, etats unis, Estados Unidos, Vereinigte Staaten"),
        ("NL", "NLD, Holland, Pays-Bas, Niederlande, Nederland"),
        ("CI", "Côte d'Ivoire, Côte d’Ivoire"),
        ("CZ", "Czech Republic, Czechia, Tschechien, CZE"),
        ("HK", "Hong Kong, HKG"),
        ("IE", "EIRE, Ireland, Irland"),
    ],
)
def test_a_country_is_known_by_its_codes_and_names(code, names):
    assert {name: read_country(f" {name} ") for name in names.split(", ")} == dict.fromkeys(names.split(", "), code)


@pytest.mark.parametrize("text", ["Absurdistan", "XQ", "SUN", "YUG", "D", "", "-", "Unspecified"])
def test_what_is_no_country_is_refused(text):
    with pytest.raises(Unreadable):
        read_country(text)


@pytest.mark.parametrize(
    ("country", "days", "order"),
    [
        ("DE", "03.05.1980 1975-12-24 31.02.1990", "dmy"),
        ("US", "03/05/1980 1975-12-24 02/31/1990", "mdy"),
        ("DE", "03/05/1980 05/13/1980", "mdy"),
        ("US", "03/05/1980 13/05/1980 14/05/1980 02/31/1990", "dmy"),
        ("US", "03.05.1980", "mdy"),
        ("GB", "03.05.1980", "dmy"),
        ("DE", "1975-12-24 1980-05-03", "ymd"),
        ("DE", "1975-12-24 9.9.9.9", "ymd"),
        ("DE", "", "ymd"),
    ],
)
def test_dates_are_read_in_the_order_that_reads_most_of_them(country, days, order):
    assert guess_date_order(days.split(), country=country) == order


@pytest.mark.django_db
def test_a_german_file_is_read_as_it_is_written():
    store = make_store(country="DE", currency="EUR", zone="Europe/Berlin")
    with work_for(store):
        guessed = propose_options(put_in("Datum;Preis\n01.07.2026;12,50\n02.07.2026;8,00\n", kind="orders"), store)
        assert (guessed["date_order"], guessed["decimal_mark"]) == ("dmy", ",")
        import_file("E-Mail;Geburtstag;Land\na@example.test;03.05.1980;Schweiz\nb@example.test;31.02.1990;Italien\n", store)
        who = Customer.objects.get()
        assert (who.email, who.birthday, who.country) == ("a@example.test", "1980-05-03", "CH")
