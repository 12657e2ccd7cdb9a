"""A part of all people gets no marketing: the gate holds it back at their first exposure, for good, and says why."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns.broadcasts.audience import Audience
from campaigns.broadcasts.planning import salt_of
from campaigns.broadcasts.reach import reach
from campaigns.measurement import results, store_wide
from campaigns.measurement.lots import HELD_OUT
from campaigns.models import Assignment, Decision, Experiment, Message
from campaigns.trace.messages import traces_of
from retention.customers.consent import Said, record_consents
from tests.campaigns.campaigning import make_campaign, make_crowd, make_list, send_all, start
from tests.campaigns.crowd import make_ready
from tests.campaigns.measurement.people import sold

pytestmark = pytest.mark.django_db


def states(messages: list[Message]) -> dict[int, tuple[str, str]]:
    rows = Message.objects.filter(pk__in=[one.pk for one in messages])
    return {pk: (state, reason) for pk, state, reason in rows.values_list("customer_id", "state", "reason")}


def test_the_gate_holds_back_who_draws_it_and_keeps_both_sides(store: Any, sink: Any, now: Any) -> None:
    assert store_wide.keep_share(0.2, now=now)
    first = make_ready(60, now=now)
    assert send_all(store, now=now) == len(sink.accepted)
    found, arms = states(first), dict(Assignment.objects.values_list("customer_id", "arm"))
    assert set(arms) == set(found)
    assert {pk for pk, arm in arms.items() if arm == HELD_OUT} == {
        pk for pk, one in found.items() if one == ("suppressed", "store_holdout")
    }
    assert {one for pk, one in found.items() if arms[pk] != HELD_OUT} == {("sent", "")}
    assert 2 <= sum(arm == HELD_OUT for arm in arms.values()) <= 27
    store_wide.keep_share(0.05, now=now)
    again = Message.objects.bulk_create(
        [Message(source_kind="campaign", source_id=2, step="body", occurrence="once", customer_id=one.customer_id, channel="email",
                 template_version_id=one.template_version_id, planned_at=now, due_at=now) for one in first]
    )  # fmt: skip
    send_all(store, now=now + timedelta(days=2))
    later = states(list(again))
    assert {pk for pk, one in later.items() if one[1] == "store_holdout"} == {pk for pk, arm in arms.items() if arm == HELD_OUT}


def test_what_an_order_needs_goes_to_them_too(store: Any, sink: Any, now: Any) -> None:
    store_wide.keep_share(0.2, now=now)
    people = make_ready(40, now=now)
    Message.objects.update(stream="transactional")
    assert send_all(store, now=now) == 40
    assert len(people) == 40
    assert not Assignment.objects.exists()


def test_only_who_would_have_been_written_to_is_drawn(store: Any, sink: Any, now: Any) -> None:
    store_wide.keep_share(0.2, now=now)
    people = make_ready(10, now=now)
    record_consents([Said(one.customer_id, "email", "refused", now) for one in people[:4]], now=now)
    send_all(store, now=now)
    assert set(Assignment.objects.values_list("customer_id", flat=True)) == {one.customer_id for one in people[4:]}
    assert {reason for _, reason in states(people[:4]).values()} == {"no_consent"}


def test_the_trace_says_why(store: Any, sink: Any, now: Any) -> None:
    store_wide.keep_share(0.2, now=now)
    make_ready(40, now=now)
    send_all(store, now=now)
    message = Message.objects.filter(reason="store_holdout").first()
    assert message is not None
    assert Decision.objects.get(message=message).reason == "store_holdout"
    [trace] = traces_of([message], say=str)
    assert trace.why == "Gets no marketing at all, to compare with"
    [told] = trace.told
    answers = {gate.key: gate.passed for gate in told.gates}
    assert answers["compared"] is False
    assert answers["consent"] is True


def test_the_review_counts_them_before_anything_is_sent(store: Any, sink: Any, now: Any) -> None:
    store_wide.keep_share(0.2, now=now)
    campaign = make_campaign(make_list(make_crowd(60, now=now), now=now), now=now)
    foreseen = reach(Audience.of(campaign), channel="email", holdout_share=0, salt=salt_of(campaign, "holdout"), now=now)
    start(campaign, store, now=now)
    assert send_all(store, now=now) == foreseen.reached
    assert dict(foreseen.dropped) == {"store_holdout": Message.objects.filter(reason="store_holdout").count()}


def test_it_is_measured_from_the_first_exposure_and_ends_with_everybody_written_to(store: Any, sink: Any, now: Any) -> None:
    store_wide.keep_share(0.2, now=now)
    people = make_ready(60, now=now)
    send_all(store, now=now)
    sold([one.customer for one in people[:10]], at=now + timedelta(days=3))
    outcome = results.outcome_of_key(store_wide.KEY, currency="EUR", now=now + timedelta(days=28))
    assert outcome is not None
    assert sum(sums.people for sums in outcome.now.totals.values()) == 60
    assert sum(sums.buyers for sums in outcome.now.totals.values()) == 10
    assert store_wide.begin_anew(now=now + timedelta(days=29))
    assert Experiment.objects.filter(key=store_wide.KEY).count() == 2
    assert store_wide.keep_share(0, now=now + timedelta(days=30))
    assert store_wide.experiment() is None
    assert not store_wide.keep_share(0, now=now + timedelta(days=30))
    fresh = make_ready(20, now=now + timedelta(days=30))
    assert send_all(store, now=now + timedelta(days=30)) == 20 == len(fresh)
