"""The libraries shops have already, unpatched, against a real server: what they send is stored word for word, once each.

Segment's Python library has its own story in `test_segment_client.py`.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from rudderstack.analytics import Client as RudderStack
from segment.analytics import Client as Segment

from retention.customers.models import CustomerEvent, EventKey
from retention.intake.reading import key_of
from retention.kit import clock
from retention.stores.models import Store
from tests.browser.looking import wait_for
from tests.browser.storefront import open_storefront
from tests.clients.installing import HERE, node_modules, run_node
from tests.factories import make_key, make_store, work_for
from tests.serving import serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.django_db(transaction=True)
Told = tuple[str, str, str, str, dict[str, Any]]


@pytest.fixture
def moment() -> datetime:
    """Return when the story happened: yesterday, to the second, so that the libraries' own clocks cannot stand in for it."""
    return clock.now().astimezone(UTC).replace(microsecond=0) - timedelta(days=1)


def stored(store: Store) -> list[CustomerEvent]:
    """Return what is stored, as it was sent; each event once, each with a key."""
    with work_for(store):
        events = list(CustomerEvent.objects.order_by("occurred_at", "id"))
        assert EventKey.objects.count() == len(events)
    return events


def told(events: list[CustomerEvent]) -> list[Told]:
    """Return who did what."""
    return [(event.kind, event.name, event.external_id, event.anonymous_id, event.properties) for event in events]


def assert_happened(events: list[CustomerEvent], moment: datetime) -> None:
    """Check the moments: right to within the seconds a request may take on a busy machine."""
    assert all(abs(event.occurred_at - moment) < timedelta(seconds=20) for event in events)
    assert all(clock.now() - event.received_at < timedelta(minutes=5) for event in events)


STORY: dict[str, Callable[[Any, datetime], object]] = {
    "identify": lambda client, at: client.identify(
        "c-1", traits={"email": "Ann@example.test", "visits": 3}, anonymous_id="a-1", timestamp=at
    ),
    "track": lambda client, at: client.track("c-1", "Product Added", {"price": 12.5, "tags": ["a", "ü"]}, anonymous_id="a-1", timestamp=at),
    "page": lambda client, at: client.page("c-1", "Shop", "Home", {"path": "/"}, timestamp=at),
    "screen": lambda client, at: client.screen("c-1", "Shop", "Basket", {"full": True}, timestamp=at),
    "group": lambda client, at: client.group("c-1", "g-1", {"name": "Club"}, timestamp=at),
    "alias": lambda client, at: client.alias("a-1", "c-1", timestamp=at),
}


@pytest.mark.parametrize("library", [Segment, RudderStack], ids=["segment", "rudderstack"])
def test_pythons_libraries_deliver_each_kind_word_for_word(library: Any, moment: datetime) -> None:
    store = make_store()
    _row, key = make_key(store)
    failures: list[object] = []
    with serve() as url:
        client = library(
            write_key=key, host=url, gzip=True, max_retries=0, on_error=lambda error, _batch: failures.append(error), sync_mode=False
        )
        for place, tell in enumerate(STORY.values()):
            tell(client, moment + timedelta(seconds=place))
        client.flush()
        client.join()
    assert failures == []
    events = stored(store)
    assert told(events) == [
        ("identify", "Identify", "c-1", "a-1", {"email": "Ann@example.test", "visits": 3}),
        ("track", "Product Added", "c-1", "a-1", {"price": 12.5, "tags": ["a", "ü"]}),
        ("page", "Home", "c-1", events[2].anonymous_id, {"path": "/"}),
        ("screen", "Basket", "c-1", events[3].anonymous_id, {"full": True}),
        ("group", "Group", "c-1", events[4].anonymous_id, {"name": "Club", "groupId": "g-1"}),
        ("alias", "Alias", "c-1", events[5].anonymous_id, {"previousId": "a-1"}),
    ]
    assert_happened(events, moment)
    assert {event.trusted for event in events} == {True}


def test_segments_node_library_delivers_each_kind_word_for_word(moment: datetime) -> None:
    node_modules()
    store = make_store()
    _row, key = make_key(store)
    with serve() as url:
        run_node("story.cjs", KEY=key, HOST=url, MOMENT=moment.isoformat())
    events = stored(store)
    assert sorted(told(events), key=str) == sorted(
        [
            ("identify", "Identify", "n-1", "a-9", {"email": "Nina@example.test", "plan": "gold", "visits": 3}),
            ("track", "Product Added", "n-1", "", {"product_id": "p1", "price": 12.5, "quantity": 2, "tags": ["a", "ü"]}),
            ("page", "Home", "n-1", "", {"path": "/", "category": "Shop"}),
            ("screen", "Basket", "", "a-9", {}),
            ("group", "Group", "n-1", "", {"name": "Club", "groupId": "g-1"}),
            ("alias", "Alias", "n-1", "", {"previousId": "a-9"}),
        ],
        key=str,
    )
    assert_happened(events, moment)
    with work_for(store):
        assert EventKey.objects.filter(key=bytes.fromhex(key_of("node-1", by="secret"))).exists()


@pytest.mark.browser
def test_segments_browser_library_delivers_a_visit_word_for_word(browser: "Browser") -> None:
    scripts = node_modules() / "@segment" / "analytics-next" / "dist" / "umd"
    store = make_store()
    _row, key = make_key(store, "public")
    begun = clock.now()
    tags = '<script src="/index.js"></script><script src="/visitor.js"></script>'
    with serve() as url, open_storefront(tags=tags, product=url) as shop:
        shop.files |= {f"/{path.name}": path.read_text() for path in scripts.glob("*.js")}
        shop.files["/visitor.js"] = (HERE / "visitor.js").read_text().replace("KEY", key).replace("HOST", url.removeprefix("http://"))
        context = browser.new_context()
        page = context.new_page()
        page.goto(shop.url + "/")
        wait_for(page, "Boolean(window.told && window.told.length)")
        visitor = page.evaluate("window.visitor")
        deadline = time.monotonic() + 30
        while len(stored(store)) < 6 and time.monotonic() < deadline:
            time.sleep(0.1)
        context.close()
    events = stored(store)
    page_properties = events[0].properties
    assert (page_properties["colour"], page_properties["category"], page_properties["url"]) == ("blue", "Shop", shop.url + "/")
    assert told(events) == [
        ("page", "Home", "", visitor, page_properties),
        ("track", "Product Viewed", "", visitor, {"product_id": "p1", "price": 12.5, "name": "Kännchen"}),
        ("alias", "Alias", "b-1", visitor, {"previousId": visitor}),
        ("identify", "Identify", "b-1", visitor, {"email": "Bea@example.test"}),
        ("track", "Product Added", "b-1", visitor, {"product_id": "p1", "quantity": 2}),
        ("group", "Group", "b-1", visitor, {"name": "Club", "groupId": "g-1"}),
    ]
    assert all(begun <= event.occurred_at <= clock.now() for event in events)
    assert {event.trusted for event in events} == {False}
