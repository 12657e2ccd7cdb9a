"""Addresses of the matrix's pages, filled with a store's ids."""

from typing import Any

from tests.isolation import matrix, routes
from tests.isolation.scene import Side

ROUTES = {route.name: route for route in routes.routes()}


def address(name: str, side: Side, ids_of: Side | None = None, **replaced: Any) -> str:
    """Return a page's address in one side's store, with the ids of the other side, or with these values instead."""
    page = matrix.PAGES[name]
    values = {place: what[1:] if what.startswith("=") else (ids_of or side).value(what) for place, what in page.ids.items()}
    return ROUTES[name].address({"store_slug": side.store.slug} | values | replaced)
