"""Settings, Your website: the line to paste with the store's own key, and what counts as heard."""

from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from retention.customers.models import CustomerEvent
from retention.kit.clock import now
from retention.stores.models import ApiKey, AuditEntry, Store
from retention.tenancy.context import store_context
from tests.cast import Lumen, lumen, other_store
from tests.factories import make_key, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Lumen:
    """Lumen Coffee, nothing set up."""
    return lumen()


def _at(name: str, store: Store) -> str:
    return reverse(name, kwargs={"store_slug": store.slug})


def _hear(store: Store, name: str = "Product Viewed", *, trusted: bool = False, minutes_ago: int = 0) -> None:
    moment = now() - timedelta(minutes=minutes_ago)
    with store_context(store.pk):
        CustomerEvent.objects.create(
            kind="track", name=name, occurred_at=moment, received_at=moment, trusted=trusted, context={"page": {"path": "/grinders"}}
        )


def test_the_line_carries_the_store_s_own_public_key(shop: Lumen) -> None:
    make_key(other_store()[0], "public")
    make_key(shop.store, "secret")
    _key, text = make_key(shop.store, "public")
    body = unescape(signed_in(shop.nora).get(_at("home_website", shop.store)).content.decode())
    assert f'/static/js/boomerang.js" data-key="{text}"></script>' in body
    assert f'data-key="{text}" data-consent-required></script>' in body
    assert body.count("data-key=") == 2
    assert "sk_" not in body


def test_without_a_key_one_is_made_with_a_button_and_written_down(shop: Lumen) -> None:
    browser = signed_in(shop.nora)
    assert "Make the key" in browser.get(_at("home_website", shop.store)).content.decode()
    answers = [browser.post(_at("home_website_key", shop.store)) for _press in range(2)]
    assert [answer.headers["Location"] for answer in answers] == [_at("home_website", shop.store)] * 2
    with store_context(shop.store.pk):
        key = ApiKey.objects.get()
        assert AuditEntry.objects.filter(action="key.made", target=f"key:{key.pk}").count() == 1
    assert (key.kind, key.scopes, key.created_by) == ("public", [], shop.nora)
    body = browser.get(_at("home_website", shop.store)).content.decode()
    assert key.shown in body
    assert "Make the key" not in body


def test_it_is_for_those_who_may_see_keys(shop: Lumen) -> None:
    for person in (shop.mia, shop.ada):
        browser = signed_in(person)
        assert browser.get(_at("home_website", shop.store)).status_code == 403
        assert browser.get(_at("home_website_heard", shop.store)).status_code == 403
        assert browser.post(_at("home_website_key", shop.store)).status_code == 403
    with store_context(shop.store.pk):
        assert not ApiKey.objects.exists()


def test_it_hears_browsers_of_this_store_and_of_this_hour(shop: Lumen) -> None:
    browser = signed_in(shop.nora)
    _hear(other_store()[0])
    _hear(shop.store, trusted=True)
    _hear(shop.store, minutes_ago=61)
    quiet = browser.get(_at("home_website_heard", shop.store)).content.decode()
    assert "Nothing heard in the last hour." in quiet
    _hear(shop.store, "Product Added")
    heard = browser.get(_at("home_website_heard", shop.store)).content.decode()
    assert "We hear you." in heard
    assert "Product Added" in heard
    assert "/grinders" in heard
    assert "<html" not in heard


def test_the_first_day_leads_there(shop: Lumen) -> None:
    _key, text = make_key(shop.store, "public")
    body = unescape(signed_in(shop.nora).get(_at("home", shop.store)).content.decode())
    assert f'data-key="{text}"></script>' in body
    assert _at("home_website", shop.store) in body


def test_strangers_see_nothing_of_it(shop: Lumen, client: Client) -> None:
    assert client.get(_at("home_website", shop.store)).status_code == 302
    assert signed_in(other_store()[1]).get(_at("home_website", shop.store)).status_code == 404
