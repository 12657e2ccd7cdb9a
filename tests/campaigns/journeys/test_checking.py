"""What is said before a journey goes live: each fault in words, with the step and the cause."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns.journeys.checking import faults_of, faults_of_definition, hints_of
from campaigns.journeys.definition import read_definition
from campaigns.models import CouponPool, Template
from retention.customers.models import Attribute
from retention.webhooks.managing import Wish, make_endpoint
from segments.models import Segment
from tests.campaigns.campaigning import make_list
from tests.campaigns.coupons.pools import make_pool
from tests.campaigns.journeys.journeying import SEND, make_journey, make_template

pytestmark = pytest.mark.django_db
NOBODY = "3f0c9d5e-8f0e-4b8e-9c53-000000000000"
RULE = {"version": 1, "root": {"join": "all", "rules": [{"is": "country", "op": "is", "values": ["DE"]}]}}
BROKEN = {"version": 1, "root": {"join": "all", "rules": [{"is": "moon"}]}}


def faults(*steps: dict[str, Any], now: Any, **more: Any) -> list[str]:
    definition = read_definition({"trigger": {"event": "Cart Idle"}, "steps": list(steps)} | more)
    return [fault.render(str) for fault in faults_of_definition(definition, journey_id=None, now=now)]


def branch(who: dict[str, Any]) -> dict[str, Any]:
    return {"id": "ways", "kind": "branch", "paths": [{"people": [who], "go": "end"}]}


END = {"id": "end", "kind": "exit"}


def test_a_sound_journey_has_no_faults(store: Any, now: Any) -> None:
    make_template()
    Attribute.objects.create(key="ends_on", kind="date")
    endpoint, _ = make_endpoint(Wish("https://a.example.test/", "", ["order.created"]), now=now)
    steps = [
        SEND,
        branch({"segment": str(make_list([], now=now).public_id)}),
        branch({"rule": RULE}) | {"id": "more"},
        {"id": "date", "kind": "wait_date", "date": "ends_on"},
        {"id": "code", "kind": "coupon", "pool": str(make_pool("A", now=now).public_id)},
        {"id": "tell", "kind": "webhook", "endpoint": str(endpoint.public_id)},
        {"id": "note", "kind": "update", "set": {"plan": "gold"}},
        END,
    ]
    assert faults(*steps, now=now) == []


@pytest.mark.parametrize(
    ("trigger", "stream", "is_fault"),
    [
        ({"event": "Cart Idle"}, "transactional", True),
        ({"kind": "segment", "segment": NOBODY}, "transactional", True),
        ({"event": "Shipment Updated"}, "transactional", False),
        ({"event": "Cart Idle"}, "marketing", False),
    ],
)
def test_only_an_order_starts_what_goes_out_without_consent(
    store: Any, now: Any, trigger: dict[str, Any], stream: str, is_fault: bool
) -> None:
    said = faults({"id": "pause", "kind": "wait", "days": 1}, now=now, trigger=trigger, stream=stream)
    assert any(one.startswith("Its messages go out without consent") for one in said) is is_fault


def test_each_fault_names_its_step_and_cause(store: Any, now: Any) -> None:
    make_template("text", channel="sms")
    Attribute.objects.create(key="plan", kind="text")
    put_away = make_list([], now=now, name="Old friends")
    Segment.objects.filter(pk=put_away.pk).update(state="draft")
    archived, over, empty = (
        make_pool("A", now=now),
        make_pool("B", now=now, name="Spring", expires_at=now - timedelta(1)),
        make_pool(now=now, name="Few"),
    )
    CouponPool.objects.filter(pk=archived.pk).update(archived_at=now)
    said = {
        "“hello”: it has no version that could be sent.": [SEND],
        "“Text”: it is no message for the channel that step “mail” sends on.": [{**SEND, "template": "text"}],
        "Step “ways”: a segment it asks for is not there any more.": [branch({"segment": NOBODY}), END],
        "Step “ways”: the segment “Old friends” is not in use.": [branch({"segment": str(put_away.public_id)}), END],
        "Step “d”: “plan” is no date that is known of customers.": [{"id": "d", "kind": "wait_date", "date": "plan"}],
        "Step “c”: its coupon pool is not in use.": [{"id": "c", "kind": "coupon", "pool": str(archived.public_id)}],
        "Step “c”: the codes of “Spring” are over.": [{"id": "c", "kind": "coupon", "pool": str(over.public_id)}],
        "Step “c”: no code is left in “Few”.": [{"id": "c", "kind": "coupon", "pool": str(empty.public_id)}],
        "Step “w”: the webhook it tells is gone or paused.": [{"id": "w", "kind": "webhook", "endpoint": NOBODY}],
        "Step “u”: “email” is no custom attribute, so a journey does not write it.": [{"id": "u", "kind": "update", "set": {"email": "x"}}],
    }
    for expected, steps in said.items():
        assert faults(*steps, now=now) == [expected]
    make_template("old")
    Template.objects.filter(key="old").update(archived_at=now)
    assert faults({**SEND, "template": "old"}, now=now) == ["“Old” is put away. Bring it back or choose another."]
    going = make_journey({"trigger": {"event": "Cart Idle"}, "steps": [{**SEND, "template": "old"}]}, now=now)
    assert faults_of(going, now=now) == [], "it goes on being sent"
    assert [hint.render(str) for hint in hints_of(going)] == ["“Old” is put away. Bring it back or choose another."]
    (rule,) = faults(branch({"rule": BROKEN}), END, now=now)
    assert rule.startswith("Step “ways”: its rule cannot be asked: ")
    assert faults(END, now=now, people=[{"segment": NOBODY}]) == ["Who it is for: a segment it asks for is not there any more."]
    schedule = {"kind": "schedule", "every": "day", "segment": NOBODY}
    assert faults(END, now=now, trigger=schedule) == ["Who it is for: a segment it asks for is not there any more."]


def test_an_empty_segment_is_a_hint_and_no_fault(store: Any, now: Any) -> None:
    nobody = make_list([], now=now, name="Friends")
    journey = make_journey({"trigger": {"event": "Cart Idle"}, "people": [{"segment": str(nobody.public_id)}], "steps": [END]}, now=now)
    assert [hint.render(str) for hint in hints_of(journey)] == ["Nobody is in the segment “Friends” now."]
