"""The plan's hot statements stand on indexes: on tables large enough that PostgreSQL would rather not scan them."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from campaigns.recovery import figures, looking, noticing
from retention.customers.models import Customer
from retention.kit.clock import now as clock_now
from tests.customers.test_plans import FILL, scanned_tables
from tests.factories import make_store, work_for
from tests.lasting import take_statistics

pytestmark = pytest.mark.django_db
STAGES = """
    INSERT INTO campaigns_recoverystage (store_id, public_id, ready, name, rule, position, depth, created_at)
    VALUES (%s, gen_random_uuid(), '', 'Idle', '{"kind": "idle"}', 1, 1, now())
    RETURNING id
"""
DEPARTURES = """
    INSERT INTO campaigns_departure (store_id, public_id, customer_id, stage_id, "group", decision, reached, cell_number, about, began_at,
        left_at, noticed_at, amount_minor, currency, device, source, evidence)
    SELECT store_id, gen_random_uuid(), id, %s, 'looking', 'draft', 2, 0, 'a' || id, created_at, created_at + interval '1 s',
        created_at, 100, 'EUR', 'phone', '', '{}'
    FROM customers_customer WHERE store_id = %s
"""


def scanned(statement: str, values: dict[str, Any]) -> set[str]:
    """Return the tables a statement's plan reads from one end to the other."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # of a table known to be empty no index is asked
        cursor.execute(f"EXPLAIN (FORMAT json) {statement}", values)
        (plan,) = cursor.fetchone()
    return scanned_tables((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])


def test_looking_hearing_and_counting_read_no_table_from_end_to_end():
    for _ in range(2):
        store = make_store()
        with work_for(store), connection.cursor() as cursor:
            cursor.execute(FILL.replace("'p' || n", f"'s{store.pk}-' || n"), [store.pk])
            cursor.execute(STAGES, [store.pk])
            (stage_id,) = cursor.fetchone()
            cursor.execute(DEPARTURES, [stage_id, store.pk])
    with work_for(store):
        now, people = clock_now(), list(Customer.objects.order_by("id").values_list("pk", flat=True)[:50])
        take_statistics("customers_customerevent", "campaigns_departure", "orders_order")
        usual: dict[str, Any] = {"store": store.pk, "customers": people}
        since = now - timedelta(days=1)
        looked = usual | {"since": since, "until": now, "arrived": since, "most": 300, "told": list(looking._TOLD)}
        assert scanned(looking._MOMENTS, looked) == set()
        assert scanned(noticing._WATCH, usual | {"silence": timedelta(minutes=30), "since": since}) == set()
        assert scanned(noticing._BOUGHT, usual | {"within": timedelta(days=7), "since": since, "currency": "EUR"}) == set()
        period = {"store": store.pk, "since": now - timedelta(hours=3), "until": now, "currency": "EUR", "only": "", "most": 8}
        for statement in (figures._LOST, figures._CAME, figures._WAYS["device"]):
            assert scanned(statement, period) == set()
