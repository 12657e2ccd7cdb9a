"""The same request at the same time, and the sweeping of kept answers."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test import Client

from retention.customers.models import Customer
from retention.kit.locks import transaction_lock
from retention.rest.limiting import Buckets
from retention.rest.models import KeptAnswer
from retention.rest.sweeping import sweep_kept_answers
from tests.factories import make_key, make_store, work_for


def save(text, key):
    headers = {"Authorization": f"Bearer {text}", "Idempotency-Key": key}
    return Client(headers=headers).post("/api/v1/customers", json.dumps({"email": "ann@example.test"}), content_type="application/json")


@pytest.mark.django_db(transaction=True)
def test_a_second_request_while_the_first_is_answered_gets_409():
    store = make_store()
    row, text = make_key(store, scopes=["customers:write"])
    found = []

    def ask():
        found.append(save(text, "k"))
        connection.close()

    with work_for(store), transaction.atomic():
        transaction_lock(f"idempotency:{row.pk}:k", store_id=store.pk)
        other = threading.Thread(target=ask)
        other.start()
        other.join(20)
    assert (found[0].status_code, found[0].headers["Content-Type"]) == (409, "application/problem+json")
    assert save(text, "k").status_code == 201
    with work_for(store):
        assert Customer.objects.count() == 1


@pytest.mark.django_db
def test_another_key_of_the_store_is_not_given_the_answer():
    store = make_store()
    reader = make_key(store, scopes=["customers:write", "customers:read"])[1]
    writer = make_key(store, scopes=["customers:write"])[1]
    assert save(reader, "k").json()["email"] == "ann@example.test"
    answer = save(writer, "k")
    assert "Idempotent-Replayed" not in answer.headers
    assert list(answer.json()) == ["id"]
    with work_for(store):
        assert KeptAnswer.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x" * 256, "ä"])
def test_a_key_that_is_none_is_refused(key):
    _row, text = make_key(make_store(), scopes=["customers:write"])
    assert save(text, key).status_code == 400


@pytest.mark.django_db
def test_answers_are_kept_for_two_days():
    now = datetime(2026, 11, 20, tzinfo=UTC)
    stores = [make_store(), make_store()]
    for store in stores:
        with work_for(store):
            for key, age in (("old", 49), ("young", 25)):
                KeptAnswer.objects.create(key=key, digest="d", status=200, body={}, created_at=now - timedelta(hours=age))
    assert sweep_kept_answers(now=now) == 2
    for store in stores:
        with work_for(store):
            assert KeptAnswer.objects.get().key == "young"


def test_a_bucket_saves_up_and_lets_one_large_batch_through():
    time = [0.0]
    buckets = Buckets(per_second=10, burst=20, clock=lambda: time[0])
    assert buckets.take("a", units=50) == 0
    assert buckets.take("a", units=1) == pytest.approx(3.1)
    assert buckets.take("b", units=20) == 0
    time[0] = 3.2
    assert buckets.take("a", units=1) == 0
