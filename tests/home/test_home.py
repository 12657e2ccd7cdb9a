"""The home page: the first day's list, the daily page, its parts, and who may see and hide what."""

from datetime import timedelta

import pytest
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse

from campaigns.measurement.counters import messages_counter
from campaigns.models import Journey
from retention.customers.home import arrived_counter, customers_counter
from retention.customers.models import Customer, CustomerEvent
from retention.home.telling import greeting, sentence, since_yesterday
from retention.kit.clock import now
from retention.orders.models import Cart, Order
from retention.orders.telling import orders_counter
from retention.stores.models import Store
from retention.tenancy.context import store_context
from tests.campaigns.journeys.journeying import make_journey
from tests.cast import Lumen, lumen, other_store
from tests.factories import make_key, signed_in
from tests.factories.customers import make_customer, make_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Lumen:
    """Lumen Coffee, nothing set up."""
    return lumen()


@pytest.fixture
def owner(shop: Lumen) -> Client:
    """The owner's browser."""
    return signed_in(shop.nora)


def _at(name: str, store: Store) -> str:
    return reverse(name, kwargs={"store_slug": store.slug})


def _hear(store: Store, name: str = "Product Viewed") -> None:
    with store_context(store.pk):
        CustomerEvent.objects.create(kind="track", name=name, occurred_at=now(), received_at=now())


def _finish(store: Store) -> None:
    """Do every step of the set-up."""
    _hear(store)
    with store_context(store.pk):
        Customer.objects.create(email="zoe@example.test", email_key="zoe@example.test")
        Journey.objects.create(name="Basket reminder", state="live", live_number=1, launched_at=now(), for_quiet=True)
    store.postal_address = "Musterweg 4, Berlin"
    store.save()


def test_the_first_page_leads_on(client: Client, shop: Lumen, owner: Client) -> None:
    assert client.get("/").headers["Location"] == "/accounts/login/"
    assert owner.get("/").headers["Location"] == "/s/lumen/"


def test_the_store_last_looked_at_opens_next_time(shop: Lumen, owner: Client) -> None:
    from tests.factories import make_store, member_of

    second = make_store("Aachen Tea", slug="aachen")
    member_of(second, user=shop.nora)
    owner.get(_at("home", shop.store))
    assert owner.get("/").headers["Location"] == "/s/lumen/"
    owner.get(_at("home", second))
    assert owner.get("/").headers["Location"] == "/s/aachen/"


def test_the_first_day_shows_six_steps_and_zeros_with_their_reason(shop: Lumen, owner: Client) -> None:
    shop.store.postal_address = ""
    shop.store.save()
    answer = owner.get(_at("home", shop.store))
    body = answer.content.decode()
    assert answer.status_code == 200
    assert len(answer.context["checklist"].steps) == 6
    assert "1 of 6 done" in body
    assert body.count('class="cur"') == 1
    assert "Listening. Nothing heard yet." in body
    assert len(answer.context["counters"]) == 4
    assert all(counter.zero and counter.sub for counter in answer.context["counters"])


def test_the_connect_step_shows_the_public_key_to_those_who_may_see_keys(shop: Lumen, owner: Client) -> None:
    _key, text = make_key(shop.store, "public")
    assert text in owner.get(_at("home", shop.store)).content.decode()
    assert text not in signed_in(shop.ada).get(_at("home", shop.store)).content.decode()


def test_listening_turns_when_the_first_event_arrives(shop: Lumen, owner: Client) -> None:
    quiet = owner.get(_at("home_listening", shop.store))
    assert "Nothing heard yet" in quiet.content.decode()
    assert "HX-Refresh" not in quiet.headers
    _hear(shop.store, "Product Added")
    heard = owner.get(_at("home_listening", shop.store))
    assert "Heard: Product Added" in heard.content.decode()
    assert heard.headers["HX-Refresh"] == "true"


def test_another_stores_event_is_not_heard(shop: Lumen, owner: Client) -> None:
    _hear(other_store()[0])
    assert "Nothing heard yet" in owner.get(_at("home_listening", shop.store)).content.decode()


def test_hiding_the_checklist_holds_for_the_store_until_it_is_shown_again(shop: Lumen, owner: Client) -> None:
    assert owner.get(_at("home_checklist", shop.store)).status_code == 405
    assert owner.post(_at("home_checklist", shop.store)).headers["Location"] == "/s/lumen/"
    body = signed_in(shop.tom).get(_at("home", shop.store)).content.decode()
    assert "Since yesterday" in body
    assert "Show the checklist" in body
    owner.post(_at("home_checklist", shop.store), {"show": "1"})
    assert "Hide the checklist" in owner.get(_at("home", shop.store)).content.decode()


def test_only_those_who_run_the_store_hide_the_checklist(shop: Lumen) -> None:
    browser = signed_in(shop.mia)
    assert "Hide the checklist" not in browser.get(_at("home", shop.store)).content.decode()
    assert browser.post(_at("home_checklist", shop.store)).status_code == 403
    assert Store.objects.get(pk=shop.store.pk).checklist_hidden_at is None


def test_it_folds_away_when_everything_is_done(shop: Lumen, owner: Client) -> None:
    _finish(shop.store)
    body = owner.get(_at("home", shop.store)).content.decode()
    assert "Set up Lumen Coffee" not in body
    assert "You know 1 customer by name." in body
    assert "Show the checklist" not in body


def test_what_writes_by_itself_is_no_campaign_that_was_sent_and_no_plan_that_is_on(shop: Lumen, owner: Client) -> None:
    with store_context(shop.store.pk):
        Journey.objects.create(name="Birthday", state="live", live_number=1, launched_at=now())
    body = owner.get(_at("home", shop.store)).content.decode()
    assert ("It was sent." in body, "What you switched on writes by itself." in body) == (False, True)
    assert ("It is on." in body, "See the plan" in body) == (False, True)


