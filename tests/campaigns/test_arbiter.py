"""Several messages want the same person: one goes, the others wait inside their expiry or end, and everybody can read why."""

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from campaigns.channels import CHANNELS
from campaigns.models import Campaign, Connection, ContactCap, Decision, Enrollment, Journey, JourneyVersion, Message, SourceRank
from campaigns.playbooks.abandoned_cart import ABANDONED_CART
from campaigns.sending import competing
from campaigns.sending.arbiter import ASK_AGAIN, GAP
from campaigns.sending.budgets import budget_of_store, keep_budget
from campaigns.sending.eligibility import Budget, Caps
from campaigns.trace.messages import traces_of
from retention.customers.consent import Said, record_consents
from tests.campaigns.crowd import make_ready
from tests.campaigns.story import send

pytestmark = pytest.mark.django_db


def make_journey(name: str, *, now: Any, for_quiet: bool = False) -> Journey:
    journey = Journey(name=name, for_quiet=for_quiet)
    journey.save()
    JourneyVersion.objects.create(journey=journey, number=1, definition=ABANDONED_CART.definition)
    journey.launch(number=1, now=now)
    return journey


def wanting(first: Message, *sources: tuple[str, int], **changes: Any) -> list[Message]:
    """Save copies of a message to its person, one from each of these sources; a journey's without a run leaves like any other."""
    rows = []
    for kind, source_id in sources:
        copy = Message.objects.get(pk=first.pk)
        copy.pk, copy.public_id, copy.source_kind, copy.source_id = None, uuid4(), kind, source_id
        for name, value in changes.items():
            setattr(copy, name, value)
        rows.append(copy)
    return list(Message.objects.bulk_create(rows))


def make_runs(messages: list[Message], *, now: Any) -> None:
    """Give each message of a journey the run it belongs to."""
    for message in messages:
        version = JourneyVersion.objects.get(journey_id=message.source_id)
        run = Enrollment(
            journey_id=message.source_id, version=version, customer_id=message.customer_id, occurrence=f"run-{message.pk}",
            about=f"run-{message.pk}", trigger_at=now, state="running", step="end", due_at=now + timedelta(days=9), entered_at=now,
        )  # fmt: skip
        run.save()
        Message.objects.filter(pk=message.pk).update(enrollment=run)


def states() -> dict[str, tuple[str, str]]:
    rows = Message.objects.values_list("source_kind", "source_id", "state", "reason")
    return {f"{kind} {pk}": (state, reason) for kind, pk, state, reason in rows}


def told(message: Message) -> list[str]:
    (trace,) = traces_of([message], say=lambda text: text)
    return [one.contest for one in trace.told if one.contest]


def test_a_store_without_a_choice_has_the_usual_budget_and_keeps_what_it_chooses(store: Any, now: Any) -> None:
    assert budget_of_store() == Budget(Caps(2, 5), {})
    assert not keep_budget(Caps(2, 5), {}, now=now)
    assert keep_budget(Caps(1, 3), {"sms": Caps(1, 2), "push": Caps(2, 2)}, now=now)
    assert budget_of_store() == Budget(Caps(1, 3), {"sms": Caps(1, 2), "push": Caps(2, 2)})
    assert keep_budget(Caps(1, 3), {"sms": Caps(1, 1)}, now=now)
    assert budget_of_store() == Budget(Caps(1, 3), {"sms": Caps(1, 1)})
    for day, week in ((0, 5), (3, 2), (21, 30)):
        with pytest.raises(IntegrityError, match="contact_cap_possible"), transaction.atomic():
            ContactCap.objects.create(channel="email", per_day=day, per_week=week, changed_at=now)


def test_the_budget_the_store_chose_holds_what_leaves(store: Any, sink: Any, now: Any) -> None:
    keep_budget(Caps(1, 5), {}, now=now)
    (first,) = make_ready(1, now=now)
    wanting(first, ("campaign", 2), due_at=now + timedelta(hours=1), expires_at=now + timedelta(hours=9))
    wanting(first, ("campaign", 3), stream="transactional", due_at=now + timedelta(hours=1))
    send(store, now=now)
    send(store, now=now + timedelta(hours=1))
    assert states() == {"campaign 1": ("sent", ""), "campaign 2": ("suppressed", "frequency_cap"), "campaign 3": ("sent", "")}


def test_a_channel_may_have_a_cap_of_its_own(store: Any, sink: Any, now: Any) -> None:
    keep_budget(Caps(9, 9), {"email": Caps(1, 2)}, now=now)
    (first,) = make_ready(1, now=now)
    wanting(first, ("campaign", 2), due_at=now + timedelta(hours=1))
    send(store, now=now)
    send(store, now=now + timedelta(hours=1))
    assert states() == {"campaign 1": ("sent", ""), "campaign 2": ("ready", "channel_cap")}
    assert Message.objects.get(source_id=2).due_at == now + timedelta(days=1)


