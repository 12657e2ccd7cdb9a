"""Cells nobody thought of, and steps that break: the row or the import is given up with a reason, and the store's next import goes on."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from retention.customers.importing import running
from retention.customers.importing.kinds import kinds
from retention.customers.importing.people import PEOPLE
from retention.customers.models import Consent, Customer, Import, ImportChunk, ImportRow
from retention.stores.models import StoreWork
from tests.customers.importing import compared, counts, faults, import_file, put_in
from tests.factories import make_store, work_for

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize("moment", ["0001-01-01 00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31 23:59:59", "9999-12-31T23:59:59-12:00"])
def test_a_moment_at_the_edge_of_time_costs_its_row_only(zone, moment):
    store = make_store(zone=zone)
    text = f"Email,Email Marketing Consent,Email Marketing Consent Timestamp\nann@example.test,Subscribed,{moment}\nbea@example.test,,\n"
    with work_for(store):
        done = import_file(text, store, at=NOW, consent_source="Newsletter form")
        assert (done.state, counts(done)) == ("done", {"new": 1, "changed": 0, "same": 0, "refused": 1})
        [(row, column, why)] = faults(done)
        assert (row, column) == (2, "Email Marketing Consent Timestamp")
        assert why in {f"“{moment}” is not a moment.", f"“{moment}” lies ahead."}
        assert not Consent.objects.exists()


def test_an_order_at_the_edge_of_time_is_left_out():
    store = make_store(zone="Asia/Tokyo")
    head = "Order Number,Order Date,Product ID,Quantity,Unit Price\n"
    with work_for(store):
        done = import_file(f"{head}1,0001-01-01 00:00,X,1,2.00\n2,2026-01-01 10:00,X,1,2.00\n", store, kind="orders", at=NOW)
        assert counts(done) == {"new": 1, "changed": 0, "same": 0, "refused": 1}
        assert faults(done) == [(2, "Order Date", "“0001-01-01 00:00” is not a moment.")]


def _break_for_ann(work, now):
    outcomes = PEOPLE.apply(work, now)
    if any(thing.key == "e:ann@example.test" for thing in work.things):
        raise KeyError("ann@example.test")
    return outcomes


def test_a_step_that_always_breaks_ends_its_import_and_the_next_one_goes_on(monkeypatch, caplog):
    store = make_store()
    monkeypatch.setitem(kinds._items, "customers", replace(PEOPLE, apply=_break_for_ann, batch_things=1))
    with work_for(store):
        first = compared(put_in("Email\ncem@example.test\nann@example.test\ndan@example.test\n"), store, at=NOW)
        second = compared(put_in("Email\nbea@example.test\n"), store, at=NOW)
        for one in (first, second):
            running.begin_running(one, now=NOW)
    with caplog.at_level(logging.ERROR):
        for minutes in range(4):
            running.import_due(now=lambda minutes=minutes: NOW + timedelta(minutes=minutes))
            with work_for(store):
                first.refresh_from_db()
                assert (first.state, first.failures) == (("running", minutes + 1) if minutes < 2 else ("failed", 3))
                assert Customer.objects.filter(email_key="ann@example.test").count() == 0
    with work_for(store):
        second.refresh_from_db()
        assert first.error == "A step of it broke three times, so it was given up. What had come in before stays."
        assert (second.state, counts(second)["new"]) == ("done", 1)
        assert set(Customer.objects.values_list("email_key", flat=True)) == {"cem@example.test", "bea@example.test"}
        assert not ImportChunk.objects.exists()
    broken = [record for record in caplog.records if record.name == "boomerang.importing"]
    assert [record.cause for record in broken] == ["KeyError"] * 3
    assert "ann@example.test" not in caplog.text
    assert not StoreWork.objects.filter(kind="import").exists()


def test_a_step_that_breaks_once_goes_on_where_it_was(monkeypatch):
    store = make_store()
    left = [True]

    def once(work, now):
        if left and work.things[0].key == "e:c3@example.test":
            left.pop()
            raise ValueError
        return PEOPLE.apply(work, now)

    monkeypatch.setitem(kinds._items, "customers", replace(PEOPLE, apply=once, batch_things=2))
    with work_for(store):
        ready = compared(put_in("Email\n" + "".join(f"c{number}@example.test\n" for number in range(7))), store, at=NOW)
        running.begin_running(ready, now=NOW)
        monkeypatch.setitem(kinds._items, "customers", replace(PEOPLE, apply=once, batch_things=3))
    for minutes in range(2):
        running.import_due(now=lambda minutes=minutes: NOW + timedelta(minutes=minutes))
    with work_for(store):
        ready.refresh_from_db()
        assert (ready.state, counts(ready)["new"], ready.failures) == ("done", 7, 0)
        assert (Customer.objects.count(), left) == (7, [])


@pytest.mark.parametrize("state", ["uploaded", "ready", "paused"])
def test_a_file_nobody_touched_for_a_month_is_let_go(state):
    store = make_store()
    with work_for(store):
        left = put_in("Email\nann@example.test\n")
        if state != "uploaded":
            compared(left, store, at=NOW)
        if state == "paused":
            running.begin_running(left, now=NOW)
            running.pause(left, now=NOW)
        Import.objects.filter(pk=left.pk).update(touched_at=NOW)
        kept = put_in("Email\nbea@example.test\n")
        Import.objects.filter(pk=kept.pk).update(touched_at=NOW + timedelta(days=2))
    StoreWork.objects.filter(kind="import").update(due_at=NOW)
    running.import_due(now=lambda: NOW + timedelta(days=29, hours=23))
    with work_for(store):
        left.refresh_from_db()
        assert (left.state, left.chunks.count()) == (state, 1)
    running.import_due(now=lambda: NOW + timedelta(days=30))
    with work_for(store):
        left.refresh_from_db()
        kept.refresh_from_db()
        assert (left.state, left.error) == ("cancelled", "It waited for thirty days, so its file was forgotten. Put it in again.")
        assert (kept.state, kept.chunks.count()) == ("uploaded", 1)
        assert (ImportChunk.objects.count(), ImportRow.objects.count(), Customer.objects.count()) == (1, 0, 0)
    assert StoreWork.objects.get(kind="import").due_at == NOW + timedelta(days=32)


def test_a_file_is_let_go_though_its_store_never_brings_in_another():
    store = make_store()
    with work_for(store):
        left = put_in("Email\nann@example.test\n")
    running.import_due(now=lambda: left.created_at + timedelta(days=31))
    with work_for(store):
        left.refresh_from_db()
        assert (left.state, ImportChunk.objects.count()) == ("cancelled", 0)
