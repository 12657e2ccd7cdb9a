"""Who wanted something that was sold out hears of it when it is back, and not before; who waits is in nobody's way."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns.journeys.merging import move_runs
from campaigns.journeys.products import take_product_news
from campaigns.journeys.triggers import FOR_STOCK
from campaigns.models import Enrollment, Message, RecoveryCell
from campaigns.recovery.rules.compiling import BACK, WAITS_DAYS
from retention.customers.models import CustomerEvent
from retention.customers.personal_data import Pair
from tests.campaigns.journeys.stocking import stock
from tests.campaigns.recovery.shopping import go_live, is_written_to, leave, live
from tests.campaigns.recovery.wanting import LAMP, SHELF, decisions, tick, wanting, written
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