@pytest.mark.parametrize(("event", "is_on"), [("Cart Idle", True), ("Checkout Started", True), ("Birthday Told", False)])
def test_a_journey_of_ones_own_about_left_baskets_stands_in_the_plan_s_stead(shop: Lumen, owner: Client, event: str, is_on: bool) -> None:
    with store_context(shop.store.pk):
        make_journey({"trigger": {"event": event}, "steps": [{"id": "end", "kind": "exit"}]}, now=now())
    body = owner.get(_at("home", shop.store)).content.decode()
    assert ("It is on." in body, "See the plan" in body) == (is_on, not is_on)


def test_a_shadow_brings_no_baskets_back(shop: Lumen, owner: Client) -> None:
    with store_context(shop.store.pk):
        tried = Journey.objects.create(name="Idle", state="draft", for_quiet=True)
        Journey.objects.create(name="Idle", state="live", live_number=1, launched_at=now(), for_quiet=True, shadow_of=tried)
    body = owner.get(_at("home", shop.store)).content.decode()
    assert ("It is on." in body, "See the plan" in body) == (False, True)


def test_the_daily_page_tells_what_happened(shop: Lumen, owner: Client) -> None:
    _finish(shop.store)
    with store_context(shop.store.pk):
        person = Customer.objects.get(email_key="zoe@example.test")
        moment = now()
        Cart.objects.create(
            customer=person,
            state="recovered",
            currency="EUR",
            total_minor=4820,
            started_at=moment,
            last_activity_at=moment,
            closed_at=moment,
        )
        Order.objects.create(customer=person, number="1", currency="EUR", total_minor=4820, placed_at=moment, received_at=moment)
        assert sentence(shop.store, now=moment) == "1 basket came back after a message in the last 30 days."
    body = owner.get(_at("home", shop.store)).content.decode()
    assert "1 basket came back" in body
    assert "worth €48.20" in body
    assert "Some of them would have come back by themselves." in body


def test_the_sentence_the_card_and_the_news_count_the_same_orders(shop: Lumen) -> None:
    moment, asked = now().replace(hour=12, minute=0), HttpRequest()
    asked.store = shop.store  # type: ignore[attr-defined]
    orders = {
        "today": {"placed_at": moment - timedelta(hours=1)},
        "called off": {"placed_at": moment - timedelta(hours=1), "cancelled_at": moment},
        "never paid": {"placed_at": moment - timedelta(hours=1), "payment_state": Order.Payment.VOIDED},
        "first day": {"placed_at": moment - timedelta(days=29)},
        "the day before": {"placed_at": moment - timedelta(days=30) + timedelta(hours=4)},
    }
    with store_context(shop.store.pk):
        for number, told in orders.items():
            Order.objects.create(number=number, currency="EUR", total_minor=1000, received_at=moment, **told)
        assert sentence(shop.store, now=moment) == "2 orders in the last 30 days; no message has left yet."
        assert orders_counter(asked, moment).sub == "2 orders"
        assert [one.title for one in since_yesterday(asked, now=moment)] == ["1 order"]


def test_the_card_says_why_no_message_left(shop: Lumen) -> None:
    with store_context(shop.store.pk):
        nothing_live = messages_counter(HttpRequest(), now()).sub
        Journey.objects.create(name="Idle, new here", state="live", live_number=1, launched_at=now(), for_quiet=True)
        cell_live = messages_counter(HttpRequest(), now()).sub
    assert nothing_live == "Messages leave once a journey, the recovery plan or a campaign is live."
    assert cell_live == "None in 30 days. What is live writes to whoever comes into it."


def test_the_live_part_is_a_fragment(shop: Lumen, owner: Client) -> None:
    body = owner.get(_at("home_live", shop.store)).content.decode()
    assert "<html" not in body
    assert 'id="needs-you"' in body


def test_every_role_sees_home_and_strangers_do_not(shop: Lumen, client: Client) -> None:
    for role in ("owner", "manager", "marketer", "analyst", "support"):
        browser = signed_in(shop.person(role))
        assert browser.get(_at("home", shop.store)).status_code == 200, role
        assert browser.get(_at("home_live", shop.store)).status_code == 200, role
    assert signed_in(other_store()[1]).get(_at("home", shop.store)).status_code == 404
    assert client.get(_at("home", shop.store)).status_code == 302


@pytest.mark.parametrize(("hour", "words"), [(0, "Good morning, Nora"), (12, "Good afternoon, Nora"), (18, "Good evening, Nora")])
def test_greets_by_the_time_of_day(hour: int, words: str) -> None:
    midnight = now().replace(hour=0, minute=0)
    assert greeting(midnight + timedelta(hours=hour), name="Nora Keller") == words


def test_figures_that_are_asked_every_few_seconds_count_no_further_than_their_bound(shop: Lumen, owner: Client, monkeypatch) -> None:
    for name in ("count_up_to", "count_arrived", "count_new"):
        monkeypatch.setattr(f"retention.customers.totals.{name}.__kwdefaults__", {"most": 2})
    for number in range(3):
        customer = make_customer(shop.store, f"p{number}@example.test")
        make_event(customer, "Product Viewed")
        make_event(customer, "Delivered", kind="own")
    with store_context(shop.store.pk):
        assert [counter(HttpRequest(), now()).value for counter in (customers_counter, arrived_counter)] == ["2+", "2+"]
    assert owner.get(_at("home", shop.store)).status_code == 200
