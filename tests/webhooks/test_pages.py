"""Settings, Webhooks: adding one, its secret once, what it hears, a test with the real answer, pausing, replaying, removing."""

import re

import pytest

from retention.stores.models import AuditEntry
from retention.webhooks.home_parts import paused_endpoints
from retention.webhooks.models import Endpoint, OutgoingEvent, WebhookDelivery
from retention.webhooks.outbox import announce, forget
from retention.webhooks.sweeping import KEPT_FOR, sweep_old
from retention.webhooks.types import TEST
from tests.cast import lumen
from tests.factories import signed_in, work_for
from tests.kit.stage import answer
from tests.webhooks.conftest import NOON, Hooks

LIST = "/s/lumen/settings/webhooks/"


@pytest.fixture
def cast(transactional_db):
    return lumen()


@pytest.fixture
def shop(hooks: Hooks, cast) -> Hooks:
    """Lumen Coffee, with a receiver."""
    hooks.store = cast.store
    return hooks


@pytest.fixture
def owner(shop, cast):
    return signed_in(cast.nora)


def make(client, shop, **changes):
    wish = {
        "url": f"http://127.0.0.1:{shop.stage.port}/hooks",
        "description": "Warehouse",
        "types": ["customer.created", "consent.changed"],
    }
    return client.post(f"{LIST}make/", wish | changes)


def only(shop) -> Endpoint:
    with work_for(shop.store):
        return Endpoint.objects.get()


def page_of(shop) -> str:
    return f"{LIST}{only(shop).public_id}/"


def test_shows_the_secret_once_and_notes_who_made_it(shop, owner):
    answered = make(owner, shop)
    [secret] = set(re.findall(r"whsec_[A-Za-z0-9+/=]{44}", answered.content.decode()))
    assert answered.headers["Cache-Control"] == "no-store"
    assert secret not in owner.get(page_of(shop)).content.decode()
    assert "Warehouse" in owner.get(LIST).content.decode()
    with work_for(shop.store):
        assert AuditEntry.objects.get(action="webhook.made").details == {"types": ["customer.created", "consent.changed"]}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": "ftp://example.com/"}, "Only https addresses are allowed."),
        ({"url": "http://user:secret@127.0.0.1/"}, "Leave out name and password."),
        ({"url": "http://10.0.0.1:1/"}, "The port is not allowed."),
        ({"url": "nonsense"}, "Only https addresses are allowed."),
        ({"url": "http://0x7f.1/"}, "This host name cannot be used."),
        ({"types": []}, "Choose at least one thing to tell."),
        ({"types": ["customer.exploded"]}, "Select a valid choice"),
        ({"description": "a\nb"}, "Write this in one line."),
    ],
)
def test_refuses_what_could_never_work_and_says_why(shop, owner, changes, said):
    answered = make(owner, shop, **changes)
    assert answered.status_code == 422
    assert said in answered.content.decode()
    with work_for(shop.store):
        assert Endpoint.objects.count() == 0


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/x", "https://169.254.169.254/x", "https://localhost/x", "https://[::1]/x", "https://db.internal/"]
)
def test_in_production_refuses_addresses_inside(shop, owner, settings, url):
    settings.FETCH_POLICY = "public"
    answered = make(owner, shop, url=url)
    assert answered.status_code == 422
    assert "inside a network that is not public" in answered.content.decode()
    assert make(owner, shop, url="https://hooks.example.com/x").status_code == 200


def test_address_and_secret_ask_for_the_second_factor(shop, owner, cast):
    make(owner, shop)
    plain = signed_in(cast.nora, stepped_up=False)
    endpoint = only(shop)
    for where in (f"{LIST}new/", f"{page_of(shop)}change/"):
        assert plain.get(where).status_code == 302
    for where in (f"{LIST}make/", f"{page_of(shop)}rotate/", f"{page_of(shop)}remove/", f"{page_of(shop)}change/"):
        assert plain.post(where, {"url": "https://evil.example.com/"}).status_code == 302
    assert vars(only(shop)) | {"_state": None} == vars(endpoint) | {"_state": None}


def test_a_test_shows_the_real_answer_and_changes_nothing_else(shop, owner):
    shop.stage.play("/teapot", answer(418, b"short and stout"))
    make(owner, shop, url=f"http://127.0.0.1:{shop.stage.port}/teapot")
    answered = owner.post(f"{page_of(shop)}test/", follow=True)
    text = answered.content.decode()
    assert "Answered 418" in text
    assert "short and stout" in text
    assert only(shop).state == "live"
    with work_for(shop.store):
        assert WebhookDelivery.objects.get().state == "failed"
        assert OutgoingEvent.objects.get().type == TEST
    assert shop.send() == 0


