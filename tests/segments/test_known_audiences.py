"""Audiences of public data whose sizes are known: counted by a rule, exactly so many."""

import csv
import gzip
from datetime import UTC, datetime

import pytest
from django.db.models import Max

from retention.customers.importing.filing import keep
from retention.customers.models import Attribute, AttributeValue, Customer
from retention.tenancy.context import store_context
from segments.asking import LONG_SECONDS, asking, rows_of
from segments.counting import count_rule
from segments.knowing import read, terms_of_store
from segments.loading import load_people
from segments.rules.compiler import compile_rule
from segments.rules.evaluator import make_evaluator, needs_of
from segments.rules.terms import At
from tests.customers.importing import brought_in, compared
from tests.factories import make_store
from tests.orders.test_importing import online_retail
from tests.shared_data import shared

NOW = datetime(2011, 12, 10, tzinfo=UTC)
HEADINGS = {"womens": "flag", "newbie": "flag", "recency": "number", "history": "number", "channel": "text"}
KNOWN = {
    "bought women's things within half a year": (
        20_499, [{"is": "attribute", "key": "womens", "op": "yes"}, {"is": "attribute", "key": "recency", "op": "at_most", "value": 6}]),
    "spent more than 500 and buys everywhere": (
        3_199, [{"is": "attribute", "key": "history", "op": "more", "value": 500},
                {"is": "attribute", "key": "channel", "op": "is", "values": ["multichannel"]}]),
    "new within a year": (32_144, [{"is": "attribute", "key": "newbie", "op": "yes"}]),
}  # fmt: skip

pytestmark = [pytest.mark.deep, pytest.mark.django_db(transaction=True)]


def people(rule, at):
    """Return who belongs, by SQL; the Python evaluator must say the same of everybody."""
    with asking(seconds=LONG_SECONDS):
        found = {pk for (pk,) in rows_of(compile_rule(rule, at))}
    answer, needs = make_evaluator(rule), needs_of(rule, at)
    last = Customer.objects.aggregate(last=Max("pk"))["last"]
    for first in range(0, last + 1, 2_000):
        ids = list(Customer.objects.filter(pk__gte=first, pk__lt=first + 2_000).values_list("pk", flat=True))
        assert {pk for pk, one in load_people(ids, needs).items() if answer(one, at)} == found & set(ids)
    return found


def test_audiences_of_hillstrom():
    with gzip.open(shared("data/experiments/hillstrom.csv.gz"), "rt") as file:
        rows = list(csv.DictReader(file))
    store = make_store(slug="hillstrom", currency="USD", zone="America/New_York")
    with store_context(store.pk):
        attributes = {key: Attribute.objects.create(key=key, kind=kind) for key, kind in HEADINGS.items()}
        customers = Customer.objects.bulk_create([Customer(store=store) for _row in rows], batch_size=5_000)
        values = []
        for customer, row in zip(customers, rows, strict=True):
            for key, attribute in attributes.items():
                told = row[key]
                number = None if attribute.kind == "text" else float(told)
                values.append(
                    AttributeValue(
                        store=store, attribute=attribute, customer=customer, text_value=told, folded_value=told.lower(), number_value=number
                    )
                )
        AttributeValue.objects.bulk_create(values, batch_size=10_000)
        at = At(NOW, terms_of_store())
        for name, (count, nodes) in KNOWN.items():
            rule = read({"version": 1, "root": {"join": "all", "rules": nodes}}, at.terms)
            assert (name, len(people(rule, at)), count_rule(rule, at).count) == (name, count, count)


def test_the_quiet_of_online_retail():
    store = make_store(slug="gifts", country="GB", currency="GBP", zone="Europe/London")
    with store_context(store.pk):
        of = keep(online_retail(), kind="orders", name="online_retail.csv", created_by=None)
        brought_in(compared(of, store, at=NOW), at=NOW)
        at = At(NOW, terms_of_store())
        quiet = {"is": "moment", "field": "last_order_at", "op": "in", "window": {"how": "ago", "count": 90, "unit": "days"}}
        rule = read({"version": 1, "root": {"join": "all", "rules": [quiet]}}, at.terms)
        assert (len(people(rule, at)), count_rule(rule, at).count) == (1_449, 1_449)
