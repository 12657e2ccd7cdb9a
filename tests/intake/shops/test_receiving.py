"""The doors for shops: proof on the raw bytes, stored once, answered; nothing without proof (S41)."""

import base64
import json
import time
from datetime import timedelta

import pytest
from django.test import Client

from retention.intake.models import Delivery, ShopConnection
from retention.intake.shops import connecting
from retention.intake.shops.receiving import NotSigned, find_connection, read_heading, receive
from retention.intake.shops.signing import is_signed, sign
from retention.kit import clock
from retention.kit.secrets import CannotUnseal
from retention.stores.models import StoreWork
from tests.factories import make_store, work_for
from tests.intake.shops.hooking import NOW, SECRET, headers_of, make_shop, raw_of, send

pytestmark = pytest.mark.django_db
ORDER = {"id": 450789469, "updated_at": "2026-11-20T10:00:00+01:00"}


def count(shop: ShopConnection) -> int:
    with work_for(shop.store):
        return Delivery.objects.count()


def test_a_signed_delivery_is_stored_as_it_came():
    shop = make_shop()
    raw = b'{ "id" : 450789469,\n "total_price": "1.00" }'
    answer = send(shop, "orders/create", raw, delivery="w-1", at="2026-11-20T09:11:00.123456789Z")
    assert (answer.status_code, answer.content) == (200, b"stored\n")
    with work_for(shop.store):
        [stored] = Delivery.objects.all()
        assert (bytes(stored.body), stored.topic, stored.delivery_id, stored.state) == (raw, "orders/create", "w-1", "received")
        assert stored.triggered_at.isoformat() == "2026-11-20T09:11:00.123456+00:00"
        shop.refresh_from_db()
    assert (shop.state, shop.last_delivery_at is None) == ("live", False)
    assert StoreWork.objects.filter(store=shop.store, kind="shops").exists()


def test_the_signature_is_shopify_s_own():
    """The value was made with openssl: dgst -sha256 -hmac hush -binary, then base64."""
    assert sign(b'{"id":1}', secret="hush") == "VnKUjZsLuN5iZWjn5EntcBVCF9kMN43LglzCE1/GSeY="
    assert is_signed(b"x", signature=f" {sign(b'x', secret='b')}\n", secrets=["a", "b"])
    assert not is_signed(b"x", signature=sign(b"x", secret="c"), secrets=["a", "b"])
    assert not is_signed(b"x", signature="", secrets=[])


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        (
            b"code=a94a110d86d2452eb3e2af4cfb8a3828&shop=some-shop.myshopify.com&timestamp=1337178173",
            "2cb1a277650a659f1b11e92a4a64275b128e037f2c3390e3c8fd2d8721dac9e2",
        ),
        (b'ids=["2", "1"]&shop=some-shop.myshopify.com', "b93b9f82996f6f8bf9f1b7bbddec284c8fabacdc4e12dc80550b4705f3003b1e"),
    ],
)
def test_the_examples_of_shopify_s_own_library_are_signed_and_no_changed_byte_is(text, digest):
    """The texts and digests are those of its tests (MIT), in hex; what shops send us is the same in base64."""
    signature = base64.b64encode(bytes.fromhex(digest)).decode()
    assert is_signed(text, signature=signature, secrets=["hush"])
    for place in range(len(text)):
        other = text[:place] + bytes([text[place] ^ 1]) + text[place + 1 :]
        assert not is_signed(other, signature=signature, secrets=["hush"])
    for place in range(len(signature) - 2):  # the last letter before the sign of the end holds bits nobody reads
        other = signature[:place] + ("A" if signature[place] != "A" else "B") + signature[place + 1 :]
        assert not is_signed(text, signature=other, secrets=["hush"])


@pytest.mark.parametrize("kind", ["shopify", "woocommerce"])
@pytest.mark.parametrize("signature", ["", "bm90IGl0", "\u00fcber", "x" * 5000])
def test_a_wrong_signature_is_refused_and_nothing_is_stored(kind, signature):
    shop = make_shop(kind=kind)
    headers = headers_of(kind, "orders/create", b"{}")
    name = next(name for name in headers if name.lower().endswith(("hmac-sha256", "signature")))
    answer = send(shop, "orders/create", b"{}", headers=headers | {name: signature})
    assert answer.status_code == 401
    assert count(shop) == 0
    with work_for(shop.store):
        shop.refresh_from_db()
    assert (shop.state, shop.last_delivery_at) == ("waiting", None)


