"""What a signature proves and what not, and whose fault it is when a delivery cannot be carried out."""

import logging

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from retention.customers.models import Customer, CustomerEvent
from retention.intake.models import Delivery
from retention.intake.shops.applying import BORROWED, MOST_ATTEMPTS, PAUSES, apply_turn, replay
from retention.intake.shops.kinds import OTHER_BODY
from retention.intake.shops.receiving import read_heading
from retention.intake.shops.sweeping import KEPT_FOR, sweep_deliveries
from retention.orders.models import Order
from tests.factories import work_for
from tests.intake.shops.hooking import NOW, apply, events, make_shop, raw_of, send, tell
from tests.intake.shops.test_applying import ENDING, order
from tests.intake.test_poison import refusing


@pytest.mark.django_db
@pytest.mark.parametrize("topic", ["customers/redact", "customers/data_request", "app/uninstalled", "shop/redact", "products/delete"])
def test_a_signed_order_sent_again_under_a_topic_that_takes_away_is_not_believed(topic):
    shop = make_shop()
    tell(shop, "orders/create", order())
    before = events(shop)
    refused = tell(shop, topic, order(), delivery="another-id")
    assert (refused.state, refused.reason, refused.outcome) == ("failed", OTHER_BODY, [])
    with work_for(shop.store):
        shop.refresh_from_db()
        assert (shop.state, Customer.objects.get().email, Order.objects.count()) == ("live", "ana@example.test", 1)
    assert events(shop) == before


@pytest.mark.django_db
def test_a_body_that_came_under_another_topic_does_not_end_the_connection():
    shop = make_shop()
    about_the_shop = ENDING["app/uninstalled"]
    assert tell(shop, "shop/update", about_the_shop).state == "ignored"
    refused = tell(shop, "app/uninstalled", about_the_shop)
    assert (refused.state, refused.reason) == ("failed", BORROWED)
    with work_for(shop.store):
        shop.refresh_from_db()
    assert shop.state == "live"
    assert tell(shop, "app/uninstalled", about_the_shop | {"plan_name": "cancelled"}).outcome == ["disconnected"]


@pytest.mark.django_db(transaction=True)
def test_what_the_database_refuses_is_tried_again_later_and_a_person_may_replay_it(caplog):
    shop = make_shop()
    send(shop, "orders/create", order())
    with work_for(shop.store), refusing("customers_customerevent", "name <> 'Order Completed'"):
        [delivery] = Delivery.objects.all()
        Delivery.objects.update(due_at=NOW)
        moments, moment = [], NOW
        with caplog.at_level(logging.ERROR, "boomerang.shops"):
            for _number in range(MOST_ATTEMPTS):
                apply_turn(now=moment)
                delivery.refresh_from_db()
                moments.append(delivery.due_at - moment)
                moment = delivery.due_at
        assert moments == [*PAUSES, PAUSES[-1]]
        assert (delivery.state, delivery.reason) == ("failed", "The database did not take it (IntegrityError).")
        assert not CustomerEvent.objects.exists()
    told = [line for line in caplog.records if line.name == "boomerang.shops"]
    assert [(line.cause, "storing.py" in line.trace) for line in told] == [("IntegrityError", True)] * MOST_ATTEMPTS
    assert "ana@" not in "".join(str(vars(line)) for line in told)
    with work_for(shop.store):
        assert replay(delivery, now=NOW)
        assert not replay(delivery, now=NOW)
    apply(shop)
    with work_for(shop.store):
        delivery.refresh_from_db()
        assert (delivery.state, Order.objects.count()) == ("applied", 1)


@pytest.mark.django_db
def test_a_fault_of_ours_is_not_called_the_shops(monkeypatch):
    shop = make_shop()
    send(shop, "orders/create", order())

    def broken(results, **_how):
        raise KeyError(results)

    monkeypatch.setattr("retention.intake.shops.applying.carry_out", broken)
    apply(shop)
    with work_for(shop.store):
        delivery = Delivery.objects.get()
        assert (delivery.state, delivery.attempts) == ("received", 1)
        assert delivery.reason == "A fault of ours kept it from being carried out (KeyError). Nothing of it was kept, and we were told."
    monkeypatch.undo()
    apply(shop)
    with work_for(shop.store):
        assert Delivery.objects.get().state == "applied"


@pytest.mark.django_db
def test_a_repeat_is_no_error_to_the_database():
    shop = make_shop()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        answers = [send(shop, "orders/create", order(), delivery="w-1").content for _number in range(3)]
    assert answers == [b"stored\n", b"repeated\n", b"repeated\n"]
    inserts = [one["sql"] for one in asked if one["sql"].startswith('INSERT INTO "intake_delivery"')]
    assert [sql.endswith("ON CONFLICT DO NOTHING") for sql in inserts] == [True] * 3


@pytest.mark.django_db
def test_bodies_are_not_read_to_be_thrown_away():
    shop = make_shop()
    tell(shop, "orders/create", order())
    with CaptureQueriesContext(connection) as asked:
        assert sweep_deliveries(now=NOW + 2 * KEPT_FOR) == 1
    assert [one["sql"] for one in asked if '"body"' in one["sql"]] == []
    with work_for(shop.store):
        assert not Delivery.objects.exists()


def test_a_moment_outside_of_all_calendars_is_no_moment():
    headers = {"X-Shopify-Topic": "orders/create", "X-Shopify-Triggered-At": "9999-12-31T23:59:59-12:00"}
    assert read_heading("shopify", headers, raw_of(order())).triggered_at is None
