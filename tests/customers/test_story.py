"""The timeline in pages: every event and every word of consent stands on exactly one of them, in one line of time."""

from datetime import timedelta

import pytest

from retention.customers.models import ConsentRecord
from retention.customers.story import read_story
from tests.factories import make_store, work_for
from tests.factories.customers import make_customer, make_event
from tests.webhooks.conftest import NOON

pytestmark = pytest.mark.django_db


def pages_of(customer, *, size):
    """Return what each page shows: "event" or "word", with how many days ago."""
    found: list[list[str]] = []
    cursor = ""
    with work_for(customer.store):
        while True:
            story = read_story(customer, kind="all", cursor=cursor, size=size)
            assert story.begun is (not found)
            found.append([f"{'word' if isinstance(one, ConsentRecord) else 'event'} {(NOON - moment(one)).days}" for one in story.happened])
            cursor = story.older
            if not cursor:
                return found


def moment(one):
    return one.said_at if isinstance(one, ConsentRecord) else one.occurred_at


CASES = {
    "a word between the last of one page and the first of the next": (
        [1, 10, 15],
        [12],
        2,
        [["event 1", "event 10"], ["word 12", "event 15"]],
    ),
    "more words than a page holds": (
        [1, 9],
        [2, 3, 4, 5, 6],
        3,
        [["event 1", "word 2", "word 3"], ["word 4", "word 5", "word 6"], ["event 9"]],
    ),
    "words alone": ([], [1, 2, 3], 2, [["word 1", "word 2"], ["word 3"]]),
    "words after and before everything": ([5, 6], [1, 9], 2, [["word 1", "event 5"], ["event 6", "word 9"]]),
    "everything at one moment": ([5, 5, 5], [5, 5], 2, [["event 5", "event 5"], ["event 5", "word 5"], ["word 5"]]),
    "a page that is just full": ([1], [2], 2, [["event 1", "word 2"]]),
    "nothing": ([], [], 2, [[]]),
}


@pytest.mark.parametrize("case", CASES)
def test_every_event_and_word_stands_on_exactly_one_page(case):
    events, words, size, expected = CASES[case]
    ana = make_customer(make_store())
    for days in events:
        make_event(ana, "Product Viewed", at=NOON - timedelta(days=days))
    with work_for(ana.store):
        ConsentRecord.objects.bulk_create(
            [ConsentRecord(customer=ana, channel="email", status="granted", said_at=NOON - timedelta(days=days)) for days in words]
        )
    assert pages_of(ana, size=size) == expected
