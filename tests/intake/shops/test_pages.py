"""Settings, Connections: connect, paste, try, replay, end; by role, with a second factor, written into the audit log."""

import re

import pytest
from django.utils import timezone

from retention.customers.models import Customer
from retention.dashboard import home_parts
from retention.intake.models import Delivery, ShopConnection
from retention.intake.shops import telling
from retention.intake.shops.applying import apply_turn
from retention.orders.models import Order
from retention.stores.models import AuditEntry
from tests.cast import lumen, other_store
from tests.factories import signed_in, work_for
from tests.intake.shops.hooking import NOW, SECRET, make_shop, send, tell
from tests.intake.shops.test_applying import order

pytestmark = pytest.mark.django_db
PAGE = "/s/lumen/settings/connections/"


def connect(client, kind="shopify", name="lumen.myshopify.com"):
    return client.post(f"{PAGE}connect/", {"kind": kind, "name": name})


def only_shop(store) -> ShopConnection:
    with work_for(store):
        return ShopConnection.objects.get()


def deeds(store) -> list[str]:
    with work_for(store):
        return list(AuditEntry.objects.filter(action__startswith="shop.").order_by("number").values_list("action", flat=True))


def test_shopify_is_connected_in_three_steps_and_hears_its_first_order():
    cast = lumen()
    client = signed_in(cast.nora)
    assert "No shop is connected" in client.get(PAGE).content.decode()
    page = client.get(connect(client).url).content.decode()
    shop = only_shop(cast.store)
    assert f"/hooks/shopify/{shop.token}" in page
    assert all(topic in page for topic in ("orders/create", "refunds/create", "Order creation"))
    assert "Its secret is missing" in page
    assert client.post(f"{PAGE}{shop.public_id}/secret/", {"secret": f"  {SECRET} "}).status_code == 302
    tell(shop, "orders/create", order(currency="EUR"))
    page = client.get(f"{PAGE}{shop.public_id}/").content.decode()
    assert "Order counted, Profile brought up to date" in page
    assert "Order creation" in page
    assert SECRET not in page
    assert deeds(cast.store) == ["shop.connected", "shop.secret_changed"]


def test_woocommerce_gets_a_secret_that_is_shown_once():
    cast = lumen()
    client = signed_in(cast.nora)
    answer = connect(client, "woocommerce", "lumen.example.test")
    shop = only_shop(cast.store)
    secret = re.search(r'id="shop-secret"[^>]*>([^<]+)<', answer.content.decode())[1]
    assert answer.headers["Cache-Control"] == "no-store"
    assert shop.good_secrets(now=NOW) == [secret]
    assert secret not in client.get(f"{PAGE}{shop.public_id}/").content.decode()
    again = connect(client, "woocommerce", "another.example.test")
    assert (again.status_code, "is connected already" in again.content.decode()) == (422, True)
    assert only_shop(cast.store) == shop


@pytest.mark.parametrize(
    ("form", "word"),
    [
        ({"kind": "magento", "name": "x"}, "kind"),
        ({"kind": "shopify", "name": ""}, "name"),
        ({"kind": "shopify", "name": "a\r\nb"}, "name"),
        ({"kind": "shopify", "name": "x" * 121}, "name"),
        ({}, "name"),
    ],
)
def test_a_shop_that_cannot_be_is_refused(form, word):
    cast = lumen()
    answer = signed_in(cast.nora).post(f"{PAGE}connect/", form)
    assert (answer.status_code, f"id_{word}" in answer.content.decode()) == (422, True)
    with work_for(cast.store):
        assert not ShopConnection.objects.exists()


@pytest.mark.parametrize("secret", ["", "short", "a\nb" * 10, "x" * 201])
def test_a_secret_that_cannot_be_is_refused(secret):
    cast = lumen()
    shop = make_shop(cast.store)
    assert signed_in(cast.nora).post(f"{PAGE}{shop.public_id}/secret/", {"secret": secret}).status_code == 422
    assert only_shop(cast.store).good_secrets(now=NOW) == [SECRET]
    assert deeds(cast.store) == []


@pytest.mark.parametrize(("kind", "where"), [("shopify", "at the foot of Settings"), ("woocommerce", "into every webhook")])
def test_deliveries_with_another_secret_are_told_until_a_good_one_comes(kind, where):
    cast = lumen()
    shop, client = make_shop(cast.store, kind=kind), signed_in(cast.nora)
    pages = (PAGE, f"{PAGE}{shop.public_id}/")
    words, topic = "1 delivery came with another secret than the one kept here.", {"shopify": "orders/create"}.get(kind, "order.created")
    assert send(shop, topic, order(), secret="another secret").status_code == 401
    told = [client.get(page).content.decode() for page in pages]
    assert [(words in page, "Paste the secret again" in page) for page in told] == [(True, True)] * 2
    assert where in told[1]
    for wrong in ("It has not said anything yet", "We wait for its first word", "Its secret is missing"):
        assert not any(wrong in page for page in told)
    assert send(shop, topic, order()).status_code == 200
    assert not any("another secret" in client.get(page).content.decode() for page in pages)


