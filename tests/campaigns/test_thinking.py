"""Eligibility, pacing, arbiter and holdout as tables. No database."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from campaigns.measurement.robots import suspicion
from campaigns.sending.arbiter import ASK_AGAIN, GAP, Candidate, decide
from campaigns.sending.eligibility import Budget, Caps, Do, Facts, Verdict, judge
from campaigns.sending.pacing import USUAL, QuietHours, first_instant, next_allowed

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
GOOD = Facts(
    channel="email",
    transactional=False,
    due_at=NOW,
    expires_at=NOW + timedelta(hours=12),
    source_live=True,
    run_going=True,
    cart_open=True,
    has_address=True,
    consent=True,
    suppressed=False,
    wins=True,
)


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({}, Verdict(Do.SEND)),
        ({"cart_open": None}, Verdict(Do.SEND)),
        ({"run_going": False}, Verdict(Do.SUPPRESS, "run_ended")),
        ({"cart_open": False}, Verdict(Do.SUPPRESS, "cart_closed")),
        ({"expires_at": NOW}, Verdict(Do.SKIP, "too_late")),
        ({"source_live": False}, Verdict(Do.LEAVE, "paused")),
        ({"has_address": False}, Verdict(Do.SUPPRESS, "no_address")),
        ({"suppressed": True}, Verdict(Do.SUPPRESS, "suppressed")),
        ({"consent": False}, Verdict(Do.SUPPRESS, "no_consent")),
        ({"consent": False, "transactional": True}, Verdict(Do.SEND)),
        ({"consent": False, "on_break": True}, Verdict(Do.SUPPRESS, "on_break")),
        ({"on_break": True, "transactional": True}, Verdict(Do.SEND)),
        (
            {"less_often": True, "contacts": (NOW - timedelta(days=2),), "expires_at": NOW + timedelta(days=6)},
            Verdict(Do.HOLD, "frequency_cap", NOW + timedelta(days=5)),
        ),
        ({"suppressed": True, "transactional": True}, Verdict(Do.SUPPRESS, "suppressed")),
        ({"wins": False}, Verdict(Do.HOLD, "outbid", NOW + ASK_AGAIN)),
        ({"wins": False, "expires_at": NOW + timedelta(minutes=3)}, Verdict(Do.SUPPRESS, "outbid")),
        (
            {"wins": False, "winner_waits": True, "expires_at": NOW + timedelta(minutes=3)},
            Verdict(Do.HOLD, "outbid", NOW + timedelta(minutes=3)),
        ),
        ({"wins": False, "contacts": (NOW,)}, Verdict(Do.HOLD, "outbid", NOW + GAP)),
        ({"wins": False, "contacts": (NOW - timedelta(hours=3), NOW)}, Verdict(Do.SUPPRESS, "outbid")),
        ({"budget": Budget(Caps(1, 5)), "contacts": (NOW - timedelta(hours=3),)}, Verdict(Do.SUPPRESS, "frequency_cap")),
        ({"budget": Budget(Caps(9, 9)), "contacts": (NOW - timedelta(hours=3),) * 8}, Verdict(Do.SEND)),
        (
            {"budget": Budget(channels={"email": Caps(1, 5)}), "on_channel": (NOW - timedelta(hours=20),)},
            Verdict(Do.HOLD, "channel_cap", NOW + timedelta(hours=4)),
        ),
        ({"budget": Budget(channels={"sms": Caps(1, 5)}), "on_channel": (NOW - timedelta(hours=20),)}, Verdict(Do.SEND)),
        ({"budget": Budget(Caps(9, 9)), "less_often": True, "contacts": (NOW - timedelta(days=1),)}, Verdict(Do.SUPPRESS, "frequency_cap")),
        ({"transactional": True, "budget": Budget(Caps(1, 1)), "contacts": (NOW,)}, Verdict(Do.SEND)),
        ({"contacts": (NOW - timedelta(minutes=10),)}, Verdict(Do.HOLD, "other_message_first", NOW + timedelta(minutes=20))),
        ({"contacts": (NOW - timedelta(hours=20), NOW - timedelta(hours=2))}, Verdict(Do.HOLD, "frequency_cap", NOW + timedelta(hours=4))),
        ({"contacts": (NOW - timedelta(hours=5), NOW - timedelta(hours=2))}, Verdict(Do.SUPPRESS, "frequency_cap")),
        ({"contacts": tuple(NOW - timedelta(days=6, hours=-hour) for hour in range(0, 100, 25))}, Verdict(Do.SEND)),
    ],
)
def test_judges_as_the_table_says(change: dict[str, object], verdict: Verdict) -> None:
    assert judge(replace(GOOD, **change), now=NOW) == verdict  # type: ignore[arg-type]


def test_quiet_hours_hold_a_text_until_morning_there() -> None:
    night = datetime(2026, 3, 2, 23, tzinfo=UTC)
    text = replace(GOOD, channel="sms", expires_at=night + timedelta(days=2), store_zone="Europe/Berlin")
    assert judge(text, now=night) == Verdict(Do.HOLD, "quiet_hours", datetime(2026, 3, 3, 8, tzinfo=UTC))


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "America/New_York", "Asia/Kathmandu", "Pacific/Chatham"])
def test_no_moment_of_a_year_is_let_into_quiet_hours(zone: str) -> None:
    place = ZoneInfo(zone)
    for hour in range(0, 365 * 24, 5):
        moment = next_allowed(NOW + timedelta(hours=hour), quiet=USUAL["sms"], zone=place)
        assert not USUAL["sms"].covers(moment.astimezone(place).time())


def test_gap_gives_the_first_valid_instant_and_fold_the_first_pass() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert first_instant(datetime(2026, 3, 29).date(), time(2, 30), berlin) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert first_instant(datetime(2026, 10, 25).date(), time(2, 30), berlin) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_quiet_hours_that_end_where_they_start_cover_nothing() -> None:
    assert not QuietHours(time(9), time(9)).covers(time(9))


def test_one_message_a_person_wins_and_the_others_know_why() -> None:
    early, late = NOW, NOW + timedelta(minutes=1)
    several = [
        Candidate(1, 7, late, worth=90.0, source=("journey", 1)),
        Candidate(2, 7, early, worth=90.0, source=("campaign", 2)),
        Candidate(3, 7, late, worth=80.0, source=("cell", 3)),
        Candidate(4, 7, late, priority=-1, worth=900.0, source=("cell", 4)),
        Candidate(5, 8, late),
        Candidate(6, 9, late),
        Candidate(7, 9, late),
        Candidate(8, 9, early),
        Candidate(9, 9, late, priority=1),
    ]
    found = decide(several)
    assert {pk for pk, contest in found.items() if contest.won} == {1, 9}
    assert {pk: (one.by, one.winner.message_id, one.among) for pk, one in found.items()} == {
        1: ("kind", 1, 4), 2: ("kind", 1, 4), 3: ("worth", 1, 4), 4: ("priority", 1, 4),
        6: ("priority", 9, 4), 7: ("priority", 9, 4), 8: ("priority", 9, 4), 9: ("priority", 9, 4),
    }  # fmt: skip
    assert decide(reversed(several)) == found, "the order they are told in changes nothing"


@pytest.mark.parametrize("ids", [(3, 4), (4, 3)])
def test_a_tie_ends_the_same_way_every_time(ids: tuple[int, int]) -> None:
    found = decide([Candidate(pk, 7, NOW) for pk in ids])
    assert [(pk, one.won, one.by) for pk, one in sorted(found.items())] == [(3, True, "order"), (4, False, "order")]


@pytest.mark.parametrize(
    ("method", "agent", "seconds", "others", "word"),
    [
        ("GET", "Mozilla/5.0", 30, 0, ""),
        ("HEAD", "Mozilla/5.0", 30, 0, "head_request"),
        ("GET", "", 30, 0, "agent"),
        ("GET", "Barracuda Sentinel", 30, 0, "agent"),
        ("GET", "Mozilla/5.0", 0.2, 0, "too_fast"),
        ("GET", "Mozilla/5.0", 30, 3, "all_links"),
    ],
)
def test_suspects_machines(method: str, agent: str, seconds: float, others: int, word: str) -> None:
    sent_at = NOW - timedelta(seconds=seconds)
    assert suspicion(method=method, agent=agent, sent_at=sent_at, others_just_now=others, now=NOW) == word
