"""A customers file comes in: what is new, what changes, who is left out and why; nobody is opted in silently, and twice is once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from retention.customers.consent import suppress
from retention.customers.importing import running
from retention.customers.importing.kinds import kinds
from retention.customers.importing.mapping import check_mapping, propose
from retention.customers.importing.people import PEOPLE
from retention.customers.models import Consent, ConsentRecord, Customer, CustomerEvent, Identity, Import, ImportChunk, ImportRow, Pending
from retention.stores.models import StoreWork
from tests.customers.importing import brought_in, compared, counts, faults, import_file, put_in, work
from tests.factories import make_store, work_for
from tests.factories.customers import make_customer

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
KLAVIYO = """Email,Phone Number,First Name,Last Name,Birthday,Zip Code,Country,Email Marketing Consent,\
Email Marketing Consent Timestamp,Favourite Roast,VIP Level
ann@example.test,030 123456,Ann,Meyer,1990-05-01,10999,Germany,Subscribed,2026-03-01T10:00:00+00:00,Dark,3
bea@example.test,+44 20 7946 0958,Bea,Cole,--02-29,SW1A 1AA,GB,Unsubscribed,2026-04-01 12:00,,
Cem@Example.test,,Cem,,,,,Never subscribed,,Light,
"""


@pytest.fixture
def store():
    store = make_store()
    with work_for(store):
        yield store


def test_klaviyo_s_headings_are_understood():
    headings = KLAVIYO.splitlines()[0].split(",")
    chosen = propose(PEOPLE, headings)
    assert [chosen[str(place)] for place in range(len(headings))] == [
        *("email", "phone", "first_name", "last_name", "birthday", "postcode", "country", "email_consent", "email_consent_at"),
        *("attribute:", "attribute:"),
    ]
    for first in ("Email", "Email Address", "E-Mail", "Phone Number"):
        assert propose(PEOPLE, [first])["0"] in {"email", "phone"}
    assert propose(PEOPLE, ["SMS Marketing Consent", "SMS Marketing Consent Timestamp"]) == {"0": "sms_consent", "1": "sms_consent_at"}


def test_brings_people_in(store):
    done = import_file(KLAVIYO, store, at=NOW, consent_source="Newsletter form")
    assert (done.state, counts(done)) == ("done", {"new": 3, "changed": 0, "same": 0, "refused": 0})
    ann = Customer.objects.get(email_key="ann@example.test")
    assert (ann.phone, ann.name, ann.birthday, ann.postcode, ann.country) == ("+4930123456", "Ann Meyer", "1990-05-01", "10999", "DE")
    assert ann.attributes == {"Favourite Roast": "Dark", "VIP Level": "3"}
    bea, cem = Customer.objects.get(first_name="Bea"), Customer.objects.get(first_name="Cem")
    assert (bea.birthday, bea.phone, cem.email) == ("--02-29", "+442079460958", "Cem@Example.test")
    said = {(one.customer_id, one.status, one.method, one.source) for one in Consent.objects.all()}
    assert said == {(ann.pk, "granted", "import", "Newsletter form"), (bea.pk, "refused", "import", "Newsletter form")}
    assert Consent.objects.get(customer=bea).changed_at == datetime(2026, 4, 1, 10, 0, tzinfo=UTC)  # noon in the store's Berlin
    assert ConsentRecord.objects.count() == 2


def test_triggers_nothing(store):
    import_file(KLAVIYO, store, at=NOW, consent_source="Newsletter form")
    events = CustomerEvent.objects.all()
    assert [(event.name, event.backfill, event.source) for event in events] == [("Customer Imported", True, "csv")] * 3
    assert set(Pending.objects.values_list("reader", flat=True)) == {"segments"}
    assert all("~" not in about for about in Pending.objects.values_list("about", flat=True))  # they move people without a word
    assert not StoreWork.objects.exclude(kind__in=["import", "segments"]).exists()


def test_the_same_file_again_changes_nothing(store):
    first = import_file(KLAVIYO, store, at=NOW, consent_source="Newsletter form")
    before = list(Customer.objects.order_by("pk").values())
    again = import_file(KLAVIYO, store, at=NOW + timedelta(days=1), consent_source="Newsletter form")
    assert counts(again) == {"new": 0, "changed": 0, "same": 3, "refused": 0}
    assert again.sha256 == first.sha256
    assert list(Customer.objects.order_by("pk").values()) == before
    assert CustomerEvent.objects.count() == 3
    assert ConsentRecord.objects.count() == 2


def test_the_dry_run_says_what_would_change_and_writes_nothing(store):
    make_customer(store, "ann@example.test", first_name="Anna", last_name="Meyer", country="DE")
    before = list(Customer.objects.values())
    dry = compared(put_in(KLAVIYO), store, at=NOW, consent_source="Newsletter form")
    assert (dry.state, counts(dry)) == ("ready", {"new": 2, "changed": 1, "same": 0, "refused": 0})
    thing = ImportRow.objects.get(outcome="changed")
    assert thing.changes == [
        ["phone", "", "+4930123456"],
        ["first_name", "Anna", "Ann"],
        ["birthday", "", "1990-05-01"],
        ["postcode", "", "10999"],
        ["attribute:Favourite Roast", "", "Dark"],
        ["attribute:VIP Level", "", "3"],
        ["email_consent", "not asked", "yes"],
    ]
    assert list(Customer.objects.values()) == before
    assert not Consent.objects.exists()
    done = brought_in(dry, at=NOW)
    assert counts(done) == {"new": 2, "changed": 1, "same": 0, "refused": 0}
    told = CustomerEvent.objects.get(customer__email_key="ann@example.test").properties["fields"]
    assert set(told) == {"phone", "first_name", "birthday", "postcode", "Favourite Roast", "VIP Level", "email_consent"}
    assert Customer.objects.get(email_key="ann@example.test").first_name == "Ann"


def test_the_dry_run_writes_down_what_fits_on_a_page(store):
    headings = [f"Note {number:02}" for number in range(30)]
    customer = make_customer(store, "ann@example.test", attributes={"Note 00": "old" * 100})
    text = f"Email,{','.join(headings)}\nann@example.test,{','.join(['new' * 100] * 30)}\n"
    dry = compared(put_in(text), store, at=NOW)
    thing = ImportRow.objects.get(outcome="changed")
    assert (len(thing.changes), thing.says) == (20, "and 10 more fields")
    assert thing.changes[0] == ["attribute:Note 00", ("old" * 100)[:119] + "…", ("new" * 100)[:119] + "…"]
    brought_in(dry, at=NOW)
    customer.refresh_from_db()
    assert customer.attributes == dict.fromkeys(headings, "new" * 100)


def test_the_file_and_what_was_read_are_gone_when_it_is_over(store):
    import_file(KLAVIYO, store, at=NOW, consent_source="Newsletter form")
    assert not ImportChunk.objects.exists()
    assert not ImportRow.objects.exists()


@pytest.mark.parametrize(
    ("cells", "column", "why"),
    [
        ("nobody,,,", "Email", "“nobody” is not an e-mail address."),
        (",,,", "", ""),
        (",,Zoe,", "", "Nobody can be recognised by this row: it has no e-mail address, no phone number and no id."),
        ("z@example.test,12,,", "Phone", "“12” is not a phone number."),
        ("z@example.test,,,31.02.1990", "Birthday", "“31.02.1990” is not a date."),
        ("ann@example.test,,,", "", "The same person stands in row 2 already."),
        ("z@example.test,," + "x" * 101 + ",", "First Name", "The text is longer than 100 characters."),
        ("z@example.test,,,--02-30", "Birthday", "“--02-30” is not a birthday."),
        ("z@example.test,,,,{}".format("x" * 201), "Customer ID", "The text is longer than 200 characters."),
        ("z@example.test,,,,,{}".format("x" * 501), "Roast", "The text is longer than 500 characters."),
        ("z@example.test,,,,,,{}".format("x" * 81), "Interests", "At most 50 interests of up to 80 characters each."),
        ('z@example.test,,,,,,"{}"'.format("x," * 51), "Interests", "At most 50 interests of up to 80 characters each."),
    ],
)
def test_leaves_a_row_out_and_says_why(store, cells, column, why):
    text = f"Email,Phone,First Name,Birthday,Customer ID,Roast,Interests\nann@example.test,,,01.05.1990\n{cells}\nbea@example.test,,,\n"
    done = import_file(text, store, at=NOW, date_order="dmy")
    assert faults(done) == ([(3, column, why)] if why else [])
    assert counts(done)["new"] == 2
    assert set(Customer.objects.values_list("email_key", flat=True)) == {"ann@example.test", "bea@example.test"}


@pytest.mark.parametrize("written", ["--5-1", "--05/01", "--05.01", "--05-01"])
def test_a_birthday_without_a_year_is_the_same_however_it_is_written(store, written):
    text = f"Email,Birthday\nann@example.test,{written}\n"
    assert counts(import_file(text, store, at=NOW))["new"] == 1
    assert Customer.objects.get().birthday == "--05-01"
    assert counts(import_file(text, store, at=NOW + timedelta(days=1)))["same"] == 1


def test_long_ids_that_begin_alike_are_two_people(store):
    longest = "x" * 199
    done = import_file(f"Customer ID\n{longest}1\n{longest}2\n", store, at=NOW)
    assert counts(done) == {"new": 2, "changed": 0, "same": 0, "refused": 0}
    assert set(Identity.objects.values_list("value", flat=True)) == {f"{longest}1", f"{longest}2"}


@pytest.mark.parametrize("headings", [["Email", "x" * 80 + "a", "x" * 80 + "b"], ["Email", "Roast", "Roast (attribute)"]])
def test_two_columns_cannot_become_one_attribute(headings):
    faults_found = check_mapping(PEOPLE, propose(PEOPLE, headings), {}, headings)
    assert faults_found == [f"“{headings[1]}” and “{headings[2]}” would be one attribute, “{headings[1][:80]}”. Do not read one of them."]


def test_a_person_who_comes_twice_across_batches_is_left_out_the_second_time(store, monkeypatch):
    text = "Email\n" + "".join(f"c{number % 40}@example.test\n" for number in range(50))
    monkeypatch.setitem(kinds._items, "customers", replace(PEOPLE, batch_rows=7, batch_things=9))
    done = import_file(text, store, at=NOW)
    assert counts(done) == {"new": 40, "changed": 0, "same": 0, "refused": 10}
    assert faults(done)[0] == (42, "", "The same person stands in row 2 already.")


def test_consent_columns_need_a_stated_source():
    chosen = propose(PEOPLE, ["Email", "Email Marketing Consent"])
    assert check_mapping(PEOPLE, chosen, {"consent_source": "  "}, ["Email", "Email Marketing Consent"]) == [
        "A column says who may be written to. Say where these people agreed, or do not read that column."
    ]
    assert check_mapping(PEOPLE, chosen | {"1": ""}, {}, ["Email", "Email Marketing Consent"]) == []


def test_no_consent_without_a_consent_column(store):
    import_file("Email\nann@example.test\n", store, at=NOW, consent_source="Newsletter form")
    assert Customer.objects.count() == 1
    assert not Consent.objects.exists()


def test_a_yes_never_passes_a_block_or_a_later_no(store):
    consent = "Email,Email Marketing Consent,Email Marketing Consent Timestamp\n"
    blocked = make_customer(store, "blocked@example.test")
    suppress("blocked@example.test", channel="email", reason="complained", now=NOW)
    no = make_customer(store, "no@example.test")
    later = make_customer(store, "later@example.test")
    undated = make_customer(store, "undated@example.test")
    for customer in (no, later, undated):
        Consent.objects.create(customer=customer, channel="email", status="refused", changed_at=NOW - timedelta(days=10))
    rows = [
        "blocked@example.test,Subscribed,2026-11-20T00:00:00Z",
        "no@example.test,Subscribed,2026-11-01T00:00:00Z",
        "undated@example.test,Subscribed,",
        "later@example.test,Subscribed,2026-11-20T00:00:00Z",
    ]
    done = import_file(consent + "\n".join(rows) + "\n", store, at=NOW, consent_source="Shop counter")
    assert counts(done) == {"new": 0, "changed": 1, "same": 3, "refused": 0}
    status = dict(Consent.objects.values_list("customer_id", "status"))
    assert status == {no.pk: "refused", undated.pk: "refused", later.pk: "granted"}
    assert blocked.pk not in status


def test_two_names_of_two_people_are_refused(store):
    ann = make_customer(store, "ann@example.test")
    Identity.objects.create(customer=ann, kind="external", value="A1")
    bea = make_customer(store, "bea@example.test")
    Identity.objects.create(customer=bea, kind="external", value="B1")
    done = import_file("Email,Customer ID,First Name\nann@example.test,B1,X\nann@example.test,C1,Y\n", store, at=NOW)
    assert counts(done) == {"new": 0, "changed": 0, "same": 0, "refused": 2}
    assert faults(done) == [
        (2, "", "The address belongs to another person than the shop's id “B1”."),
        (3, "", "The same person stands in row 2 already."),
    ]
    assert not Customer.objects.exclude(first_name="").exists()


def test_a_row_with_only_a_number_finds_its_one_person(store):
    ann = make_customer(store, "ann@example.test", phone="+4930123456")
    make_customer(store, "bea@example.test", phone="+4930999999")
    make_customer(store, "cem@example.test", phone="+4930999999")
    done = import_file("Phone Number,City\n030 123456,Berlin\n030 999999,Bonn\n030 777777,Ulm\n", store, at=NOW)
    assert counts(done) == {"new": 1, "changed": 1, "same": 0, "refused": 1}
    assert faults(done) == [(3, "", "2 people have this number; say which by an address or an id.")]
    ann.refresh_from_db()
    assert ann.city == "Berlin"
    assert Customer.objects.get(city="Ulm").phone == "+4930777777"
    assert counts(import_file("Phone Number,City\n030 777777,Ulm\n", store, at=NOW))["same"] == 1


def test_pausing_stops_between_batches_and_resuming_goes_on(store, monkeypatch):
    monkeypatch.setitem(kinds._items, "customers", replace(PEOPLE, batch_things=10))
    ready = compared(put_in("Email\n" + "".join(f"c{number}@example.test\n" for number in range(35))), store, at=NOW)
    running.begin_running(ready, now=NOW)
    assert running.import_batch(now=NOW)
    running.pause(ready, now=NOW)
    assert not running.import_batch(now=NOW)
    ready.refresh_from_db()
    assert (ready.state, ready.new_count, Customer.objects.count()) == ("paused", 10, 10)
    running.resume(ready, now=NOW)
    assert counts(work(ready, at=NOW))["new"] == 35
    assert Customer.objects.count() == 35


def test_calling_off_forgets_the_file_and_keeps_what_came_in(store):
    ready = compared(put_in(KLAVIYO), store, at=NOW, consent_source="x")
    running.cancel(ready, now=NOW)
    ready.refresh_from_db()
    assert ready.state == "cancelled"
    assert not Customer.objects.exists()
    assert not ImportChunk.objects.exists()
    with pytest.raises(running.WrongState):
        running.begin_running(ready, now=NOW)


def test_the_timed_task_works_for_every_store_that_rang():
    stores = [make_store(), make_store()]
    for store in stores:
        with work_for(store):
            ready = compared(put_in("Email\nann@example.test\n"), store, at=NOW)
            running.begin_running(ready, now=NOW)
    running.import_due(now=lambda: NOW)
    for store in stores:
        with work_for(store):
            assert Import.objects.get().state == "done"
            assert Customer.objects.count() == 1
    assert not StoreWork.objects.filter(kind="import").exists()
