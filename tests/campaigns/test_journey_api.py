"""`/api/v1/journeys`: journeys with their steps and where people stand; drafts without steps, shadows and cells not at all."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from campaigns.journeys import shadowing
from campaigns.journeys.drafting import make
from campaigns.models import Journey
from retention.customers.events import record
from tests.campaigns.campaigning import make_crowd
from tests.campaigns.journeys.journeying import LATER, SEND, make_journey, make_template, tick
from tests.factories import make_key

pytestmark = pytest.mark.django_db


def reader(store: Any, *scopes: str) -> Client:
    """Return a program that may read campaigns, or what is said."""
    _key, secret = make_key(store, scopes=list(scopes or ("campaigns:read",)))
    return Client(headers={"authorization": f"Bearer {secret}"})


def test_journeys_are_listed_and_read_with_where_people_stand(store: Any, now: Any) -> None:
    make_template()
    live = make_journey({"trigger": {"event": "Cart Idle"}, "steps": [SEND, LATER]}, now=now)
    draft = make("News", user_id=None, now=now)
    shadowing.begin(draft, {"trigger": {"event": "Cart Idle"}, "steps": [LATER]}, now=now)
    Journey(name="A cell", for_quiet=True, created_at=now).save()
    (person,) = make_crowd(1, now=now)
    record(person.pk, name="Cart Idle", now=now + timedelta(minutes=1))
    tick(now=now + timedelta(minutes=1))
    program = reader(store)
    listed = program.get("/api/v1/journeys").json()
    rows = listed["results"] if isinstance(listed, dict) and "results" in listed else listed["data"]
    assert {(row["id"], row["state"], row["version"]) for row in rows} == {
        (str(live.public_id), "live", 1), (str(draft.public_id), "draft", None),
    }  # fmt: skip
    told = program.get(f"/api/v1/journeys/{live.public_id}").json()
    assert told["definition"]["steps"] == [SEND, LATER]
    assert [(one["id"], one["waiting"], one["passed"], one["sent"]) for one in told["steps"]] == [("mail", 0, 1, 0), ("pause", 1, 0, 0)]
    assert "Wait 1 hour" in told["steps"][1]["sentence"]
    assert program.get(f"/api/v1/journeys/{draft.public_id}").json()["steps"] == []
    assert program.get(f"/api/v1/journeys/{Journey.objects.exclude(shadow_of=None).get().public_id}").status_code == 404


def test_a_key_without_the_scope_reads_none(store: Any) -> None:
    assert reader(store, "customers:read").get("/api/v1/journeys").status_code == 403
