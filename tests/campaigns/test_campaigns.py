"""A campaign from draft to end: who gets a row, when it is due, what a pause and a calling-off stop, and that nobody gets it twice."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from campaigns.broadcasts import running
from campaigns.broadcasts.audience import Audience
from campaigns.broadcasts.drafting import Faulty, NotADraft, Told, Way, change
from campaigns.broadcasts.moments import moments_of_zones
from campaigns.broadcasts.planning import plan, salt_of
from campaigns.broadcasts.reach import reach
from campaigns.broadcasts.winning import Arm, winner_of
from campaigns.measurement.lots import BUCKETS, lot_of, ranges_of
from campaigns.models import Campaign, CampaignSegment, Message, TemplateVersion
from campaigns.sending import dispatch
from campaigns.sending.gate import Wanted, pass_gate
from campaigns.sending.sweeping import announce_forgotten, stores_to_sweep
from retention.customers.consent import Said, record_consents, suppress
from retention.customers.models import Customer, CustomerEvent
from retention.kit.clock import now as clock_now
from retention.stores.models import StoreWork
from segments.knowing import terms_of_store
from tests.campaigns.campaigning import MAIL, WORDS, make_campaign, make_crowd, make_list, rows, send_all, start
from tests.campaigns.story import send

pytestmark = pytest.mark.django_db


def states(campaign: Campaign) -> Counter[tuple[str, str]]:
    return Counter(rows(campaign).values_list("state", "reason"))


def test_from_draft_to_the_inbox_once_each(store: Any, sink: Any, now: Any) -> None:
    people = make_crowd(5, now=now)
    campaign = make_campaign(make_list(people, now=now), exclude=(make_list(people[:1], now=now),), now=now)
    start(campaign, store, now=now)
    assert (campaign.state, campaign.planned_at) == ("sending", now)
    assert send_all(store, now=now) == 4
    assert sorted(mail["To"] for mail in sink.accepted) == sorted(f"Kim <{one.email}>" for one in people[1:])
    mail = sink.accepted[0]
    assert mail["Subject"] == "Just in"
    assert "Hello Kim, have a look." in mail.get_body(("plain",)).get_content()
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    running.tick(store, now=now + timedelta(seconds=20))
    campaign.refresh_from_db()
    assert campaign.state == "finished"
    assert send_all(store, now=now + timedelta(hours=1)) == 0
    told = set(CustomerEvent.objects.filter(name="Email Delivered").values_list("properties__journey", "properties__step"))
    assert told == {(str(campaign.public_id), "a")}
    assert terms_of_store().journeys == {str(campaign.public_id): campaign.name}


def test_a_small_campaign_is_over_within_seconds_and_a_long_one_is_looked_at_seldom(store: Any, sink: Any, now: Any) -> None:
    campaign = make_campaign(make_list(make_crowd(2, now=now), now=now), now=now)
    assert running.start(campaign, store=store, user_id=None, now=now)
    soon = running.tick(store, now=now)
    assert soon == now + running.AT_ONCE
    later = [now + timedelta(seconds=seconds) for seconds in (8, 40, 600)]
    assert [running.tick(store, now=at) for at in later] == [
        at + timedelta(seconds=wait) for at, wait in zip(later, (2, 10, 15), strict=True)
    ]
    StoreWork.objects.filter(kind="dispatch").update(due_at=(rest := now + timedelta(hours=1)))
    running.tick(store, now=later[0])
    assert StoreWork.objects.get(kind="dispatch").due_at == rest, "an account that takes nothing is not asked at every look"
    running.tick(store, now=later[1])
    assert StoreWork.objects.get(kind="dispatch").due_at == later[1]
    send_all(store, now=now)
    assert running.tick(store, now=soon) is None
    campaign.refresh_from_db()
    assert (campaign.state, campaign.finished_at) == ("finished", soon)


def test_planning_again_and_in_small_chunks_adds_nobody_twice(store: Any, now: Any) -> None:
    people = make_crowd(23, now=now)
    campaign = make_campaign(make_list(people, now=now), make_list(people[10:], now=now), now=now)
    running.start(campaign, store=store, user_id=None, now=now)
    Campaign.objects.update(state="sending", opened_at=now, seen_at=now)
    campaign.refresh_from_db()
    assert plan(campaign, now=now, chunk=5) == 23
    Campaign.objects.update(planned_to=0, planned_at=None)
    assert plan(campaign, now=now, chunk=7) == 0
    assert sorted(rows(campaign).values_list("customer_id", flat=True)) == sorted(one.pk for one in people)


def test_what_is_due_of_a_paused_one_is_announced_when_it_goes_on_and_not_before(store: Any, now: Any) -> None:
    first, second = (make_campaign(make_list(make_crowd(2, now=now), now=now), now=now) for _campaign in range(2))
    for one in (first, second):
        start(one, store, now=now)
    later, waiting = now + timedelta(hours=1), StoreWork.objects.filter(kind="dispatch")
    for one in (first, second):
        waiting.delete()
        announce_forgotten(store.pk, now=later)
        assert waiting.get().due_at == later, "one of them runs and was forgotten"
        assert running.pause(one, now=later)
    waiting.delete()
    announce_forgotten(store.pk, now=later)
    assert not waiting.exists()
    assert store.pk in stores_to_sweep(now=later), "its messages are due, and nobody goes through them"
    assert running.resume(first, now=later)
    assert waiting.get().due_at == later


def test_pause_in_the_middle_and_going_on_repeats_nothing(store: Any, sink: Any, now: Any) -> None:
    campaign = make_campaign(make_list(make_crowd(40, now=now), now=now), now=now)
    start(campaign, store, now=now)
    size, dispatch.SLICE = dispatch.SLICE, 16
    try:
        assert send(store, now=now).states == {"sent": 16}
    finally:
        dispatch.SLICE = size
    assert running.pause(campaign, now=now)
    assert send_all(store, now=now + timedelta(minutes=1)) == 0
    assert Message.objects.next_due(now=now, rest=False) is None
    later = now + timedelta(hours=20)
    assert running.resume(campaign, now=later)
    assert send_all(store, now=later) == 24
    assert max(Counter(mail["To"] for mail in sink.accepted).values()) == 1
    assert len(sink.accepted) == 40


def test_nothing_leaves_after_calling_off_not_even_what_was_reserved(store: Any, sink: Any, now: Any) -> None:
    campaign = make_campaign(make_list(make_crowd(4, now=now), now=now), now=now)
    start(campaign, store, now=now)
    holder = uuid4()
    ids = dispatch.reserve(holder, channel="email", now=now, limit=2)
    Campaign.objects.update(state="cancelled", finished_at=now)
    passed = pass_gate({pk: Wanted("d", True, "s", ()) for pk in ids}, holder=holder, store_zone=store.zone, account=None, now=now)
    assert passed.tokens == {}
    Campaign.objects.update(state="sending")
    assert running.cancel(campaign, now=now)
    assert send_all(store, now=now) == 0
    assert states(campaign) == {("suppressed", "called_off"): 4}
    assert not running.cancel(campaign, now=now)
    assert not running.resume(campaign, now=now)


def test_those_that_wait_for_their_day_cost_a_look_nothing_each(store: Any, now: Any) -> None:
    people = make_list(make_crowd(1, now=now), now=now)
    asked = []
    for more in (1, 9):
        for _campaign in range(more):
            waiting = make_campaign(people, now=now, when="at", wall_day=now.date() + timedelta(days=2), wall_time=time(10))
            assert running.start(waiting, store=store, user_id=None, now=now)
        with CaptureQueriesContext(connection) as seen:
            assert running.tick(store, now=now) == Campaign.objects.get(pk=waiting.pk).starts_at
        asked.append(len(seen))
    assert asked[0] == asked[1]
    assert set(Campaign.objects.values_list("state", flat=True)) == {"scheduled"}


def test_local_time_is_each_person_s_own(store: Any, sink: Any) -> None:
    now = datetime(2026, 3, 27, 12, 0, tzinfo=UTC)
    people = [make_crowd(1, now=now, zone=zone)[0] for zone in ("Asia/Tokyo", "Europe/Berlin", "America/New_York", "")]
    campaign = make_campaign(make_list(people, now=now), when="local", wall_day=date(2026, 3, 29), wall_time=time(10), now=now)
    running.start(campaign, store=store, user_id=None, now=now)
    campaign.refresh_from_db()
    assert campaign.starts_at == datetime(2026, 3, 28, 20, 0, tzinfo=UTC)
    running.tick(store, now=campaign.starts_at)
    due = dict(rows(campaign).values_list("customer__zone", "due_at"))
    assert due == {
        "Asia/Tokyo": datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
        "Europe/Berlin": datetime(2026, 3, 29, 8, 0, tzinfo=UTC),  # the clocks went forward that night
        "America/New_York": datetime(2026, 3, 29, 14, 0, tzinfo=UTC),
        "": datetime(2026, 3, 29, 8, 0, tzinfo=UTC),
    }


@pytest.mark.parametrize(
    ("zone", "day", "wall", "expected"),
    [
        ("Europe/Berlin", date(2026, 3, 29), time(2, 30), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),  # a gap: the first moment after it
        ("Europe/Berlin", date(2026, 10, 25), time(2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # twice: the first time
        ("Asia/Kathmandu", date(2026, 5, 1), time(9), datetime(2026, 5, 1, 3, 15, tzinfo=UTC)),
        ("Nowhere/Land", date(2026, 5, 1), time(9), datetime(2026, 5, 1, 7, 0, tzinfo=UTC)),  # the shop's
    ],
)
def test_wall_times_become_moments(zone: str, day: date, wall: time, expected: datetime) -> None:
    early = datetime(2026, 1, 1, tzinfo=UTC)
    assert moments_of_zones([zone], day=day, wall=wall, store_zone="Europe/Berlin", confirmed_at=early)[zone] == expected


def test_a_time_that_had_passed_in_a_zone_is_the_next_day_s() -> None:
    at = datetime(2026, 5, 1, 7, 0, tzinfo=UTC)
    found = moments_of_zones(["Asia/Tokyo"], day=date(2026, 5, 1), wall=time(10), store_zone="Europe/Berlin", confirmed_at=at)
    assert found == {"Asia/Tokyo": datetime(2026, 5, 2, 1, tzinfo=UTC), "Europe/Berlin": datetime(2026, 5, 1, 8, tzinfo=UTC)}


def test_ramp_spreads_evenly_over_its_hours(store: Any, now: Any) -> None:
    campaign = make_campaign(make_list(make_crowd(300, now=now), now=now), ramp_hours=4, now=now)
    start(campaign, store, now=now)
    hours = Counter(int((due - now).total_seconds() // 3600) for due in rows(campaign).values_list("due_at", flat=True))
    assert set(hours) == {0, 1, 2, 3}
    assert min(hours.values()) > 40


def test_missed_by_more_than_two_hours_asks_first(store: Any, sink: Any, now: Any) -> None:
    campaign = make_campaign(make_list(make_crowd(2, now=now), now=now), now=now)
    running.start(campaign, store=store, user_id=None, now=now)
    late = now + timedelta(hours=3)
    running.tick(store, now=late)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.pause_reason, rows(campaign).count()) == ("paused", "missed", 0)
    assert running.resume(campaign, now=late)
    running.tick(store, now=late)
    assert send_all(store, now=late) == 2


def test_machine_off_while_sending_sends_nothing_late_in_silence(store: Any, sink: Any, now: Any) -> None:
    campaign = make_campaign(make_list(make_crowd(3, now=now), now=now), now=now)
    start(campaign, store, now=now)
    late = now + timedelta(hours=5)
    assert send_all(store, now=late) == 0, "nobody looked after it for five hours"
    running.tick(store, now=late)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.pause_reason) == ("paused", "missed")
    assert send_all(store, now=late) == 0


def test_preview_is_what_really_happens(store: Any, sink: Any) -> None:
    now = clock_now()
    people = make_crowd(60, now=now)
    refused, blocked, away, weary = people[0], people[1], people[2], people[3]
    record_consents([Said(refused.pk, "email", "refused", now)], now=now)
    suppress(blocked.email.upper(), channel="email", reason="complained", now=now)
    Customer.objects.filter(pk=away.pk).update(paused_until=now + timedelta(days=30))
    visitor = Customer(email="", first_name="No one", created_at=now)
    visitor.save()
    Customer.objects.filter(pk=weary.pk).update(less_often=True)
    past = make_campaign(make_list([weary], now=now), now=now)
    start(past, store, now=now - timedelta(hours=5))
    assert send_all(store, now=now - timedelta(hours=5)) == 1
    campaign = make_campaign(make_list([*people, visitor], now=now), holdout_share=0.1, now=now)
    foreseen = reach(Audience.of(campaign), channel="email", holdout_share=0.1, salt=salt_of(campaign, "holdout"), now=now)
    assert foreseen.chosen == 61
    start(campaign, store, now=now)
    assert send_all(store, now=now) == foreseen.reached
    happened = states(campaign)
    assert happened.pop(("sent", "")) == foreseen.reached
    assert sorted((reason, count) for (_, reason), count in happened.items()) == sorted(foreseen.dropped)
    marked = {refused: "no_consent", blocked: "suppressed", away: "on_break", visitor: "no_address", weary: "frequency_cap"}
    lots = {one: lot_of(salt_of(campaign, "holdout"), store_id=store.pk, customer_id=one.pk) for one in marked}
    why = dict(rows(campaign).filter(customer__in=marked).values_list("customer_id", "reason"))
    assert why == {one.pk: "holdout" if lots[one] < BUCKETS * 0.1 else reason for one, reason in marked.items()}


def test_lots_are_the_same_in_both_languages_and_held_out_people_get_a_row(store: Any, sink: Any, now: Any) -> None:
    people = make_crowd(200, now=now)
    ways = (MAIL, Way("Other words", WORDS, weight=3))
    campaign = make_campaign(make_list(people, now=now), holdout_share=0.2, ways=ways, now=now)
    start(campaign, store, now=now)
    held = {one.pk for one in people if lot_of(salt_of(campaign, "holdout"), store_id=store.pk, customer_id=one.pk) < BUCKETS * 0.2}
    assert set(rows(campaign).filter(state="held_out").values_list("customer_id", flat=True)) == held
    (_, (low, _end)) = ranges_of([1, 3])
    second = {one.pk for one in people if lot_of(salt_of(campaign, "variant"), store_id=store.pk, customer_id=one.pk) >= low} - held
    assert set(rows(campaign).filter(variant="b").values_list("customer_id", flat=True)) == second
    assert send_all(store, now=now) == 200 - len(held)
    assert Counter(mail["Subject"] for mail in sink.accepted)["Other words"] == len(second)


def test_winner_goes_to_the_rest(store: Any, sink: Any, now: Any) -> None:
    ways = (MAIL, Way("Other words", WORDS))
    segment = make_list(make_crowd(400, now=now), now=now)
    campaign = make_campaign(segment, ways=ways, test_share=0.5, decide_metric="clicks", decide_hours=4, now=now)
    start(campaign, store, now=now)
    tried = rows(campaign).filter(state="ready").count()
    assert 150 < tried < 250
    Message.objects.filter(state="ready").update(state="sent", sent_at=now)
    Message.objects.filter(variant="b").update(clicked_at=now)
    running.tick(store, now=now + timedelta(hours=3))
    assert rows(campaign).filter(state="planned").count() == 400 - tried
    for _ in range(2):
        running.tick(store, now=now + timedelta(hours=4))
    campaign.refresh_from_db()
    assert campaign.winner == "b"
    rest = rows(campaign).filter(state="ready")
    assert rest.count() == 400 - tried
    assert set(rest.values_list("variant", "template_version__subject")) == {("b", "Other words")}


@pytest.mark.parametrize(
    ("arms", "winner"),
    [
        ([Arm("a", 1000, 60), Arm("b", 1000, 100)], "b"),
        ([Arm("a", 1000, 60), Arm("b", 1000, 63)], ""),  # luck
        ([Arm("a", 20, 0), Arm("b", 20, 20)], ""),  # too few
        ([Arm("a", 1000, 0), Arm("b", 1000, 0)], ""),
    ],
)
def test_a_winner_must_be_clear(arms: list[Arm], winner: str) -> None:
    assert winner_of(arms) == winner


def test_what_it_says_is_fixed_when_it_starts(store: Any, now: Any) -> None:
    campaign = make_campaign(make_list(make_crowd(1, now=now), now=now), now=now)
    start(campaign, store, now=now)
    with pytest.raises(NotADraft):
        change(campaign, Told(name="Other"))
    assert TemplateVersion.objects.get().subject == "Just in"


def test_faults_name_the_field_and_nothing_starts(store: Any, now: Any) -> None:
    campaign = make_campaign(now=now, ways=())
    with pytest.raises(running.CannotStart) as refusal:
        running.start(campaign, store=store, user_id=None, now=now)
    assert set(refusal.value.faults) == {"include", "variants"}
    campaign.refresh_from_db()
    assert campaign.state == "draft"
    assert not StoreWork.objects.filter(kind="campaigns").exists()
    with pytest.raises(Faulty) as faulty:
        change(campaign, Told(name=" ", when="at", holdout_share=0.7, include=("nonsense",), test_share=0.01))
    assert set(faulty.value.faults) == {"name", "wall_day", "holdout_share", "include", "test_share"}


def test_the_database_refuses_nonsense(store: Any, now: Any) -> None:
    segment = make_list(make_crowd(1, now=now), now=now)
    campaign = make_campaign(segment, now=now)
    for name, fields in {
        "campaign_when_is_whole": {"when": "at"},
        "campaign_ramp_possible": {"ramp_hours": 0},
        "campaign_holdout_possible": {"holdout_share": 0.6},
        "campaign_test_is_whole": {"test_share": 0.5},
        "campaign_winner_was_decided": {"winner": "a"},
        "campaign_started_has_moments": {"state": "scheduled"},
        "campaign_pause_has_reason": {"pause_reason": "person"},
        "campaign_state_known": {"state": "odd"},
        "campaign_has_a_name": {"name": ""},
    }.items():
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Campaign.objects.filter(pk=campaign.pk).update(**fields)
    with pytest.raises(IntegrityError, match="campaign_segment_once"), transaction.atomic():
        CampaignSegment.objects.create(campaign=campaign, segment=segment, side="exclude")


def test_a_name_nobody_has_is_said_before_the_first_message(store: Any, now: Any) -> None:
    campaign = make_campaign(make_list(make_crowd(1, now=now), now=now), now=now)
    variant = campaign.variants.get()
    variant.words = variant.words | {"text": "Hello {{ profile.frist_name }}"}
    variant.save(update_fields=["words"])
    with pytest.raises(running.CannotStart) as refused:
        running.start(campaign, store=store, user_id=None, now=now)
    said = str(refused.value.faults["variants"].render(str))
    assert "profile.frist_name" in said
    assert "Did you mean profile.first_name?" in said
    assert not Message.objects.exists()
