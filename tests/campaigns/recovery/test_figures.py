"""What the plan's pages count, against a plain count of the same rows."""

from datetime import timedelta

import pytest

from campaigns.models import Departure, RecoveryStage
from campaigns.recovery.figures import figures_of_cells, totals_of, ways_of
from campaigns.recovery.rules.behaviour import STEPS
from tests.campaigns.recovery.shopping import shopper

pytestmark = pytest.mark.django_db


def gone(customer, stage, group, decision, *, left_at, **fields):
    usual = {"about": f"a{customer.pk}-{left_at:%H%M%S}", "began_at": left_at, "noticed_at": left_at, "currency": "EUR"}
    return Departure(customer=customer, stage=stage, group=group, decision=decision, left_at=left_at, **(usual | fields))


@pytest.fixture
def stages(store):
    names = ("idle", "payment")
    return {name: RecoveryStage.objects.create(name=name, rule={"kind": "idle"}, position=1, depth=1) for name in names}


def test_a_person_counts_once_in_a_cell_with_what_they_left_last(stages, now):
    ana, ben = shopper(now=now), shopper(now=now)
    idle = stages["idle"]
    Departure.objects.bulk_create(
        [
            gone(ana, idle, "looking", "draft", left_at=now - timedelta(days=3), amount_minor=1000),
            gone(ana, idle, "looking", "draft", left_at=now - timedelta(days=1), amount_minor=700),
            gone(ben, idle, "looking", "draft", left_at=now - timedelta(days=2), amount_minor=500, bought_at=now),
            gone(ben, idle, "buying", "shadow", left_at=now - timedelta(days=5), amount_minor=90, currency="USD"),
            gone(ana, idle, "looking", "draft", left_at=now - timedelta(days=40), amount_minor=9999),
        ]
    )
    found = figures_of_cells(since=now - timedelta(days=30), until=now, currency="EUR")
    looking, buying = found[idle.pk, "looking"], found[idle.pk, "buying"]
    assert (looking.people, looking.lost, looking.left_minor) == (2, 1, 700)
    assert (buying.people, buying.left_minor, buying.would_reach) == (1, 0, 1)


def test_the_lift_is_what_people_who_got_nothing_did_not_buy(stages, now):
    idle, rows = stages["idle"], []
    for number in range(200):
        held, buys = number >= 160, number % 4 == 0 if number < 160 else number % 20 == 0
        left_at = now - timedelta(days=2, seconds=number)
        bought = {"bought_at": now, "order_minor": 4000} if buys else {}
        rows.append(gone(shopper(now=now), idle, "buying", "held_out" if held else "entered", left_at=left_at, **bought))
    Departure.objects.bulk_create(rows)
    cells = figures_of_cells(since=now - timedelta(days=30), until=now, currency="EUR")
    cell = cells[idle.pk, "buying"]
    assert (cell.written.people, cell.came_back, cell.held.people, cell.held.buyers) == (160, 40, 40, 2)
    assert cell.lift.guess == pytest.approx(160 * (1000 - 200))
    assert cell.lift.low < cell.lift.guess < cell.lift.high
    totals = totals_of(cells)
    assert (totals.came_back, totals.worth_minor) == (40, 160_000)
    assert totals.lift.guess == pytest.approx(cell.lift.guess)


def test_too_few_people_are_no_verdict(stages, now):
    Departure.objects.bulk_create([gone(shopper(now=now), stages["idle"], "buying", "entered", left_at=now - timedelta(hours=1))])
    (cell,) = figures_of_cells(since=now - timedelta(days=30), until=now, currency="EUR").values()
    assert cell.lift is None
    assert totals_of({"x": cell}).lift is None


def test_the_funnel_counts_who_came_that_far_or_further(stages, now):
    told = [("phone", 0, 5), ("phone", 2, 3), ("computer", 6, 2), ("", 4, 1)]
    rows: list[Departure] = []
    for device, reached, count in told:
        for _ in range(count):
            left_at = now - timedelta(hours=1, seconds=len(rows))
            rows.append(gone(shopper(now=now), None, "looking", "nowhere", left_at=left_at, device=device, reached=reached))
    Departure.objects.bulk_create(rows)
    together, *parts = ways_of("device", since=now - timedelta(days=30), until=now)
    assert dict(zip(STEPS, together.counts, strict=True)) == {
        "visit": 11, "product": 6, "basket": 6, "checkout": 3, "shipping": 3, "payment": 2, "order": 2,
    }  # fmt: skip
    assert [(way.name, way.counts[0]) for way in parts] == [("phone", 8), ("computer", 2), ("", 1)]
    assert STEPS[together.worst] == "checkout"
    assert [way.counts[0] for way in ways_of("device", since=now - timedelta(days=30), until=now, only="phone")] == [8, 8]


def test_many_made_up_sources_count_together_and_only_the_largest_are_named(stages, now):
    names = ["letter", "letter", *(f"made-up-{number:02}" for number in range(20))]
    rows = [
        gone(shopper(now=now), None, "looking", "nowhere", left_at=now - timedelta(hours=1, seconds=place), source=name, reached=2)
        for place, name in enumerate(names)
    ]
    Departure.objects.bulk_create(rows)
    together, *parts = ways_of("source", since=now - timedelta(days=30), until=now)
    assert together.counts[:4] == (22, 22, 22, 0)
    assert (len(parts), parts[0].name, parts[0].counts[0]) == (8, "letter", 2)
