"""SQL, the Python evaluator and a slow plain reading of the same rule agree about everybody, at every moment, and meet no other store."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from retention.tenancy.context import store_context
from segments.asking import LONG_SECONDS, asking, rows_of
from segments.knowing import read, terms_of_store
from segments.loading import load_people
from segments.rules.compiler import compile_rule, turning
from segments.rules.evaluator import make_evaluator, needs_of
from segments.rules.terms import At
from tests.factories import make_store
from tests.lasting import lasting
from tests.segments.plain import belongs, read_everything
from tests.segments.strategies import DAYS, RULES, SINGLE
from tests.segments.world import NOW, make_world

PEOPLE = 60
FEW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate])
MANY = settings(FEW, max_examples=400)


def make_worlds():
    stores = [make_store(slug=f"world-{number}", currency="EUR", zone="Europe/Berlin") for number in range(2)]
    for number, store in enumerate(stores):
        with store_context(store.pk):
            make_world(store, seed=number, count=PEOPLE)
    with store_context(stores[0].pk):
        return stores[0], read_everything(zone=ZoneInfo("Europe/Berlin"), currency="EUR")


@pytest.fixture(scope="module")
def world_of_file(django_db_setup, django_db_blocker):
    with lasting(django_db_blocker, make_worlds) as made:
        yield made


@pytest.fixture
def world(world_of_file, db):
    store, everything = world_of_file
    with store_context(store.pk):
        yield everything


def by_sql(rule, at):
    with asking(seconds=LONG_SECONDS):
        return {pk for (pk,) in rows_of(compile_rule(rule, at))}


def by_python(rule, at, everything):
    answer = make_evaluator(rule)
    people = load_people(list(everything.customers), needs_of(rule, at))
    return {pk for pk, person in people.items() if answer(person, at)}


def plainly(data, everything, now):
    return {pk for pk, one in everything.customers.items() if belongs(data["root"], one, everything, now)}


def check_readers_agree(data, everything, now=NOW):
    at = At(now, terms_of_store())
    rule = read(data, at.terms)
    expected = plainly(data, everything, now)
    assert by_sql(rule, at) == expected
    assert by_python(rule, at, everything) == expected


def test_the_readers_agree_about_every_kind_of_condition(world):
    @FEW
    @given(SINGLE)
    def check(data):
        check_readers_agree(data, world)

    check()


def test_the_readers_agree_about_nested_rules(world):
    @FEW
    @given(RULES)
    def check(data):
        check_readers_agree(data, world)

    check()


@pytest.mark.deep
def test_the_readers_agree_about_24_000_rules_and_customers(world):
    @MANY
    @given(RULES)
    def check(data):
        check_readers_agree(data, world)

    check()


EDGES = [
    NOW - timedelta(seconds=2), NOW - timedelta(seconds=1), NOW, NOW + timedelta(seconds=1),
    datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), datetime(2026, 3, 29, 1, 0, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    datetime(2026, 10, 25, 1, 30, tzinfo=UTC), datetime(2027, 2, 28, 12, 0, tzinfo=UTC), datetime(2028, 2, 28, 22, 59, 59, tzinfo=UTC),
    datetime(2028, 2, 28, 23, 0, tzinfo=UTC), datetime(2028, 2, 29, 23, 0, tzinfo=UTC),
]  # fmt: skip


@pytest.mark.parametrize("now", EDGES, ids=str)
def test_the_readers_agree_at_the_edges_of_time(world, now):
    @settings(FEW, max_examples=12)
    @given(RULES)
    def check(data):
        check_readers_agree(data, world, now)

    check()


def every_window():
    """Return every way of saying when a day lies, at lengths around a day's own."""
    lengths = {"days": (1, 3, 30), "hours": (1, 5, 24, 25), "weeks": (1, 3), "months": (1, 3), "years": (1,)}
    moving = [
        {"how": how, "unit": unit, "count": count}
        for how in ("last", "ago", "next", "ahead")
        for unit in lengths
        for count in lengths[unit]
    ]
    fixed = [{"how": "after", "start": day} for day in DAYS] + [{"how": "before", "end": day} for day in DAYS]
    return moving + fixed + [{"how": "between", "start": min(DAYS), "end": day} for day in DAYS]


def test_the_readers_agree_about_every_window_of_a_day_and_of_a_moment(world):
    for window in every_window():
        rules = [{"is": "attribute", "key": "renewal", "op": "in", "window": window}]
        if window["how"] not in {"next", "ahead"}:
            rules.append({"is": "moment", "field": "last_seen_at", "op": "in", "window": window})
        for rule in rules:
            check_readers_agree({"version": 1, "root": {"join": "all", "rules": [rule]}}, world)


def test_whoever_turns_by_time_alone_stands_at_an_edge(world):
    """Between two moments nobody's answer changes but of those whom the sweep finds."""

    @settings(FEW, max_examples=40)
    @given(RULES)
    def check(data):
        for hours in (0.001, 13, 24 * 40):
            terms = terms_of_store()
            before, after = At(NOW, terms), At(NOW + timedelta(hours=hours), terms)
            rule = read(data, terms)
            edges = turning(rule, before, after)
            with asking(seconds=LONG_SECONDS):
                found = {pk for (pk,) in rows_of(edges)} if edges is not None else set()
            changed = by_python(rule, before, world) ^ by_python(rule, after, world)
            assert changed <= found

    check()


def test_no_rule_meets_another_store(world):
    @FEW
    @given(RULES)
    def check(data):
        at = At(NOW, terms_of_store())
        assert by_sql(read(data, at.terms), at) <= world.customers.keys()

    check()
