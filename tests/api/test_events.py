"""Events through the API: by arrival, page by page in both directions, and a search that has an end."""

from datetime import UTC, datetime, timedelta

import pytest

from retention.rest.paging import MomentPages
from tests.api.calling import Api
from tests.factories import make_store
from tests.factories.customers import make_customer, make_event

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
def store():
    return make_store()


@pytest.fixture
def api(store):
    return Api(store)


def make_events(store, count, *, name="E{}", apart=timedelta(seconds=1)):
    """Save events, the last to arrive numbered 0."""
    customer = make_customer(store, "ana@example.test")
    for number in reversed(range(count)):
        make_event(customer, name.format(number), at=NOW - number * apart)


def follow(api, path, way="next"):
    """Return the names on every page from here on, and the last page."""
    pages = []
    while path:
        page = api.client.get(path).json()
        pages.append([row["name"] for row in page["results"]])
        path = page[way]
    return pages, page


@pytest.mark.parametrize("apart", [timedelta(seconds=1), timedelta(0)])
def test_pages_lead_on_and_back_also_where_many_arrived_at_once(store, api, apart):
    make_events(store, 7, apart=apart)
    make_event(make_customer(make_store(), "other@example.test"), "Foreign", at=NOW)
    names = [[f"E{number}" for number in range(first, min(first + 3, 7))] for first in (0, 3, 6)]
    pages, last = follow(api, "/api/v1/events?page_size=3")
    assert pages == names
    back, first = follow(api, last["previous"], "previous")
    assert back == [names[1], names[0]]
    assert follow(api, first["next"])[0] == names[1:]


def test_what_arrives_meanwhile_moves_nothing(store, api):
    make_events(store, 4)
    page = api.get("events?page_size=2")
    make_event(make_customer(store), "Later", at=NOW + timedelta(seconds=1))
    assert follow(api, page["next"])[0] == [["E2", "E3"]]


def test_a_rare_name_is_found_in_bounded_steps(store, api, monkeypatch):
    monkeypatch.setattr(MomentPages, "searched", 4)
    make_events(store, 6)
    make_event(make_customer(store), "Rare", at=NOW - timedelta(days=1))
    pages, last = follow(api, "/api/v1/events?name=Rare")
    assert pages == [[], ["Rare"]]
    assert follow(api, last["previous"], "previous")[0] == [[], []]


def test_a_page_that_is_full_ends_the_search(store, api, monkeypatch):
    monkeypatch.setattr(MomentPages, "searched", 5)
    make_events(store, 7, name="Often")
    assert [len(page) for page in follow(api, "/api/v1/events?name=Often&page_size=2")[0]] == [2, 2, 2, 1]


def test_one_customer_has_their_own(store, api):
    make_events(store, 2)
    bea = make_customer(store, "bea@example.test")
    make_event(bea, "Hers", at=NOW)
    assert [row["name"] for row in api.get(f"events?customer={bea.public_id}")["results"]] == ["Hers"]
    assert api.get("events?customer=00000000-0000-0000-0000-000000000000")["results"] == []
