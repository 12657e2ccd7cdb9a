"""A form is filled in by anybody: what is new to somebody we knew is theirs only where they showed that it was them."""

from typing import Any

import pytest
from django.test import Client

from retention.customers.consent import may_write
from retention.customers.identifying import Claim, identify
from retention.customers.models import Consent, Customer, Identity
from retention.customers.profile import Told, apply_traits
from retention.kit import clock
from retention.signup.models import SignupForm
from retention.stores.models import Store
from tests.factories import work_for
from tests.factories.customers import make_customer
from tests.factories.signup import filled, make_form
from tests.signup.conftest import link_in, mails_to, post_json, press

pytestmark = pytest.mark.django_db
NUMBER = "+34600111222"


@pytest.fixture
def both(spanish: Store) -> SignupForm:
    """Return a Spanish form that asks for both addresses."""
    return make_form(spanish, asks_phone=True)


def send(form: SignupForm, *, anonymous_id: str = "", **values: Any) -> None:
    answer = post_json(Client(), form, filled(form, now=clock.now(), **values), anonymous_id=anonymous_id)
    assert (answer.status_code, answer.json()) == (200, {"message": "You are in."})


def consents(store: Store) -> dict[str, str]:
    with work_for(store):
        return dict(Consent.objects.values_list("channel", "status"))


def link_browser(customer: Customer, browser: str, *, vouched: bool) -> None:
    with work_for(customer.store):
        Identity.objects.create(customer=customer, kind="anonymous", value=browser, vouched=vouched)


def assert_not_hers(customer: Customer) -> None:
    with work_for(customer.store):
        customer.refresh_from_db()
        assert customer.phone != NUMBER
        assert may_write([customer.pk], channel="sms") == set()


def test_a_stranger_s_number_does_not_become_a_known_person_s(spanish: Store, both: SignupForm) -> None:
    ana = make_customer(spanish, "ana@example.test")
    for _time in range(2):
        send(both, phone=NUMBER, anonymous_id="a-stranger's")
        assert_not_hers(ana)
    assert consents(spanish) == {"sms": "pending", "email": "granted"}


def test_a_number_of_somebody_who_signed_up_before_is_not_changed_by_the_next_form(spanish: Store, both: SignupForm) -> None:
    send(both)
    with work_for(spanish):
        ana = Customer.objects.get()
    send(both, phone=NUMBER)
    assert_not_hers(ana)


def test_a_number_told_by_the_shop_s_page_first_is_no_more_theirs(spanish: Store, both: SignupForm) -> None:
    ana = make_customer(spanish, "ana@example.test")
    with work_for(spanish):
        apply_traits([Told(ana.pk, {"phone": NUMBER}, told_at=clock.now(), trusted=False, public=True)])
    send(both, phone=NUMBER)
    assert consents(spanish) == {"sms": "pending", "email": "granted"}
    with work_for(spanish):
        assert may_write([ana.pk], channel="sms") == set()


@pytest.mark.parametrize("known", ["nobody", "a visitor", "by browsers alone", "with the number"])
def test_one_yes_is_enough_for_the_number_of_somebody_new_and_for_the_one_we_had(known: str, spanish: Store, both: SignupForm) -> None:
    if known == "a visitor":
        link_browser(make_customer(spanish, ""), "b-1", vouched=False)
    elif known == "by browsers alone":
        with work_for(spanish):
            (pk,) = identify([Claim(email="ana@example.test", anonymous="b-1")], now=clock.now())
            words = {"email": "ana@example.test", "phone": NUMBER}
            apply_traits([Told(pk, words, told_at=clock.now(), trusted=False, public=True)])
    elif known == "with the number":
        make_customer(spanish, "ana@example.test", phone=NUMBER)
    send(both, phone=NUMBER, anonymous_id="b-1")
    assert consents(spanish) == {"sms": "granted", "email": "granted"}
    with work_for(spanish):
        ana = Customer.objects.get()
        assert (ana.email, ana.phone, may_write([ana.pk], channel="sms")) == ("ana@example.test", NUMBER, {ana.pk})


@pytest.mark.parametrize("vouched", [True, False])
def test_a_browser_that_is_proven_to_be_theirs_may_add_a_number(vouched: bool, spanish: Store, both: SignupForm) -> None:
    ana = make_customer(spanish, "ana@example.test")
    link_browser(ana, "b-1", vouched=vouched)
    send(both, phone=NUMBER, anonymous_id="b-1")
    assert consents(spanish) == {"sms": "granted" if vouched else "pending", "email": "granted"}
    with work_for(spanish):
        ana.refresh_from_db()
        assert ana.phone == (NUMBER if vouched else "")


def test_the_second_yes_of_a_known_person_keeps_the_number_it_showed(shop: Store) -> None:
    form = make_form(shop, asks_phone=True)
    ana = make_customer(shop, "ana@example.test")
    post_json(Client(), form, filled(form, now=clock.now(), phone=NUMBER))
    path = link_in(mails_to("ana@example.test")[0])
    assert NUMBER in Client().get(path).content.decode()
    assert_not_hers(ana)
    press(path)
    assert consents(shop) == {"sms": "pending", "email": "granted"}
    with work_for(shop):
        ana.refresh_from_db()
        assert ana.phone == NUMBER


def test_the_second_yes_at_an_address_somebody_left_gives_them_no_number(spanish: Store) -> None:
    form = make_form(spanish, asks_phone=True, opt_in="always")
    ana = make_customer(spanish, "new@example.test")
    with work_for(spanish):
        Identity.objects.create(customer=ana, kind="email", value="old@example.test")
    post_json(Client(), form, filled(form, now=clock.now(), email="old@example.test", phone=NUMBER))
    press(link_in(mails_to("old@example.test")[0]))
    assert_not_hers(ana)


@pytest.mark.parametrize("opt_in", ["country", "always"])
def test_who_claims_an_account_of_the_shop_gives_it_no_address(opt_in: str, spanish: Store) -> None:
    """The shop's server knows 1001 by its id alone; a stranger's browser says it is 1001 and signs up with their own address."""
    form = make_form(spanish, opt_in=opt_in)
    with work_for(spanish):
        (account,) = identify([Claim(external="1001", trusted=True)], now=clock.now())
        identify([Claim(external="1001", anonymous="evil")], now=clock.now())
    post_json(Client(), form, filled(form, now=clock.now(), email="evil@example.test"), anonymous_id="evil")
    if opt_in == "always":
        press(link_in(mails_to("evil@example.test")[0]))
    with work_for(spanish):
        owner = Customer.objects.get(email_key="evil@example.test")
        assert owner.pk != account
        assert Customer.objects.get(pk=account).email == ""
        assert (may_write([account, owner.pk], channel="email"), Customer.objects.count()) == ({owner.pk}, 2)
        assert not Identity.objects.filter(kind="anonymous", vouched=True).exists()


def test_the_account_s_own_browser_gives_it_the_address(spanish: Store, spanish_form: SignupForm) -> None:
    with work_for(spanish):
        (account,) = identify([Claim(external="1001", anonymous="b-1", trusted=True)], now=clock.now())
    send(spanish_form, anonymous_id="b-1")
    with work_for(spanish):
        assert (Customer.objects.get().pk, Customer.objects.get().email) == (account, "ana@example.test")
        assert may_write([account], channel="email") == {account}
