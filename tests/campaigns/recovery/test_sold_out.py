"""Who wanted something that was sold out hears of it when it is back, and not before; who waits is in nobody's way."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns.journeys.merging import move_runs
from campaigns.journeys.products import take_product_news
from campaigns.journeys.triggers import FOR_STOCK
from campaigns.models import Departure, Enrollment, Message, RecoveryCell, RecoveryCellVersion
from campaigns.recovery.planning import save_cell, set_state
from campaigns.recovery.rules.cells import CellPlan, Rung
from campaigns.recovery.rules.compiling import BACK, WAITS_DAYS
from campaigns.recovery.rules.defaults import when_back
from retention.customers.models import Customer, CustomerEvent
from retention.customers.personal_data import Pair
from tests.campaigns.journeys.stocking import report, stock
from tests.campaigns.recovery.shopping import TEA, cell_of, go_live, is_written_to, leave, live, shopper
from tests.campaigns.recovery.shopping import tick as look
from tests.campaigns.story import buy

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LAMP, SHELF = {"product_id": "lamp", "availability": "OutOfStock"}, {"product_id": "shelf", "availability": "OutOfStock"}


@pytest.fixture
def gone(plan: Any, now: Any) -> Any:
    """Let the lamp be sold out in a store with a plan, and return the store."""
    report(10_000, at=now - 9 * DAY)
    stock(0, at=now - 9 * DAY)
    return plan


@pytest.fixture
def cell(gone: Any, now: Any) -> RecoveryCell:
    """Switch the cell of lookers on, with a mail when it is back."""
    save_cell(cell_of("gone", "looking"), when_back(CellPlan(())), user_id=None, now=now - HOUR)
    return go_live("gone", "looking", now=now - HOUR)


def tick(*, now: Any) -> None:
    """Read the news of products, then do what a turn does."""
    while take_product_news(now=now):
        continue
    look(now=now)


def wanting(cell: RecoveryCell, *others: RecoveryCell, now: Any, product: Any = LAMP, held: bool = False) -> Customer:
    """Let somebody look at what is sold out, and leave; the lot holds them back in the cell, or does not, and not in the others."""
    people = (shopper("email", now=now) for _ in range(500))
    found = next(one for one in people if is_written_to(one, cell) != held and all(is_written_to(one, other) for other in others))
    live(found, (0, "Product Viewed", product), now=now)
    return found


def decisions(customer: Customer) -> list[str]:
    return list(Departure.objects.filter(customer=customer).order_by("left_at").values_list("decision", flat=True))


def written(customer: Customer) -> int:
    return Message.objects.filter(customer=customer).count()


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
