"""What follows for the customers of a file comes once for many batches, and is lost in none: at a pause, at the end, or called off."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from retention.customers.erasing import erase
from retention.customers.identifying import Claim, identify
from retention.customers.importing import running
from retention.customers.importing.kinds import kinds
from retention.customers.models import Customer, EventName, Import, Pending
from retention.kit.money import LARGEST_MINOR
from retention.orders.importing.reading import ORDERS
from retention.orders.models import Order
from tests.customers.importing import compared, put_in, work

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
HEAD = "Order Number,Date,Customer ID,Customer Email,SKU,Quantity,Unit Price\n"


@pytest.fixture
def store(british, monkeypatch):
    monkeypatch.setitem(kinds._items, "orders", replace(ORDERS, batch_things=2))
    return british


def begun(store, rows: str) -> Import:
    of = compared(put_in(HEAD + rows, kind="orders"), store, at=NOW)
    running.begin_running(of, now=NOW)
    assert running.import_batch(now=NOW)
    of.refresh_from_db()
    return of


def figures() -> list[tuple[int, int]]:
    return list(Customer.objects.order_by("identities__value").values_list("orders_count", "spent_minor"))


ROWS = "".join(f"{number},2026-01-0{number},c{number % 2},,X,1,{number}.00\n" for number in range(1, 6))


def test_customers_wait_with_the_import_and_are_settled_at_the_end(store):
    of = begun(store, ROWS)
    assert (len(of.unsettled), figures(), Pending.objects.count()) == (2, [(0, 0), (0, 0)], 0)
    done = work(of, at=NOW)
    assert (done.state, done.unsettled, figures()) == ("done", [], [(2, 600), (3, 900)])
    assert Pending.objects.filter(reader="segments").count() == 2


@pytest.mark.parametrize("stop", [running.pause, running.cancel])
def test_what_came_in_is_settled_when_somebody_stops_it(store, stop):
    of = begun(store, ROWS)
    stop(of, now=NOW)
    of.refresh_from_db()
    assert (of.unsettled, figures()) == ([], [(1, 200), (1, 100)])


def test_many_customers_are_settled_on_the_way(store, monkeypatch):
    monkeypatch.setattr(running, "MOST_UNSETTLED", 2)
    of = begun(store, ROWS)
    assert (of.unsettled, figures()) == ([], [(1, 200), (1, 100)])


def test_one_who_was_joined_to_another_meanwhile_is_settled_as_that_one(store):
    of = begun(store, "1,2026-01-01,,ann@example.test,X,1,1.00\n2,2026-01-02,,ann@example.test,X,1,2.00\n3,2026-01-03,c9,,X,1,4.00\n")
    identify([Claim(external="c1", trusted=True)], now=NOW)
    [joined] = identify([Claim(external="c1", email="ann@example.test", trusted=True)], now=NOW)
    assert joined not in of.unsettled
    work(of, at=NOW)
    assert Customer.objects.values_list("orders_count", "spent_minor").get(pk=joined) == (2, 300)


def test_amounts_beyond_all_sense_end_no_figures(store):
    of = begun(store, ROWS)
    Order.objects.filter(number="1").update(total_minor=LARGEST_MINOR)  # as files could once tell
    assert work(of, at=NOW).state == "done"
    assert figures() == [(2, 600), (3, LARGEST_MINOR)]


def broken(_ids, _now):
    raise ValueError("no figures")


@pytest.mark.parametrize("stop", [running.pause, running.cancel])
def test_an_import_whose_people_cannot_be_settled_can_be_stopped(store, monkeypatch, stop):
    of = begun(store, ROWS)
    monkeypatch.setitem(kinds._items, "orders", replace(ORDERS, batch_things=2, settle=broken))
    stop(of, now=NOW)
    of.refresh_from_db()
    assert (of.state, bool(of.unsettled)) in {("paused", True), ("cancelled", False)}


def test_an_import_whose_people_cannot_be_settled_fails_and_the_next_one_goes_on(store, monkeypatch):
    of = begun(store, ROWS)
    monkeypatch.setitem(kinds._items, "orders", replace(ORDERS, batch_things=10, settle=broken))
    for _try in range(running.MOST_FAILURES - 1):
        with pytest.raises(running.BatchBroken):
            running.import_batch(now=NOW)
    assert running.import_batch(now=NOW)
    of.refresh_from_db()
    assert (of.state, of.unsettled) == ("failed", [])
    assert not running.import_batch(now=NOW), "nothing holds up what comes after it"


def test_somebody_who_was_just_brought_in_can_be_erased_and_the_others_are_settled(store):
    of = begun(store, ROWS)
    erased = Customer.objects.order_by("identities__value").first()
    erase(erased, by=None, now=NOW)
    of.refresh_from_db()
    assert (of.state, of.unsettled, figures()) == ("cancelled", [], [(1, 100)])


def test_what_a_worker_of_the_release_before_left_is_settled_with_the_next_file(store):
    of = begun(store, ROWS)
    Import.objects.filter(pk=of.pk).update(state="done", finished_at=NOW)
    running.begin_running(compared(put_in(HEAD + "9,2026-01-09,c5,,X,1,9.00\n", kind="orders"), store, at=NOW), now=NOW)
    running.import_due(now=lambda: NOW)
    of.refresh_from_db()
    assert (of.unsettled, figures()) == ([], [(1, 200), (1, 100), (1, 900)])


def test_a_file_without_credit_notes_makes_no_event_of_them(store):
    work(begun(store, ROWS), at=NOW)
    assert list(EventName.objects.values_list("name", flat=True)) == ["Order Completed"]
