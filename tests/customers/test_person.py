"""The page of one customer: the sentence, proof of consent, the timeline's kinds, correcting by hand, joining two."""

from datetime import timedelta

import pytest

from retention.customers.consent import suppress
from retention.customers.models import ConsentRecord, Customer, CustomerMerge, Identity
from retention.kit.clock import now
from retention.orders.models import Order
from retention.stores.models import AuditEntry
from tests.cast import lumen, other_store
from tests.factories import signed_in, work_for
from tests.factories.customers import make_cart, make_customer, make_event, make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return lumen()


@pytest.fixture
def ana(shop):
    return make_customer(
        shop.store,
        "ana@example.test",
        first_name="Ana",
        last_name="Ferrer",
        city="Valencia",
        country="ES",
        phone="+34612345014",
        interests=["Espresso"],
    )


def at(customer):
    """Return the address of a customer's page."""
    return f"/s/lumen/customers/{customer.public_id}/"


def test_the_lead_tells_the_rhythm_and_what_is_different_now(shop, ana):
    for days in (240, 150, 60):
        make_order(ana, placed=now() - timedelta(days=days))
    page = signed_in(shop.mia).get(at(ana)).content.decode()
    assert "Valencia, Spain." in page
    assert "about one every 90 days." in page
    assert "The next one is due about now: the last was 60 days ago." in page
    make_cart(ana, price_minor=3870, touched=now() - timedelta(days=2), idle_at=now())
    assert "A basket of €38.70 was left alone 2 days ago." in signed_in(shop.mia).get(at(ana)).content.decode()


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ([], "No order yet."),
        ([3], "That was 3 days ago."),
        ([300, 200], "100 days late this time: the last order is 200 days ago."),
        ([120, 5], "The next one is not due yet: the last was 5 days ago."),
    ],
)
def test_each_rhythm_has_its_own_sentence(shop, ana, days, words):
    for back in days:
        make_order(ana, placed=now() - timedelta(days=back))
    assert words in signed_in(shop.mia).get(at(ana)).content.decode()


def test_value_over_time_takes_refunds_off_and_draws_the_steps(shop, ana):
    make_order(ana, total_minor=5_000, placed=now() - timedelta(days=90))
    make_order(ana, total_minor=3_000, refunded_minor=1_000, payment_state="part_refunded", placed=now() - timedelta(days=9))
    make_order(ana, total_minor=9_900, cancelled_at=now(), placed=now() - timedelta(days=5))
    page = signed_in(shop.mia).get(at(ana)).content.decode()
    assert "€70.00" in page
    assert "in 2 orders" in page
    assert 'aria-label="Total spent from' in page
    assert "€10.00 given back" in page
    assert "called off" in page


def test_consent_shows_its_history_with_proof(shop, ana):
    with work_for(shop.store):
        ConsentRecord.objects.create(
            customer=ana,
            channel="email",
            status="granted",
            method="double_opt_in",
            source="First bag",
            text_version="v3",
            ip="192.0.2.7",
            proof={"form": "12"},
            said_at=now(),
        )
    page = signed_in(shop.mia).get(at(ana)).content.decode()
    for part in ("History and proof", "First bag", "v3", "192.0.2.7", "<dt>form</dt><dd>12</dd>", "Said yes to E-mail"):
        assert part in page


def test_the_timeline_shows_one_kind_at_a_time_and_older_days_on_demand(shop, ana):
    make_event(ana, "Product Viewed", properties={"name": "Grinder"})
    make_event(ana, "Order Completed", properties={"order_id": "7", "total": "12.50", "currency": "EUR", "products": [{"name": "Beans"}]})
    make_event(ana, "Email Delivered", properties={"subject": "Hello"}, kind="own")
    with work_for(shop.store):
        ConsentRecord.objects.create(customer=ana, channel="sms", status="refused", said_at=now())
    browser = signed_in(shop.mia)
    words = {"visits": "Looked at Grinder", "orders": "Ordered, number 7", "messages": "E-mail delivered", "consent": "Said no to SMS"}
    everything = browser.get(at(ana)).content.decode()
    for kind, own in words.items():
        part = browser.get(at(ana), {"kind": kind}, headers={"HX-Request": "true", "HX-Target": "timeline"}).content.decode()
        assert own in everything
        assert [word for word in words.values() if word in part] == [own]
    assert "€12.50, Beans" in everything
    for number in range(60):
        make_event(ana, "Product Viewed", properties={"name": f"Bean {number}"}, at=now() - timedelta(days=1 + number))
    older = browser.get(at(ana)).context["story"].older
    part = browser.get(at(ana), {"cursor": older}, headers={"HX-Request": "true", "HX-Target": "older"}).content.decode()
    assert "Bean 59" in part
    assert "This is where their story begins." in part
    assert "Said no to SMS" not in part