def test_what_the_merchant_says_wins_then_what_brings_in_more_then_the_kind(store: Any, sink: Any, now: Any) -> None:
    cell, journey = make_journey("Cart full", now=now, for_quiet=True), make_journey("Welcome", now=now)
    (campaign,) = make_ready(1, now=now)
    rows = wanting(campaign, ("journey", journey.pk), ("journey", cell.pk))
    make_runs(rows, now=now)

    def wins() -> str:
        send(store, now=now)
        (winner,) = Message.objects.filter(state="sent")
        nothing = dict.fromkeys(("first_attempt_at", "sent_at", "finished_at"))
        Message.objects.update(state="ready", reason="", due_at=now, token=0, attempts=0, **nothing)
        return f"{winner.source_kind} {winner.source_id}"

    assert wins() == f"journey {cell.pk}", "nothing is known: a cell goes before a journey, and that before a campaign"
    SourceRank.objects.create(source_kind="journey", source_id=journey.pk, worth=40.0)
    assert wins() == f"journey {journey.pk}", "it brings in more"
    SourceRank.objects.create(source_kind="cell", source_id=0, worth=60.0)
    assert wins() == f"journey {cell.pk}", "what is usual of a kind counts for those nothing is known of"
    SourceRank.objects.create(source_kind="campaign", source_id=1, priority=1)
    assert wins() == "campaign 1", "what the merchant says comes first"
    SourceRank.objects.update_or_create(store_id=store.pk, source_kind="journey", source_id=journey.pk, defaults={"priority": 1})
    assert wins() == f"journey {journey.pk}", "of two that go first the one that brings in more"


def test_the_losers_wait_and_both_sides_tell_why(store: Any, sink: Any, now: Any) -> None:
    Campaign(pk=1, name="News").save()
    Campaign(pk=2, name="Advent").save()
    Campaign.objects.update(state="sending", begun_inside=True, confirmed_at=now, starts_at=now, opened_at=now, seen_at=now)
    (first,) = make_ready(1, now=now)
    (second,) = wanting(first, ("campaign", 2))
    SourceRank.objects.create(source_kind="campaign", source_id=2, priority=1)
    send(store, now=now)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.reason, first.due_at, second.state) == ("ready", "outbid", now + GAP, "sent")
    assert told(first) == ["Messages that wanted this person: 2. “Advent” goes first: the shop says so"]
    assert told(second) == ["Messages that wanted this person: 2. This one went first: the shop says so"]
    assert Decision.objects.get(message=first).contest == {
        "won": False, "by": "priority", "among": 2, "message": second.pk, "kind": "campaign", "source": 2,
    }  # fmt: skip
    send(store, now=now + GAP)
    assert Message.objects.get(pk=first.pk).state == "sent"


def test_a_message_without_room_before_it_is_stale_ends_at_once(store: Any, sink: Any, now: Any) -> None:
    keep_budget(Caps(1, 5), {}, now=now)
    (first,) = make_ready(1, now=now)
    wanting(first, ("campaign", 2), expires_at=now + timedelta(hours=12))
    send(store, now=now)
    assert states() == {"campaign 1": ("sent", ""), "campaign 2": ("suppressed", "outbid")}


def test_what_waits_by_another_channel_competes_if_it_could_leave(store: Any, sink: Any, now: Any) -> None:
    (mail,) = make_ready(1, now=now)
    (push,) = wanting(mail, ("campaign", 2), channel="push")
    (again,) = wanting(mail, ("campaign", 3), due_at=now + timedelta(hours=1))
    SourceRank.objects.create(source_kind="campaign", source_id=2, worth=99.0)
    send(store, now=now)
    assert states()["campaign 1"] == ("sent", ""), "they never allowed push, so it stands in nobody's way"
    record_consents([Said(mail.customer_id, "push", "granted", now)], now=now)
    Message.objects.filter(pk=push.pk).update(due_at=now + timedelta(hours=1))
    send(store, now=now + timedelta(hours=1))
    again.refresh_from_db()
    assert (again.state, again.reason, again.due_at) == ("ready", "outbid", now + timedelta(hours=1) + ASK_AGAIN)


