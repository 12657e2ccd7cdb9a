"""The second yes: one mail per address and day, a button that alone confirms, and a link that is nobody else's."""

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from retention.customers.consent import may_write
from retention.customers.identifying import Claim, identify
from retention.customers.models import Consent, ConsentRecord, Customer, CustomerEvent, Identity
from retention.customers.profile import Told, apply_traits
from retention.kit import clock
from retention.notices.models import Notice
from retention.signup import confirming, rules
from retention.signup.confirming import NotConfirmable, look
from retention.signup.joining import Sender
from retention.signup.links import CONFIRM, confirm_url
from retention.signup.models import Confirmation, Preference, Signup, SignupForm
from retention.signup.sweeping import expire, forget
from retention.signup.taking import take
from retention.stores.limits import Limit
from retention.stores.models import Store
from retention.tenancy.context import store_context
from tests.factories import make_store, work_for
from tests.factories.customers import make_customer, make_event
from tests.factories.signup import filled, make_form, make_topic
from tests.signup.conftest import link_in, mails_to, press, state_of

pytestmark = pytest.mark.django_db


def fill_in(form: SignupForm, *, now: Any = None, anonymous_id: str = "", **values: Any) -> None:
    moment = now or clock.now()
    with store_context(form.store_id):
        sender = Sender(ip="192.0.2.7", user_agent="Firefox", anonymous_id=anonymous_id)
        take(form, filled(form, now=moment, **values), store=form.store, sender=sender, now=moment)


def test_the_press_makes_it_true_with_proof(shop: Store) -> None:
    form = make_form(shop, topic=make_topic(shop))
    fill_in(form, gender="Woman", interests=["Tea", "Espresso"], birthday_day="1", birthday_month="5", birthday_year="1990")
    path = link_in(mails_to("ana@example.test")[0])
    page = Client().get(path).content.decode()
    assert "ana@example.test" in page
    assert "Espresso, Tea" in page
    assert b"You are in" in press(path).content
    with work_for(shop):
        customer = Customer.objects.get()
        assert (customer.email, customer.gender, customer.birthday) == ("ana@example.test", "Woman", "1990-05-01")
        record, signup = ConsentRecord.objects.get(), Signup.objects.get()
        assert (record.status, record.method, record.text_version) == ("granted", "double_opt_in", form.text_version)
        assert (record.ip, record.user_agent) == ("192.0.2.9", "Safari")
        assert record.proof["signup"] == str(signup.public_id)
        assert record.proof["text"] == form.consent_text
        assert "192.0.2" not in str(record.proof)
        assert (signup.state, signup.ip, signup.customer) == ("confirmed", "192.0.2.7", customer)
        assert Preference.objects.get().wanted
        event = CustomerEvent.objects.get(name="Signed Up")
        assert (event.properties["form"], event.trusted) == ("Newsletter", True)
        assert may_write([customer.pk], channel="email") == {customer.pk}


def test_before_the_press_nobody_may_write_to_a_known_customer(shop: Store, form: SignupForm) -> None:
    customer = make_customer(shop, "ana@example.test")
    fill_in(form)
    with work_for(shop):
        assert may_write([customer.pk], channel="email") == set()
        assert ConsentRecord.objects.count() == 0


def test_a_second_press_changes_nothing(shop: Store, form: SignupForm) -> None:
    fill_in(form)
    path = link_in(mails_to("ana@example.test")[0])
    press(path)
    before = state_of(shop)
    for _time in range(3):
        answer = press(path)
        assert (answer.status_code, b"You said yes already" in answer.content) == (200, True)
    assert Client().get(path).status_code == 200
    assert state_of(shop) == before


def test_one_press_is_enough_for_several_forms_and_one_mail_goes_out(shop: Store, form: SignupForm) -> None:
    other = make_form(shop, name="Restocks", texts={"title": "Restock alerts", "success": "Noted.", "button": "Go", "intro": ""})
    fill_in(form)
    fill_in(other)
    fill_in(form, gender="Man")
    (mail,) = mails_to("ana@example.test")
    page = Client().get(link_in(mail)).content.decode()
    assert "Restock alerts" in page
    press(link_in(mail))
    with work_for(shop):
        assert list(Signup.objects.values_list("state", flat=True)) == ["confirmed", "confirmed"]
        assert Customer.objects.count() == 1


def test_what_came_in_after_the_page_was_shown_is_not_confirmed_by_it(shop: Store, form: SignupForm) -> None:
    fill_in(form)
    path = link_in(mails_to("ana@example.test")[0])
    asked = look(path.split("/")[2], now=clock.now())
    fill_in(make_form(shop, name="Sneaked in"))
    press(path, shown=asked.shown)
    with work_for(shop):
        assert set(Signup.objects.values_list("form__name", "state")) == {("Newsletter", "confirmed"), ("Sneaked in", "pending")}