def test_a_test_goes_out_although_the_webhook_is_paused(shop, owner):
    make(owner, shop)
    owner.post(f"{page_of(shop)}pause/")
    text = owner.post(f"{page_of(shop)}test/", follow=True).content.decode()
    assert "Answered 200" in text
    assert only(shop).state == "paused"


def test_pausing_and_resuming_are_written_down_with_a_name(shop, owner):
    make(owner, shop)
    owner.post(f"{page_of(shop)}pause/")
    assert "Nora" in owner.get(page_of(shop)).content.decode()
    shop.say()
    assert shop.send() == 0
    assert "Held back" in owner.get(page_of(shop)).content.decode()
    owner.post(f"{page_of(shop)}resume/")
    with work_for(shop.store):
        assert set(AuditEntry.objects.filter(action__startswith="webhook.").values_list("action", flat=True)) == {
            "webhook.made",
            "webhook.paused",
            "webhook.resumed",
        }
    assert only(shop).state == "live"


def test_changing_writes_the_names_of_the_fields_and_not_their_values(shop, owner):
    make(owner, shop)
    answered = owner.post(f"{page_of(shop)}change/", {"url": only(shop).url, "description": "Other", "types": ["consent.changed"]})
    assert answered.status_code == 302
    with work_for(shop.store):
        assert AuditEntry.objects.get(action="webhook.changed").details == {"fields": ["description", "types"]}
    assert (only(shop).description, only(shop).types) == ("Other", ["consent.changed"])


def test_rotating_shows_a_new_secret_and_says_how_long_both_sign(shop, owner):
    old = re.search(r"whsec_[A-Za-z0-9+/=]{44}", make(owner, shop).content.decode())[0]
    new = re.search(r"whsec_[A-Za-z0-9+/=]{44}", owner.post(f"{page_of(shop)}rotate/").content.decode())[0]
    assert old != new
    assert "Two secrets sign until" in owner.get(page_of(shop)).content.decode()


def test_replays_one_and_what_failed_in_a_period(shop, owner):
    make(owner, shop)
    shop.say()
    shop.send()
    with work_for(shop.store):
        one = WebhookDelivery.objects.get()
    where = f"{page_of(shop)}deliveries/{one.public_id}/"
    assert "Answered 200" in owner.get(where).content.decode()
    owner.post(f"{where}replay/")
    assert "It is on its way already." in owner.post(f"{where}replay/", follow=True).content.decode()
    with work_for(shop.store):
        WebhookDelivery.objects.update(state="failed")
    wrong = owner.post(f"{page_of(shop)}replay/", {"first": "2026-11-21", "last": "2026-11-20"}, follow=True)
    assert "ends before it begins" in wrong.content.decode()
    right = owner.post(f"{page_of(shop)}replay/", {"first": "2026-11-20", "last": "2026-11-20"}, follow=True)
    assert "1 failed event is sent again." in right.content.decode()
    with work_for(shop.store):
        assert WebhookDelivery.objects.get().state == "ready"


def test_removing_takes_everything_along(shop, owner):
    make(owner, shop)
    shop.say()
    shop.send()
    owner.post(f"{page_of(shop)}remove/")
    with work_for(shop.store):
        assert (Endpoint.objects.count(), WebhookDelivery.objects.count()) == (0, 0)


def test_a_webhook_we_paused_stands_on_the_home_page(shop, owner, rf):
    make(owner, shop)
    with work_for(shop.store):
        only(shop).pause(reason="failed", now=NOON)
        request = rf.get("/")
        request.store, request.role = shop.store, "owner"
        [thing] = paused_endpoints(request, NOON)
        assert "Warehouse" in str(thing.title)
        request.role = "analyst"
        assert paused_endpoints(request, NOON) == []


def test_an_erased_person_leaves_what_was_told(shop, owner):
    make(owner, shop)
    with work_for(shop.store):
        person = only(shop).public_id  # any UUID will do
        announce("customer.created", {"customer": {"email": "ana@example.test"}}, now=NOON, about=person)
    shop.send()
    with work_for(shop.store):
        announce("customer.created", {"customer": {"email": "ana@example.test"}}, now=NOON, about=person)
        forget([person], now=NOON)
        assert set(OutgoingEvent.objects.values_list("data__erased", flat=True)) == {True}
        assert WebhookDelivery.objects.get().answer == ""
    assert shop.send() == 0


def test_what_was_told_leaves_after_thirty_days(shop, owner):
    make(owner, shop)
    shop.say()
    shop.send()
    assert sweep_old(now=NOON + KEPT_FOR) == 0
    shop.now = NOON + KEPT_FOR
    shop.say()
    assert sweep_old(now=shop.now + KEPT_FOR / 2) == 1
    with work_for(shop.store):
        assert (OutgoingEvent.objects.count(), WebhookDelivery.objects.count()) == (1, 0)