def test_one_event_opens_raw_by_its_own_address_only(shop, ana):
    event = make_event(ana, "Product Viewed", properties={"name": "Grinder", "nested": {"deep": "<b>1</b>"}}, refusal="Too old.")
    browser = signed_in(shop.mia)
    where = f"/s/lumen/arriving/{event.arrival}/{event.public_id}/"
    page = browser.get(where).content.decode()
    for part in ("Grinder", "&lt;b&gt;1&lt;/b&gt;", "Too old.", "Ana Ferrer"):
        assert part in page
    assert "<html" not in browser.get(where, headers={"HX-Request": "true"}).content.decode()
    assert browser.get(f"/s/lumen/arriving/{event.arrival + 1}/{event.public_id}/").status_code == 404
    assert browser.get(f"/s/lumen/arriving/{10**25}/{event.public_id}/").status_code == 404
    assert signed_in(shop.ada).get(where).status_code == 403


def test_correcting_saves_what_differs_and_notes_the_fields_without_values(shop, ana):
    browser = signed_in(shop.mia)
    sent = browser.get(f"{at(ana)}edit/").context["form"].initial
    answer = browser.post(
        f"{at(ana)}save/",
        sent | {"first_name": "Anna", "birthday": "--04-12", "interests": "Tea, Espresso", "city": "", "email": "anna@example.test"},
    )
    assert answer.status_code == 302
    with work_for(shop.store):
        kept = Customer.objects.get(pk=ana.pk)
        entry = AuditEntry.objects.get(action="customer.edited")
        assert Identity.objects.filter(customer=ana, kind="email").count() == 2
        assert kept.events.get(name="Customer Saved").properties["by"] == "person"
    assert (kept.first_name, kept.name_key, kept.birthday, kept.interests, kept.city, kept.email_key) == (
        "Anna",
        "anna ferrer",
        "--04-12",
        ["Tea", "Espresso"],
        "",
        "anna@example.test",
    )
    assert entry.details == {"fields": ["birthday", "city", "email", "first_name", "interests"]}
    assert "Anna" not in str(entry.details)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "nonsense"),
        ("phone", "0170 1"),
        ("birthday", "31.02.1990"),
        ("zone", "Mars/Base"),
        ("country", "Spain"),
        ("language", "!"),
        ("first_name", "x" * 101),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_saved(shop, ana, field, value):
    browser = signed_in(shop.mia)
    sent = browser.get(f"{at(ana)}edit/").context["form"].initial
    answer = browser.post(f"{at(ana)}save/", sent | {"city": "Lyon", field: value})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {field}
    with work_for(shop.store):
        assert Customer.objects.get(pk=ana.pk).city == "Valencia"
        assert not AuditEntry.objects.filter(action="customer.edited").exists()


def test_an_address_can_be_taken_away_from_who_is_known_by_something_else(shop, ana):
    browser = signed_in(shop.mia)
    sent = browser.get(f"{at(ana)}edit/").context["form"].initial
    assert browser.post(f"{at(ana)}save/", sent | {"email": ""}).status_code == 302
    with work_for(shop.store):
        kept = Customer.objects.get(pk=ana.pk)
        assert (kept.email, kept.email_key, kept.phone) == ("", None, "+34612345014")


