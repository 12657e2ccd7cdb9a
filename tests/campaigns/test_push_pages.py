"""The door for browsers of a shop's visitors, and Settings, Channels: what is taken, what is refused and why."""

import json
from typing import Any

import pytest
from django.test import Client

from campaigns.models import Connection, PushKeys, PushSubscription
from retention.customers.models import Consent
from retention.kit import clock
from retention.tenancy.context import store_context
from tests.campaigns.push_stage import Browser, push_ready, push_service, send_pushes, unb64
from tests.cast import lumen, other_store
from tests.factories import make_key, signed_in

pytestmark = pytest.mark.django_db
DOOR = "/push/browsers"
ENDPOINT = "https://updates.push.services.mozilla.com/wpush/v2/1"


def told(browser: Browser, key: str, **more: Any) -> dict[str, Any]:
    given = browser.subscription
    keys = {"p256dh": given.p256dh, "auth": given.auth}
    return {"writeKey": key, "anonymousId": "b-1", "subscription": {"endpoint": given.endpoint, "keys": keys}, **more}


def post(body: Any, **headers: str) -> Any:
    return Client().post(DOOR, json.dumps(body), content_type="text/plain", headers=headers)


def kept() -> int:
    return PushSubscription.objects.filter(gone_at=None).count()


def test_a_page_gets_the_key_brings_its_browser_and_takes_it_away(store: Any) -> None:
    _row, key = make_key(store, "public")
    answer = Client().get(f"{DOOR}?key={key}")
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer.json() == {"public_key": PushKeys.objects.get().public_key}
    assert len(unb64(answer.json()["public_key"])) == 65
    browser = Browser(ENDPOINT)
    assert post(told(browser, key), origin="https://lumen.example.test").status_code == 200
    assert post(told(browser, key)).status_code == 200, "the same again changes nothing"
    row = PushSubscription.objects.get()
    assert (row.endpoint, row.anonymous_id, Consent.objects.get().status) == (ENDPOINT, "b-1", "granted")
    assert post({"writeKey": key, "gone": ENDPOINT}).status_code == 200
    assert (kept(), Consent.objects.get().status) == (0, "refused")


def test_what_is_no_browser_of_this_shop_is_refused_with_the_field_and_the_reason(store: Any) -> None:
    row, key = make_key(store, "public")
    _secret_row, secret = make_key(store, "secret")
    good = Browser(ENDPOINT)
    cases = [
        (told(good, "pk_nonsense"), 401, "writeKey"),
        (told(good, secret), 401, "writeKey"),
        (told(good, key, anonymousId=""), 422, "anonymousId"),
        (told(good, key, anonymousId="x" * 201), 422, "anonymousId"),
        (told(good, key, subscription=None), 422, "subscription"),
        (told(good, key, subscription={"endpoint": ENDPOINT, "keys": {"p256dh": 1, "auth": 2}}), 422, "subscription"),
        (told(Browser(ENDPOINT + "x" * 2000), key), 422, "subscription"),
        (told(Browser(ENDPOINT.replace("https", "ftp")), key), 422, "subscription"),
        (told(Browser("https://push.example.net/send/1"), key), 422, "subscription"),
        (told(Browser(ENDPOINT, auth=b"short"), key), 422, "subscription"),
        ([], 400, ""),
    ]
    for body, status, field in cases:
        answer = post(body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (status, field), body
        assert answer.json()["errors"][0]["message"]
    assert Client().post(DOOR, b"\xff", content_type="text/plain").status_code == 400
    assert post({"x": "y" * 20_000}).status_code == 400
    row.origins = ["https://lumen.example.test"]
    row.save()
    assert post(told(good, key), origin="https://evil.example").status_code == 401
    assert kept() == 0


def test_web_push_is_connected_with_keys_of_the_store_and_tried_with_a_real_browser(settings: Any) -> None:
    shop, page = lumen(), "/s/lumen/settings/channels/"
    boss = signed_in(shop.nora)
    form = {"from_name": "Lumen", "contact": "push@lumen.example.test"}
    assert boss.post(f"{page}webpush/", {**form, "contact": "nobody"}).status_code == 422
    assert boss.post(f"{page}webpush/", form).status_code == 302
    with store_context(shop.store.pk):
        keys, connection = PushKeys.objects.get(), Connection.objects.get(channel="push")
        assert connection.credentials() == {"private_key": keys.private()}
        assert keys.private() not in boss.get(page).content.decode()
    answer = boss.post(f"{page}webpush/test/", {"to": "nobody@example.test"}, follow=True).content.decode()
    assert "no browser of this customer takes push messages" in answer
    boss.post(f"{page}webpush/stop/")
    boss.post(f"{page}webpush/", form)
    with store_context(shop.store.pk), push_service() as service:
        assert PushKeys.objects.get().public_key == keys.public_key, "browsers that said yes go on working"
        settings.FETCH_ALLOWED_PORTS = [service.port]
        _row, key = make_key(shop.store, "public")
        browser = service.browser()
        assert post(told(browser, key)).status_code == 200
        now = clock.now()
        push_ready(PushSubscription.objects.get().customer, now=now, stream="transactional")
        assert send_pushes(shop.store, now=now).states == {"sent": 1}
        assert browser.read(service.got[0][2])["title"] == "Hello you"
    other, _people = other_store()
    with store_context(other.pk):
        assert (PushKeys.objects.count(), PushSubscription.objects.count()) == (0, 0)
