"""What follows for the customers of a file comes once for many batches, and is lost in none: at a pause, at the end, or called off."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from retention.customers.identifying import Claim, identify
from retention.customers.importing import running
from retention.customers.importing.kinds import kinds
from retention.customers.models import Customer, Import, Pending
from retention.orders.importing.reading import ORDERS
from tests.customers.importing import compared, put_in, work
from tests.factories import make_store, work_for

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
HEAD = "Order Number,Date,Customer ID,Customer Email,SKU,Quantity,Unit Price\n"


@pytest.fixture
def store(monkeypatch):
    monkeypatch.setitem(kinds._items, "orders", replace(ORDERS, batch_things=2))
    store = make_store(country="GB", currency="GBP", zone="Europe/London")
    with work_for(store):
        yield store


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
