"""Events lie in months that are guarded like their parent, and rows without a month move into it when it is made."""

from datetime import UTC, datetime

import pytest
from django.db import connection, connections

from retention.customers.models import CustomerEvent
from retention.tenancy.partitions import MONTHS_AHEAD, MONTHS_BACK, make_months_of
from tests.factories import make_store, work_for
from tests.factories.customers import make_customer, make_event

TABLE = "customers_customerevent"
FAR = datetime(2031, 5, 7, tzinfo=UTC)


def _place(event):
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"SELECT tableoid::regclass::text FROM {TABLE} WHERE id = %s", [event.pk])
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_month_that_is_made_late_takes_its_rows_from_the_default_partition():
    store = make_store()
    event = make_event(make_customer(store), "Noted", at=FAR)
    assert _place(event) == f"{TABLE}_default"
    with connections["owner"].cursor() as cursor:
        made = make_months_of(cursor, table=TABLE, column="received_at", now=FAR)
        again = make_months_of(cursor, table=TABLE, column="received_at", now=FAR)
        place = _place(event)
        for month in range(MONTHS_BACK + MONTHS_AHEAD + 1):
            year, number = divmod(2031 * 12 + 4 - MONTHS_BACK + month, 12)
            cursor.execute(f"DROP TABLE {TABLE}_{year}_{number + 1:02}")
    assert (made, again, place) == (MONTHS_BACK + MONTHS_AHEAD + 1, 0, f"{TABLE}_2031_05")


@pytest.mark.django_db
def test_a_partition_cannot_be_read_by_its_own_name():
    store = make_store()
    make_event(make_customer(store), "Noted")
    with work_for(store):
        assert CustomerEvent.objects.count() == 1
        with connection.cursor() as cursor:
            cursor.execute("SELECT has_table_privilege('boomerang_app', %s, 'SELECT')", [f"{TABLE}_default"])
            assert cursor.fetchone() == (False,)