def test_a_test_goes_through_our_own_door_and_counts_nothing():
    cast = lumen()
    client = signed_in(cast.nora)
    for shop in (make_shop(cast.store), make_shop(cast.store, kind="woocommerce")):
        assert "Nothing was counted" in client.post(f"{PAGE}{shop.public_id}/test/", follow=True).content.decode()
        page = client.get(f"{PAGE}{shop.public_id}/").content.decode()
        assert "A test. A real one would mean: Order counted" in page
        with work_for(cast.store):
            delivery = Delivery.objects.get(connection=shop)
            shop.refresh_from_db()
            assert not Order.objects.exists()
        assert (delivery.state, delivery.test, shop.state, shop.last_delivery_at) == ("ignored", True, "waiting", None)


@pytest.mark.parametrize("sealed", ["", "gone:of-no-key"])
def test_a_test_needs_a_secret_that_can_be_opened(sealed):
    cast = lumen()
    shop = make_shop(cast.store)
    with work_for(cast.store):
        ShopConnection.objects.update(sealed=sealed)
    assert "Paste the shop&#x27;s secret first" in signed_in(cast.nora).post(f"{PAGE}{shop.public_id}/test/", follow=True).content.decode()
    with work_for(cast.store):
        assert not Delivery.objects.exists()


def test_the_page_says_what_really_came_of_a_delivery():
    cast = lumen()
    shop, client = make_shop(cast.store), signed_in(cast.nora)
    refused = order(1, currency="EUR", total_price=None)

    def newest() -> str:
        page = client.get(f"{PAGE}{shop.public_id}/").content.decode()
        row = re.search(r"<tbody><tr>(.*?)</tr>", page, re.DOTALL)[1]
        return " ".join(re.sub(r"<[^>]*>", " ", row).split())

    tell(shop, "orders/create", refused)
    assert "Not counted properties.total is missing. The rest was done: Profile brought up to date." in newest()
    tell(shop, "orders/create", order(2, currency="EUR"))
    assert "Done Order counted" in newest()
    tell(shop, "orders/create", order(2, currency="EUR"))
    assert "Known before It was told before, and only the first time counts." in newest()
    tell(shop, "orders/paid", order(2, currency="EUR", financial_status="paid", updated_at="2026-11-20T08:01:00Z"))
    assert "Done Order brought up to date" in newest()
    send(shop, "orders/create", order(3, currency="EUR"))
    with work_for(shop.store):
        Delivery.objects.filter(state="received").update(due_at=NOW)
        apply_turn(now=NOW)
    assert "Waiting It is stored, and counted within seconds." in newest()
    with work_for(shop.store):
        assert set(Order.objects.values_list("number", flat=True)) == {"2"}


def test_a_page_of_deliveries_asks_once_for_what_became_of_them(django_assert_num_queries):
    cast = lumen()
    shop = make_shop(cast.store)
    for number in (1, 2, 3):
        tell(shop, "orders/create", order(number, currency="EUR"))
    with work_for(shop.store):
        rows = list(Delivery.objects.order_by("pk"))
        assert all(row.events for row in rows)
        with django_assert_num_queries(1):
            assert {came.state for came in telling.what_came_of(rows)} == {"done"}
        with django_assert_num_queries(0):
            assert telling.what_came_of([]) == []


def test_what_failed_says_why_and_can_have_its_turn_again():
    cast = lumen()
    shop, client = make_shop(cast.store), signed_in(cast.nora)
    failed = tell(shop, "orders/create", b'{"id": 1, "id": 2}')
    fine = tell(shop, "orders/create", order(currency="EUR"))
    page = client.get(f"{PAGE}{shop.public_id}/?show=failed").content.decode()
    assert "stands twice in one object" in page
    assert page.count("Try again") == 1
    assert "1 delivery failed." in client.get(PAGE).content.decode()
    where = f"{PAGE}{shop.public_id}/deliveries/"
    assert client.post(f"{where}{failed.public_id}/replay/").status_code == 302
    assert "Only a delivery that failed" in client.post(f"{where}{fine.public_id}/replay/", follow=True).content.decode()
    with work_for(cast.store):
        failed.refresh_from_db()
        fine.refresh_from_db()
    assert (failed.state, failed.attempts, fine.state) == ("received", 0, "applied")
    assert deeds(cast.store) == ["shop.delivery_replayed"]


