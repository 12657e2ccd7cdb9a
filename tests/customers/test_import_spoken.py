"""Files as shops in our languages write them, and lists without a word on who agreed."""

from datetime import UTC, datetime

import pytest

from retention.customers.importing.filing import heading_key
from retention.customers.importing.mapping import check_mapping, propose
from retention.customers.importing.people import FIELDS, PEOPLE
from retention.customers.importing.spoken import HEADINGS, NO, YES
from retention.customers.models import Consent, ConsentRecord
from retention.kit.words import fold
from tests.customers.importing import counts, faults, import_file
from tests.factories import make_store, work_for

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
def store():
    store = make_store()
    with work_for(store):
        yield store


@pytest.mark.parametrize(
    ("headings", "fields"),
    [
        ("E-Mail;Vorname;Nachname;Ort;PLZ;Telefon;Newsletter", "email first_name last_name city postcode phone email_consent"),
        ("Adresse e-mail;Prénom;Nom;Ville;Code postal;Téléphone", "email first_name last_name city postcode phone"),
        ("Correo electrónico;Nombre;Apellidos;Ciudad;Código postal", "email first_name last_name city postcode"),
        ("Indirizzo email;Nome;Cognome;Città;CAP", "email first_name last_name city postcode"),
        ("メールアドレス;名;姓;郵便番号;電話番号", "email first_name last_name postcode phone"),
        ("Email;First Name;Last Name;Accepts Email Marketing;Default Address City", "email first_name last_name email_consent city"),
        ("Email;Default Address Phone;Phone;Accepts SMS Marketing", "email attribute: phone sms_consent"),
        ("Email;Name", "email attribute:"),
    ],
)
def test_headings_of_our_languages_are_understood(headings, fields):
    chosen = propose(PEOPLE, headings.split(";"))
    assert list(chosen.values()) == fields.split()


def test_every_heading_is_written_as_it_is_compared_and_means_one_field():
    everything = [heading for field in FIELDS for heading in field.headings]
    assert [heading_key(heading) for heading in everything] == everything
    assert len(set(everything)) == len(everything)
    assert set(HEADINGS) <= {field.key for field in FIELDS}
    assert [fold(word) for word in YES + NO] == [*YES, *NO]


def test_yes_and_no_are_understood_in_our_languages(store):
    said = [*YES, *(word.upper() for word in NO), "vielleicht"]
    text = "Email;Newsletter\n" + "".join(f"a{number}@example.test;{word}\n" for number, word in enumerate(said))
    done = import_file(text, store, at=NOW, consent_source="Till")
    assert counts(done) == {"new": len(YES) + len(NO), "changed": 0, "same": 0, "refused": 1}
    assert "neither a yes nor a no" in faults(done)[0][2]
    assert Consent.objects.filter(status="granted").count() == len(YES)
    assert Consent.objects.filter(status="refused").count() == len(NO)


def test_everybody_in_a_list_agreed_only_where_the_merchant_says_so_and_where(store):
    text = "Email,Phone\nann@example.test,\n,+4930123456\n"
    import_file(text, store, at=NOW, agreed="all_by_email", consent_source="Newsletter form")
    record = ConsentRecord.objects.get()
    assert (record.channel, record.status, record.source) == ("email", "granted", "Newsletter form")
    assert record.customer.email == "ann@example.test"
    heads = ["Email", "Email Marketing Consent"]
    assert check_mapping(PEOPLE, {"0": "email"}, {"agreed": "all_by_email"}, heads) == [
        "You say that everybody in it agreed to e-mails. Say where they did."
    ]
    both = check_mapping(PEOPLE, {"0": "email", "1": "email_consent"}, {"agreed": "all_by_email", "consent_source": "Till"}, heads)
    assert both == ["Either a column says who may be e-mailed, or everybody in it agreed. Choose one of the two."]


def test_a_list_that_lets_nobody_be_written_to_says_so():
    assert PEOPLE.remarks({"email": 0}, {"consent_source": "Till"}) == [
        "It allows you to write to nobody: no column says who agreed, and you do not say that everybody did."
    ]
    assert PEOPLE.remarks({"email": 0}, {"agreed": "all_by_email", "consent_source": "Till"}) == []
    assert PEOPLE.remarks({"email": 0, "sms_consent": 1}, {}) == []
