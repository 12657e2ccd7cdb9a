"""Deliveries become state: late, shuffled, broken and unlucky ones included."""

import random
from datetime import timedelta

import pytest

from retention.customers.identifying import Claim, identify
from retention.customers.models import Consent, Customer, CustomerEvent, CustomerMerge, Identity
from retention.intake.models import Delivery, DeliverySubject
from retention.intake.shops import subjects
from retention.intake.shops.applying import ENDED_HARD, MOST_ATTEMPTS, PAUSES, apply_due, apply_one, apply_turn
from retention.intake.shops.kinds import UNKNOWN_TOPIC
from retention.intake.shops.sweeping import sweep_deliveries
from retention.notices.models import Notice
from retention.orders.models import Order, Refund, Return
from retention.stores.models import StoreWork
from tests.cast import lumen
from tests.factories import make_store, work_for
from tests.intake.shops.hooking import NOW, apply, events, make_shop, send, tell

pytestmark = pytest.mark.django_db


def order(number: int = 9_007_199_254_740_993, **changes):
    """Return an order as Shopify sends it; its number is the first a double cannot hold."""
    return {
        "id": number,
        "name": "#1001",
        "email": "ana@example.test",
        "processed_at": "2026-11-20T08:00:00Z",
        "updated_at": "2026-11-20T08:00:00Z",
        "currency": "USD",
        "financial_status": "pending",
        "fulfillment_status": None,
        "total_price": "20.00",
        "customer": {"id": 7_000_000_000_000_000_001, "email": "ana@example.test", "first_name": "Ana"},
        "line_items": [{"id": 1, "product_id": 5, "title": "Beans", "quantity": 2, "price": "10.00"}],
        **changes,
    }


def life():
    """Return what an order goes through, by the moment of each version."""
    return [
        ("orders/create", order()),
        ("orders/paid", order(financial_status="paid", updated_at="2026-11-20T08:01:00Z")),
        ("orders/partially_fulfilled", order(financial_status="paid", fulfillment_status="partial", updated_at="2026-11-20T08:02:00Z")),
        ("orders/fulfilled", order(financial_status="paid", fulfillment_status="fulfilled", updated_at="2026-11-20T08:03:00Z")),
    ]


@pytest.mark.parametrize("seed", range(4))
def test_updates_in_any_order_end_in_the_newest_version(seed):
    shop = make_shop()
    told = life() * 2
    random.Random(seed).shuffle(told)
    for topic, body in told:
        tell(shop, topic, body)
    with work_for(shop.store):
        [stored] = Order.objects.all()
        assert (stored.payment_state, stored.fulfilment_state, stored.total_minor) == ("paid", "done", 2000)
        assert (stored.label, stored.source, stored.lines.get().quantity) == ("#1001", "shopify", 2)
        assert (stored.number, stored.customer.email) == ("9007199254740993", "ana@example.test")
        assert Identity.objects.filter(kind="external").values_list("value", flat=True).get() == "7000000000000000001"
    assert sorted(events(shop)) == ["Identify", "Order Completed", "Order Updated", "Order Updated", "Order Updated"]


