"""News of products: a price that falls and stock that comes back or runs low reaches who cared, and nobody else."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns.journeys import products
from campaigns.models import Enrollment, JourneyVersion
from retention.catalog.models import ProductNews
from retention.customers.changes import EVERYTHING
from retention.customers.events import tell_readers
from retention.customers.models import CustomerEvent
from retention.orders.models import CartLine, OrderLine
from tests.campaigns.campaigning import make_crowd
from tests.campaigns.journeys.journeying import LATER, make_journey, tick
from tests.campaigns.journeys.stocking import report, stock
from tests.campaigns.story import buy, leave_cart
from tests.factories.customers import make_event

pytestmark = pytest.mark.django_db
SIZES = ("LAMP", "LAMP-M", "LAMP-L", "LAMP-XL", "LAMP-XXL")


def trigger(what: str, **more: Any) -> dict[str, Any]:
    """Return the data of a journey by news of a product."""
    return {"trigger": {"kind": "product", "what": what, **more}, "steps": [LATER]}


def looked(person: Any, *, at: Any, name: str = "Product Viewed") -> None:
    """Let somebody look at the lamp."""
    make_event(person, name, at=at, properties={"product_id": "lamp"})


def test_a_price_that_falls_reaches_who_cared_lately(store: Any, now: Any) -> None:
    viewer, old, wisher, buyer, keeper, _stranger = make_crowd(6, now=now)
    report(10_000, at=now - timedelta(days=40))
    journey = make_journey(trigger("price_drop", percent=10, within_days=30), now=now)
    picky = make_journey(trigger("price_drop", percent=30, within_days=30, interest=["wished"]), now=now)
    looked(viewer, at=now - timedelta(days=3))
    looked(old, at=now - timedelta(days=31))
    looked(wisher, at=now - timedelta(days=9), name="Product Added to Wishlist")
    looked(buyer, at=now - timedelta(days=4))
    CartLine.objects.create(cart=leave_cart(keeper, now=now), product_id="lamp", name="Lamp", quantity=1, price_minor=10_000)
    OrderLine.objects.create(
        order=buy(buyer, None, now=now - timedelta(days=2)), position=0, product_id="lamp", name="Lamp", quantity=1, price_minor=10_000
    )
    report(9_500, at=now)  # 5 percent are too little
    tick(now=now)
    assert Enrollment.objects.count() == 0
    report(8_000, at=now + timedelta(minutes=1))
    tick(now=now + timedelta(minutes=1))
    runs = Enrollment.objects.filter(journey=journey)
    assert set(runs.values_list("customer_id", "about")) == {(viewer.pk, "lamp"), (wisher.pk, "lamp"), (keeper.pk, "lamp")}
    assert not Enrollment.objects.filter(journey=picky).exists()
    told = CustomerEvent.objects.get(name="Product Price Dropped", customer=wisher).properties
    assert (told["before_minor"], told["price_minor"], told["percent"], told["wished_days"]) == (9_500, 8_000, 15, 9)
    assert ProductNews.objects.count() == 0


def test_stock_that_comes_back_and_runs_low_is_news_and_a_first_word_is_none(store: Any, now: Any) -> None:
    (viewer,) = make_crowd(1, now=now)
    report(10_000, at=now - timedelta(days=2))
    looked(viewer, at=now - timedelta(days=1))
    back = make_journey(trigger("back_in_stock"), now=now)
    low = make_journey(trigger("low_stock", at_most=3), now=now)
    moments = (now + timedelta(minutes=minute) for minute in range(1, 10))
    for pieces, place, expected in [
        (5, "", (0, 0)), (0, "", (0, 0)), (0, "Riga", (0, 0)), (9, "Riga", (1, 0)), (4, "Riga", (1, 0)), (2, "Riga", (1, 1)),
        (3, "", (1, 1)),
    ]:  # fmt: skip
        at = next(moments)
        stock(pieces, at=at, place=place)
        tick(now=at)
        found = tuple(Enrollment.objects.filter(journey=journey).count() for journey in (back, low))
        assert found == expected, (pieces, place)


def test_sizes_that_come_back_at_once_are_one_piece_of_news_that_says_whether_all_were_gone(store: Any, now: Any) -> None:
    report(10_000, at=now - timedelta(days=2), sizes=SIZES)
    stock(0, at=now - timedelta(days=2), sizes=SIZES)
    stock(4, at=now, sizes=SIZES[:2])
    assert list(ProductNews.objects.values_list("kind", "before", "after")) == [("back_in_stock", 0, 8)]
    ProductNews.objects.all().delete()
    (viewer,) = make_crowd(1, now=now)
    looked(viewer, at=now - timedelta(days=1))
    make_journey(trigger("back_in_stock"), now=now)
    stock(3, at=now + timedelta(minutes=1), sizes=SIZES[2:])
    assert list(ProductNews.objects.values_list("kind", "before", "after")) == [("back_in_stock", 8, 17)]
    tick(now=now + timedelta(minutes=1))
    told = CustomerEvent.objects.get(name="Product Back In Stock").properties
    assert (told["available"], told["was_sold_out"]) == (17, False)
    assert Enrollment.objects.count() == 1


def test_a_size_told_of_for_the_first_time_was_not_there_before(store: Any, now: Any) -> None:
    report(10_000, at=now - timedelta(days=2), sizes=SIZES)
    stock(0, at=now - timedelta(days=2), sizes=SIZES[:1])
    stock(2, at=now, sizes=SIZES[:2])
    assert list(ProductNews.objects.values_list("before", "after")) == [(0, 4)]


def test_news_nobody_waits_for_is_let_go(store: Any, now: Any) -> None:
    report(10_000, at=now - timedelta(days=2))
    report(5_000, at=now)
    assert ProductNews.objects.count() == 1
    tick(now=now)
    assert (ProductNews.objects.count(), CustomerEvent.objects.count()) == (0, 0)


def test_news_nobody_waits_for_or_too_old_leaves_before_the_first_is_told(store: Any, now: Any) -> None:
    report(10_000, at=now - timedelta(days=3))
    make_journey(trigger("low_stock"), now=now)
    report(8_000, at=now - timedelta(days=2))
    report(5_000, at=now)
    for pieces, at in [(9, now - timedelta(days=3)), (2, now - timedelta(days=2)), (1, now)]:
        stock(pieces, at=at)
    assert ProductNews.objects.count() == 4
    assert products.take_product_news(now=now) == 1
    assert ProductNews.objects.count() == 0


@pytest.mark.parametrize(("event", "kind", "spoken"), [("Product Viewed", "track", False), ("Product Back In Stock", "own", True)])
def test_a_run_no_event_began_speaks_of_news_of_a_product_alone(store: Any, now: Any, event: str, kind: str, spoken: bool) -> None:
    (person,) = make_crowd(1, now=now)
    wait = {"id": "look", "kind": "wait_event", "event": event, "days": 9}
    calendar = {"kind": "date", "date": "birthday"}
    journey = make_journey({"trigger": calendar, "steps": [wait, LATER]}, now=now)
    run = Enrollment.objects.create(
        journey=journey, version=JourneyVersion.objects.get(journey=journey), customer=person, occurrence="day", trigger_at=now,
        step="look", due_at=now + timedelta(days=9), entered_at=now, about=f"customer-{person.pk}",
    )  # fmt: skip
    heard = make_event(person, event, at=now + timedelta(hours=1), properties={"product_id": "lamp"}, kind=kind)
    tell_readers({person.pk: [EVERYTHING]}, now=heard.occurred_at)
    tick(now=now + timedelta(hours=1))
    run.refresh_from_db()
    assert (run.step, run.trigger_event_id) == ("pause", heard.pk if spoken else None)


def test_a_crowd_is_told_a_page_at_a_time(store: Any, now: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "PAGE", 2)
    people = make_crowd(5, now=now)
    report(10_000, at=now - timedelta(days=2))
    make_journey(trigger("price_drop"), now=now)
    for person in people:
        looked(person, at=now - timedelta(days=1))
    report(5_000, at=now)
    tick(now=now)
    assert sorted(Enrollment.objects.values_list("customer_id", flat=True)) == [one.pk for one in people]