@pytest.mark.parametrize("obstacle", ["quiet", "paused", "later", "stuck", "expired"])
def test_what_cannot_leave_now_stands_in_nobody_s_way(store: Any, sink: Any, now: Any, obstacle: str) -> None:
    (mail,) = make_ready(1, now=now)
    record_consents([Said(mail.customer_id, "push", "granted", now)], now=now)
    at = now.replace(hour=23) if obstacle == "quiet" else now
    changes = {
        "quiet": {}, "paused": {}, "later": {"due_at": at + timedelta(minutes=1)}, "stuck": {"due_at": at - competing.STUCK_AFTER},
        "expired": {"expires_at": at},
    }[obstacle]  # fmt: skip
    source = 2
    if obstacle == "paused":
        campaign = Campaign(pk=2, name="Paused", state="paused", pause_reason="person", paused_at=now, confirmed_at=now, starts_at=now)
        campaign.save()
        source = campaign.pk
    wanting(mail, ("campaign", source), channel="push", **changes)
    SourceRank.objects.create(source_kind="campaign", source_id=source, priority=1)
    send(store, now=at)
    assert Message.objects.get(pk=mail.pk).state == "sent"


@pytest.mark.parametrize("trouble", ["no account", "rests", "rested just now"])
def test_a_channel_that_takes_nothing_keeps_nobody_waiting(store: Any, sink: Any, now: Any, trouble: str) -> None:
    (mail,) = make_ready(1, now=now)
    record_consents([Said(mail.customer_id, "push", "granted", now)], now=now)
    wanting(mail, ("campaign", 2), channel="push")
    SourceRank.objects.create(source_kind="campaign", source_id=2, priority=1)
    provider = "gone" if trouble == "no account" else next(iter(CHANNELS["push"].providers())).key
    until = {"no account": None, "rests": now + timedelta(seconds=20), "rested just now": now - timedelta(seconds=20)}[trouble]
    push = Connection(channel="push", provider=provider, name="Push", resting_until=until)
    push.save()
    send(store, now=now)
    assert states() == {"campaign 1": ("sent", ""), "campaign 2": ("ready", "")}


def test_who_lost_to_what_only_waits_is_ended_by_time_alone(store: Any, sink: Any, now: Any) -> None:
    (mail,) = make_ready(1, now=now)
    record_consents([Said(mail.customer_id, "push", "granted", now)], now=now)
    wanting(mail, ("campaign", 2), channel="push")
    SourceRank.objects.create(source_kind="campaign", source_id=2, priority=1)
    ends = now + timedelta(minutes=3)
    Message.objects.filter(pk=mail.pk).update(expires_at=ends)
    send(store, now=now)
    assert Message.objects.filter(pk=mail.pk).values_list("state", "reason", "due_at").get() == ("ready", "outbid", ends)
    send(store, now=ends)
    assert states()["campaign 1"] == ("skipped", "too_late")


def test_a_hundred_journeys_want_the_same_person(store: Any, sink: Any, now: Any) -> None:
    (first,) = make_ready(1, now=now)
    journeys = [make_journey(f"Journey {number}", now=now) for number in range(100)]
    Message.objects.filter(pk=first.pk).update(state="held_out", reason="holdout")
    rows = wanting(first, *(("journey", one.pk) for one in journeys), state="ready", reason="", expires_at=now + timedelta(hours=12))
    make_runs(rows, now=now)
    best, second = rows[70], rows[12]
    SourceRank.objects.create(source_kind="journey", source_id=best.source_id, worth=50.0)
    SourceRank.objects.create(source_kind="journey", source_id=second.source_id, worth=30.0)
    for minutes in range(0, 13 * 60, 31):
        send(store, now=now + timedelta(minutes=minutes))
    left = Message.objects.exclude(first_attempt_at=None).order_by("first_attempt_at")
    assert [one.pk for one in left] == [best.pk, second.pk]
    ended = Counter(Message.objects.filter(pk__in=[row.pk for row in rows]).values_list("state", "reason"))
    assert ended.pop(("sent", "")) == 2
    assert sum(ended.values()) == 98
    assert set(ended) <= {("suppressed", "outbid"), ("suppressed", "frequency_cap")}, "whoever came after the budget was full is told that"
    for trace in traces_of([Message.objects.get(pk=row.pk) for row in rows if row not in (best, second)], say=lambda text: text):
        assert "Journey 12" in trace.told[-1].contest, "all of them name what went in their place"


def test_whom_nobody_else_wants_costs_no_statement_and_all_rivals_cost_one(store: Any, sink: Any, now: Any) -> None:
    def asked(people: int, each: int) -> tuple[int, int]:
        for first in make_ready(people, now=now):
            wanting(first, *(("campaign", 10 + number) for number in range(each)))
        with CaptureQueriesContext(connection) as seen:
            send(store, now=now)
        Message.objects.filter(state="ready").delete()
        texts = [query["sql"] for query in seen.captured_queries]
        return sum("EXECUTE gate_candidates" in text for text in texts), sum("EXECUTE gate_facts" in text for text in texts)

    assert asked(8, 0)[0] == 0
    few, few_gates = asked(2, 3)
    many, many_gates = asked(8, 3)
    assert (few, few_gates) == (1, 1)
    assert (many, many_gates) == (1, 1)