@pytest.mark.parametrize("seed", range(3))
def test_money_and_goods_that_go_back_are_counted_once_whatever_comes_first(seed):
    shop = make_shop()
    paid = order(financial_status="paid", updated_at="2026-11-20T08:01:00Z")
    line = {"id": 9, "quantity": 1, "subtotal": 10.0, "line_item": {"id": 1, "product_id": 5, "title": "Beans", "price": "10.00"}}
    money = [{"kind": "refund", "status": "success", "amount": "10.00"}, {"kind": "refund", "status": "failure", "amount": "99.00"}]
    refund = {"id": 70, "order_id": order()["id"], "created_at": "2026-11-20T08:02:00Z", "refund_line_items": [line], "transactions": money}
    asked = {
        "id": 80,
        "order": {"id": order()["id"]},
        "status": "requested",
        "return_line_items": [{"quantity": 1, "line_item": {"product_id": 5}}],
    }
    told = [("orders/create", order(), ""), ("orders/paid", paid, ""), ("refunds/create", refund, ""), ("refunds/create", refund, "")]
    told += [("returns/request", asked, "2026-11-20T08:03:00Z"), ("returns/close", asked | {"status": "closed"}, "2026-11-20T08:04:00Z")]
    random.Random(seed).shuffle(told)
    for topic, body, at in told:
        tell(shop, topic, body, at=at)
    with work_for(shop.store):
        [stored] = Order.objects.all()
        [back] = Refund.objects.all()
        [goods] = Return.objects.all()
        assert (stored.total_minor, stored.refunded_minor) == (2000, 1000)
        assert (back.number, back.order_id, back.lines.get().product_id) == ("70", stored.pk, "5")
        assert (goods.state, goods.order_number, goods.lines.get().quantity) == ("closed", stored.number, 1)
        assert {back.customer_id, goods.customer_id, stored.customer_id} == {Customer.objects.get().pk}


def test_the_same_order_through_two_topics_and_two_connections_counts_once():
    store = make_store(currency="USD")
    first, second = make_shop(store), make_shop(store, name="again")
    for shop in (first, second):
        tell(shop, "orders/create", order())
        tell(shop, "orders/updated", order(updated_at="2026-11-20T08:01:00Z"))
        tell(shop, "orders/paid", order(updated_at="2026-11-20T08:01:00Z"))
    assert sorted(events(first)) == ["Identify", "Order Completed", "Order Updated"]
    with work_for(store):
        assert Order.objects.count() == 1


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"webhook_id=7", "Not valid JSON"),
        (b"", "Not valid JSON"),
        (b"[1]", "must be a JSON object"),
        (b'{"id": NaN}', "NaN is not a number"),
        (b'{"id": "caf\xe9"}', "not UTF-8"),
        (b'{"id": 1, "email": "a\\u0000b"}', "NUL"),
        (b'{"id": 1, "email": "a\x00b"}', "Not valid JSON"),
        (b'{"id": 1, "email": "\\ud800"}', "surrogate"),
        (b'{"id": 1, "id": 2}', "'id' stands twice"),
        (b'{"id": 1, "customer": {"email": 1, "email": 2}}', "'email' stands twice"),
        (b"{" + b"".join(b'"k%d": 0, ' % number for number in range(20_000)) + b'"k19999": 1}', "'k19999' stands twice"),
        (b'{"id":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "nested more than 32"),
        (b'{"id":' + b"[" * 40 + b"]" * 40 + b"}", "nested more than 32"),
        (b'{"id": ' + b"9" * 5000 + b"}", "Not valid JSON"),
        (b'{"id": 1, "total_price": 1e999, "currency": "USD"}', "is not an amount"),
        (b'{"id": 1, "total_price": "12,50", "currency": "USD"}', "total_price: '12,50' is not an amount"),
        (b'{"id": 1, "currency": "EURO"}', "currency: 'EURO'"),
        (b'{"id": 1, "updated_at": "yesterday"}', "updated_at: 'yesterday' is not a moment"),
        (b"{}", "id is missing"),
        (b'{"id": 1, "line_items": [{"product_id": 1, "quantity": "many"}]}', "quantity: 'many' is not an amount"),
    ],
)
def test_a_body_that_cannot_be_read_is_kept_with_its_reason_and_nothing_else_is_touched(raw, reason):
    shop = make_shop()
    send(shop, "orders/updated", raw)
    send(shop, "orders/create", order())
    apply(shop)
    with work_for(shop.store):
        broken, good = Delivery.objects.order_by("pk")
        assert broken.state == "failed"
        assert reason in broken.reason
        assert (bytes(broken.body), broken.attempts) == (raw, 1)
        assert (good.state, Order.objects.count()) == ("applied", 1)
        assert CustomerEvent.objects.count() == 2


