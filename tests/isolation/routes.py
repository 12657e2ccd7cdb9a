"""What there really is to ask: every route of the resolver, every page of the admin, every task. Nothing here is written by hand."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from retention.celery import app as celery
from retention.dashboard.access import access_of

_PLACE = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Route:
    """One address: its name (or pattern), pattern, view, and how its view says it is guarded."""

    name: str
    pattern: str
    view: Callable[..., Any]

    @property
    def access(self) -> str:
        """Return the mark on the view in the matrix's words: `public`, `signed in`, `staff`, the capability, or the key's scopes."""
        scopes = getattr(getattr(self.view, "cls", None), "scopes", None)
        if scopes:
            return " ".join(["key", *sorted(set(scopes.values()))])
        mark = access_of(self.view)
        if mark is None:
            return "unmarked"
        return mark.capability or {"public": "public", "signed_in": "signed in", "staff_only": "staff"}[mark.kind.value]

    @property
    def places(self) -> tuple[str, ...]:
        """Return the names of the parts that are filled in."""
        return tuple(_PLACE.findall(self.pattern)) or tuple(re.findall(r"\(\?P<(\w+)>", self.pattern))

    def address(self, values: Mapping[str, Any]) -> str:
        """Return the address with these values filled in."""
        if "(?P<" in self.pattern or "$" in self.pattern:
            return reverse(self.name, kwargs={name: values[name] for name in self.places})
        return "/" + _PLACE.sub(lambda place: quote(str(values[place.group(1)]), safe=""), self.pattern)


def _walk(resolver: URLResolver, prefix: str = "", space: str = "") -> Iterator[Route]:
    for entry in resolver.url_patterns:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _walk(entry, pattern, f"{space}{entry.namespace}:" if entry.namespace else space)
        elif isinstance(entry, URLPattern):
            yield Route(f"{space}{entry.name}" if entry.name else pattern, pattern, entry.callback)


def all_routes() -> list[Route]:
    """Return every route of the product, the admin's included."""
    return list(_walk(get_resolver()))


def routes() -> list[Route]:
    """Return the routes outside the admin; two with one name are told apart by their pattern."""
    found = [route for route in all_routes() if not route.pattern.startswith(f"{settings.ADMIN_PATH}/")]
    names = [route.name for route in found]
    return [Route(f"{route.name} {route.pattern}", route.pattern, route.view) if names.count(route.name) > 1 else route for route in found]


def admin_routes() -> list[Route]:
    """Return the admin's routes."""
    return [route for route in all_routes() if route.pattern.startswith(f"{settings.ADMIN_PATH}/")]


def admin_models() -> set[str]:
    """Return the labels of the models that have pages in the admin."""
    return {model._meta.label for model in admin.site._registry}


def tasks() -> set[str]:
    """Return the names of the product's Celery tasks."""
    celery.loader.import_default_modules()
    return {name for name in celery.tasks if not name.startswith("celery.")}
