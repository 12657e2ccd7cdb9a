"""Every segment of the library can be taken as it is: its rule is valid, counted, said in a sentence, and the same in both readers."""

import pytest

from retention.tenancy.context import store_context
from segments.counting import count_each, count_rule
from segments.knowing import read, terms_of_store
from segments.library import LIBRARY, proven
from segments.rules.sentence import say_rule
from segments.rules.terms import At
from tests.factories import make_store
from tests.lasting import lasting
from tests.segments.plain import belongs, read_everything
from tests.segments.world import NOW, make_world


def make_library():
    store = make_store(slug="library", currency="EUR", zone="Europe/Berlin")
    with store_context(store.pk):
        make_world(store, seed=5, count=80)
        return store, read_everything(zone=store.timezone, currency="EUR")


@pytest.fixture(scope="module")
def library(django_db_setup, django_db_blocker):
    with lasting(django_db_blocker, make_library) as made:
        yield made


@pytest.fixture
def everything(library, db):
    store, found = library
    with store_context(store.pk):
        yield found


@pytest.mark.parametrize("key", [one.key for one in LIBRARY])
def test_a_proven_segment_is_counted_as_a_plain_reading_counts_it(everything, key):
    one = proven(key)
    at = At(NOW, terms_of_store())
    rule = read(one.rule, at.terms)
    expected = {pk for pk, customer in everything.customers.items() if belongs(one.rule["root"], customer, everything, NOW)}
    counted = count_rule(rule, at)
    assert counted.count == len(expected)
    assert set(counted.sample) <= expected
    assert len(counted.sample) == min(10, len(expected))
    assert all(number <= counted.count for number in counted.reach.values())
    assert set(count_each(rule, at)) == {leaf.path for leaf in rule.leaves()}
    sentence = say_rule(rule, at.terms).render(str)
    assert sentence.startswith("People who ")
    assert "%(" not in sentence


def test_there_are_about_twenty_five_and_each_says_what_to_do():
    assert len(LIBRARY) >= 25
    assert len({one.key for one in LIBRARY}) == len({one.name for one in LIBRARY}) == len(LIBRARY)
    assert all(one.advice.endswith(".") for one in LIBRARY)
    assert proven("no such key") is None