def test_the_last_way_to_know_somebody_is_not_emptied(shop, ana):
    browser = signed_in(shop.mia)
    sent = browser.get(f"{at(ana)}edit/").context["form"].initial | {"email": "", "phone": ""}
    answer = browser.post(f"{at(ana)}save/", sent)
    assert (answer.status_code, set(answer.context["form"].errors)) == (422, {"email"})
    with work_for(shop.store):
        kept = Customer.objects.get(pk=ana.pk)
        assert (kept.email, kept.phone) == ("ana@example.test", "+34612345014")
        Identity.objects.create(customer=ana, kind="external", value="7")
    assert browser.post(f"{at(ana)}save/", sent).status_code == 302


def test_an_address_of_somebody_else_offers_to_compare_and_changes_nothing(shop, ana):
    bo = make_customer(shop.store, "bo@example.test", first_name="Bo")
    browser = signed_in(shop.mia)
    sent = browser.get(f"{at(ana)}edit/").context["form"].initial
    answer = browser.post(f"{at(ana)}save/", sent | {"email": "BO@example.test"})
    assert answer.status_code == 422
    assert f"one={ana.public_id}&amp;one={bo.public_id}" in answer.content.decode()
    with work_for(shop.store):
        assert Customer.objects.get(pk=ana.pk).email == "ana@example.test"


def test_two_people_are_found_compared_and_joined_and_the_old_address_leads_to_the_survivor(shop, ana):
    bo = make_customer(shop.store, "bo@example.test", first_name="Bo", language="da")
    make_order(bo, number="N-bo")
    browser = signed_in(shop.mia)
    assert "Bo" in browser.get(f"{at(ana)}join/?q=bo").content.decode()
    compared = browser.get(f"/s/lumen/customers/compare/?one={ana.public_id}&one={bo.public_id}")
    assert {line["label"]: line["wins"] for line in compared.context["lines"]}["Language"] == "other"
    answer = browser.post(f"{at(ana)}join/{bo.public_id}/")
    assert answer.url == at(ana)
    page = browser.get(at(bo), follow=True)
    assert page.redirect_chain[0][0] == at(ana)
    assert "Once more than one" in page.content.decode()
    with work_for(shop.store):
        assert Order.objects.get(number="N-bo").customer_id == ana.pk
        assert CustomerMerge.objects.get().rule == "person"
        assert AuditEntry.objects.filter(action="customer.joined").count() == 1
    assert browser.post(f"{at(ana)}join/{bo.public_id}/").status_code == 404


def test_joining_refuses_one_with_itself_strangers_and_those_without_the_right(shop, ana):
    elsewhere, _olga = other_store()
    stranger = make_customer(elsewhere, "s@example.test")
    browser = signed_in(shop.mia)
    browser.post(f"{at(ana)}join/{ana.public_id}/")
    assert browser.post(f"{at(ana)}join/{stranger.public_id}/").status_code == 404
    assert browser.get(f"/s/lumen/customers/compare/?one={ana.public_id}&one={stranger.public_id}").status_code == 404
    assert browser.get(f"/s/lumen/customers/compare/?one={ana.public_id}&one=nonsense").status_code == 404
    assert browser.get(f"/s/lumen/customers/compare/?one={ana.public_id}").status_code == 302
    assert signed_in(shop.ada).post(f"{at(ana)}join/{stranger.public_id}/").status_code == 403
    with work_for(shop.store):
        assert Customer.objects.filter(pk=ana.pk).exists()
        assert not CustomerMerge.objects.exists()


def test_a_blocked_address_is_said_before_what_they_allowed(shop):
    cem = make_customer(shop.store, "cem@example.test", allows=("email",), phone="+34612345099")
    with work_for(shop.store):
        suppress("cem@example.test", channel="email", reason="bounced", now=now())
        suppress("someone@example.test", channel="sms", reason="manual", now=now())
    page = signed_in(shop.mia).get(at(cem))
    told = {one.channel: (one.word, one.how) for one in page.context["permissions"]}
    assert told == {"E-mail": ("blocked", "Address does not exist"), "SMS": ("not asked", ""), "Push": ("not asked", "")}
    assert "Blocked</span>" in page.content.decode()
