"""Files as shops in our languages write them, and lists without a word on who agreed."""

from datetime import UTC, datetime, timedelta

import pytest

from retention.customers.importing import running
from retention.customers.importing.filing import heading_key
from retention.customers.importing.mapping import check_mapping, propose
from retention.customers.importing.people import FIELDS, PEOPLE
from retention.customers.importing.spoken import HEADINGS, NO, WHOLE_NAMES, YES
from retention.customers.models import Consent, ConsentRecord, Customer
from retention.kit.words import fold
from tests.customers.importing import brought_in, counts, faults, import_file, put_in, work
from tests.factories import make_store, work_for
from tests.factories.customers import make_customer

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


@pytest.mark.parametrize(
    ("headings", "row", "names"),
    [
        ("Email;Nome", "a@example.test;Ana Lúcia da Silva", ("Ana", "Lúcia da Silva")),
        ("Email;NOME", "a@example.test; Mario  Rossi ", ("Mario", "Rossi")),
        ("Email;Nombre", "a@example.test;Marta Ruiz", ("Marta", "Ruiz")),
        ("Email;Nome", "a@example.test;Ana", ("Ana", "")),
        ("Email;Nome;Sobrenome", "a@example.test;Ana Lúcia;Silva", ("Ana Lúcia", "Silva")),
        ("Email;Nome;Sobrenome", "a@example.test;Ana Lúcia;", ("Ana Lúcia", "")),
        ("Email;Nombre;Primer apellido", "a@example.test;Ana María;Ruiz", ("Ana María", "")),
        ("Email;Nombre;Apellido paterno", "a@example.test;José Luis;Ruiz", ("José Luis", "")),
        ("Email;Nombre;Paterno;Materno", "a@example.test;José Luis;Ruiz;Vega", ("José Luis", "")),
        ("Email;Nombre;Billing Last Name", "a@example.test;José Luis;Ruiz", ("José Luis", "")),
        ("Email;Nombre;Last order date", "a@example.test;Marta Ruiz;2026-01-01", ("Marta", "Ruiz")),
        ("Email;Nombre;Family size", "a@example.test;Marta Ruiz;3", ("Marta", "Ruiz")),
        ("Email;Nome;Cognome cliente", "a@example.test;Anna Maria;Rossi", ("Anna Maria", "")),
        ("Email;Nome;Último nome", "a@example.test;Ana Lúcia;Silva", ("Ana Lúcia", "")),
        ("Email;Vorname", "a@example.test;Anna Maria", ("Anna Maria", "")),
        ("Email;First Name", "a@example.test;Mary Ann", ("Mary Ann", "")),
    ],
)
def test_a_name_alone_may_be_the_whole_name(store, headings, row, names):
    import_file(f"{headings}\n{row}\n", store, at=NOW)
    who = Customer.objects.get()
    assert (who.first_name, who.last_name) == names
    assert counts(import_file(f"{headings};City\n{row};Porto\n{row.replace('a@', 'b@')};\n", store, at=NOW))["changed"] == 1


@pytest.mark.parametrize(
    ("known", "cell", "names"),
    [
        (("Ana", "Ruiz"), "María José", ("María José", "Ruiz")),
        (("María José", "García López"), "María José  GARCÍA López", ("María José", "García López")),
        (("Jörg", "Strauß"), "Jörg Strauss", ("Jörg", "Strauß")),
        (("Ana", ""), "Ana Ruiz", ("Ana", "Ruiz")),
        (("Marta", "García"), "Marta Garcia", ("Marta", "García")),
        (("Marta", "García López"), "Marta García", ("Marta", "García López")),
        (("José", "García"), "JOSE GARCIA", ("José", "García")),
        (("Ana", "Ruiz"), "Ana Vega", ("Ana", "Ruiz")),
        (("Ana María", "Ruiz"), "Ana Ruiz", ("Ana María", "Ruiz")),
        (("Ana", "Ruiz"), "Ana Lucía Ruiz Vega", ("Ana Lucía", "Ruiz")),
        (("M.", "García López"), "Marta Garcia", ("Marta", "García López")),
        (("", "García"), "Marta Ruiz", ("Marta Ruiz", "García")),
        (("Ana", "Ruiz"), f"{'A' * 60} {'B' * 60}", (f"{'A' * 60} {'B' * 39}", "Ruiz")),
    ],
)
def test_a_last_name_that_is_known_is_kept(store, known, cell, names):
    make_customer(store, "a@example.test", first_name=known[0], last_name=known[1])
    text = f"Email;Nombre\na@example.test;{cell}\n"
    done = import_file(text, store, at=NOW)
    who = Customer.objects.get()
    assert (who.first_name, who.last_name) == names
    assert counts(done)["same"] == (known == names)
    assert counts(import_file(f"{text}b@example.test;\n", store, at=NOW))["same"] == 1, "a second time it tells nothing"