@pytest.mark.parametrize("shape", [[], {}, "x", 7, None, [[]], [None], [{}], {"id": {}}])
def test_a_part_of_an_unexpected_shape_is_left_out(shape):
    shop = make_shop()
    keys = ("line_items", "customer", "billing_address", "discount_codes", "shipping_lines", "refunds", "default_address")
    assert tell(shop, "orders/create", order() | dict.fromkeys(keys, shape)).state == "applied"
    assert tell(shop, "products/create", {"id": 1, "variants": shape, "images": shape, "image": shape}).state == "applied"
    assert tell(shop, "refunds/create", {"id": 1, "order_id": 2, "refund_line_items": shape, "transactions": shape}).state == "applied"


@pytest.mark.parametrize(
    ("currency", "price", "minor"), [("JPY", "6420", 6420), ("JPY", "6420.00", 6420), ("KWD", "1.234", 1234), ("USD", "0.1", 10)]
)
def test_currencies_keep_their_decimals(currency, price, minor):
    shop = make_shop()
    tell(shop, "orders/create", order(currency=currency, total_price=price, line_items=[]))
    with work_for(shop.store):
        assert Order.objects.values_list("currency", "total_minor").get() == (currency, minor)


def test_a_topic_we_do_not_read_is_left_alone():
    delivery = tell(make_shop(), "themes/publish", {"id": 1})
    assert (delivery.state, delivery.reason) == ("ignored", UNKNOWN_TOPIC)


def test_a_delivery_that_ends_the_process_is_tried_a_few_times_and_then_left():
    shop = make_shop()
    send(shop, "orders/create", order())
    moment = NOW
    with work_for(shop.store):
        Delivery.objects.update(due_at=NOW)
        for attempt in range(MOST_ATTEMPTS):
            Delivery.objects.filter(due_at__lte=moment).update(
                attempts=attempt + 1, due_at=moment + PAUSES[min(attempt, 3)]
            )  # and then died
            assert apply_turn(now=moment) == 0
            moment += PAUSES[min(attempt, 3)]
        assert apply_turn(now=moment) == 1
        [left] = Delivery.objects.all()
        assert (left.state, left.reason, CustomerEvent.objects.count()) == ("failed", ENDED_HARD, 0)


def test_a_body_of_another_shape_says_so_and_a_person_may_replay_it(monkeypatch):
    shop = make_shop()
    send(shop, "orders/create", order(line_items=[], updated_at=None, processed_at=None) | {"id": 1})
    with work_for(shop.store):
        [delivery] = Delivery.objects.all()
        Delivery.objects.update(due_at=NOW)
        monkeypatch.setattr("retention.intake.shops.kinds.KINDS", {})
        apply_turn(now=NOW)
        delivery.refresh_from_db()
        assert (delivery.state, delivery.reason) == ("received", "It has another shape than we know (KeyError).")
        monkeypatch.undo()
    apply(shop)
    with work_for(shop.store):
        delivery.refresh_from_db()
        assert (delivery.state, Order.objects.count()) == ("applied", 1)


def test_a_test_is_read_and_counts_nothing():
    shop = make_shop()
    delivery = tell(shop, "orders/create", order(), **{"X-Shopify-Test": "true"})
    assert (delivery.state, delivery.outcome) == ("ignored", ["event:Order Completed", "event:Identify"])
    with work_for(shop.store):
        assert not CustomerEvent.objects.exists()
        shop.refresh_from_db()
    assert shop.state == "live"


def test_what_is_told_more_than_a_day_late_starts_nothing():
    shop = make_shop()
    tell(shop, "orders/create", order())
    tell(shop, "orders/create", order(2, processed_at="2026-11-18T08:00:00Z"))
    with work_for(shop.store):
        stored = CustomerEvent.objects.filter(name="Order Completed").order_by("occurred_at")
        assert [one.backfill for one in stored] == [True, False]


def consent(state: str, at: str, **more):
    said = {"state": state, "opt_in_level": "confirmed_opt_in", "consent_updated_at": at, **more}
    return {"customer_id": 7, "email_address": "ana@example.test", "email_marketing_consent": said}


