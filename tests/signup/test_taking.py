"""A filled form over HTTP: kept, asked about once, made true only where the country allows; refusals store nothing."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from retention.customers.consent import may_write, suppress
from retention.customers.models import Consent, ConsentRecord, Customer
from retention.kit import clock
from retention.notices.models import Notice
from retention.signup.models import Confirmation, Signup, SignupForm
from retention.signup.taking import stamp
from retention.stores.models import Store
from retention.tenancy.context import store_context
from tests.factories import work_for
from tests.factories.customers import make_customer
from tests.factories.signup import filled, make_form
from tests.signup.conftest import link_in, mails_to, post_json, press, state_of

pytestmark = pytest.mark.django_db
ANSWERS = {"gender": "Woman", "interests": ["Tea"], "birthday_day": "1", "birthday_month": "5", "grinder": "By hand"}


def send(form: SignupForm, **values: Any) -> Any:
    return post_json(Client(), form, filled(form, now=clock.now()) | values)


def test_the_german_form_waits_for_the_second_yes(shop: Store, form: SignupForm) -> None:
    answer = send(form, **ANSWERS)
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (200, "*")
    assert "press the button" in answer.json()["message"]
    with work_for(shop):
        assert (Customer.objects.count(), Consent.objects.count(), ConsentRecord.objects.count()) == (0, 0, 0)
        signup = Signup.objects.get()
        assert (signup.state, signup.answers["birthday"], signup.ip) == ("pending", "--05-01", "127.0.0.1")
    (mail,) = mails_to("ana@example.test")
    assert "Lumen Coffee" in mail.subject
    assert "The shop may write to me." in mail.text
    assert "Musterweg 4" in mail.text


def test_the_spanish_form_takes_one_yes(spanish: Store, spanish_form: SignupForm) -> None:
    assert send(spanish_form, **ANSWERS).json() == {"message": "You are in."}
    with work_for(spanish):
        customer = Customer.objects.get()
        assert (customer.gender, customer.interests, customer.birthday, customer.attributes["grinder"]) == (
            "Woman",
            ["Tea"],
            "--05-01",
            "By hand",
        )
        record = ConsentRecord.objects.get()
        assert (record.channel, record.status, record.method, record.ip) == ("email", "granted", "form", "127.0.0.1")
        assert (record.text_version, record.proof["text"]) == (spanish_form.text_version, "The shop may write to me.")
        assert may_write([customer.pk], channel="email") == {customer.pk}
        assert Signup.objects.get().state == "confirmed"
    assert mails_to("ana@example.test") == []


def test_always_asks_twice_where_one_yes_would_do(spanish: Store) -> None:
    form = make_form(spanish, opt_in="always")
    assert "press the button" in send(form).json()["message"]
    with work_for(spanish):
        assert Consent.objects.count() == 0


def test_a_german_phone_number_is_asked_twice_anywhere(spanish: Store) -> None:
    form = make_form(spanish, asks_phone=True)
    send(form, phone="+49 170 1234567")
    with work_for(spanish):
        assert (Consent.objects.count(), Signup.objects.get().state) == (0, "pending")


def test_a_spanish_phone_alone_is_taken_at_once_and_twice_is_one_person(spanish: Store) -> None:
    form = make_form(spanish, asks_email=False, asks_phone=True)
    for _time in range(2):
        values = filled(form, now=clock.now(), email="", phone="612 345 678")
        assert post_json(Client(), form, values).status_code == 200
    with work_for(spanish):
        customer = Customer.objects.get()
        assert (customer.phone, Consent.objects.get().channel, Consent.objects.get().status) == ("+34612345678", "sms", "granted")
        assert customer.last_seen_at is not None


def test_a_number_that_needs_a_second_yes_is_not_taken_without_an_address_to_ask_at(shop: Store, spanish: Store) -> None:
    for store in (shop, spanish):
        form = make_form(store, asks_email=False, asks_phone=True)
        before = state_of(store)
        answer = post_json(Client(), form, filled(form, now=clock.now(), email="", phone="+49 170 1234567"))
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "phone")
        assert "second yes" in answer.json()["errors"][0]["message"]
        assert state_of(store) == before


@pytest.mark.parametrize("known", ["nobody", "granted", "refused", "blocked", "complained"])
def test_the_answer_is_the_same_whoever_the_address_belongs_to(
    known: str, shop: Store, form: SignupForm, spanish: Store, spanish_form: SignupForm
) -> None:
    texts = []
    for store, made in ((shop, form), (spanish, spanish_form)):
        with store_context(store.pk):
            if known in {"granted", "refused"}:
                Consent.objects.create(customer=make_customer(store, "ana@example.test"), channel="email", status=known)
            elif known != "nobody":
                suppress("ana@example.test", channel="email", reason={"blocked": "manual"}.get(known, known), now=clock.now())
        answer = send(made)
        texts.append((answer.status_code, answer.json()))
    assert texts == [
        (200, {"message": "Almost done. We sent you a mail: press the button in it, and you are in."}),
        (200, {"message": "You are in."}),
    ]


@pytest.mark.parametrize("reason", ["refused", "complained", "bounced", "unsubscribed"])
def test_who_said_no_is_asked_by_mail_even_where_one_yes_is_enough(reason: str, spanish: Store, spanish_form: SignupForm) -> None:
    with work_for(spanish):
        customer = make_customer(spanish, "ana@example.test")
        if reason == "refused":
            Consent.objects.create(customer=customer, channel="email", status="refused")
        else:
            suppress("ana@example.test", channel="email", reason=reason, now=clock.now())
    send(spanish_form)
    assert len(mails_to("ana@example.test")) == 1
    with work_for(spanish):
        assert not Consent.objects.filter(status="granted").exists()
    assert press(link_in(mails_to("ana@example.test")[0])).status_code == 200
    with work_for(spanish):
        assert Consent.objects.get().status == "granted"
        assert may_write([customer.pk], channel="email") == {customer.pk}


def test_an_address_the_shop_blocked_gets_no_mail(shop: Store, form: SignupForm) -> None:
    with work_for(shop):
        suppress("ana@example.test", channel="email", reason="manual", now=clock.now())
    assert send(form).status_code == 200
    assert mails_to("ana@example.test") == []


def test_a_stranger_cannot_overwrite_what_a_person_said(spanish: Store, spanish_form: SignupForm) -> None:
    customer = make_customer(spanish, "ana@example.test", gender="Man", attributes={"grinder": "Electric"})
    send(spanish_form, **ANSWERS)
    with work_for(spanish):
        customer.refresh_from_db()
        assert (customer.gender, customer.attributes["grinder"], customer.interests) == ("Man", "Electric", ["Tea"])


def test_the_same_form_again_changes_the_answers_that_wait_and_sends_nothing(shop: Store, form: SignupForm) -> None:
    send(form, gender="Woman")
    send(form, gender="Man")
    send(form, email="ANA@example.test", gender="Non-binary")
    with work_for(shop):
        signup = Signup.objects.get()
        assert (signup.answers["gender"], signup.state) == ("Non-binary", "pending")
        assert Confirmation.objects.get().mails_count == 1
    assert Notice.objects.count() == 1


def test_a_robot_is_thanked_and_forgotten(shop: Store, form: SignupForm) -> None:
    before = state_of(shop)
    answer = send(form, website="https://spam.example.test")
    assert "press the button" in answer.json()["message"]
    assert state_of(shop) == before


@pytest.mark.parametrize("mark", ["fresh", "foreign", "forged", "missing", "ancient"])
def test_a_form_that_comes_back_too_soon_or_from_nowhere_is_not_taken(mark: str, shop: Store, form: SignupForm) -> None:
    now = clock.now()
    marks = {
        "fresh": stamp(form, now=now),
        "foreign": stamp(make_form(shop, name="Other"), now=now - timedelta(minutes=1)),
        "forged": "[1,2]:x:y",
        "missing": "",
        "ancient": stamp(form, now=now - timedelta(days=31)),
    }
    before = state_of(shop)
    answer = send(form, stamp=marks[mark])
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (409, "")
    assert state_of(shop) == before


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b'{"answers": {"email": "ana@example.test", "email": "b@example.test"}}', 400, ""),
        (b'{"answers": {"email": "ana\\u0000@example.test"}}', 400, ""),
        (b'{"answers": {"email": "\\ud800"}}', 400, ""),
        (b'{"answers": NaN}', 400, ""),
        (b"[" * 10000, 400, ""),
        (b"\xff\xfe", 400, ""),
        (b"[]", 400, "answers"),
        (b'{"answers": "email=ana"}', 400, "answers"),
        (b'{"answers": {"email": "ana@example.test", "role": "owner"}}', 422, "role"),
        (b'{"answers": {"email": "ana@example.test", "grinder": "' + b"x" * 900_000 + b'"}}', 422, "grinder"),
        (b'{"answers": {"email": "ana@example.test", "birthday_day": "31", "birthday_month": "2"}}', 422, "birthday_day"),
    ],
)
def test_bad_input_names_the_field_and_stores_nothing(body: bytes, status: int, field: str, shop: Store, form: SignupForm) -> None:
    before = state_of(shop)
    answer = Client().post(f"/f/{form.public_id}/answer", body, content_type="application/json")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (status, field)
    assert answer.json()["errors"][0]["message"]
    assert state_of(shop) == before


def test_the_page_without_a_script_takes_the_same(shop: Store, form: SignupForm) -> None:
    client = Client(enforce_csrf_checks=True)
    page = client.get(f"/f/{form.public_id}/")
    assert page.status_code == 200
    assert b"Where may we write to you?" in page.content
    wrong = client.post(f"/f/{form.public_id}/", filled(form, now=clock.now(), birthday_day="31", birthday_month="2", gender="Woman"))
    assert wrong.status_code == 422
    assert "31.02. is not a date." in wrong.content.decode()
    assert 'value="Woman" checked' in wrong.content.decode()
    done = client.post(f"/f/{form.public_id}/", filled(form, now=clock.now(), interests=["Tea", "Espresso"]))
    assert b"Almost done" in done.content
    with work_for(shop):
        assert Signup.objects.get().answers == {"interests": ["Espresso", "Tea"]}


@pytest.mark.parametrize(("state", "status"), [("draft", 404), ("paused", 410), ("archived", 410)])
def test_a_form_that_is_not_live_takes_nobody(state: str, status: int, shop: Store) -> None:
    form = make_form(shop, state=state)
    before = state_of(shop)
    assert Client().get(f"/f/{form.public_id}/").status_code == status
    assert Client().post(f"/f/{form.public_id}/", filled(form, now=clock.now())).status_code == status
    assert Client().get(f"/f/{form.public_id}/form.json").status_code == 404
    assert send(form).status_code == 404
    Client().post(f"/f/{form.public_id}/shown")
    assert state_of(shop) == before


def test_one_network_cannot_fill_a_form_without_end(shop: Store, form: SignupForm, monkeypatch: pytest.MonkeyPatch) -> None:
    from retention.signup import taking
    from retention.stores.limits import Limit

    monkeypatch.setattr(taking, "PER_NETWORK", Limit("signup_network_test", 3, 600))
    found = [send(form, email=f"ana{number}@example.test") for number in range(4)]
    assert [answer.status_code for answer in found] == [200, 200, 200, 429]
    assert int(found[-1]["Retry-After"]) > 0
    with work_for(shop):
        assert Signup.objects.count() == 3


def test_what_the_script_is_told_holds_no_secret(shop: Store, form: SignupForm) -> None:
    answer = Client().get(f"/f/{form.public_id}/form.json")
    told = answer.json()
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert [step["key"] for step in told["steps"]] == ["address", "gender", "interests", "birthday", "grinder"]
    assert [step["skippable"] for step in told["steps"]] == [False, True, True, True, True]
    assert str(shop.pk) not in (told.get("store"), told.get("store_id"))
    assert told["post"].endswith(f"/f/{form.public_id}/answer")


def test_eyes_are_counted_by_post_only(shop: Store, form: SignupForm) -> None:
    from retention.signup.numbers import funnels_of

    Client().get(f"/f/{form.public_id}/")
    Client().get(f"/f/{form.public_id}/form.json")
    assert Client().get(f"/f/{form.public_id}/shown").status_code == 405
    for _time in range(3):
        assert Client().post(f"/f/{form.public_id}/shown").status_code == 204
    with work_for(shop):
        assert funnels_of([form.pk])[form.pk].shown == 3
