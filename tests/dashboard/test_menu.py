"""The menu shows a person what their role opens, in order, with the open page marked."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.http import HttpRequest
from django.test import RequestFactory

from retention.dashboard import menu
from retention.dashboard.menu import MenuItem


@pytest.fixture(autouse=True)
def only_these(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Start from an empty register."""
    monkeypatch.setattr(menu, "_items", [])
    monkeypatch.setattr(MenuItem, "url", lambda self, slug: f"/s/{slug}/{self.url_name.replace(':', '/')}/")
    menu.register(
        MenuItem("people", "Customers", "users", "customers:list", "customers.view", order=1),
        MenuItem("", "Home", "home", "home", "home.view", count=lambda request: 3),
        MenuItem("foot", "Settings", "settings", "stores:settings", "store.view", count=lambda request: 0),
    )
    return iter(())


def request_at(view_name: str) -> HttpRequest:
    """Return a request that was resolved to a view."""
    request = RequestFactory().get("/")
    request.resolver_match = SimpleNamespace(view_name=view_name, namespace=view_name.rpartition(":")[0])  # type: ignore[assignment]
    return request


def test_groups_stand_in_order_with_counts() -> None:
    groups = menu.menu_for(request_at("home"), store_slug="lumen", role="owner")
    assert [(group.key, [line.label for line in group.lines]) for group in groups] == [
        ("", ["Home"]),
        ("people", ["Customers"]),
        ("foot", ["Settings"]),
    ]
    assert [line.count for group in groups for line in group.lines] == [3, None, None]
    assert [group.key for group in menu.bottom_bar(groups)] == ["", "people"]


def test_role_leaves_out_what_it_may_not_open() -> None:
    assert [group.key for group in menu.menu_for(request_at("home"), store_slug="lumen", role="analyst")] == [""]
    assert menu.menu_for(request_at("home"), store_slug="lumen", role=None) == []


def test_page_below_a_menu_page_marks_it() -> None:
    groups = menu.menu_for(request_at("customers:one"), store_slug="lumen", role="owner")
    assert [line.label for group in groups for line in group.lines if line.current] == ["Customers"]


def test_of_lines_one_below_the_other_the_nearest_is_marked() -> None:
    menu.register(
        MenuItem("messages", "Journeys", "route", "campaigns:journeys", "messages.view"),
        MenuItem("messages", "Ready-made", "sparkles", "campaigns:journeys/ready", "messages.view"),
    )
    for path, marked in (("journeys/7/", "Journeys"), ("journeys/ready/welcome/", "Ready-made"), ("other/", None)):
        request = request_at("campaigns:one")
        request.path = f"/s/lumen/campaigns/{path}"
        groups = menu.menu_for(request, store_slug="lumen", role="owner")
        assert [line.label for group in groups for line in group.lines if line.current] == ([marked] if marked else [])


@pytest.mark.parametrize(
    "item",
    [
        MenuItem("moon", "X", "x", "x:x", "home.view"),
        MenuItem("", "Again", "home", "home", "home.view"),
        MenuItem("", "X", "x", "x:x", "home.fly"),
    ],
    ids=["group", "twice", "capability"],
)
def test_refuses_a_wrong_item(item: MenuItem) -> None:
    with pytest.raises((ValueError, LookupError)):
        menu.register(item)


def test_home_is_the_first_page_of_a_store() -> None:
    assert menu.home_url("lumen") == "/s/lumen/home/"
