"""The page of a journey with every kind of step: each is a sentence that names things as the store calls them, on both sizes."""

import pytest

from campaigns.journeys.versions import publish
from campaigns.models import CouponPool, Journey
from retention.kit import clock
from retention.tenancy.context import store_context
from retention.webhooks.managing import Wish, make_endpoint
from tests.browser.conftest import Site
from tests.browser.test_pages import look
from tests.campaigns.campaigning import make_list
from tests.campaigns.journeys.journeying import make_template

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def make(site: Site) -> Journey:
    """Save a journey that uses every kind of step."""
    now = clock.now()
    friends, endpoint = (
        make_list([], now=now, name="Friends of tea"),
        make_endpoint(Wish("https://hooks.example.test/tea", "Till", ["order.created"]), now=now)[0],
    )
    pool = CouponPool.objects.create(name="Spring, ten percent", percent=10, created_at=now, endless=True)
    for channel in ("push", "sms", "email", "onsite"):
        make_template(f"tea-{channel}", channel=channel)
    rungs = [
        {"channel": one, "template": f"tea-{one}", "minutes": place * 240} for place, one in enumerate(("push", "sms", "email", "onsite"))
    ]
    steps = [
        {"id": "calm", "kind": "wait", "hours": 4, "at": "18:00", "weekdays": ["monday", "thursday"]},
        {"id": "date", "kind": "wait_date", "date": "birthday", "days": -3},
        {"id": "who", "kind": "branch", "paths": [{"people": [{"segment": str(friends.public_id)}], "go": "half"}]},
        {"id": "code", "kind": "coupon", "pool": str(pool.public_id)},
        {"id": "half", "kind": "split", "paths": [{"name": "A", "weight": 1, "go": "up"}, {"name": "B", "weight": 3, "go": "note"}]},
        {"id": "up", "kind": "ladder", "rungs": rungs},
        {"id": "hope", "kind": "wait_event", "event": "Order Completed", "days": 2, "otherwise": "note"},
        {"id": "thanks", "kind": "send", "channel": "email", "template": "tea-email"},
        {"id": "note", "kind": "update", "set": {"drinks": "tea", "asked_on": {"is": "today"}}},
        {"id": "tell", "kind": "webhook", "endpoint": str(endpoint.public_id)},
        {"id": "call", "kind": "notify", "roles": ["support"], "subject": "Call them about tea"},
        {"id": "end", "kind": "exit"},
    ]
    journey = Journey(name="Tea", created_at=now)
    journey.save()
    publish(
        journey,
        {"trigger": {"kind": "segment", "segment": str(friends.public_id)}, "exits": [{"event": "Order Completed"}], "steps": steps},
        now=now,
    )
    return journey


def test_every_step_is_a_sentence_on_both_sizes(site: Site) -> None:
    store = site.side.store
    with store_context(store.pk):
        journey = make(site)
    faults = []
    for variant in ("desktop-light", "phone-dark"):
        page = site.window(variant, user=site.side.people["owner"]).new_page()
        faults += look(page, f"/s/{store.slug}/journeys/{journey.public_id}/", name="journey_steps", variants=[variant])
        text = " ".join(str(page.locator("main").text_content()).split())
        for said in (
            "they come into the segment “Friends of tea”",
            "Wait 4 hours, then until Monday or Thursday, 18:00 where they live",
            "Part their ways: they are in the segment “Friends of tea”; or all others",
            "Keep a code of “Spring, ten percent” for them",
            "Part them by chance: A 25 %, B 75 %",
            "the push message “Tea-Push” at once, then the SMS “Tea-Sms” after 4 hours",
            "Tell “Till” that they came here",
            "Nobody is in the segment “Friends of tea” now.",
        ):
            assert said in text, said
    assert not faults, "\n".join(faults)
