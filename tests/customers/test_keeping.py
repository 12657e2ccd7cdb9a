"""Events leave when their store keeps them no longer, and nothing else does."""

from datetime import UTC, datetime, timedelta

import pytest

from retention.customers import keeping
from retention.customers.keeping import delete_old_events, months_before
from retention.customers.models import Consent, Customer, CustomerEvent
from tests.factories import make_store, work_for
from tests.factories.customers import make_customer, make_event

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def kept(store):
    with work_for(store):
        return sorted(CustomerEvent.objects.values_list("name", flat=True))


@pytest.mark.django_db
def test_older_events_leave_a_store_that_says_so_and_no_other():
    year, ever = make_store(event_months=12), make_store()
    for store in (year, ever):
        ana = make_customer(store, "ana@example.test", allows=("email",))
        make_event(ana, "Old", at=datetime(2025, 11, 24, 8, 59, tzinfo=UTC))
        make_event(ana, "Just kept", at=datetime(2025, 11, 24, 9, 0, tzinfo=UTC))
        make_event(ana, "New", at=NOW)
    assert delete_old_events(now=NOW) == 1
    assert (kept(year), kept(ever)) == (["Just kept", "New"], ["Just kept", "New", "Old"])
    assert delete_old_events(now=NOW) == 0
    with work_for(year):
        assert (Customer.objects.count(), Consent.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_a_run_has_an_end_and_the_next_goes_on(monkeypatch):
    monkeypatch.setattr(keeping, "BITE", 2)
    monkeypatch.setattr(keeping, "BITES_OF_A_STORE", 2)
    stores = [make_store(event_months=6) for _number in range(2)]
    for store in stores:
        ana = make_customer(store)
        for number in range(7):
            make_event(ana, f"E{number}", at=NOW - timedelta(days=400 - number))
    assert delete_old_events(now=NOW) == 8
    assert [kept(store) for store in stores] == [["E4", "E5", "E6"]] * 2
    assert delete_old_events(now=NOW, bites=1) == 2
    assert delete_old_events(now=NOW) == 4
    assert [kept(store) for store in stores] == [[], []]


@pytest.mark.parametrize(
    ("months", "moment"), [(1, "2026-02-28"), (6, "2025-09-30"), (12, "2025-03-31"), (3, "2025-12-31"), (25, "2024-02-29")]
)
def test_months_are_those_of_the_calendar(months, moment):
    assert months_before(datetime(2026, 3, 31, tzinfo=UTC), months).date().isoformat() == moment