def test_what_a_stranger_changed_after_the_page_was_shown_is_shown_again_first(shop: Store, form: SignupForm) -> None:
    fill_in(form, gender="Woman", anonymous_id="her-browser")
    path = link_in(mails_to("ana@example.test")[0])
    shown = look(path.split("/")[2], now=clock.now()).shown
    fill_in(form, gender="Man", anonymous_id="a-stranger's")
    for marks in (shown, ""):
        answer = press(path, shown=marks)
        assert answer.status_code == 409
        assert b"Man" in answer.content
    with work_for(shop):
        assert (Customer.objects.count(), Signup.objects.get().state) == (0, "pending")
    assert press(path).status_code == 200


def test_this_was_not_me_ends_it_and_keeps_quiet_for_a_month(shop: Store, form: SignupForm) -> None:
    fill_in(form)
    path = link_in(mails_to("ana@example.test")[0])
    assert b"Nothing was signed up" in press(path, "no").content
    assert press(path).status_code == 410
    fill_in(form, now=clock.now() + timedelta(days=2))
    assert len(mails_to("ana@example.test")) == 1
    with work_for(shop):
        assert (Customer.objects.count(), Signup.objects.filter(state="refused").count()) == (0, 1)
    fill_in(form, now=clock.now() + timedelta(days=31))
    assert len(mails_to("ana@example.test")) == 2


def test_an_old_link_says_so_and_a_new_request_sends_a_new_one(shop: Store, form: SignupForm) -> None:
    then = clock.now() - timedelta(days=8)
    fill_in(form, now=then)
    path = link_in(mails_to("ana@example.test")[0])
    before = state_of(shop)
    for answer in (Client().get(path), press(path)):
        assert (answer.status_code, b"This link is too old" in answer.content) == (410, True)
    assert state_of(shop) == before
    fill_in(form)
    assert len(mails_to("ana@example.test")) == 2
    with work_for(shop):
        assert sorted(Signup.objects.values_list("state", flat=True)) == ["expired", "pending"]


def test_looking_changes_nothing_however_often(shop: Store, form: SignupForm) -> None:
    fill_in(form)
    path = link_in(mails_to("ana@example.test")[0])
    before = state_of(shop)
    for _time in range(3):
        assert (Client().get(path).status_code, Client().head(path).status_code) == (200, 200)
    assert state_of(shop) == before


def test_a_link_of_another_shop_or_of_nobody_opens_nothing(shop: Store, form: SignupForm) -> None:
    fill_in(form)
    good = link_in(mails_to("ana@example.test")[0])
    with work_for(shop):
        number = Confirmation.objects.get().pk
    other = make_store("Kite")
    foreign = "/" + confirm_url(number, store_id=other.pk, expires_at=clock.now() + timedelta(days=1)).split("/", 3)[3]
    changed = good[:-3] + ("AA/" if not good.endswith("AA/") else "BB/")
    before = state_of(shop, other)
    for path in (foreign, changed, "/y/nonsense/", good.replace("/y/", "/p/"), good.replace("/y/", "/a/")):
        for answer in (Client().get(path), press(path)):
            assert answer.status_code == 404
            assert b"ana@example.test" not in answer.content
    assert state_of(shop, other) == before
    assert CONFIRM == "signup"


def test_the_phone_number_of_a_double_form_waits_for_its_own_proof(shop: Store) -> None:
    form = make_form(shop, asks_phone=True)
    fill_in(form, phone="0170 1234567")
    press(link_in(mails_to("ana@example.test")[0]))
    with work_for(shop):
        assert dict(Consent.objects.values_list("channel", "status")) == {"email": "granted", "sms": "pending"}
        assert Customer.objects.get().phone == "+491701234567"


def test_the_browser_s_history_follows_its_person(shop: Store, form: SignupForm) -> None:
    visitor = make_customer(shop, "")
    with work_for(shop):
        Identity.objects.create(customer=visitor, kind="anonymous", value="browser-1")
    make_event(visitor, "Product Viewed")
    fill_in(form, anonymous_id="browser-1")
    press(link_in(mails_to("ana@example.test")[0]))
    with work_for(shop):
        customer = Customer.objects.get()
        assert (customer.email, customer.events.filter(name="Product Viewed").count()) == ("ana@example.test", 1)


def test_what_nobody_confirmed_runs_out_and_is_forgotten(shop: Store, form: SignupForm) -> None:
    now = clock.now()
    fill_in(form)
    assert (expire(now=now), forget(now=now)) == (0, 0)
    later = now + rules.GOOD_FOR + timedelta(minutes=1)
    assert expire(now=later) == 1
    assert forget(now=later) == 0
    assert forget(now=later + rules.KEPT_FOR) == 1
    with work_for(shop):
        assert (Signup.objects.count(), Confirmation.objects.count()) == (0, 0)