@pytest.mark.parametrize("kind", ["shopify", "woocommerce"])
def test_refusals_are_noted_once_in_ten_seconds_and_a_good_delivery_clears_them(kind):
    shop, other = make_shop(kind=kind), make_shop(kind="shopify")

    def noted():
        with work_for(shop.store):
            shop.refresh_from_db()
        return shop.refused_count, shop.refused_at and shop.refused_at.isoformat()

    def wrong(seconds: int) -> None:
        raw = raw_of(ORDER)
        headers = headers_of(kind, "orders/create", raw, secret="another secret")
        with pytest.raises(NotSigned):
            receive(find_connection(kind, shop.token), headers=headers, raw=raw, now=NOW + timedelta(seconds=seconds))

    wrong(0)
    assert noted() == (1, "2026-11-20T09:12:00+00:00")
    wrong(9)
    assert noted() == (1, "2026-11-20T09:12:00+00:00")
    wrong(10)
    assert noted() == (2, "2026-11-20T09:12:10+00:00")
    assert (count(shop), shop.state) == (0, "waiting")
    assert send(shop, "orders/create", ORDER).status_code == 200
    assert noted() == (0, None)
    with work_for(other.store):
        other.refresh_from_db()
    assert (other.refused_count, other.refused_at) == (0, None)


def test_one_of_many_refusals_at_once_is_noted():
    shop = make_shop()
    as_read = [find_connection("shopify", shop.token) for _time in range(3)]
    for row in as_read:
        with pytest.raises(NotSigned):
            receive(row, headers={}, raw=b"{}", now=NOW)
    with work_for(shop.store):
        shop.refresh_from_db()
    assert shop.refused_count == 1


def test_a_refusal_without_a_secret_of_ours_is_none_and_a_new_secret_begins_anew():
    shop = make_shop(secret="")
    assert send(shop, "orders/create", ORDER).status_code == 401
    with work_for(shop.store):
        shop.refresh_from_db()
        assert (shop.refused_count, shop.refused_at) == (0, None)
        connecting.change_secret(shop, secret="another secret", now=NOW)
    assert send(shop, "orders/create", ORDER).status_code == 401
    with work_for(shop.store):
        shop.refresh_from_db()
        assert shop.refused_count == 1
        connecting.change_secret(shop, secret=SECRET, now=NOW)
        shop.refresh_from_db()
    assert (shop.refused_count, shop.refused_at) == (0, None)


def test_one_changed_byte_is_refused():
    shop = make_shop()
    headers = headers_of("shopify", "orders/create", raw_of(ORDER))
    assert send(shop, "orders/create", raw_of(ORDER) + b" ", headers=headers).status_code == 401
    assert count(shop) == 0


def test_a_replay_is_answered_and_changes_nothing():
    shop = make_shop()
    assert send(shop, "orders/create", ORDER, delivery="w-1").content == b"stored\n"
    with work_for(shop.store):
        before = Delivery.objects.values().get()
        heard = ShopConnection.objects.values().get()
    answer = send(shop, "orders/updated", ORDER | {"id": 2}, delivery="w-1")
    assert (answer.status_code, answer.content) == (200, b"repeated\n")
    with work_for(shop.store):
        assert Delivery.objects.values().get() == before
        assert ShopConnection.objects.values().get() == heard


def test_woocommerce_gives_two_orders_of_one_second_the_same_id_and_both_are_kept():
    shop = make_shop(kind="woocommerce")
    for number in (1, 2, 1):
        send(shop, "order.created", {"id": number}, delivery="the-same")
    assert count(shop) == 2


def test_woocommerce_tries_an_address_before_it_saves_a_webhook():
    shop = make_shop(kind="woocommerce")
    answer = Client().post(f"/hooks/woocommerce/{shop.token}", data="webhook_id=7", content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.content) == (200, b"ping\n")
    with work_for(shop.store):
        shop.refresh_from_db()
    assert (shop.state, count(shop)) == ("live", 0)
    other = make_shop()
    answer = Client().post(f"/hooks/shopify/{other.token}", data="webhook_id=7", content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, count(other)) == (401, 0)


