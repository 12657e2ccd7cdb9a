"""Whatever way a person comes in, changes or says yes or no, a merchant's own systems hear of it once; of a file they hear the end."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client

from campaigns.personalization.links import unsubscribe_url
from retention.customers.consent import Said, record_consents
from retention.customers.editing import edit_customer
from retention.customers.models import Customer
from retention.intake.projecting.batching import project_batch
from retention.intake.reading import Row, key_of
from retention.intake.storing import store_events
from retention.kit import clock
from retention.signup.links import AddressMove, new_address_url, preferences_url
from retention.webhooks.models import Endpoint, OutgoingEvent
from tests.customers.importing import import_file
from tests.factories import make_store, work_for
from tests.factories.customers import make_customer
from tests.factories.signup import filled, make_form
from tests.signup.conftest import link_in, mails_to, post_json, press
from tests.webhooks.conftest import NOON

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)  # "changed" is asked of the running transaction, so these need several
TYPES = ["customer.created", "customer.updated", "consent.changed", "import.finished"]


@pytest.fixture
def store():
    store = make_store(country="ES")
    with work_for(store):
        Endpoint.objects.create(url="https://hooks.example.com/", types=TYPES, secret_sealed="x", created_at=NOON)
    return store


def told(store):
    """Return what was written down since the last look, each type with the status it carries."""
    with work_for(store):
        found = [(one.type, one.data.get("status", "")) for one in OutgoingEvent.objects.order_by("pk")]
        OutgoingEvent.objects.all().delete()
    return found


def path_of(url):
    return "/" + url.split("/", 3)[3]


def preferences_of(customer):
    return path_of(preferences_url(customer, store_id=customer.store_id, planned_at=clock.now()))


def say(customer, channel, status, *, days_ago=1):
    with work_for(customer.store):
        now = clock.now()
        record_consents([Said(customer.pk, channel, status, now - timedelta(days=days_ago), method="form")], now=now)


def test_a_sign_up_is_told_when_it_comes_true(store):
    form = make_form(store, opt_in="always")
    post_json(Client(), form, filled(form, now=clock.now()))
    assert told(store) == []
    press(link_in(mails_to("ana@example.test")[0]))
    assert told(store) == [("consent.changed", "granted"), ("customer.created", "")]
    post_json(Client(), make_form(store), filled(form, now=clock.now(), gender="Woman"))
    assert ("customer.created", "") not in told(store)


@committed
def test_one_yes_is_told_and_the_same_again_is_not(store):
    form = make_form(store)
    for expected in ([("consent.changed", "granted"), ("customer.created", "")], []):
        post_json(Client(), form, filled(form, now=clock.now()))
        assert told(store) == expected


def test_a_yes_that_needs_a_second_one_is_not_told_before(store):
    ana = make_customer(store, "ana@example.test")
    say(ana, "email", "refused")
    told(store)
    form = make_form(store)
    post_json(Client(), form, filled(form, now=clock.now()))
    assert told(store) == []


@committed
def test_the_preferences_tell_a_no_a_yes_and_what_changed(store):
    make_form(store)
    ana = make_customer(store, "ana@example.test", allows=("email",))
    client = Client()
    client.post(preferences_of(ana), {"do": "save", "ask_email": "1", "hear_email": "all", "asked_gender": "1", "gender": "Woman"})
    assert told(store) == [("customer.updated", "")]
    client.post(preferences_of(ana), {"do": "stop"})
    assert told(store) == [("consent.changed", "refused")]
    client.post(preferences_of(ana), {"do": "stop"})
    assert told(store) == []
    client.post(preferences_of(ana), {"do": "save", "ask_email": "1", "hear_email": "all"})
    assert told(store) == [("consent.changed", "granted")]


def test_one_click_tells_a_no_once(store):
    ana = make_customer(store, "ana@example.test", allows=("email",))
    path = path_of(unsubscribe_url(ana, 1, "email", store_id=store.pk, planned_at=clock.now()))
    for expected in ([("consent.changed", "refused")], []):
        assert Client().post(path).status_code == 200
        assert told(store) == expected


@committed
def test_another_address_is_told(store):
    ana = make_customer(store, "ana@example.test")
    move = AddressMove(store.pk, ana.public_id, "ana@example.test", "ana.new@example.test")
    path = path_of(new_address_url(move, expires_at=clock.now() + timedelta(days=1)))
    for expected in ([("customer.updated", "")], []):
        assert Client().post(path).status_code == 200
        assert told(store) == expected


def test_a_correction_by_hand_is_told(store):
    ana = make_customer(store, "ana@example.test")
    for city in ("Riga", "Riga"):
        with work_for(store), transaction.atomic():
            edit_customer(Customer.objects.get(pk=ana.pk), {"city": city}, now=NOON)
    assert told(store) == [("customer.updated", "")]


def test_a_file_tells_its_end_and_what_it_takes_back(store):
    ana = make_customer(store, "ana@example.test")
    say(ana, "email", "granted", days_ago=9)
    told(store)
    with work_for(store):
        rows = (
            "Email,City,Email consent",
            "ana@example.test,Riga,unsubscribed",
            "bo@example.test,Oslo,subscribed",
            "cy@example.test,,unsubscribed",
        )
        import_file("\n".join(rows), store, consent_source="old tool")
        assert Customer.objects.count() == 3
    assert told(store) == [("consent.changed", "refused"), ("import.finished", "")]


@committed
def test_a_backfill_tells_only_what_it_takes_back_and_living_words_all(store):
    ana = make_customer(store, "ana@example.test")
    say(ana, "email", "granted", days_ago=9)
    told(store)

    def identify(address, status, *, backfill=False, minutes=1):
        moment = clock.now() - timedelta(minutes=minutes)
        return Row(
            store_id=store.pk, key=key_of(None, by="secret"), kind="identify", name="Identify", anonymous_id="", external_id="",
            properties={"email": address, "consent": {"email": {"status": status}}},
            context={}, occurred_at=moment, received_at=clock.now(), trusted=True, backfill=backfill,
        )  # fmt: skip

    def project(*rows):
        with work_for(store):
            store_events(rows, now=clock.now())
            while project_batch(now=clock.now()):
                pass

    project(identify("ana@example.test", "refused", backfill=True), identify("bo@example.test", "granted", backfill=True))
    assert told(store) == [("consent.changed", "refused")]
    project(identify("cy@example.test", "granted", minutes=9), identify("cy@example.test", "granted", minutes=5))
    assert told(store) == [("consent.changed", "granted"), ("customer.created", "")]
    project(identify("cy@example.test", "granted"))
    assert told(store) == []
