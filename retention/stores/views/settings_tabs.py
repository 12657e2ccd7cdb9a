"""What every settings page shows on top: the tabs this person may open. Rooms above add theirs with `add_tab`."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from retention.dashboard.access import allows, needs

Text = str | Promise
_tabs: list[tuple[int, str, Text, str]] = [
    (10, "settings:store", gettext_lazy("Store"), "store.view"),
    (20, "settings:team", gettext_lazy("Team"), "team.view"),
    (30, "settings:keys", gettext_lazy("Keys"), "keys.view"),
    (40, "settings:security", gettext_lazy("Security"), "home.view"),
    (50, "settings:audit", gettext_lazy("Audit log"), "audit.view"),
]


def settings_page(request: Any, template: str, *, current: str, status: int = 200, **words: Any) -> HttpResponse:
    """Draw a settings page with its tabs; `current` is the name of its route."""
    return render(request, template, {**words, "tabs": tabs(request, current=current), "tabs_label": _("Settings")}, status=status)


def tabs(request: Any, *, current: str) -> list[dict[str, Any]]:
    """Return the tabs this role may open."""
    slug = request.store.slug
    return [
        {"label": label, "url": reverse(name, args=[slug]), "current": name == current, "count": None}
        for _order, name, label, capability in sorted(_tabs, key=lambda tab: tab[0])
        if allows(request.role, capability=capability)
    ]


def add_tab(url_name: str, label: Text, capability: str, *, order: int) -> None:
    """Add the settings page of a room above; called in `AppConfig.ready()`. order: its place among the tens of our own tabs."""
    allows(None, capability=capability)
    _tabs.append((order, url_name, label, capability))


@needs("home.view")
def entrance(request: Any) -> HttpResponse:
    """Lead to the first settings page this role may open."""
    return redirect(tabs(request, current="")[0]["url"])
