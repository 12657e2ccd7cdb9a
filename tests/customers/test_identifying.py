"""Who is it? Tables of claims and the people that come out, and what a merge carries over."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from retention.customers.consent import address_digest, is_suppressed, may_write, suppress
from retention.customers.events import record
from retention.customers.identifying import Claim, email_key, identify, vouch
from retention.customers.merging import MERGED, merge
from retention.customers.models import Consent, Customer, CustomerEvent, Identity, Pending
from retention.customers.personal_data import Pair
from retention.kit.money import LARGEST_MINOR
from retention.orders.figures import refigure
from retention.orders.models import Cart, Order
from tests.factories import make_store, work_for
from tests.factories.customers import make_cart, make_customer, make_event, make_order

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 9, 12, tzinfo=UTC)


def who(*claims, together=True):
    """Return small numbers for the people of the claims, in order of appearance."""
    found = identify(claims, now=NOW) if together else [identify([claim], now=NOW)[0] for claim in claims]
    last = identify(claims, now=NOW)
    assert len(found) == len(last)
    order = list(dict.fromkeys(last))
    return [order.index(person) for person in last]


def ours(**names):
    return Claim(**names, trusted=True)


CASES = {
    "a browser becomes a person": ([ours(anonymous="b"), ours(anonymous="b", external="u")], [0, 0], 1),
    "a browser joins a known person": ([ours(external="u"), ours(anonymous="b"), ours(anonymous="b", external="u")], [0, 0, 0], 1),
    "an address joins an account": ([ours(email="a@b.test"), ours(external="u"), ours(external="u", email="A@B.test")], [0, 0, 0], 1),
    "two accounts stay two": (
        [ours(external="u"), ours(external="v"), ours(external="u", anonymous="b"), ours(external="v", anonymous="b")],
        [0, 1, 0, 1],
        2,
    ),
    "an address stays with its account": ([ours(external="u", email="a@b.test"), ours(external="v", email="a@b.test")], [0, 1], 2),
    "another address on a shared browser": ([ours(anonymous="b", email="a@b.test"), ours(anonymous="b", email="c@d.test")], [0, 1], 2),
    "a chain": (
        [ours(anonymous="b"), ours(anonymous="c"), ours(anonymous="b", email="a@b.test"), ours(anonymous="c", email="a@b.test")],
        [0, 0, 0, 0],
        1,
    ),
    "a public key joins no two known people": (
        [ours(external="u", email="a@b.test"), ours(email="c@d.test"), Claim(external="u", email="c@d.test")],
        [0, 1, 0],
        2,
    ),
}


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_names_become_people(case, together):
    claims, expected, count = CASES[case]
    with work_for(make_store()):
        assert who(*claims, together=together) == expected
        assert Customer.objects.count() == count


@pytest.mark.parametrize("text", ["", "x", "@", "a@", "@b.test", "a@b", "a b@c.test", "a" * 250 + "@b.test"])
def test_what_cannot_be_an_address_is_no_name(text):
    assert email_key(text) == ""


def test_a_browser_takes_no_name_that_the_shop_will_use_tomorrow():
    with work_for(make_store()), transaction.atomic():
        (ana,) = identify([Claim(email="ana@example.test", trusted=True)], now=NOW)
        identify([Claim(external="squat", email="ana@example.test", anonymous="evil")], now=NOW)
        (told,) = identify([Claim(external="1001", email="ana@example.test", trusted=True)], now=NOW)
        assert told == ana
        assert not Identity.objects.filter(kind="external", value="squat", customer_id=ana).exists()


def test_a_browser_joins_no_two_people_who_are_known():
    with work_for(make_store()), transaction.atomic():
        (account,) = identify([Claim(external="1002", trusted=True)], now=NOW)
        (reader,) = identify([Claim(email="reader@example.test", trusted=True)], now=NOW)
        identify([Claim(external="1002", email="reader@example.test")], now=NOW)
        assert set(Customer.objects.values_list("pk", flat=True)) == {account, reader}
        assert identify([Claim(external="1002", email="reader@example.test", trusted=True)], now=NOW) == [account]
        assert Customer.objects.count() == 1


def owner_of(kind, value):
    return Identity.objects.get(kind=kind, value=value).customer_id


def test_whoever_claimed_an_account_before_it_was_there_inherits_nothing():
    with work_for(make_store()), transaction.atomic():
        (thief,) = identify([Claim(external="1001", email="me+1001@evil.example", anonymous="evil")], now=NOW)
        vouch(thief, [("email", "me+1001@evil.example")])  # they can read their own mail
        (real,) = identify([Claim(external="1001", email="ana@example.test", trusted=True)], now=NOW)
        assert real != thief
        assert (owner_of("external", "1001"), owner_of("email", "ana@example.test")) == (real, real)
        assert (owner_of("email", "me+1001@evil.example"), owner_of("anonymous", "evil")) == (thief, thief)
        assert identify([Claim(external="1001", email="me+1001@evil.example", anonymous="evil")], now=NOW) == [real]
        assert owner_of("email", "me+1001@evil.example") == thief


@pytest.mark.parametrize("together", [True, False])
def test_an_account_the_server_names_alone_starts_anew_until_it_names_the_address_too(together):
    claims = [Claim(external="u", email="ana@example.test", anonymous="b"), ours(external="u")]
    with work_for(make_store()), transaction.atomic():
        browser, account = identify(claims, now=NOW) if together else [identify([one], now=NOW)[0] for one in claims]
        assert browser != account
        assert (owner_of("external", "u"), owner_of("anonymous", "b")) == (account, browser)
        assert identify([ours(external="u", email="ana@example.test")], now=NOW) == [account]
        assert (Customer.objects.count(), owner_of("anonymous", "b")) == (1, account)


@pytest.mark.parametrize("together", [True, False])
def test_a_browser_s_account_and_address_become_the_server_s_when_it_names_both(together):
    claims = [Claim(external="u", email="ana@example.test", anonymous="b"), ours(external="u", email="ana@example.test")]
    with work_for(make_store()), transaction.atomic():
        assert who(*claims, together=together) == [0, 0]
        assert dict(Identity.objects.values_list("kind", "vouched")) == {"external": True, "email": True, "anonymous": False}


@pytest.mark.parametrize("together", [True, False])
def test_a_browser_gives_no_address_to_an_account_the_server_knows(together):
    with work_for(make_store()), transaction.atomic():
        assert who(ours(external="1001"), Claim(external="1001", email="me@evil.example"), together=together) == [0, 0]
        assert not Identity.objects.filter(kind="email").exists()


def test_a_browser_cannot_be_the_one_who_placed_an_order():
    with work_for(make_store()), transaction.atomic():
        claimed = identify([Claim(anonymous="woocommerce-order:7", email="me@evil.example"), Claim(external="shopify-cart:x")], now=NOW)
        real = identify([ours(anonymous="woocommerce-order:7"), ours(anonymous="shopify-cart:x")], now=NOW)
        assert not set(claimed) & set(real)


def test_an_address_that_is_one_only_when_folded_is_none():
    assert email_key("a@" + "b" * 60 + ".test") != ""
    assert email_key("a@b" + "\u0307" * 300 + ".test") == ""
    assert email_key("ﬀ".replace("ﬀ", "e\u0301") * 130 + "@b.test") == ""


def test_a_merge_carries_everything_over_and_says_so():
    store = make_store()
    kept, gone = make_customer(store, "ana@example.test"), make_customer(store, "", first_name="Ana", city="Riga")
    make_event(gone, "Product Added", trusted=True, properties={"product_id": "p", "price": 5}, at=NOW)
    make_event(kept, "Product Added", trusted=True, properties={"product_id": "q", "price": 1}, at=NOW + timedelta(minutes=1))
    make_cart(gone, touched=NOW)
    make_cart(kept, touched=NOW + timedelta(minutes=1))
    make_order(gone, number="1", placed=NOW + timedelta(minutes=5))
    with work_for(store):
        Identity.objects.create(customer=gone, kind="anonymous", value="b")
        Consent.objects.create(customer=gone, channel="email", status="refused", changed_at=NOW)
        Consent.objects.create(customer=kept, channel="email", status="granted", changed_at=NOW - timedelta(days=1))
        record(gone.pk, name="Noted", now=NOW)
        merge([Pair(gone.pk, kept.pk)], now=NOW, rules={gone.pk: "person"})
        survivor = Customer.objects.get()
        assert (survivor.pk, survivor.first_name, survivor.city, survivor.email) == (kept.pk, "Ana", "Riga", "ana@example.test")
        for model in (Identity, CustomerEvent, Order, Cart, Pending):
            assert set(model.objects.values_list("customer_id", flat=True)) == {kept.pk}
        assert Consent.objects.get().status == "refused"
        bought = Cart.objects.get(state="bought")
        assert (bought.total_minor, bought.orders.get().number) == (600, "1")
        assert Cart.objects.filter(state="merged").count() == 1
        assert CustomerEvent.objects.get(name=MERGED).properties["merged"] == str(gone.public_id)


def test_the_gate_asks_for_a_yes_and_a_suppressed_address_stays_blocked():
    store = make_store()
    yes, no, never = make_customer(store, allows=("email",)), make_customer(store), make_customer(store, allows=("sms",))
    with work_for(store):
        Consent.objects.create(customer=no, channel="email", status="refused")
        assert may_write([yes.pk, no.pk, never.pk], channel="email") == {yes.pk}
        suppress("Ana@Example.test ", channel="email", reason="bounced", now=NOW)
        suppress("ana@example.test", channel="email", reason="complained", now=NOW)
        assert is_suppressed("ANA@example.test", channel="email")
        assert not is_suppressed("ana@example.test", channel="sms")
    assert "ana" not in address_digest("ana@example.test")
    with work_for(make_store()):
        assert not is_suppressed("ana@example.test", channel="email")


def test_after_a_join_the_figures_are_what_the_orders_come_to():
    store = make_store()
    kept, gone, third, new = (make_customer(store) for _number in range(4))
    make_order(kept, total_minor=1000, placed=NOW - timedelta(days=9))
    make_order(gone, total_minor=700, refunded_minor=200, placed=NOW - timedelta(days=30))
    make_order(gone, total_minor=5000, currency="USD", placed=NOW - timedelta(days=2))
    make_order(gone, total_minor=900, cancelled_at=NOW, placed=NOW - timedelta(days=1))
    make_order(third, total_minor=300, placed=NOW - timedelta(days=4))
    with work_for(store):
        merge([Pair(gone.pk, kept.pk), Pair(third.pk, kept.pk)], now=NOW, rules={gone.pk: "person", third.pk: "person"})
        merge([Pair(kept.pk, new.pk)], now=NOW, rules={kept.pk: "person"})
        figures = Customer.objects.filter(pk=new.pk).values_list("orders_count", "spent_minor", "first_order_at", "last_order_at")
        joined = figures.get()
        refigure([new.pk], currency=store.currency)
        assert joined == figures.get() == (4, 1800, NOW - timedelta(days=30), NOW - timedelta(days=2))


def test_two_who_each_spent_the_most_there_is_can_be_joined():
    store = make_store()
    kept, gone = (make_customer(store) for _number in range(2))
    for one in (kept, gone):
        make_order(one, total_minor=LARGEST_MINOR)
    with work_for(store):
        merge([Pair(gone.pk, kept.pk)], now=NOW, rules={gone.pk: "person"})
        assert Customer.objects.values_list("orders_count", "spent_minor").get() == (2, LARGEST_MINOR)
