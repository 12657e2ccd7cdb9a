"""What every page's frame needs: theme, menu, store, person. A context processor, lazy to the last query.

Reads only what the middleware put on the request (`store`, `role`, `memberships`); a page that shows no frame asks nothing.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from retention.dashboard import menu
from retention.kit.clock import now

THEMES = ("auto", "light", "dark")
ROLE_NAMES: dict[str, Promise] = {
    "owner": _("Owner"),
    "manager": _("Manager"),
    "marketer": _("Marketer"),
    "writer": _("Writer"),
    "analyst": _("Analyst"),
    "support": _("Support"),
}


class Shell:
    """The frame around a page, worked out piece by piece as the template asks for it."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def store(self) -> Any:
        """Return the store of this page, or None."""
        return getattr(self._request, "store", None)

    @cached_property
    def groups(self) -> list[menu.Group]:
        """Return the menu of this person in this store; empty without a store."""
        if self.store is None:
            return []
        return menu.menu_for(self._request, store_slug=self.store.slug, role=getattr(self._request, "role", None))

    @property
    def main_groups(self) -> list[menu.Group]:
        """Return the groups of the menu proper."""
        return [group for group in self.groups if group.key != "foot"]

    @property
    def foot_lines(self) -> list[menu.Line]:
        """Return the lines at the foot of the menu."""
        return [line for group in self.groups if group.key == "foot" for line in group.lines]

    @property
    def bottom_bar(self) -> list[menu.Group]:
        """Return the places of the bar at the bottom of phones."""
        return menu.bottom_bar(self.groups)

    @property
    def more_current(self) -> bool:
        """Say whether the open page has no place of its own in the bottom bar."""
        return any(group.current for group in self.groups) and not any(group.current for group in self.bottom_bar)

    @property
    def home_url(self) -> str:
        """Return where the mark leads."""
        return menu.home_url(self.store.slug) if self.store is not None else "/"

    @property
    def own_mail_read_by(self) -> str:
        """Return how the product's own mail is read on this installation without being signed in: page, terminal or not at all ("")."""
        return str(settings.OWN_MAIL_READ_BY)

    @cached_property
    def stores(self) -> list[dict[str, Any]]:
        """Return the stores this person may change to: name, slug, address, and whether it is the open one."""
        memberships: Iterable[Any] = getattr(self._request, "memberships", None) or ()
        return [
            {
                "name": membership.store.name,
                "slug": membership.store.slug,
                "url": menu.home_url(membership.store.slug),
                "current": self.store is not None and membership.store.slug == self.store.slug,
                "role": ROLE_NAMES.get(membership.role, membership.role),
            }
            for membership in memberships
        ]

    @cached_property
    def person(self) -> dict[str, Any] | None:
        """Return name, address and role of who is signed in, or None."""
        user = getattr(self._request, "user", None)
        if user is None or not user.is_authenticated:
            return None
        role = getattr(self._request, "role", None) or ""
        name = getattr(user, "name", "") or user.get_username()
        return {"name": name, "email": getattr(user, "email", ""), "role": ROLE_NAMES.get(role, ""), "is_staff": user.is_staff}


def shell(request: HttpRequest) -> dict[str, Any]:
    """Give templates `shell` (the frame), `theme` (auto, light or dark) and `moment` (the product's clock)."""
    return {"shell": Shell(request), "theme": _Theme(request), "moment": _Moment()}


class _Theme:
    """The person's theme, read only when a page writes it."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    def __str__(self) -> str:
        chosen = getattr(getattr(self._request, "user", None), "theme", "auto")
        return chosen if chosen in THEMES else "auto"

    def __eq__(self, other: object) -> bool:
        return str(self) == other

    def __hash__(self) -> int:
        return hash(str(self))


class _Moment:
    """The clock, asked once per page and only by pages that show how long ago something was."""

    @cached_property
    def now(self) -> datetime:
        """Return this page's moment."""
        return now()
