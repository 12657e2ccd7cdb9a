"""Everything that is sent again counts once, however shuffled and in whichever month it arrives."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from retention.customers.models import Customer, CustomerCounter, CustomerEvent, EventKey, Pending
from retention.intake.projecting.batching import project_batch
from retention.intake.reading import Row, key_of
from retention.intake.storing import store_events
from retention.orders.models import Cart, Order
from tests.factories import make_store, work_for

pytestmark = pytest.mark.django_db
BEFORE, AFTER = datetime(2026, 10, 31, 23, 59, 58, tzinfo=UTC), datetime(2026, 11, 1, 0, 0, 3, tzinfo=UTC)


def rows(store, people: int, *, received_at: datetime) -> list[Row]:
    """Return eight events of each person as the door reads them at this moment."""
    found = []
    for person in range(people):
        steps = [
            ("identify", "Identify", {"email": f"p{person}@example.test"}),
            ("track", "Product Viewed", {"product_id": "p1"}),
            ("track", "Product Added", {"product_id": "p1", "price": 10, "quantity": 2}),
            ("track", "Order Completed", {"order_id": f"o{person}", "total": 20}),
            ("track", "Order Refunded", {"order_id": f"o{person}", "refund_id": f"r{person}", "total": 5}),
            ("track", "Product Added", {"product_id": "p2", "price": 7}),
            ("track", "Product Added", {"product_id": "p3", "price": 3}),
            ("page", "Home", {}),
        ]
        found += [
            Row(
                store_id=store.pk,
                key=key_of(f"{person}-{number}", by="secret"),
                kind=kind,
                name=name,
                anonymous_id="",
                external_id=f"u{person}",
                properties=properties,
                context={},
                occurred_at=BEFORE - timedelta(hours=2) + timedelta(minutes=number),
                received_at=received_at,
                trusted=True,
            )
            for number, (kind, name, properties) in enumerate(steps)
        ]
    return found


def truth():
    """Return counters, orders, baskets and revenue."""
    return (
        sorted(CustomerCounter.objects.values_list("customer__email", "event_name__name", "count", "first_at", "last_at")),
        sorted(Order.objects.values_list("number", "total_minor", "refunded_minor")),
        sorted(Cart.objects.exclude(state="merged").values_list("customer__email", "state", "total_minor")),
        sorted(Customer.objects.values_list("email", "orders_count", "spent_minor")),
    )


def project() -> None:
    """Apply everything that waits."""
    while project_batch(now=AFTER, size=7):
        continue


@pytest.mark.parametrize("people", [3, pytest.param(60, marks=pytest.mark.deep)])
@pytest.mark.parametrize("seed", range(3))
def test_five_shuffled_replays_across_a_month_boundary_change_nothing(people, seed):
    dice = random.Random(seed)
    once, often = make_store(), make_store()
    with work_for(once):
        store_events(rows(once, people, received_at=BEFORE), now=BEFORE)
        project()
        expected = truth()
    with work_for(often):
        sent = [row for moment in (BEFORE, AFTER, AFTER, BEFORE, AFTER) for row in rows(often, people, received_at=moment)]
        dice.shuffle(sent)
        while sent:
            cut = dice.randint(1, 20)
            store_events(sent[:cut], now=AFTER)
            sent = sent[cut:]
            if dice.random() < 0.3:
                project()
        project()
        assert truth() == expected
        assert CustomerEvent.objects.exclude(kind="own").count() == EventKey.objects.count() == people * 8


def test_another_stores_events_are_refused_whole():
    mine, other = make_store(), make_store()
    with work_for(mine), pytest.raises(ValueError, match="another store"):
        store_events([*rows(mine, 1, received_at=BEFORE), *rows(other, 1, received_at=BEFORE)], now=BEFORE)
    with work_for(mine):
        assert not CustomerEvent.objects.exists()


def test_what_is_told_about_the_past_is_counted_and_leaves_no_news():
    store = make_store()
    with work_for(store):
        old = rows(store, 2, received_at=BEFORE)
        for row in old:
            row.backfill = True
        store_events(old, now=BEFORE)
        project()
        assert CustomerCounter.objects.get(customer__email="p0@example.test", event_name__name="Product Added").count == 3
        assert Order.objects.count() == 2
        assert not Pending.objects.filter(reader="journeys").exists()
        assert not any("~" in about for about in Pending.objects.values_list("about", flat=True))
        assert not Cart.objects.open().filter(idle_at=None).exists()