def bomb(shop: Store, forms: list[SignupForm], *, requests: int, threads: int) -> None:
    """Let many ask for one address at once, from everywhere and by every form."""
    now, faults = clock.now(), []

    def fire(first: int) -> None:
        try:
            for number in range(first, requests, threads):
                form = forms[number % len(forms)]
                with store_context(shop.pk):
                    sender = Sender(ip=f"198.51.{number // 250 % 250}.{number % 250}")
                    take(form, filled(form, now=now, email="Victim@example.test"), store=shop, sender=sender, now=now)
        except Exception as error:
            faults.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=fire, args=(first,)) for first in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert faults == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("requests", [200, pytest.param(10_000, marks=pytest.mark.deep)])
def test_a_mail_bomb_sends_one_mail(requests: int, shop: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from retention.signup import taking
    from retention.stores.limits import Limit

    monkeypatch.setattr(taking, "PER_ADDRESS", Limit("signup_bomb", 1_000_000, 60))  # the row must hold without the limit's help
    monkeypatch.setattr(taking, "PER_FORM", Limit("signup_bomb_form", 1_000_000, 60))
    bomb(shop, [make_form(shop, name=f"Form {number}") for number in range(3)], requests=requests, threads=4)
    assert Notice.objects.filter(to__iexact="victim@example.test").count() == 1
    with work_for(shop):
        assert (Signup.objects.count(), Customer.objects.count()) == (3, 0)


def test_a_limit_of_an_address_is_silent(shop: Store, form: SignupForm, monkeypatch: pytest.MonkeyPatch) -> None:
    from retention.signup import taking
    from retention.stores.limits import Limit

    monkeypatch.setattr(taking, "PER_ADDRESS", Limit("signup_silent", 2, 60))
    now = clock.now()
    with work_for(shop):
        found = [take(form, filled(form, now=now, gender="Woman"), store=shop, sender=Sender(), now=now) for _time in range(4)]
        assert len(set(found)) == 1
        assert Confirmation.objects.get().mails_count == 1


def test_an_address_gets_only_so_many_questions_from_all_shops_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirming, "PER_ADDRESS", Limit("signup_asked", 3, 86_400))
    for _number in range(5):
        fill_in(make_form(make_store(country="DE")))
    assert len(mails_to("ana@example.test")) == 3


def test_the_one_who_confirms_takes_no_account_that_comes_later(shop: Store, form: SignupForm) -> None:
    """A stranger claims the shop's id 1001 for their own address, confirms it, and keeps the link; then the real 1001 comes."""
    with work_for(shop):
        identify([Claim(external="1001", email="ana@example.test", anonymous="evil")], now=clock.now())
    fill_in(form, anonymous_id="evil")
    link = re.search(r'href="([^"]*/p/[^"]+)"', press(link_in(mails_to("ana@example.test")[0])).content.decode())
    assert link is not None
    with work_for(shop):
        (real,) = identify([Claim(external="1001", email="real@example.test", trusted=True)], now=clock.now())
        apply_traits([Told(real, {"email": "real@example.test", "firstName": "Rea"}, told_at=clock.now(), trusted=True)])
        assert may_write([real], channel="email") == set()
        assert Customer.objects.get(email_key="ana@example.test").pk != real
    page = Client().get("/" + link[1].split("/", 3)[3]).content.decode()
    assert ("ana@example.test" in page, "real@example.test" in page, "Rea" in page) == (True, False, False)


def test_the_confirmed_browser_is_theirs(shop: Store, form: SignupForm) -> None:
    fill_in(form, anonymous_id="b-1")
    press(link_in(mails_to("ana@example.test")[0]))
    with work_for(shop):
        assert dict(Identity.objects.values_list("kind", "vouched")) == {"email": True, "anonymous": True}


def test_a_link_without_a_row_is_unknown(shop: Store) -> None:
    url = confirm_url(999_999, store_id=shop.pk, expires_at=clock.now() + timedelta(days=1))
    with pytest.raises(NotConfirmable) as refused:
        look(url.rstrip("/").rsplit("/", 1)[1], now=clock.now())
    assert refused.value.reason == "unknown"


def test_the_mail_of_the_next_day_has_a_key_of_its_own(shop: Store, form: SignupForm) -> None:
    now = clock.now()
    fill_in(form, now=now)
    fill_in(form, now=now + timedelta(hours=23, minutes=59))
    fill_in(form, now=now + timedelta(hours=24))
    keys = [mail.key for mail in mails_to("ana@example.test")]
    assert (len(keys), len(set(keys))) == (2, 2)
    assert timedelta(hours=24) == confirming.rules.MAIL_EVERY
