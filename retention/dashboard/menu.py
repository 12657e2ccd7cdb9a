"""The main menu: an empty register the apps fill at start-up, and the menu one person sees on one page.

Knows no app and no model. An app adds its `MenuItem`s in `AppConfig.ready()`; order inside a group is `order`, then the label.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from retention.dashboard.access import allows

Text = str | Promise
GROUPS: dict[str, Text] = {
    "": "",
    "people": _("People"),
    "messages": _("Messages"),
    "sales": _("Sales"),
    "insight": _("Insight"),
    "foot": "",
}
BOTTOM_BAR = ("", "people", "messages", "sales")
"""Groups with a place in the bar at the bottom of phones; the fifth place opens the whole menu."""


@dataclass(frozen=True)
class MenuItem:
    """One line of the menu.

    count: how many things a person must act on here, asked once per page; 0 or None shows nothing.
    urgent: the count is shown in clay. in_store: the page lives under `/s/<store>/`. with_pages_below: the line stays marked on every page
    whose address begins with its own, whichever room draws it.
    """

    group: str
    label: Text
    icon: str
    url_name: str
    capability: str
    order: int = 100
    count: Callable[[HttpRequest], int | None] | None = None
    urgent: bool = False
    in_store: bool = True
    with_pages_below: bool = False

    def url(self, store_slug: str) -> str:
        """Return the page's address in one store."""
        return reverse(self.url_name, kwargs={"store_slug": store_slug} if self.in_store else None)


@dataclass(frozen=True)
class Line:
    """A menu item as one person sees it on one page."""

    label: Text
    icon: str
    url: str
    current: bool
    count: int | None
    urgent: bool


@dataclass(frozen=True)
class Group:
    """A titled part of the menu; the first and the last have no title."""

    key: str
    title: Text
    lines: list[Line]

    @property
    def current(self) -> bool:
        """Say whether the open page belongs to this group."""
        return any(line.current for line in self.lines)


_items: list[MenuItem] = []


def register(*items: MenuItem) -> None:
    """Add items to the menu; an address that is already there, or an unknown group, is an error of the program."""
    for item in items:
        if item.group not in GROUPS:
            raise ValueError(f"{item.group!r} is no group of the menu.")
        if any(known.url_name == item.url_name for known in _items):
            raise ValueError(f"{item.url_name!r} is in the menu already.")
        allows(None, capability=item.capability)
        _items.append(item)


def items() -> list[MenuItem]:
    """Return every item in the order of the menu."""
    groups = list(GROUPS)
    return sorted(_items, key=lambda item: (groups.index(item.group), item.order, str(item.label)))


def menu_for(request: HttpRequest, *, store_slug: str, role: str | None) -> list[Group]:
    """Return the groups with at least one line this role may open, counts asked and the open page marked."""
    lines: dict[str, list[Line]] = {}
    for item in items():
        if allows(role, capability=item.capability):
            lines.setdefault(item.group, []).append(_line(request, item, store_slug=store_slug))
    return [Group(key, GROUPS[key], lines[key]) for key in GROUPS if key in lines]


def home_url(store_slug: str) -> str:
    """Return the first page of a store, where its switcher leads; `/` while no page is registered."""
    first = next((item for item in items() if item.in_store), None)
    return first.url(store_slug) if first else "/"


def bottom_bar(groups: Iterable[Group]) -> list[Group]:
    """Return the groups with a place in the bottom bar of phones."""
    return [group for group in groups if group.key in BOTTOM_BAR]


def _line(request: HttpRequest, item: MenuItem, *, store_slug: str) -> Line:
    count = item.count(request) if item.count else None
    url = item.url(store_slug)
    current = _is_current(request, item, store_slug=store_slug) or (item.with_pages_below and request.path.startswith(url))
    return Line(item.label, item.icon, url, current, count or None, item.urgent)


def _is_current(request: HttpRequest, item: MenuItem, *, store_slug: str) -> bool:
    match = getattr(request, "resolver_match", None)
    if match is None:
        return False
    if match.view_name == item.url_name:
        return True
    namespace = item.url_name.rpartition(":")[0]
    if not namespace or match.namespace != namespace:
        return False
    family = [known for known in _items if known.url_name.rpartition(":")[0] == namespace]
    if len(family) == 1:
        return True
    above = [known for known in family if known.in_store and request.path.startswith(known.url(store_slug))]
    return bool(above) and item is max(above, key=lambda known: len(known.url(store_slug)))