def test_consent_is_what_was_said_last_and_a_change_of_mind_counts():
    shop = make_shop()
    topic = "customers_email_marketing_consent/update"
    tell(shop, topic, consent("unsubscribed", "2026-11-20T08:05:00Z"))
    tell(shop, topic, consent("subscribed", "2026-11-20T08:01:00Z"))
    with work_for(shop.store):
        assert Consent.objects.values_list("channel", "status", "method", "source").get() == (
            "email",
            "refused",
            "confirmed_opt_in",
            "shopify",
        )
    tell(shop, topic, consent("pending", "2026-11-20T08:06:00Z"))
    tell(shop, topic, consent("not_subscribed", "2026-11-20T08:07:00Z"))
    with work_for(shop.store):
        assert Consent.objects.values_list("status", flat=True).get() == "refused"
    sms = {
        "id": 7,
        "phone": "+1 555 010-0199",
        "sms_marketing_consent": {"state": "subscribed", "consent_updated_at": "2026-11-20T08:07:00Z"},
    }
    tell(shop, "customers_marketing_consent/update", sms)
    with work_for(shop.store):
        assert Consent.objects.get(channel="sms").status == "granted"
        assert Customer.objects.get().phone == "+15550100199"


def test_two_accounts_the_shop_joined_are_one_customer():
    shop = make_shop()
    tell(shop, "customers/create", {"id": 1, "email": "ana@example.test", "updated_at": "2026-11-20T08:00:00Z"})
    tell(shop, "orders/create", order(customer={"id": 2, "email": "old@example.test"}, email="old@example.test"))
    gids = {
        "admin_graphql_api_customer_kept_id": "gid://shopify/Customer/1",
        "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/2",
    }
    assert tell(shop, "customers/merge", gids | {"status": "completed", "errors": []}).outcome == ["joined"]
    tell(shop, "orders/create", order(3, customer={"id": 2}, email=""))
    with work_for(shop.store):
        [person] = Customer.objects.all()
        assert (person.email, Order.objects.filter(customer=person).count()) == ("ana@example.test", 2)
        assert CustomerMerge.objects.get().rule == "shop"
    assert tell(shop, "customers/merge", gids | {"status": "completed"}).outcome == ["joined"]


def test_an_id_only_a_browser_claimed_joins_nobody_to_the_account_that_stays():
    shop = make_shop()
    tell(shop, "customers/create", {"id": 1, "email": "ana@example.test", "updated_at": "2026-11-20T08:00:00Z"})
    with work_for(shop.store):
        identify([Claim(external="2", email="mallory@example.test", at=NOW)], now=NOW)
    gids = {
        "admin_graphql_api_customer_kept_id": "gid://shopify/Customer/1",
        "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/2",
    }
    assert tell(shop, "customers/merge", gids | {"status": "completed", "errors": []}).outcome == ["joined"]
    with work_for(shop.store):
        owners = dict(Identity.objects.values_list("value", "customer__email"))
        assert (owners["2"], owners["mallory@example.test"]) == ("ana@example.test", "")
        assert not CustomerMerge.objects.filter(loser_name__icontains="mallory").exists()


def test_a_person_the_shop_must_forget_is_erased_and_so_are_the_bodies_that_name_them():
    shop, other = make_shop(), make_shop(make_store())
    for one in (shop, other):
        tell(one, "orders/create", order())
    tell(shop, "orders/create", order(2, email="tom@example.test", customer={"id": 8, "email": "tom@example.test"}))
    tell(shop, "refunds/create", {"id": 5, "order_id": order()["id"], "transactions": []})
    send(shop, "orders/updated", b'{"id": "broken", "email": "ANA@example.test"')
    asked = {"customer": {"id": 7_000_000_000_000_000_001, "email": "ana@example.test"}, "shop_domain": "lumen", "orders_to_redact": []}
    assert tell(shop, "customers/redact", asked).outcome == ["erased"]
    with work_for(shop.store):
        assert list(Customer.objects.values_list("email", flat=True)) == ["tom@example.test"]
        assert sorted(Order.objects.values_list("customer__email", flat=True), key=str) == [None, "tom@example.test"]
        bodies = {one.topic: bytes(one.body) for one in Delivery.objects.order_by("pk")}
        assert [topic for topic, body in bodies.items() if b"ana@" in body.lower()] == []
        assert bodies["refunds/create"] == b""
        assert Delivery.objects.filter(body=b"").count() == 4
        assert Delivery.objects.get(topic="orders/updated").reason == subjects.ERASED
        assert sum(b"tom@" in bytes(one.body) for one in Delivery.objects.all()) == 1
    with work_for(other.store):
        assert Customer.objects.get().email == "ana@example.test"
        assert b"ana@" in bytes(Delivery.objects.get().body)
    assert tell(shop, "customers/redact", asked).outcome == ["unknown_person"]


