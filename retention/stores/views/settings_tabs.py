"""What every settings page shows on top: the tabs this person may open."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from retention.dashboard.access import allows, needs


def settings_page(request: Any, template: str, *, current: str, status: int = 200, **words: Any) -> HttpResponse:
    """Draw a settings page with its tabs; `current` is the name of its route."""
    return render(request, template, {**words, "tabs": tabs(request, current=current), "tabs_label": _("Settings")}, status=status)


def tabs(request: Any, *, current: str) -> list[dict[str, Any]]:
    """Return the tabs this role may open."""
    slug = request.store.slug
    return [
        {"label": label, "url": reverse(name, args=[slug]), "current": name == current, "count": None}
        for name, label, capability in _tabs()
        if allows(request.role, capability=capability)
    ]


def _tabs() -> list[tuple[str, str, str]]:
    return [
        ("settings:store", _("Store"), "store.view"),
        ("settings:team", _("Team"), "team.view"),
        ("settings:keys", _("Keys"), "keys.view"),
        ("settings:security", _("Security"), "home.view"),
        ("settings:audit", _("Audit log"), "audit.view"),
    ]


@needs("home.view")
def entrance(request: Any) -> HttpResponse:
    """Lead to the first settings page this role may open."""
    return redirect(tabs(request, current="")[0]["url"])