def test_family_names_that_are_not_read_leave_first_names_whole(store):
    of = put_in("Email;Nome;Cognome\na@example.test;Anna Maria;Rossi\n")
    running.begin_reading(of, mapping={"0": "email", "1": "first_name"}, options={"date_order": "ymd"}, now=NOW)
    brought_in(work(of, at=NOW), at=NOW)
    assert (Customer.objects.get().first_name, Customer.objects.get().last_name) == ("Anna Maria", "")


def test_every_heading_is_written_as_it_is_compared_and_means_one_field():
    everything = [heading for field in FIELDS for heading in field.headings]
    assert [heading_key(heading) for heading in everything] == everything
    assert len(set(everything)) == len(everything)
    assert set(WHOLE_NAMES) < set(HEADINGS["first_name"])
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
    assert (record.channel, record.status, record.method, record.source) == ("email", "granted", "import: everybody", "Newsletter form")
    assert record.customer.email == "ann@example.test"
    assert check_mapping(PEOPLE, {"0": "email"}, {"agreed": "all_by_email"}, ["Email", "Phone"]) == [
        "You say that everybody in it agreed to e-mails. Say where they did."
    ]


@pytest.mark.parametrize("read_as", ["", "attribute:", "email_consent", "gender"])
def test_nobody_says_that_everybody_agreed_where_a_heading_says_who_did(read_as):
    heads, everybody = ["Email", "Email Marketing Consent"], {"agreed": "all_by_email", "consent_source": "Till"}
    assert check_mapping(PEOPLE, {"0": "email", "1": read_as}, everybody, heads) == [
        "“Email Marketing Consent” says who may be e-mailed, and who may not. Read it as “May we e-mail?” and choose "
        "“Those of whom a column says so”."
    ]
    assert check_mapping(PEOPLE, {"0": "email", "1": read_as}, everybody | {"agreed": ""}, heads) == []
    other = check_mapping(PEOPLE, {"0": "email", "1": "email_consent"}, everybody, ["Email", "Status"])
    assert other == [
        "“Status” says who may be e-mailed, and who may not. Read it as “May we e-mail?” and choose “Those of whom a column says so”."
    ]


def test_where_the_column_is_read_everybody_s_yes_makes_none_of_a_no(store):
    of = put_in("Email,Newsletter,Newsletter since\nann@example.test,no,2026-01-01\nbea@example.test,yes,2026-01-01\n")
    options = {"agreed": "all_by_email", "consent_source": "Till", "date_order": "ymd"}
    running.begin_reading(of, mapping={"0": "email", "1": "email_consent", "2": "email_consent_at"}, options=options, now=NOW)
    brought_in(work(of, at=NOW), at=NOW)
    said = set(ConsentRecord.objects.values_list("customer__email", "status", "method"))
    assert said == {("ann@example.test", "refused", "import"), ("bea@example.test", "granted", "import")}


def test_everybody_s_yes_is_no_second_yes(store):
    waiting = make_customer(store, "ann@example.test")
    Consent.objects.create(customer=waiting, channel="email", status="pending", changed_at=NOW - timedelta(days=90))
    done = import_file("Email\nann@example.test\n", store, at=NOW, agreed="all_by_email", consent_source="Till")
    assert counts(done) == {"new": 0, "changed": 0, "same": 1, "refused": 0}
    assert Consent.objects.get().status == "pending"
    assert not ConsentRecord.objects.exists()
    text = "Email,Newsletter,Email consent timestamp\nann@example.test,yes,2026-11-01\n"
    import_file(text, store, at=NOW, consent_source="Till")
    assert (Consent.objects.get().status, Consent.objects.get().method) == ("granted", "import")


def test_a_list_that_lets_nobody_be_written_to_says_so():
    assert PEOPLE.remarks({"email": 0}, {"consent_source": "Till"}) == [
        "It allows you to write to nobody: no column says who agreed, and you do not say that everybody did."
    ]
    assert PEOPLE.remarks({"email": 0}, {"agreed": "all_by_email", "consent_source": "Till"}) == []
    assert PEOPLE.remarks({"email": 0, "sms_consent": 1}, {}) == []
