"""What a browser says somebody wants is bounded: by the catalogue, by rests, by how many products they wait for, in what is read."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import Departure, Enrollment, RecoveryCell
from campaigns.recovery import earlier
from campaigns.recovery.earlier import Asked, Earlier
from campaigns.recovery.looking import look_at
from campaigns.recovery.planning import save_cell
from campaigns.recovery.rules.cells import CellPlan, Rung
from retention.catalog.models import Product
from retention.catalog.saving import Seen, note_seen
from tests.campaigns.journeys.stocking import stock
from tests.campaigns.recovery.shopping import TEA, cell_of, go_live, leave, live, shopper
from tests.campaigns.recovery.shopping import tick as look
from tests.campaigns.recovery.wanting import LAMP, SHELF, decisions, tick, wanting, written, written_one

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def wants(customer: Any, product: Any, *, now: Any) -> None:
    """Let them look at what is sold out, leave, and be looked at."""
    live(customer, (0, "Product Viewed", product), now=now)
    tick(now=now + 30 * MINUTE)


def test_only_what_the_shop_sells_can_be_sold_out(cell: RecoveryCell, now: Any) -> None:
    note_seen([Seen("ghost", name="Ghost")], now=now)
    Product.objects.filter(shop_id="shelf").update(state=Product.State.DELETED)
    stages = {}
    for key in ("lamp", "phantom", "ghost", "shelf"):
        one = shopper("email", now=now)
        looked = {"product_id": key, "available": False}
        live(one, (0, "Product Viewed", looked), (1, "Product Viewed", looked), now=now)
        stages[key] = one.pk
    tick(now=now + 31 * MINUTE)
    found = dict(Departure.objects.values_list("customer_id", "stage__ready"))
    assert {key: found[pk] for key, pk in stages.items()} == {"lamp": "gone", "phantom": "product", "ghost": "product", "shelf": "product"}


def test_the_catalogue_is_asked_once_for_all_who_are_looked_at(cell: RecoveryCell, now: Any) -> None:
    people = [wanting(cell, now=now, product=product).pk for product in (LAMP, SHELF, LAMP)]
    with CaptureQueriesContext(connection) as asked:
        look_at(people, now=now + HOUR)
    assert sum("catalog_product" in one["sql"] for one in asked) == 1


def test_somebody_waits_for_so_many_products_and_no_more(cell: RecoveryCell, now: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(earlier, "MOST_WAITS", 1)
    ana = written_one(cell, now=now)
    wants(ana, LAMP, now=now)
    wants(ana, SHELF, now=now + HOUR)
    assert decisions(ana) == ["entered", "already"]


@pytest.mark.parametrize(("days", "expected"), [(3, "already"), (9, "entered")])
def test_after_they_were_told_a_week_goes_by_before_they_wait_for_it_again(cell: RecoveryCell, now: Any, days: int, expected: str) -> None:
    ana = written_one(cell, now=now)
    wants(ana, LAMP, now=now)
    stock(4, at=now + DAY)
    tick(now=now + DAY)
    tick(now=now + DAY + HOUR)
    stock(0, at=now + 2 * DAY)
    wants(ana, LAMP, now=now + days * DAY)
    assert decisions(ana) == ["entered", expected]


def test_while_a_run_goes_on_about_it_nobody_waits_for_it_anew(cell: RecoveryCell, now: Any) -> None:
    save_cell(cell, CellPlan((Rung("email", 10 * 1440, "recovery-in-stock"),), waits=True), user_id=None, now=now - HOUR)
    ana = written_one(cell, now=now)
    wants(ana, LAMP, now=now)
    stock(4, at=now + DAY)
    tick(now=now + DAY)
    assert Enrollment.objects.running().get(customer=ana).step == "wait-email"
    stock(0, at=now + 2 * DAY)
    wants(ana, LAMP, now=now + 8 * DAY)
    assert decisions(ana) == ["entered", "already"]


@pytest.mark.parametrize(("days", "expected"), [(1, ["entered", "already"]), (9, ["entered", "entered"])])
def test_what_is_back_before_they_are_looked_at_begins_no_ladder_beside_another(
    cell: RecoveryCell, now: Any, days: int, expected: list[str]
) -> None:
    save_cell(cell, CellPlan((Rung("email", 300, "recovery-in-stock"),), waits=True), user_id=None, now=now - HOUR)
    ana = written_one(cell, now=now)
    stock(0, at=now - 9 * DAY, sizes=("SHELF",))
    wants(ana, SHELF, now=now - DAY + HOUR)
    stock(2, at=now - DAY + 2 * HOUR, sizes=("SHELF",))
    for hours in (2, 3, 8):
        tick(now=now - DAY + hours * HOUR)
    assert (written(ana), Enrollment.objects.get(customer=ana).state) == (1, "finished")
    live(ana, (0, "Product Viewed", LAMP), now=now + days * DAY)
    stock(4, at=now + days * DAY + 10 * MINUTE)
    tick(now=now + days * DAY + 30 * MINUTE)
    assert decisions(ana) == expected


def test_who_enters_nothing_is_not_counted_as_entered(plan: Any, now: Any) -> None:
    idle = go_live("idle", "buying", now=now - HOUR)
    ana = written_one(idle, now=now)
    leave(ana, now=now)
    look(now=now + 30 * MINUTE)
    assert decisions(ana) == ["entered"]
    Departure.objects.filter(customer=ana).delete()
    live(ana, (0, "Product Added", TEA), now=now + DAY)
    look(now=now + DAY + 30 * MINUTE)
    assert decisions(ana) == ["already"], "the run about this basket is the one that was there"
    assert Enrollment.objects.filter(customer=ana).count() == 1


def test_what_is_read_of_earlier_does_not_grow_with_it(cell: RecoveryCell, now: Any) -> None:
    ana = written_one(cell, now=now)
    wants(ana, LAMP, now=now)
    wants(ana, SHELF, now=now + HOUR)
    first = Departure.objects.filter(customer=ana).earliest("left_at")
    for days in (8, 20, 400):
        first.pk, first.about = None, f"old-{days}"
        first.began_at = first.left_at = now - days * DAY
        first.save(force_insert=True)
    known = Earlier.of([Asked(ana.pk, "new", "lamp", now + 2 * HOUR, now + 2 * HOUR)])
    assert (known.departures[ana.pk], known.runs[ana.pk], known.waits) == ([], {}, {ana.pk: 2})
    assert not known.may_want(ana.pk, "lamp", left_at=now + 2 * HOUR)
    about = Earlier.of([Asked(ana.pk, "old-400", "", now + 2 * HOUR, now + 2 * HOUR)]).departures[ana.pk]
    assert [one.about for one in about] == ["old-400"], "of the same basket every run counts"


def told_late(cell: RecoveryCell, *others: RecoveryCell, now: Any) -> Any:
    """Return somebody who waited for the lamp for three weeks and was told yesterday that it is back."""
    ana = written_one(cell, *others, now=now)
    wants(ana, LAMP, now=now - 21 * DAY)
    stock(4, at=now - DAY)
    for hours in (24, 23, 22):
        tick(now=now - hours * HOUR)
    assert written(ana) == 1
    return ana


@pytest.mark.parametrize(("days", "expected"), [(0, "already"), (6, "already"), (7, "entered")])
def test_the_week_counts_from_when_they_were_told_however_long_they_waited(cell: RecoveryCell, now: Any, days: int, expected: str) -> None:
    ana = told_late(cell, now=now)
    stock(0, at=now - HOUR)
    wants(ana, LAMP, now=now + days * DAY)
    assert decisions(ana) == ["entered", expected]


@pytest.mark.parametrize(("days", "expected"), [(0, "already"), (7, "entered")])
def test_who_was_told_rests_a_week_from_other_cells_too(cell: RecoveryCell, now: Any, days: int, expected: str) -> None:
    save_cell(cell_of("product", "looking"), CellPlan((Rung("email", 60, "recovery-back"),)), user_id=None, now=now - HOUR)
    ana = told_late(cell, go_live("product", "looking", now=now - HOUR), now=now)
    live(ana, (0, "Product Viewed", TEA), (0.1, "Product Viewed", TEA), now=now + days * DAY)
    tick(now=now + days * DAY + 31 * MINUTE)
    assert decisions(ana) == ["entered", expected]


def test_who_waited_in_vain_may_wait_again_at_once(cell: RecoveryCell, now: Any) -> None:
    ana = written_one(cell, now=now)
    wants(ana, LAMP, now=now - 31 * DAY)
    tick(now=now - 12 * HOUR)
    assert Enrollment.objects.get(customer=ana).state == "finished"
    wants(ana, LAMP, now=now)
    assert decisions(ana) == ["entered", "entered"]


def test_the_week_counts_from_the_last_message_of_several(cell: RecoveryCell, now: Any) -> None:
    ladder = (Rung("email", 30, "recovery-in-stock"), Rung("onsite", 3 * 1440, "recovery-talk"))
    save_cell(cell, CellPlan(ladder, waits=True), user_id=None, now=now - 22 * DAY)
    ana = written_one(cell, now=now)
    wants(ana, LAMP, now=now - 21 * DAY)
    stock(4, at=now - 9 * DAY)
    for days in (9, 8.9, 6, 5.9):
        tick(now=now - days * DAY)
    assert (written(ana), Enrollment.objects.get(customer=ana).state) == (2, "finished")
    stock(0, at=now - 5 * DAY)
    wants(ana, LAMP, now=now)
    assert decisions(ana) == ["entered", "already"]


def test_who_bought_before_they_were_told_may_wait_again_at_once(cell: RecoveryCell, now: Any) -> None:
    ana = written_one(cell, now=now)
    wants(ana, LAMP, now=now - 21 * DAY)
    stock(4, at=now - DAY)
    tick(now=now - DAY)
    live(ana, (0, "Order Completed", {"order_id": "1"}), now=now - DAY + 5 * MINUTE)
    tick(now=now - DAY + HOUR)
    run = Enrollment.objects.get(customer=ana)
    assert (written(ana), run.state, run.trigger_event_id is None) == (0, "stopped", False)
    stock(0, at=now - HOUR)
    wants(ana, LAMP, now=now)
    assert decisions(ana) == ["entered", "ordered", "entered"]


def test_of_two_runs_about_the_same_the_later_end_counts(cell: RecoveryCell, now: Any) -> None:
    ana = told_late(cell, now=now)
    run = Enrollment.objects.get(customer=ana)
    ended_at, about = run.ended_at, run.occurrence
    run.pk, run.public_id, run.journey = None, uuid.uuid4(), go_live("idle", "buying", now=now - HOUR).journey
    run.ended_at = ended_at - 3 * DAY
    run.save(force_insert=True)
    assert Earlier.of([Asked(ana.pk, "new", "", now, now)]).late == {about: ended_at}