def test_a_disconnected_shop_stays_readable_and_takes_nothing_more():
    cast = lumen()
    shop, client = make_shop(cast.store), signed_in(cast.nora, stepped_up=False)
    tell(shop, "orders/create", order(currency="EUR"))
    assert client.post(f"{PAGE}{shop.public_id}/disconnect/").status_code == 302
    page = client.get(f"{PAGE}{shop.public_id}/").content.decode()
    assert "Order counted" in page
    assert "Keep this secret" not in page
    assert send(shop, "orders/create", order(2)).status_code == 410
    for deed in ("disconnect", "test", "secret"):
        assert signed_in(cast.nora).post(f"{PAGE}{shop.public_id}/{deed}/", {"secret": "x" * 20}).status_code == 404
    assert deeds(cast.store) == ["shop.disconnected"]


@pytest.mark.parametrize("role", ["owner", "manager", "marketer", "analyst", "support"])
def test_only_those_who_run_the_store_see_its_connections(role):
    cast = lumen()
    shop, client = make_shop(cast.store), signed_in(cast.person(role))
    may = role in {"owner", "manager"}
    pages = (PAGE, f"{PAGE}new/", f"{PAGE}{shop.public_id}/")
    assert [client.get(page).status_code for page in pages] == [200 if may else 403] * 3
    for deed in ("secret", "test", "disconnect"):
        assert (client.post(f"{PAGE}{shop.public_id}/{deed}/").status_code != 403) is may
    if not may:
        assert only_shop(cast.store).state == "waiting"


def test_a_secret_asks_for_a_second_factor(settings):
    settings.MFA_ENFORCED = True
    cast = lumen()
    shop, client = make_shop(cast.store), signed_in(cast.nora, stepped_up=False)
    assert "second-factor" in client.post(f"{PAGE}{shop.public_id}/secret/", {"secret": "another-secret-000"}).url
    assert "second-factor" in client.get(f"{PAGE}new/").url
    assert only_shop(cast.store).good_secrets(now=NOW) == [SECRET]


def test_another_store_s_shop_is_not_found():
    cast, (_kite, olga) = lumen(), other_store()
    shop = make_shop(cast.store)
    failed = tell(shop, "orders/create", b"{")
    client = signed_in(olga)
    where = f"/s/kite/settings/connections/{shop.public_id}/"
    assert client.get(where).status_code == 404
    for deed in ("secret/", "test/", "disconnect/", f"deliveries/{failed.public_id}/replay/"):
        assert client.post(where + deed, {"secret": "x" * 20}).status_code == 404
    with work_for(cast.store):
        failed.refresh_from_db()
    assert (failed.state, only_shop(cast.store).good_secrets(now=NOW)) == ("failed", [SECRET])


def test_the_home_page_names_shops_that_fail_or_fell_silent(rf):
    cast = lumen()
    shop = make_shop(cast.store)
    tell(shop, "orders/create", b"{")
    request = rf.get("/")
    request.store, request.role = cast.store, "owner"
    with work_for(cast.store):
        assert [str(one.title) for one in telling.shops_in_need(request, timezone.now())] == ["1 delivery of lumen.example.test failed"]
        later = timezone.now() + telling.SILENT_AFTER
        assert [str(one.title) for one in telling.shops_in_need(request, later)][1] == "lumen.example.test has said nothing for days"
        request.role = "support"
        assert telling.shops_in_need(request, later) == []
    assert "shops" in home_parts.needs_you_sources


def test_parcels_and_requests_read_well_on_the_timeline():
    cast = lumen()
    shop = make_shop(cast.store)
    tell(shop, "orders/create", order(currency="EUR"))
    parcel = {
        "id": 3,
        "order_id": order()["id"],
        "tracking_company": "UPS",
        "tracking_number": "1z827",
        "updated_at": "2026-11-20T08:30:00Z",
    }
    tell(shop, "fulfillments/create", parcel)
    arrived = {"id": 4, "order_id": order()["id"], "fulfillment_id": 3, "status": "delivered", "happened_at": "2026-11-20T08:40:00Z"}
    tell(shop, "fulfillment_events/create", arrived)
    tell(shop, "customers/data_request", {"customer": {"email": "ana@example.test"}, "shop_domain": "lumen", "data_request": {"id": 1}})
    with work_for(cast.store):
        person = Customer.objects.get()
    page = signed_in(cast.nora).get(f"/s/lumen/customers/{person.public_id}/").content.decode()
    for words in ("A parcel is on its way", "UPS 1z827", "The parcel arrived", "Asked lumen.example.test what is known about them"):
        assert words in page
