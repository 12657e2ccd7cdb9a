"""A process keeps readers of files it is in the middle of: few of them, none whose import is over, and none that read otherwise."""

from collections import OrderedDict
from dataclasses import replace

import pytest

from retention.customers.importing import running, staging
from retention.customers.importing.kinds import kinds
from retention.customers.importing.people import PEOPLE
from retention.customers.models import Customer, Import, ImportRow
from retention.kit import clock
from tests.customers.importing import brought_in, put_in, work
from tests.factories import make_store, work_for

pytestmark = pytest.mark.django_db
PEOPLE_COUNT = 12
FILE = "Email,First Name,Last Name\n" + "".join(f"c{number}@example.test,First{number},Last{number}\n" for number in range(PEOPLE_COUNT))
BY_FIRST, BY_LAST = ({"0": "email", "1": first, "2": last} for first, last in (("first_name", ""), ("", "first_name")))


@pytest.fixture
def left_open(monkeypatch):
    """Let batches be small, and return the readers that are open, by number."""
    numbers, found = iter(range(1000)), set()

    def read(rows, plan):
        number = next(numbers)
        found.add(number)
        try:
            yield from PEOPLE.read(rows, plan)
        finally:
            found.discard(number)

    monkeypatch.setattr(staging, "_open", OrderedDict())
    monkeypatch.setitem(kinds._items, "customers", replace(PEOPLE, read=read, batch_rows=5))
    return found


def begin(of, mapping=BY_FIRST):
    """Read the first rows of a file."""
    running.begin_reading(of, mapping=mapping, options={}, now=clock.now())
    running.import_batch(now=clock.now())
    of.refresh_from_db()
    assert (of.state, of.rows_count) == ("reading", 5)


def test_the_reader_of_an_import_that_was_called_off_is_closed(left_open):
    called_off, going_on = make_store(), make_store()
    with work_for(called_off):
        begin(off := put_in(FILE))
    with work_for(going_on):
        begin(on := put_in(FILE))
    staging.close_readers()
    assert left_open == {0, 1}
    with work_for(called_off):
        running.cancel(off, now=clock.now())
    running.import_due(now=clock.now, seconds=0)
    assert left_open == {1}
    with work_for(going_on):
        brought_in(work(on))
        assert (Customer.objects.count(), left_open) == (PEOPLE_COUNT, set())


def test_few_are_kept_and_a_file_without_its_reader_goes_on_where_it_was(left_open):
    begun = []
    for _number in range(staging.MOST_READERS + 2):
        with work_for(store := make_store()):
            begin(of := put_in(FILE))
        begun.append((store, of))
    assert left_open == {2, 3, 4}
    for store, of in begun:
        with work_for(store):
            brought_in(work(of))
            assert (of.rows_count, of.refused_count) == (PEOPLE_COUNT, 0)
            assert set(Customer.objects.values_list("first_name", flat=True)) == {f"First{number}" for number in range(PEOPLE_COUNT)}
    assert left_open == set()


def test_a_reader_by_an_earlier_mapping_does_not_go_on(left_open, monkeypatch):
    """One process begins, another reads the file to its end and begins it anew by another mapping, and the first takes it over."""
    with work_for(make_store()):
        begin(of := put_in(FILE))
        with monkeypatch.context() as other:
            other.setattr(staging, "_open", OrderedDict())
            assert work(of).state == "ready"
            begin(of, BY_LAST)
        brought_in(work(of))
        assert not ImportRow.objects.exists()
        assert set(Customer.objects.values_list("first_name", flat=True)) == {f"Last{number}" for number in range(PEOPLE_COUNT)}
        assert Import.objects.get().rows_count == PEOPLE_COUNT
