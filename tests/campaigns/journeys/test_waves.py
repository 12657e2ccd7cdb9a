"""The calendar: everybody enters on their day at their hour, once, wherever they live and however often somebody looks."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from campaigns.journeys import waves
from campaigns.journeys.running import next_moment
from campaigns.models import Enrollment, Wave
from retention.customers.profile import Told, apply_traits
from tests.campaigns.campaigning import make_crowd, make_list
from tests.campaigns.journeys.journeying import LATER, make_journey, tick

pytestmark = pytest.mark.django_db
BIRTHDAY = {"trigger": {"kind": "date", "date": "birthday", "at": "09:00"}, "steps": [LATER]}


def entered(journey: Any) -> dict[int, list[str]]:
    """Return the moments each customer entered at, in UTC."""
    found: dict[int, list[str]] = {}
    for customer_id, at in Enrollment.objects.filter(journey=journey).order_by("trigger_at").values_list("customer_id", "trigger_at"):
        found.setdefault(customer_id, []).append(f"{at.astimezone(UTC):%m-%d %H:%M}")
    return found


def test_a_birthday_is_at_nine_where_each_lives(store: Any) -> None:
    store.zone = "Europe/Berlin"
    store.save()
    midnight = datetime(2026, 3, 1, 20, tzinfo=UTC)
    (home,) = make_crowd(1, now=midnight, birth_md=302)
    (tokyo,) = make_crowd(1, now=midnight, birth_md=302, zone="Asia/Tokyo")
    (hawaii,) = make_crowd(1, now=midnight, birth_md=302, zone="Pacific/Honolulu")
    (_another_day,) = make_crowd(1, now=midnight, birth_md=303)
    journey = make_journey(BIRTHDAY, now=midnight, since=timedelta(0))
    for hour in range(26):
        for _look in range(2):
            tick(now=midnight + timedelta(hours=hour))
    assert entered(journey) == {tokyo.pk: ["03-02 00:00"], home.pk: ["03-02 08:00"], hawaii.pk: ["03-02 19:00"]}


def test_a_leap_day_is_the_28th_in_other_years_and_every_year_comes(store: Any) -> None:
    start = datetime(2026, 2, 27, 12, tzinfo=UTC)
    (person,) = make_crowd(1, now=start, birth_md=229, zone="UTC")
    journey = make_journey(BIRTHDAY, now=start, since=timedelta(0))
    tick(now=start + timedelta(hours=23))
    tick(now=start + timedelta(days=30))
    tick(now=datetime(2027, 2, 28, 8, 59, tzinfo=UTC))
    tick(now=datetime(2027, 2, 28, 9, 1, tzinfo=UTC))
    assert entered(journey) == {person.pk: ["02-28 09:00", "02-28 09:00"]}


def test_some_days_before_or_after_a_date_the_shop_wrote(store: Any) -> None:
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)
    people = make_crowd(3, now=start, zone="UTC")
    days = ["2026-03-05", "2026-03-05T23:30:00+02:00", "2026-03-06"]
    apply_traits([Told(one.pk, {"ends_on": day}, start, trusted=True) for one, day in zip(people, days, strict=True)])
    before = make_journey({"trigger": {"kind": "date", "date": "ends_on", "days": -3}, "steps": [LATER]}, now=start, since=timedelta(0))
    yearly = make_journey({"trigger": {"kind": "date", "date": "ends_on", "yearly": True}, "steps": [LATER]}, now=start, since=timedelta(0))
    for day in range(1, 6):
        tick(now=start + timedelta(days=day))
    assert entered(before) == {people[0].pk: ["03-02 09:00"], people[1].pk: ["03-02 09:00"], people[2].pk: ["03-03 09:00"]}
    assert entered(yearly) == {people[0].pk: ["03-05 09:00"], people[1].pk: ["03-05 09:00"], people[2].pk: ["03-06 09:00"]}


def test_a_segment_enters_on_its_weekday_and_again_the_week_after(store: Any) -> None:
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)  # a Sunday
    people = make_crowd(2, now=start, zone="UTC")
    chosen = make_list(people[:1], now=start)
    trigger = {"kind": "schedule", "every": "week", "weekdays": ["tuesday"], "at": "07:30", "segment": str(chosen.public_id)}
    journey = make_journey({"trigger": trigger, "steps": [LATER]}, now=start, since=timedelta(0))
    for hour in range(0, 24 * 10, 5):
        tick(now=start + timedelta(hours=hour))
    assert entered(journey) == {people[0].pk: ["03-03 07:30", "03-10 07:30"]}


def test_an_hour_the_clocks_leave_out_is_the_first_moment_after_it() -> None:
    calendar = waves.Calendar(at=datetime(2026, 1, 1, 2, 30).time(), every="day")
    night = datetime(2026, 3, 28, 20, tzinfo=UTC)
    found = waves._moments(calendar, since=night, until=night + timedelta(hours=10))
    assert [at for (at, day), zones in found.items() if "Europe/Berlin" in zones] == [datetime(2026, 3, 29, 1, tzinfo=UTC)]
    assert all(
        len([1 for (_, day), zones in found.items() if name in zones and day == date(2026, 3, 29)]) <= 1
        for name in ("Europe/Berlin", "UTC")
    )


def test_what_was_missed_for_too_long_is_left_out(store: Any) -> None:
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)
    make_crowd(1, now=start, birth_md=302, zone="UTC")
    journey = make_journey(BIRTHDAY, now=start, since=timedelta(0))
    tick(now=datetime(2026, 3, 2, 21, 1, tzinfo=UTC))
    assert entered(journey) == {}
    assert next_moment(now=datetime(2026, 3, 2, 21, 1, tzinfo=UTC)) is not None


def test_a_wave_goes_on_where_it_stopped(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    start = datetime(2026, 3, 2, 8, 59, tzinfo=UTC)
    people = make_crowd(5, now=start, birth_md=302, zone="UTC")
    monkeypatch.setattr(waves, "PAGE", 2)
    journey = make_journey(BIRTHDAY, now=start, since=timedelta(0))
    morning = datetime(2026, 3, 2, 9, tzinfo=UTC)
    waves.make_waves(now=morning)
    assert (waves.run_wave(now=morning), Wave.objects.get(finished_at=None).after_id) == (1, people[1].pk)
    assert next_moment(now=morning) == morning
    tick(now=morning)
    assert sorted(entered(journey)) == [one.pk for one in people]
    later = next_moment(now=morning)
    assert later is not None
    assert morning < later <= morning + timedelta(hours=1)
