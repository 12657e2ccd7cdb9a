"""Cells nobody thought of, and steps that break: the row or the import is given up with a reason, and the store's next import goes on."""

from datetime import UTC, datetime

import pytest

from retention.customers.models import Consent
from tests.customers.importing import counts, faults, import_file
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