def test_a_request_for_data_is_passed_on_to_those_who_must_answer():
    cast = lumen()
    shop = make_shop(cast.store)
    tell(shop, "orders/create", order(currency="EUR"))
    person = {"id": 7_000_000_000_000_000_001, "email": "ana@example.test"}
    asked = {"customer": person, "shop_domain": "lumen", "data_request": {"id": 9999}}
    assert tell(shop, "customers/data_request", asked).outcome == ["asked"]
    tell(shop, "customers/data_request", asked)
    owed = Notice.objects.filter(kind="data_request").order_by("pk")
    assert [one.to for one in owed] == ["nora.keller@example.test", "tom.berg@example.test"]
    with work_for(cast.store):
        assert f"/customers/{Customer.objects.get().public_id}/" in owed[0].text
        assert "ana@" not in owed[0].text
    assert "Data Requested" in events(shop)


ENDING = {
    "app/uninstalled": {"id": 1, "name": "Lumen", "myshopify_domain": "lumen.example.test", "plan_name": "basic"},
    "shop/redact": {"shop_id": 1, "shop_domain": "lumen.example.test"},
}


@pytest.mark.parametrize("topic", ENDING)
def test_the_shop_can_end_the_connection(topic):
    shop = make_shop()
    assert tell(shop, topic, ENDING[topic]).outcome == ["disconnected"]
    with work_for(shop.store):
        shop.refresh_from_db()
    assert (shop.state, shop.sealed, bool(shop.ended_because)) == ("disconnected", "", True)
    assert send(shop, "orders/create", order()).status_code == 410


def test_a_tick_serves_every_store_that_waits_and_asks_for_the_next_turn():
    shops = [make_shop(), make_shop(make_store(currency="USD"))]
    for shop in shops:
        send(shop, "orders/create", order())
    assert apply_due(now=lambda: NOW + timedelta(days=1000)) == 2
    for shop in shops:
        with work_for(shop.store):
            assert Delivery.objects.get().state == "applied"
    assert not StoreWork.objects.filter(kind="shops").exists()
    assert StoreWork.objects.filter(kind="project").count() == 2


def test_a_delivery_that_somebody_else_carried_out_is_not_carried_out_again():
    shop = make_shop()
    delivery = tell(shop, "orders/create", order())
    with work_for(shop.store):
        apply_one(delivery.pk, currency="USD", now=NOW + timedelta(hours=1))
        delivery.refresh_from_db()
        assert delivery.applied_at == NOW


def test_deliveries_leave_after_thirty_days():
    shop = make_shop()
    for _number in range(3):
        tell(shop, "orders/create", order())
    with work_for(shop.store):
        first, second, third = Delivery.objects.order_by("pk")
        Delivery.objects.filter(pk=first.pk).update(received_at=NOW - timedelta(days=30, seconds=1))
        Delivery.objects.filter(pk__in=[second.pk, third.pk]).update(received_at=NOW - timedelta(days=30))
    assert sweep_deliveries(now=NOW) == 1
    with work_for(shop.store):
        assert list(Delivery.objects.order_by("pk")) == [second, third]
        assert not DeliverySubject.objects.filter(delivery_id=first.pk).exists()
        assert Order.objects.count() == 1