def test_an_address_that_is_no_shop_s_is_not_found():
    shop = make_shop()
    raw = raw_of(ORDER)
    for path in ("/hooks/shopify/nonsense", f"/hooks/shopify/{'a' * 43}", f"/hooks/woocommerce/{shop.token}", "/hooks/shopify/a\x00b"):
        answer = Client().post(path, data=raw, content_type="application/json", headers=headers_of("shopify", "orders/create", raw))
        assert answer.status_code == 404, path
    assert Client().get(f"/hooks/shopify/{shop.token}").status_code == 405
    assert count(shop) == 0


def test_another_store_s_secret_does_not_open_this_address():
    mine, theirs = make_shop(secret="my-own-secret-000"), make_shop(make_store(), secret="their-own-secret-0")
    raw = raw_of(ORDER)
    assert (
        send(mine, "orders/create", raw, headers=headers_of("shopify", "orders/create", raw, secret="their-own-secret-0")).status_code
        == 401
    )
    assert send(theirs, "orders/create", raw, secret="their-own-secret-0", **{"X-Shopify-Shop-Domain": "lumen"}).status_code == 200
    assert (count(mine), count(theirs)) == (0, 1)


def test_the_old_secret_is_good_for_one_hour_after_a_change(monkeypatch):
    shop = make_shop()
    with work_for(shop.store):
        connecting.change_secret(shop, secret="a-newer-secret-of-it", now=NOW)
    tried = []
    for minutes, secret in ((59, SECRET), (59, "a-newer-secret-of-it"), (60, SECRET), (60, "a-newer-secret-of-it")):
        monkeypatch.setattr(clock, "now", lambda at=NOW + timedelta(minutes=minutes): at)
        tried.append(send(shop, "orders/create", ORDER, secret=secret).status_code)
    assert tried == [200, 200, 401, 200]


def test_a_secret_is_sealed_for_its_store():
    shop = make_shop()
    assert SECRET not in shop.sealed
    assert shop.good_secrets(now=NOW) == [SECRET]
    shop.store_id += 1
    with pytest.raises(CannotUnseal):
        shop.good_secrets(now=NOW)


def test_a_disconnected_shop_is_told_to_stop():
    shop = make_shop()
    with work_for(shop.store):
        assert connecting.end(shop, because="", now=NOW)
        assert not connecting.end(shop, because="", now=NOW)
    assert send(shop, "orders/create", ORDER).status_code == 410
    assert count(shop) == 0


def test_a_shop_without_a_secret_lets_nothing_in():
    shop = make_shop(secret="")
    assert send(shop, "orders/create", ORDER, secret="").status_code == 401
    assert count(shop) == 0


def test_a_delivery_must_say_what_it_is_about():
    shop = make_shop()
    assert send(shop, " ", ORDER).status_code == 400
    assert count(shop) == 0


def test_a_body_above_one_megabyte_is_refused():
    shop = make_shop()
    assert send(shop, "orders/create", b" " * (1024 * 1024 + 1)).status_code == 413
    assert send(shop, "orders/create", b" " * (1024 * 1024)).status_code == 200
    assert count(shop) == 1


def test_headers_that_are_too_long_are_cut():
    heading = read_heading(
        "shopify", {"X-Shopify-Topic": "T" * 999, "X-Shopify-Webhook-Id": "d" * 999, "X-Shopify-Triggered-At": "soon"}, b"{}"
    )
    assert (len(heading.topic), len(heading.delivery_id), heading.triggered_at) == (80, 80, None)
    assert read_heading("shopify", {}, b"{}").delivery_id.startswith(":")


def test_the_answer_comes_well_under_a_second():
    shop = make_shop()
    body = {"id": 1, "line_items": [{"id": number, "title": "x" * 900} for number in range(900)]}
    send(shop, "orders/create", {"id": 2})
    began = time.perf_counter()
    assert send(shop, "orders/create", body).status_code == 200
    assert time.perf_counter() - began < 0.5
    assert len(json.dumps(body)) > 800_000
