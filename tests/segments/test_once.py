"""What was sent twice at one moment makes one segment, and both are led to it."""

import json
import threading
from time import sleep
from typing import Any

import pytest
from django.db import connection, transaction
from django.urls import reverse

from retention.kit import clock
from retention.kit.locks import transaction_lock
from retention.stores.models import AuditEntry
from segments import saving
from segments.membership import LOCK, fill_due
from segments.models import Segment
from tests.api.calling import Api
from tests.factories import make_store, member_of, signed_in, work_for

NEW = "b0a6e1de-6ac1-4f0a-9b61-111111111111"
TREE = {"version": 1, "root": {"join": "all", "rules": [{"is": "figure", "figure": "orders", "op": "at_least", "value": 2}]}}
WAITING = """
    SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def living_in(country: str) -> dict[str, Any]:
    """Return the rule of who lives there."""
    return {"version": 1, "root": {"join": "all", "rules": [{"is": "country", "op": "is", "values": [country]}]}}


def wait_for(count: int, threads: list[threading.Thread]) -> None:
    """Wait until so many wait for a lock, or all are through."""
    while waiting() < count and any(thread.is_alive() for thread in threads):
        sleep(0.02)


def waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("deed", "told"), [("new", {"name": ""}), ("new", {"name": "Loyal"}), ("new", {"do": "draft"}), ("duplicate", {}), ("freeze", {})]
)
def test_what_is_sent_twice_at_one_moment_makes_one(deed, told):
    shop = make_store(slug="lumen", currency="EUR", zone="Europe/Berlin")
    with work_for(shop):
        kept = saving.create(name="Here", rule=TREE, user_id=None, now=clock.now())
        fill_due(now=clock.now())
    where = reverse(f"segments:{deed}", args=["lumen"] if deed == "new" else ["lumen", kept.public_id])
    fields = {"new": NEW, "rule": json.dumps(TREE), "do": "save", "name": ""} | told
    clients = [signed_in(member_of(shop, "marketer")) for _number in range(2)]
    answers = []

    def send(client) -> None:
        try:
            answers.append(client.post(where, fields))
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(client,)) for client in clients]
    with work_for(shop), transaction.atomic():
        transaction_lock(f"{LOCK}:names", store_id=shop.pk)
        [thread.start() for thread in threads]
        wait_for(2, threads)
    [thread.join() for thread in threads]
    assert [answer.url for answer in answers] == [reverse("segments:detail", args=["lumen", NEW])] * 2
    with work_for(shop):
        assert Segment.objects.exclude(pk=kept.pk).count() == 1
        assert AuditEntry.objects.filter(action="segment.made").count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_noted_while_the_api_waits_to_change_the_rule_stays():
    shop = make_store(slug="lumen", currency="EUR", zone="Europe/Berlin")
    api = Api(shop)
    made = api.ask("post", "segments", {"name": "People who live in “Germany”", "rule": living_in("DE")}).json()
    answers = []

    def change() -> None:
        try:
            answers.append(api.ask("patch", f"segments/{made['id']}", {"rule": living_in("AT")}))
        finally:
            connection.close()

    thread = threading.Thread(target=change)
    with work_for(shop), transaction.atomic():
        transaction_lock(f"{LOCK}:names", store_id=shop.pk)
        thread.start()
        wait_for(1, [thread])
        Segment.objects.update(name="Ours", note="Asked by Mia")
    thread.join()
    assert [(answer.json()["name"], answer.json()["note"]) for answer in answers] == [("Ours", "Asked by Mia")]
