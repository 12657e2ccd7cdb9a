"""Rules reach the tables and columns of one list, which the models have; what counts as an order is what the orders room says."""

import re
from pathlib import Path

import pytest
from django.apps import apps

from retention.orders.figures import COUNTS_SQL
from segments.conditions.orders import COUNTS
from segments.rules.sql import TABLES

ROOMS = [Path(__file__).parents[2] / "segments" / room for room in ("conditions", "rules")]
SOURCES = "\n".join(path.read_text() for room in ROOMS for path in sorted(room.glob("*.py")))
ALIASES = {
    "customer": "customers_customer", "value": "customers_attributevalue", "consent": "customers_consent",
    "counter": "customers_customercounter", "event": "customers_customerevent", "placed": "orders_order", "line": "orders_orderline",
    "cart": "orders_cart", "member": "segments_segmentmember", "place": "segments_postcode",
}  # fmt: skip


@pytest.mark.parametrize("table", TABLES)
def test_the_models_have_every_column_of_the_list(table):
    model = next(model for model in apps.get_models() if model._meta.db_table == table)
    assert set(TABLES[table]) <= {field.column for field in model._meta.concrete_fields}


def test_statements_name_no_other_table():
    named = set(re.findall(r"(?:FROM|JOIN) ([a-z]+_[a-z]+)\b", SOURCES)) - {"jsonb_array"}
    assert {name for name in named if not name.startswith("jsonb")} == set(TABLES)


@pytest.mark.parametrize("alias", ALIASES)
def test_statements_name_no_other_column(alias):
    quoted = " ".join(re.findall(r'"(?:[^"\\\n]|\\.)*"', SOURCES))
    columns = set(re.findall(rf"(?<![\w.]){alias}\.([a-z_]+)\b(?!\()", quoted))
    told = {"told"} if alias == "event" else set()  # of the rows that stand in place of events in a sum
    assert columns - told <= set(TABLES[ALIASES[alias]])
    assert columns


def test_an_order_that_counts_is_the_same_everywhere():
    assert COUNTS == COUNTS_SQL
