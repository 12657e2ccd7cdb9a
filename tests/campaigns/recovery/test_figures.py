"""What the plan's pages count, against a plain count of the same rows."""

from datetime import timedelta

import pytest
from django.core.cache import cache

from campaigns.measurement.assignment import journey_key
from campaigns.measurement.lots import HELD_OUT
from campaigns.models import Departure, Journey, Message, RecoveryCell, RecoveryStage
from campaigns.recovery import lately, looking, looking_back
from campaigns.recovery.figures import figures_of_cells, totals_of, ways_of
from campaigns.recovery.rules.behaviour import STEPS
from campaigns.views.recovery.panel import verdict_of
from tests.campaigns.journeys.journeying import make_template
from tests.campaigns.measurement.people import drawn, sold
from tests.campaigns.recovery.shopping import TEA, basket, live, shopper
from tests.campaigns.story import buy

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


def cell_with(stage, *, count, now, written, held, total_minor=4000):
    """Let people come to a live cell's experiment a month ago, of whom every so many of a side ordered; return the people by arm."""
    journey = Journey.objects.create(name=f"Cell {stage.name}", for_quiet=True)
    RecoveryCell.objects.create(stage=stage, group="buying", number=1, state="paused", journey=journey)
    _, arms = drawn(journey_key(journey.pk), count, now=now)
    for arm, every in (("a", written), (HELD_OUT, held)):
        sold(arms[arm][::every], at=now - timedelta(days=29), total_minor=total_minor)
    return arms


def figures(now):
    return figures_of_cells(since=now - timedelta(days=30), until=now, currency="EUR")


def test_the_lift_is_what_the_cell_s_experiment_says_of_people_not_of_departures(stages, now):
    arms = cell_with(stages["idle"], count=600, now=now, written=2, held=20)
    cells = figures(now)
    lift = cells[stages["idle"].pk, "buying"].lift
    written, held = arms["a"], arms[HELD_OUT]
    beyond = 4000 * (len(written[::2]) / len(written) - len(held[::20]) / len(held))
    assert lift.range.guess == pytest.approx(beyond * len(written), rel=0.001)
    assert (lift.says, lift.range.says) == (1, 1)
    total = totals_of(cells).lift
    assert (total.guess, total.low) == pytest.approx((lift.range.guess, lift.range.low))
    left_at = now - timedelta(days=2)
    again = [gone(one, stages["idle"], "buying", "entered", left_at=left_at - timedelta(hours=hour)) for one in held for hour in (1, 2)]
    Departure.objects.bulk_create(again)
    cells = figures(now)
    assert cells[stages["idle"].pk, "buying"].lift == lift
    assert cells[stages["idle"].pk, "buying"].written == len(held)


def test_too_few_people_are_no_verdict_and_a_plain_look_alone_names_no_winner(stages, now):
    cell_with(stages["idle"], count=30, now=now, written=1, held=1)
    cell_with(stages["payment"], count=500, now=now, written=5, held=8)
    cells = figures(now)
    assert cells[stages["idle"].pk, "buying"].lift is None
    lift = cells[stages["payment"].pk, "buying"].lift
    assert (lift.says, lift.range.says) == (0, 1)
    verdict = verdict_of(cells[stages["payment"].pk, "buying"], currency="EUR")
    assert (verdict["strong"], "A single look would call that sure" in verdict["text"], lift.is_sure) == ("Too early to say.", True, False)
    assert totals_of({"x": cells[stages["idle"].pk, "buying"]}).lift is None


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


def test_what_is_counted_over_many_is_kept_a_while_and_over_few_is_exact(stages, now, monkeypatch):
    def left():
        counted = lately.figures_lately(days=30, currency="EUR", now=now)
        ways = lately.ways_lately("device", days=30, now=now)
        causes = lately.causes_lately(days=30, now=now)
        return counted[stages["idle"].pk, "looking"].people, ways[0].counts[0], causes

    def come():
        Departure.objects.bulk_create([gone(shopper(now=now), stages["idle"], "looking", "draft", left_at=now - timedelta(hours=1))])

    come()
    assert left() == (1, 1, [("idle", 1)])
    come()
    assert left() == (2, 2, [("idle", 2)])
    monkeypatch.setattr(lately, "EXACT_UP_TO", 1)
    assert left() == (2, 2, [("idle", 2)])
    come()
    assert left() == (2, 2, [("idle", 2)]), "it was counted a moment ago"
    cache.clear()
    assert left() == (3, 3, [("idle", 3)])


def test_messages_of_a_cell_are_counted_once_a_while_where_they_are_many(stages, now, monkeypatch):
    journey, other = Journey.objects.create(name="Cell", for_quiet=True), Journey.objects.create(name="Other", for_quiet=True)

    def send(of):
        ana = shopper(now=now)
        Message.objects.create(
            source_kind="journey", source_id=of.pk, step="email", occurrence=str(ana.pk), customer=ana, channel="email", state="sent",
            template_version=version, planned_at=now, due_at=now, expires_at=now, sent_at=now, finished_at=now,
        )  # fmt: skip

    version = make_template().versions.get()
    for of in (journey, journey, other):
        send(of)
    monkeypatch.setattr(lately, "EXACT_UP_TO", 1)
    assert lately.sent_lately(journey) == {"email": 2}
    send(journey)
    send(other)
    assert (lately.sent_lately(journey), lately.sent_lately(other)) == ({"email": 2}, {"email": 2})


def test_of_an_account_with_endless_orders_and_baskets_only_the_last_are_read(store, now, monkeypatch):
    monkeypatch.setattr(looking, "MOST_ORDERS", 3)
    monkeypatch.setattr(looking, "MOST_BASKETS", 2)
    ana, ben = shopper(now=now), shopper(now=now)
    for day in range(8, 0, -1):
        buy(ana, basket(ana, now=now - timedelta(days=day)), now=now - timedelta(days=day))
    buy(ben, None, now=now - timedelta(days=5))
    many, one = looking.look_at([ana.pk, ben.pk], now=now)
    assert [order.place for order in many.orders] == [6, 7, 8]
    assert [many.past_at(now - timedelta(days=day)).orders for day in (0, 1, 2, 3, 4, 7)] == [8, 8, 7, 6, 5, 5]
    assert many.ordered_since(now - timedelta(days=1))
    assert not many.ordered_since(now)
    assert (one.past_at(now).orders, one.past_at(now).first_order_at) == (1, now - timedelta(days=5))
    assert one.past_at(now - timedelta(days=6)).orders == 0
    found = looking.baskets_of([ana.pk, ben.pk], since=now - timedelta(days=14))
    assert {pk: [cart.started_at for cart in carts] for pk, carts in found.items()} == {
        ana.pk: [now - timedelta(days=2), now - timedelta(days=1)]
    }


def test_the_past_is_read_a_slice_of_people_at_a_time(plan, now):
    people = [shopper(now=now) for _number in range(5)]
    for person in people:
        live(person, (0, "Product Viewed", TEA), (2, "Product Added", TEA), now=now - timedelta(days=3))
    read, after = [], 0
    while True:
        reached, count = looking_back.look_back(days=90, after=after, most=2, now=now)
        read.append(count)
        if reached is None:
            break
        after = reached
    assert (read, set(Departure.objects.values_list("customer_id", flat=True))) == ([2, 2, 1], {one.pk for one in people})


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
