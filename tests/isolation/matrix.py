"""The permission matrix: who may open what, written down by hand and compared with what the code says and does.

A new route, admin page, task or capability is one line here. It is data: `test_matrix.py` and `test_crawl.py` read it.
"""

from typing import NamedTuple

ROLES = ("owner", "manager", "marketer", "analyst", "support")

# capability -> the roles that have it, in the order above; "-" stands for a role that has not.
CAPABILITIES: dict[str, str] = {
    "home.view": "owner manager marketer analyst support",
    "arriving.view": "owner manager marketer analyst support",
    "customers.view": "owner manager marketer - support",
    "customers.edit": "owner manager marketer - support",
    "customers.export": "owner manager - - -",
    "customers.erase": "owner manager - - -",
    "segments.view": "owner manager marketer analyst support",
    "segments.edit": "owner manager marketer - -",
    "messages.view": "owner manager marketer analyst support",
    "messages.edit": "owner manager marketer - -",
    "messages.send": "owner manager marketer - -",
    "sales.view": "owner manager marketer analyst support",
    "sales.edit": "owner manager marketer - -",
    "orders.view": "owner manager marketer analyst support",
    "orders.edit": "owner manager - - support",
    "suppliers.view": "owner manager - analyst support",
    "suppliers.edit": "owner manager - - -",
    "insight.view": "owner manager marketer analyst -",
    "inbox.view": "owner manager marketer - support",
    "senders.edit": "owner manager - - -",
    "store.view": "owner manager - - -",
    "store.edit": "owner manager - - -",
    "team.view": "owner manager - - -",
    "team.edit": "owner manager - - -",
    "keys.view": "owner manager - - -",
    "keys.edit": "owner manager - - -",
    "audit.view": "owner manager - - -",
    "security.edit": "owner - - - -",
    "store.close": "owner - - - -",
}


class Page(NamedTuple):
    """One route. access: public, signed in, staff, key, or a capability. ids: how each place in the address is filled."""

    access: str
    methods: str = "GET"
    ids: dict[str, str] = {}
    form: dict[str, str] = {}
    answers: tuple[int, ...] = (200, 302)


PAGES: dict[str, Page] = {}

# Celery tasks: "tick" finds its work across stores by itself, "store" takes store_id and what else stands here.
TASKS: dict[str, str] = {}
