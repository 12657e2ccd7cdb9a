"""Who wanted something that was sold out hears of it when it is back, and not before; who waits is in nobody's way."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.journeys import products
from campaigns.journeys.merging import move_runs
from campaigns.journeys.products import take_product_news
from campaigns.journeys.triggers import FOR_STOCK
from campaigns.models import Departure, Enrollment, Message, RecoveryCell, RecoveryCellVersion
from campaigns.recovery.planning import save_cell, set_state
from campaigns.recovery.rules.cells import CellPlan, Rung
from campaigns.recovery.rules.compiling import BACK, WAITS_DAYS
from retention.catalog.models import ProductNews
from retention.customers.models import CustomerEvent
from retention.customers.personal_data import Pair
from retention.kit.stored_json import read_json
from tests.campaigns.journeys.journeying import LATER, make_journey
from tests.campaigns.journeys.stocking import report, stock
from tests.campaigns.recovery.shopping import TEA, cell_of, go_live, is_written_to, leave, live
from tests.campaigns.recovery.wanting import LAMP, SHELF, decisions, tell, tick, wanting, written
from tests.campaigns.story import buy

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def test_nothing_is_said_before_it_is_back(cell: RecoveryCell, now: Any) -> None:
    ana, ben = wanting(cell, now=now), wanting(cell, now=now, product=SHELF)
    tick(now=now + 30 * MINUTE)
    assert (decisions(ana), decisions(ben)) == (["entered"], ["entered"])
    tick(now=now + 3 * DAY)
    assert (written(ana), written(ben)) == (0, 0)
    stock(4, at=now + 4 * DAY)
    tick(now=now + 4 * DAY)
    assert written(ana) == 0, "half an hour after it is back"
    tick(now=now + 4 * DAY + 30 * MINUTE)
    assert (written(ana), written(ben)) == (1, 0), "the shelf is still sold out"
    told = CustomerEvent.objects.get(pk=Enrollment.objects.get(customer=ana).trigger_event_id)
    assert (told.name, told.properties["name"]) == (BACK, "Lamp"), "the mail says what is back"
    stock(0, at=now + 5 * DAY)
    stock(2, at=now + 6 * DAY)
    tick(now=now + 7 * DAY)
    assert written(ana) == 1, "it is told once"


def test_what_does_not_come_back_is_not_waited_for_for_ever(cell: RecoveryCell, now: Any) -> None:
    ana = wanting(cell, now=now)
    tick(now=now + 30 * MINUTE)
    over = now + 30 * MINUTE + WAITS_DAYS * DAY
    tick(now=over)
    assert Enrollment.objects.get(customer=ana).state == "finished"
    stock(4, at=over + HOUR)
    tick(now=over + HOUR)
    tick(now=over + DAY)
    assert written(ana) == 0


def test_who_buys_meanwhile_waits_no_more(cell: RecoveryCell, now: Any) -> None:
    ana = wanting(cell, now=now)
    tick(now=now + 30 * MINUTE)
    buy(ana, None, now=now + DAY)
    stock(4, at=now + 2 * DAY)
    tick(now=now + 2 * DAY)
    tick(now=now + 3 * DAY)
    assert (Enrollment.objects.get(customer=ana).state, written(ana)) == ("stopped", 0)


def test_it_came_back_before_they_were_looked_at(cell: RecoveryCell, now: Any) -> None:
    ana = wanting(cell, now=now)
    stock(4, at=now + 10 * MINUTE)
    while take_product_news(now=now + 10 * MINUTE):
        continue
    tick(now=now + 30 * MINUTE)
    run = Enrollment.objects.get(customer=ana)
    assert (written(ana), run.step) == (1, "end")
    assert CustomerEvent.objects.get(pk=run.trigger_event_id).properties["name"] == "Lamp"


def test_who_asked_for_it_before_they_were_looked_at_is_told(cell: RecoveryCell, now: Any) -> None:
    ana = wanting(cell, now=now, did="Back In Stock Requested", product={"product_id": "lamp"})
    stock(4, at=now + 10 * MINUTE)
    while take_product_news(now=now + 10 * MINUTE):
        continue
    told = CustomerEvent.objects.get(name=BACK).properties
    assert (told["product_id"], "viewed_days" in told) == ("lamp", False), "asking for it is no view, which journeys may wait for"
    tick(now=now + 30 * MINUTE)
    assert (decisions(ana), written(ana)) == (["entered"], 1)


@pytest.mark.parametrize("product", [{"product_id": "lamp"}, {"product_id": "lamp", "availability": "InStock"}])
def test_who_saw_it_when_it_could_be_had_is_not_told(cell: RecoveryCell, now: Any, product: Any) -> None:
    wanting(cell, now=now, product=product)
    stock(4, at=now + 10 * MINUTE)
    tick(now=now + 10 * MINUTE)
    assert CustomerEvent.objects.filter(name=BACK).count() == 0


@pytest.mark.parametrize("asked", [("Product Viewed", LAMP), ("Back In Stock Requested", {"product_id": "lamp"})])
def test_nobody_new_is_told_where_no_live_cell_is_about_what_is_sold_out(cell: RecoveryCell, now: Any, asked: Any) -> None:
    """Another cell is live; who waits already is told, so that they are written to when their cell goes on."""
    go_live("idle", "buying", now=now - HOUR)
    ana = wanting(cell, now=now - 50 * MINUTE)
    tick(now=now - 20 * MINUTE)
    set_state(cell_of("gone", "looking"), "paused", user_id=None, now=now - 10 * MINUTE)
    wanting(cell, now=now, did=asked[0], product=asked[1])
    stock(4, at=now + 10 * MINUTE)
    tick(now=now + 10 * MINUTE)
    assert list(CustomerEvent.objects.filter(name=BACK).values_list("customer_id", flat=True)) == [ana.pk]


def test_where_the_plan_waits_for_nothing_nobody_is_looked_for(cell: RecoveryCell, now: Any) -> None:
    set_state(cell_of("gone", "looking"), "paused", user_id=None, now=now - 20 * MINUTE)
    go_live("idle", "buying", now=now - HOUR)
    wanting(cell, now=now)
    stock(4, at=now + 10 * MINUTE)
    with CaptureQueriesContext(connection) as seen:
        take_product_news(now=now + 10 * MINUTE)
    assert [one["sql"] for one in seen.captured_queries if "customers_customerevent" in one["sql"]] == []
    assert (ProductNews.objects.count(), CustomerEvent.objects.filter(name=BACK).count()) == (0, 0)


SIZES = ("LAMP", "LAMP-M")


def sizes_of_the_lamp(*, now: Any) -> None:
    """Let the lamp come in two sizes, of which only the second is there."""
    report(10_000, at=now - 8 * DAY, sizes=SIZES)
    stock(3, at=now - 8 * DAY, sizes=SIZES[1:])


def test_one_size_more_of_what_was_there_all_the_time_is_not_the_thing_that_is_back(cell: RecoveryCell, now: Any) -> None:
    sizes_of_the_lamp(now=now)
    ana = wanting(cell, now=now)
    tick(now=now + 30 * MINUTE)
    stock(5, at=now + DAY)
    tick(now=now + DAY)
    tick(now=now + DAY + HOUR)
    assert (CustomerEvent.objects.filter(name=BACK).count(), written(ana)) == (0, 0)
    stock(0, at=now + 2 * DAY, sizes=SIZES)
    stock(5, at=now + 3 * DAY, sizes=SIZES)
    tick(now=now + 3 * DAY)
    tick(now=now + 3 * DAY + HOUR)
    assert (CustomerEvent.objects.filter(name=BACK).count(), written(ana)) == (1, 1)


@pytest.mark.parametrize("back", [10 * MINUTE, DAY])
def test_a_journey_of_the_shop_may_speak_of_a_size_and_the_plan_does_not(cell: RecoveryCell, now: Any, back: Any) -> None:
    """Before they were looked at, or while they wait."""
    sizes_of_the_lamp(now=now)
    own = make_journey({"trigger": {"kind": "product", "what": "back_in_stock"}, "steps": [LATER]}, now=now)
    ana = wanting(cell, now=now)
    moments = sorted([now + back, now + 30 * MINUTE, now + back + 2 * HOUR])
    for at in moments:
        if at == now + back:
            stock(5, at=at)
            while take_product_news(now=at):
                continue
        tick(now=at)
    assert (Enrollment.objects.filter(journey=own).count(), written(ana)) == (1, 0)


def test_it_came_back_while_they_went_on_looking_around(cell: RecoveryCell, now: Any) -> None:
    ana = wanting(cell, now=now)
    stock(4, at=now + 10 * MINUTE)
    while take_product_news(now=now + 10 * MINUTE):
        continue
    live(ana, (20, "Product List Viewed"), now=now)
    tick(now=now + 50 * MINUTE)
    departure, run = Departure.objects.get(customer=ana), Enrollment.objects.get(customer=ana)
    assert (departure.left_at, run.trigger_at) == (now + 20 * MINUTE, now)
    assert (written(ana), run.step) == (1, "end")


@pytest.mark.parametrize("wanted", ["Product Viewed", "Back In Stock Requested"])
def test_it_came_back_hours_later_in_the_same_visit(cell: RecoveryCell, now: Any, wanted: str) -> None:
    ana = wanting(cell, now=now - 2 * DAY, product=SHELF)
    tick(now=now - DAY)
    for minute in range(0, 180, 20):
        live(ana, (minute, "Product List Viewed" if minute else wanted, {} if minute else LAMP), now=now)
        tick(now=now + minute * MINUTE)
    assert decisions(ana) == ["entered"], "she is still about"
    stock(4, at=now + 170 * MINUTE)
    tick(now=now + 170 * MINUTE)
    tick(now=now + 190 * MINUTE)
    lamp = Enrollment.objects.get(customer=ana, about="lamp")
    assert (written(ana), lamp.trigger_at, lamp.step) == (1, now, "end")


def test_a_plan_begun_before_it_could_wait_keeps_its_times_and_words(gone: Any, now: Any) -> None:
    old = cell_of("gone", "looking")
    stored = {"rungs": [{"channel": "email", "minutes": 20 * 60, "template": "recovery-mail"}]}
    RecoveryCellVersion.objects.create(cell=old, number=1, plan=stored)
    RecoveryCell.objects.filter(pk=old.pk).update(number=1, state="draft")
    ana = wanting(go_live("gone", "looking", now=now - HOUR), now=now)
    tick(now=now + 30 * MINUTE)
    stock(4, at=now + 10 * HOUR)
    tick(now=now + 19 * HOUR)
    assert written(ana) == 0
    tick(now=now + 20 * HOUR)
    assert list(Message.objects.values_list("customer", "template_version__template__key")) == [(ana.pk, "recovery-mail")]
    run = Enrollment.objects.get(customer=ana)
    assert (run.about, run.trigger_event_id) == (run.occurrence, None), "nothing was waited for"


def test_who_waited_and_was_told_nothing_may_be_told_something_else(cell: RecoveryCell, now: Any) -> None:
    save_cell(cell_of("product", "looking"), CellPlan((Rung("email", 60, "recovery-back"),)), user_id=None, now=now - HOUR)
    other = go_live("product", "looking", now=now - HOUR)
    told, untold = (wanting(cell, other, now=now, product=product) for product in (LAMP, SHELF))
    held, never = (wanting(cell, other, now=now, product=product, held=True) for product in (LAMP, SHELF))
    tick(now=now + 30 * MINUTE)
    stock(4, at=now + HOUR)
    tick(now=now + HOUR)
    tick(now=now + 2 * HOUR)
    assert (written(told), written(untold)) == (1, 0)
    set_state(cell, "draft", user_id=None, now=now + 3 * HOUR)
    assert not Enrollment.objects.running().exists()
    for one in (told, untold, held, never):
        live(one, (0, "Product Viewed", TEA), (0.1, "Product Viewed", TEA), now=now + 2 * DAY)
    tick(now=now + 2 * DAY + 30 * MINUTE + MINUTE)
    assert [decisions(one)[-1] for one in (told, untold, held, never)] == ["already", "entered", "already", "entered"]


def test_who_waits_is_in_nobody_s_way_and_waits_once_for_each_thing(cell: RecoveryCell, now: Any) -> None:
    idle = go_live("idle", "buying", now=now - HOUR)
    people = (wanting(cell, now=now) for _ in range(200))
    ana = next(one for one in people if is_written_to(one, idle))
    tick(now=now + 30 * MINUTE)
    live(ana, (0, "Product Viewed", LAMP), now=now + DAY)
    tick(now=now + DAY + 30 * MINUTE)
    live(ana, (0, "Product Viewed", SHELF), now=now + 2 * DAY)
    tick(now=now + 2 * DAY + 30 * MINUTE)
    leave(ana, now=now + 3 * DAY)
    tick(now=now + 3 * DAY + 30 * MINUTE)
    assert decisions(ana) == ["entered", "already", "entered", "entered"]
    assert set(Enrollment.objects.running().filter(customer=ana, step=FOR_STOCK).values_list("about", flat=True)) == {"lamp", "shelf"}
    stock(4, at=now + 5 * DAY)
    tick(now=now + 5 * DAY)
    tick(now=now + 5 * DAY + HOUR)
    said = Message.objects.filter(customer=ana, template_version__template__key="recovery-in-stock")
    assert [run.about for run in Enrollment.objects.filter(pk__in=said.values("enrollment"))] == ["lamp"]


def test_two_who_are_one_wait_once_for_each_thing(cell: RecoveryCell, now: Any) -> None:
    ana, again = wanting(cell, now=now), wanting(cell, now=now)
    other = wanting(cell, now=now, product=SHELF)
    tick(now=now + 30 * MINUTE)
    move_runs([Pair(again.pk, ana.pk), Pair(other.pk, ana.pk)])
    assert sorted(Enrollment.objects.running().values_list("customer_id", "about")) == [(ana.pk, "lamp"), (ana.pk, "shelf")]


def test_two_who_are_one_wait_once_for_a_thing_whichever_cells_they_came_by(cell: RecoveryCell, now: Any) -> None:
    ana, again = wanting(cell, now=now), wanting(cell, now=now)
    tick(now=now + 30 * MINUTE)
    other = go_live("gone", "buying", now=now)
    Enrollment.objects.filter(customer=again).update(journey_id=other.journey_id)
    move_runs([Pair(again.pk, ana.pk)])
    assert list(Enrollment.objects.running().values_list("customer_id", "journey_id", "about")) == [(ana.pk, cell.journey_id, "lamp")]
    assert Enrollment.objects.get(journey=other.journey_id).reason == "merged"


def test_who_climbs_about_a_thing_waits_for_it_no_more(cell: RecoveryCell, now: Any) -> None:
    """One of the two was looked at after the lamp was back, and hears of it already; the other came to wait since."""
    ana = wanting(cell, now=now)
    stock(4, at=now + 10 * MINUTE)
    while take_product_news(now=now + 10 * MINUTE):
        continue
    save_cell(
        cell_of("gone", "looking"), CellPlan((Rung("email", 90, "recovery-in-stock"),), waits=True), user_id=None, now=now + 11 * MINUTE
    )
    tick(now=now + 30 * MINUTE)
    stock(0, at=now + 31 * MINUTE)
    again = wanting(cell, now=now + 31 * MINUTE)
    tick(now=now + 61 * MINUTE)
    other = go_live("gone", "buying", now=now)
    Enrollment.objects.filter(customer=again).update(journey_id=other.journey_id)
    assert sorted(Enrollment.objects.running().values_list("about", "step")) == [("lamp", FOR_STOCK), ("lamp", "wait-email")]
    move_runs([Pair(again.pk, ana.pk)])
    assert list(Enrollment.objects.running().values_list("customer_id", "about", "step")) == [(ana.pk, "lamp", "wait-email")]


def test_of_a_view_only_what_it_says_of_stock_leaves_the_database(cell: RecoveryCell, now: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(products, "read_json", lambda text: asked.append(text) or read_json(text))
    long = "x" * 20_000
    ana = wanting(cell, now=now, product=LAMP | {"note": long, "stock_status": long, "available": {"note": long}})
    wanting(cell, now=now, product={"product_id": "lamp", "note": long})
    stock(4, at=now + 10 * MINUTE)
    tell(now=now + 10 * MINUTE)
    assert list(CustomerEvent.objects.filter(name=BACK).values_list("customer_id", flat=True)) == [ana.pk]
    assert (len(asked), max(map(len, asked)) < 1_000) == (2, True)
