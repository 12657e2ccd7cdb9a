"""A form never turns a no into a yes by itself: it is asked of the person who is found, whatever address was typed to find them."""

from typing import Any

import pytest
from django.test import Client

from retention.customers.consent import may_write
from retention.customers.models import Consent, ConsentRecord, Customer, CustomerEvent, Identity
from retention.kit import clock
from retention.signup.links import preferences_url
from retention.signup.models import Preference, Signup, SignupForm
from retention.stores.models import Store
from tests.factories import work_for
from tests.factories.customers import make_customer
from tests.factories.signup import filled, make_form, make_topic
from tests.signup.conftest import link_in, mails_to, post_json, press

pytestmark = pytest.mark.django_db
MINE, OTHER = "+34611111111", "+34612345678"


@pytest.fixture
def both(spanish: Store) -> SignupForm:
    """Return a Spanish form that asks for both addresses."""
    return make_form(spanish, asks_phone=True)


def send(form: SignupForm, *, anonymous_id: str = "", **values: Any) -> None:
    answer = post_json(Client(), form, filled(form, now=clock.now(), **values), anonymous_id=anonymous_id)
    assert (answer.status_code, answer.json()) == (200, {"message": "You are in."})


def refuse(customer: Customer, channel: str) -> None:
    with work_for(customer.store):
        Consent.objects.create(customer=customer, channel=channel, status="refused")


def consents(store: Store) -> dict[str, str]:
    with work_for(store):
        return dict(Consent.objects.values_list("channel", "status"))


def test_another_number_does_not_undo_a_no_to_text_messages(spanish: Store, both: SignupForm) -> None:
    refuse(make_customer(spanish, "ana@example.test", phone=MINE), "sms")
    send(both, phone=OTHER)
    assert consents(spanish) == {"sms": "refused"}
    press(link_in(mails_to("ana@example.test")[0]))
    assert consents(spanish) == {"sms": "refused", "email": "granted"}
    with work_for(spanish):
        assert Customer.objects.get().phone == MINE


def test_another_number_is_not_allowed_for_the_one_we_have(spanish: Store, both: SignupForm) -> None:
    ana = make_customer(spanish, "ana@example.test", phone=MINE)
    send(both, phone=OTHER)
    assert consents(spanish) == {"sms": "pending", "email": "granted"}
    with work_for(spanish):
        assert may_write([ana.pk], channel="sms") == set()
        assert CustomerEvent.objects.get(name="Signed Up").properties["channels"] == ["email"]


def test_a_no_of_somebody_else_with_the_number_holds(spanish: Store, both: SignupForm) -> None:
    refuse(make_customer(spanish, "bo@example.test", phone=OTHER), "sms")
    send(both, phone=OTHER)
    assert consents(spanish) == {"sms": "refused"}
    assert len(mails_to("ana@example.test")) == 1


@pytest.mark.parametrize("said", ["refused", "granted"])
def test_an_address_somebody_moved_from_changes_nothing_at_the_new_one(said: str, spanish: Store, spanish_form: SignupForm) -> None:
    ana = make_customer(spanish, "new@example.test", gender="Man")
    with work_for(spanish):
        Identity.objects.create(customer=ana, kind="email", value="old@example.test")
        Consent.objects.create(customer=ana, channel="email", status=said)
    send(spanish_form, email="old@example.test", gender="Woman")
    assert (consents(spanish), mails_to("new@example.test")) == ({"email": said}, [])
    page = press(link_in(mails_to("old@example.test")[0])).content.decode()
    assert "knows you by another address now" in page
    assert "/p/" not in page
    assert "new@example.test" not in page
    assert consents(spanish) == {"email": said}
    with work_for(spanish):
        ana.refresh_from_db()
        assert (ana.email, ana.gender, ConsentRecord.objects.count()) == ("new@example.test", "Man", 0)
        assert Signup.objects.get().state == "confirmed"


def test_a_no_to_the_form_s_topic_needs_a_second_yes(spanish: Store) -> None:
    form = make_form(spanish, topic=make_topic(spanish, "Sales"))
    ana = make_customer(spanish, "ana@example.test", allows=("email",))
    with work_for(spanish):
        Preference.objects.create(customer=ana, topic=form.topic, channel="email", wanted=False)
    send(form)
    with work_for(spanish):
        assert not Preference.objects.get().wanted
    press(link_in(mails_to("ana@example.test")[0]))
    with work_for(spanish):
        assert Preference.objects.get().wanted


def test_a_no_of_the_person_behind_the_browser_holds(spanish: Store, spanish_form: SignupForm) -> None:
    visitor = make_customer(spanish, "")
    refuse(visitor, "email")
    with work_for(spanish):
        Identity.objects.create(customer=visitor, kind="anonymous", value="b-1")
    send(spanish_form, anonymous_id="b-1")
    assert consents(spanish) == {"email": "refused"}
    with work_for(spanish):
        assert not Identity.objects.filter(kind="email").exists()
        assert Signup.objects.get().state == "pending"


def test_a_number_given_up_since_the_last_sign_up_is_not_allowed(spanish: Store) -> None:
    form = make_form(spanish, asks_email=False, asks_phone=True)
    send(form, email="", phone=OTHER)
    with work_for(spanish):
        Customer.objects.update(phone=MINE)
        Consent.objects.all().delete()
    send(form, email="", phone=OTHER)
    assert consents(spanish) == {"sms": "pending"}


def test_the_link_to_their_preferences_is_for_whoever_proved_their_address(spanish: Store, spanish_form: SignupForm) -> None:
    ana = make_customer(spanish, "ana@example.test")
    refuse(ana, "email")
    send(spanish_form)
    page = press(link_in(mails_to("ana@example.test")[0])).content.decode()
    path = preferences_url(ana, store_id=spanish.pk, planned_at=clock.now()).split("/p/")[0] + "/p/"
    assert path in page
