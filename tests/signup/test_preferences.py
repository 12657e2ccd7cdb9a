"""A person's own say: shown by GET, changed by POST, written down as history and event; and it reaches what may be sent."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from campaigns.models import Message
from campaigns.personalization.links import unsubscribe_url
from retention.customers.consent import Said, may_write, record_consents
from retention.customers.identifying import Claim, identify
from retention.customers.models import Consent, ConsentRecord, Customer, CustomerEvent
from retention.customers.personal_data import Pair
from retention.customers.profile import Told, apply_traits
from retention.kit import clock
from retention.signup.links import preferences_url
from retention.signup.merging import move_preferences
from retention.signup.models import Preference, SignupForm, Topic
from retention.signup.preferring import wanted_by
from retention.stores.models import Store
from tests.campaigns.crowd import make_ready
from tests.factories import make_store, work_for
from tests.factories.customers import make_customer
from tests.factories.signup import ADDRESS, INTERESTS, make_form, make_topic
from tests.signup.conftest import link_in, mails_to, state_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(shop: Store) -> Customer:
    """Return a customer who allows e-mail."""
    return make_customer(shop, "ana@example.test", allows=("email",), gender="Woman", interests=["Tea"])


def path_of(customer: Customer) -> str:
    url = preferences_url(customer, store_id=customer.store_id, planned_at=clock.now())
    return "/" + url.split("/", 3)[3]


def save(customer: Customer, **values: Any) -> Any:
    asked = {f"asked_{key}": "1" for key in ("gender", "interests", "birthday", "grinder")}
    sent = {"do": "save", "ask_email": "1", "pace": "usual", **asked, **values}
    return Client(headers={"user-agent": "Safari"}).post(path_of(customer), {name: value for name, value in sent.items() if value})


def events(customer: Customer) -> list[list[str]]:
    return [event.properties["changed"] for event in customer.events.filter(name="Preferences Changed").order_by("pk")]


def test_the_page_shows_topics_channels_and_what_we_know(shop: Store, form: SignupForm, ana: Customer) -> None:
    make_topic(shop, "Restocks")
    page = Client().get(path_of(ana)).content.decode()
    for words in ("ana@example.test", "Restocks", "Less often", "Nothing for two weeks", 'value="Woman" checked', 'value="Tea" checked'):
        assert words in page


def test_looking_changes_nothing(shop: Store, form: SignupForm, ana: Customer) -> None:
    before = state_of(shop)
    for _time in range(3):
        assert (Client().get(path_of(ana)).status_code, Client().head(path_of(ana)).status_code) == (200, 200)
    assert state_of(shop) == before


def test_one_topic_less_keeps_the_channel(shop: Store, ana: Customer) -> None:
    news, sales = make_topic(shop, "News"), make_topic(shop, "Sales")
    save(ana, hear_email=[str(news.public_id)])
    with work_for(shop):
        assert dict(Preference.objects.values_list("topic__name", "wanted")) == {"Sales": False}
        assert may_write([ana.pk], channel="email") == {ana.pk}
        assert events(ana) == [["topic:Sales:email:no"]]
    save(ana, hear_email=[str(news.public_id), str(sales.public_id)])
    with work_for(shop):
        assert Preference.objects.get().wanted


def test_no_topic_left_is_a_no_with_history(shop: Store, ana: Customer) -> None:
    make_topic(shop, "News")
    save(ana)
    with work_for(shop):
        assert may_write([ana.pk], channel="email") == set()
        record = ConsentRecord.objects.get()
        assert (record.status, record.method, record.ip, record.user_agent) == ("refused", "preference_centre", "127.0.0.1", "Safari")
        assert CustomerEvent.objects.get(name="Unsubscribed").properties["channel"] == "email"


def test_a_shop_without_topics_offers_everything_or_nothing(shop: Store, ana: Customer) -> None:
    save(ana, hear_email=["all"])
    with work_for(shop):
        assert ConsentRecord.objects.count() == 0
    save(ana)
    with work_for(shop):
        assert may_write([ana.pk], channel="email") == set()
    save(ana, hear_email=["all"])
    with work_for(shop):
        assert may_write([ana.pk], channel="email") == {ana.pk}


def test_the_same_wish_twice_is_one_change(shop: Store, ana: Customer) -> None:
    make_topic(shop, "News")
    save(ana)
    before = state_of(shop)
    save(ana)
    assert state_of(shop) == before


@pytest.mark.parametrize(("pause", "days"), [("2w", 14), ("1m", 30), ("3m", 91)])
def test_a_break_holds_everything_and_ends_by_itself(pause: str, days: int, shop: Store, ana: Customer) -> None:
    save(ana, hear_email=["all"], pause=pause)
    with work_for(shop):
        ana.refresh_from_db()
        assert ana.paused_until is not None
        assert abs(ana.paused_until - clock.now() - timedelta(days=days)) < timedelta(minutes=1)
        assert may_write([ana.pk], channel="email") == set()
        assert Consent.objects.get().status == "granted"
        Customer.objects.filter(pk=ana.pk).update(paused_until=clock.now() - timedelta(seconds=1))
        assert may_write([ana.pk], channel="email") == {ana.pk}


def test_a_break_can_be_ended_and_kept(shop: Store, ana: Customer) -> None:
    save(ana, hear_email=["all"], pause="1m")
    with work_for(shop):
        until = Customer.objects.get().paused_until
    save(ana, hear_email=["all"], pause="keep")
    with work_for(shop):
        assert Customer.objects.get().paused_until == until
    save(ana, hear_email=["all"], pause="off")
    with work_for(shop):
        assert Customer.objects.get().paused_until is None
        assert events(ana) == [["pause:1m"], ["pause:off"]]


def test_less_often_is_kept(shop: Store, ana: Customer) -> None:
    save(ana, hear_email=["all"], pace="less")
    with work_for(shop):
        assert Customer.objects.get().less_often


def test_stop_means_every_channel(shop: Store, ana: Customer) -> None:
    with work_for(shop):
        record_consents([Said(ana.pk, "sms", "granted", clock.now()), Said(ana.pk, "push", "pending", clock.now())], now=clock.now())
    answer = Client().post(path_of(ana), {"do": "stop"})
    assert b"We will not write to you any more" in answer.content
    with work_for(shop):
        assert set(Consent.objects.values_list("channel", "status")) == {("email", "refused"), ("sms", "refused"), ("push", "refused")}
        assert CustomerEvent.objects.filter(name="Unsubscribed").count() == 3
    before = state_of(shop)
    Client().post(path_of(ana), {"do": "stop"})
    assert state_of(shop) == before


def test_a_phone_can_be_given_up_but_not_switched_on_by_a_mail_s_link(shop: Store, ana: Customer) -> None:
    with work_for(shop):
        record_consents([Said(ana.pk, "sms", "refused", clock.now() - timedelta(days=1))], now=clock.now())
    save(ana, hear_email=["all"], ask_sms="1", hear_sms=["all"])
    with work_for(shop):
        assert Consent.objects.get(channel="sms").status == "refused"


def test_details_are_changed_and_taken_back(shop: Store, form: SignupForm, ana: Customer) -> None:
    save(ana, hear_email=["all"], gender="Non-binary", interests=["Espresso"], birthday_day="2", birthday_month="3")
    with work_for(shop):
        ana.refresh_from_db()
        assert (ana.gender, ana.interests, ana.birthday) == ("Non-binary", ["Espresso"], "--03-02")
    save(ana, hear_email=["all"])
    with work_for(shop):
        ana.refresh_from_db()
        assert (ana.gender, ana.interests, ana.birthday) == ("", [], "")


def test_what_was_taken_back_is_not_told_again_by_an_older_word(shop: Store, form: SignupForm, ana: Customer) -> None:
    earlier = clock.now() - timedelta(minutes=1)
    save(ana, hear_email=["all"])
    with work_for(shop):
        apply_traits([Told(ana.pk, {"gender": "Woman", "interests": ["Tea"]}, told_at=earlier, trusted=True)])
        ana.refresh_from_db()
        assert (ana.gender, ana.interests) == ("", [])


def test_answers_to_a_form_that_went_live_meanwhile_are_kept(shop: Store, form: SignupForm, ana: Customer) -> None:
    save(ana, hear_email=["all"], asked_gender="", asked_interests="Tea")
    with work_for(shop):
        ana.refresh_from_db()
        assert (ana.gender, ana.interests) == ("Woman", [])


def test_the_page_says_which_questions_it_asked(shop: Store, form: SignupForm, ana: Customer) -> None:
    page = Client().get(path_of(ana)).content.decode()
    assert [key for key in ("gender", "interests", "birthday", "grinder") if f'name="asked_{key}"' not in page] == []


def test_what_no_form_offers_is_shown_and_kept_until_it_is_taken_back(shop: Store, form: SignupForm) -> None:
    bo = make_customer(
        shop, "bo@example.test", allows=("email",), gender="female", interests=["Tea", "Rare teas"], birth_year=1990, birth_md=501
    )
    with work_for(shop):
        SignupForm.objects.update(steps=[step | {"year": "never"} for step in form.steps])
    page = Client().get(path_of(bo)).content.decode()
    assert 'value="female" checked' in page
    assert 'value="Rare teas" checked' in page
    birthday = {"birthday_day": "1", "birthday_month": "5", "birthday_year": "1990"}
    save(bo, hear_email=["all"], gender="female", interests=["Rare teas", "Filter"], **birthday)
    with work_for(shop):
        bo.refresh_from_db()
        assert (bo.gender, bo.interests, bo.birthday) == ("female", ["Filter", "Rare teas"], "1990-05-01")
    save(bo, hear_email=["all"], gender="-", interests=["Filter"], **birthday)
    with work_for(shop):
        bo.refresh_from_db()
        assert (bo.gender, bo.interests) == ("", ["Filter"])


def questions_of(page: str) -> dict[str, list[tuple[str, bool]]]:
    """Return what may be ticked under each question for interests, and whether it is."""
    found = {}
    for title, body in re.findall(r"<fieldset class=\"sh-step\"><legend>([^<]*?) ?<span(.*?)</fieldset>", page, re.DOTALL):
        boxes = re.findall(r'name="interests" value="([^"]*)"( checked)?', body)
        if boxes:
            found[title.strip()] = [(value, bool(checked)) for value, checked in boxes]
    return found


def test_two_forms_questions_for_one_answer_keep_their_own_choices(shop: Store, form: SignupForm) -> None:
    hear = INTERESTS | {"title": "What would you like to hear about?", "options": ["New in", "Tea", "Stories"]}
    again = INTERESTS | {"options": ["Filter", "Decaf"]}
    make_form(shop, steps=(ADDRESS, hear))
    make_form(shop, steps=(ADDRESS, again))
    bo = make_customer(shop, "bo@example.test", allows=("email",), interests=["New in", "Espresso", "Rare teas"])
    page = Client().get(path_of(bo)).content.decode()
    likes = [("Espresso", True), ("Filter", False), ("Tea", False), ("Decaf", False), ("Rare teas", True)]
    assert questions_of(page) == {"What do you like?": likes, "What would you like to hear about?": [("New in", True), ("Stories", False)]}
    save(bo, hear_email=["all"], interests=["Tea", "Stories"])
    with work_for(shop):
        bo.refresh_from_db()
        assert bo.interests == ["Tea", "Stories"]
    answer = save(bo, hear_email=["all"], interests=["Bombs"])
    assert (answer.status_code, "Choose from the answers" in answer.content.decode()) == (422, True)
    save(bo, hear_email=["all"])
    with work_for(shop):
        bo.refresh_from_db()
        assert bo.interests == []


def test_one_topic_after_a_no_is_a_yes_to_that_one_alone(shop: Store, ana: Customer) -> None:
    news, sales = make_topic(shop, "News"), make_topic(shop, "Sales")
    with work_for(shop):
        record_consents([Said(ana.pk, "email", "refused", clock.now(), method="one-click")], now=clock.now())
    save(ana, hear_email=[str(news.public_id)])
    with work_for(shop):
        assert may_write([ana.pk], channel="email") == {ana.pk}
        assert wanted_by(ana) == {"email": {str(news.public_id)}}
        assert dict(Preference.objects.values_list("topic_id", "wanted")) == {sales.pk: False}


def test_saving_other_things_after_a_no_says_nothing_about_topics(shop: Store, ana: Customer) -> None:
    make_topic(shop, "News")
    with work_for(shop):
        record_consents([Said(ana.pk, "email", "refused", clock.now(), method="one-click")], now=clock.now())
    save(ana, pace="less")
    with work_for(shop):
        assert (Preference.objects.count(), may_write([ana.pk], channel="email")) == (0, set())
        assert events(ana) == [["less_often:yes"]]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"birthday_day": "31", "birthday_month": "2"}, "31.02. is not a date."),
        ({"gender": "Robot"}, "Choose one of the answers."),
        ({"new_email": "nonsense"}, "This is not an e-mail address."),
        ({"interests": ["\x00"]}, "This holds a character that cannot be kept."),
    ],
)
def test_a_bad_detail_is_named_and_nothing_is_saved(
    values: dict[str, Any], words: str, shop: Store, form: SignupForm, ana: Customer
) -> None:
    before = state_of(shop)
    answer = save(ana, pause="1m", **values)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert state_of(shop) == before


def allow_leaving(shop: Store, address: str = "ana@example.test") -> None:
    """Press the button in the mail to the address that is left; looking before that changes nothing."""
    path = link_in(mails_to(address)[-1])
    before = state_of(shop)
    assert b"Write to another address from now on?" in Client().get(path).content
    assert state_of(shop) == before
    assert b"One more press" in Client().post(path).content


def test_a_new_address_is_allowed_by_the_old_one_and_proven(shop: Store, ana: Customer) -> None:
    save(ana, hear_email=["all"], new_email="ana.new@example.test")
    assert mails_to("ana.new@example.test") == []
    allow_leaving(shop)
    with work_for(shop):
        assert Customer.objects.get().email == "ana@example.test"
    (mail,) = mails_to("ana.new@example.test")
    path, asked = link_in(mail), link_in(mails_to("ana@example.test")[0])
    before = state_of(shop)
    assert Client().get(path).status_code == 200
    assert state_of(shop) == before
    assert b"Changed" in Client().post(path).content
    with work_for(shop):
        customer = Customer.objects.get()
        assert (customer.email, customer.email_key, customer.pk) == ("ana.new@example.test", "ana.new@example.test", ana.pk)
        assert ConsentRecord.objects.get().method == "double_opt_in"
    before = state_of(shop)
    assert Client().post(path).status_code == 200
    assert Client().post(asked).status_code == 404
    assert state_of(shop) == before


def test_a_new_address_of_somebody_else_is_refused(shop: Store, ana: Customer) -> None:
    make_customer(shop, "bo@example.test")
    save(ana, hear_email=["all"], new_email="bo@example.test")
    allow_leaving(shop)
    before = state_of(shop)
    answer = Client().post(link_in(mails_to("bo@example.test")[0]))
    assert (answer.status_code, b"This address is taken" in answer.content) == (409, True)
    assert state_of(shop) == before


def test_asking_for_new_addresses_is_no_way_to_send_many_mails(shop: Store, ana: Customer) -> None:
    for _time in range(5):
        save(ana, hear_email=["all"], new_email="victim@example.test")
    assert (len(mails_to("ana@example.test")), mails_to("victim@example.test")) == (1, [])
    for _time in range(5):
        Client().post(link_in(mails_to("ana@example.test")[0]))
    assert len(mails_to("victim@example.test")) == 1


def test_a_personal_link_is_over_when_the_person_is_written_to_elsewhere(shop: Store, ana: Customer) -> None:
    old = path_of(ana)
    gone = "/" + unsubscribe_url(ana, 1, "email", store_id=shop.pk, planned_at=clock.now()).split("/", 3)[3]
    with work_for(shop):
        Customer.objects.filter(pk=ana.pk).update(email="ana.new@example.test", email_key="ana.new@example.test")
    before = state_of(shop)
    for answer in (Client().get(old), Client().post(old, {"do": "stop"})):
        assert (answer.status_code, b"ana.new@example.test" in answer.content) == (404, False)
    assert b"newest mail" in Client().get(old).content
    assert state_of(shop) == before
    assert b"/p/" not in Client().get(gone).content, "whoever reads the old mail gets no new key"
    assert Client().post(gone, {"List-Unsubscribe": "One-Click"}).status_code == 200
    with work_for(shop):
        assert may_write([ana.pk], channel="email") == set()


def test_another_shop_s_person_and_a_changed_token_open_nothing(shop: Store, ana: Customer) -> None:
    other = make_store("Kite")
    foreign = "/" + preferences_url(ana, store_id=other.pk, planned_at=clock.now()).split("/", 3)[3]
    before = state_of(shop, other)
    for path in (foreign, path_of(ana)[:-4] + "AAA/", "/p/nonsense/"):
        for answer in (Client().get(path), Client().post(path, {"do": "stop"})):
            assert (answer.status_code, b"ana@example.test" in answer.content) == (404, False)
    assert state_of(shop, other) == before


def test_a_merged_person_s_old_links_lead_to_who_they_are_now(shop: Store, ana: Customer) -> None:
    old = path_of(ana)
    with work_for(shop):
        (message,) = make_ready(1, now=clock.now())
        Message.objects.filter(pk=message.pk).update(customer=ana)
        gone = "/" + unsubscribe_url(ana, message.pk, "email", store_id=shop.pk, planned_at=clock.now()).split("/", 3)[3]
        (account,) = identify([Claim(external="1001", trusted=True)], now=clock.now())
        assert identify([Claim(external="1001", email="ana@example.test", trusted=True)], now=clock.now()) == [account]
        assert not Customer.objects.filter(pk=ana.pk).exists()
    assert b"ana@example.test" in Client().get(old).content
    assert Client().post(gone, {"List-Unsubscribe": "One-Click"}).status_code == 200
    with work_for(shop):
        assert may_write([account], channel="email") == set()


def test_choices_follow_a_merge_and_the_later_word_counts(shop: Store, ana: Customer) -> None:
    bo, topic, other = make_customer(shop), make_topic(shop, "News"), make_topic(shop, "Sales")
    now = clock.now()
    with work_for(shop):
        for customer, chosen, wanted, age in ((ana, topic, True, 2), (bo, topic, False, 1), (bo, other, True, 3)):
            moment = now - timedelta(days=age)
            Preference.objects.create(customer=customer, topic=chosen, channel="email", wanted=wanted, changed_at=moment)
        move_preferences([Pair(bo.pk, ana.pk)])
        assert set(Preference.objects.values_list("customer_id", "topic__name", "wanted")) == {
            (ana.pk, "News", False),
            (ana.pk, "Sales", True),
        }


def test_an_archived_topic_is_not_offered(shop: Store, ana: Customer) -> None:
    topic = make_topic(shop, "Old news")
    with work_for(shop):
        Topic.objects.filter(pk=topic.pk).update(archived_at=clock.now())
    assert b"Old news" not in Client().get(path_of(ana)).content


def test_the_unsubscribe_page_leads_here_and_still_works_with_one_click(shop: Store, ana: Customer) -> None:
    url = unsubscribe_url(ana, 1, "email", store_id=shop.pk, planned_at=clock.now())
    path = "/" + url.split("/", 3)[3]
    page = Client().get(path).content.decode()
    assert "/p/" in page
    with work_for(shop):
        assert may_write([ana.pk], channel="email") == {ana.pk}
    answer = Client(enforce_csrf_checks=True).post(path, {"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, "Location" in answer) == (200, False)
    with work_for(shop):
        assert may_write([ana.pk], channel="email") == set()
