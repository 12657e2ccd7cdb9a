"""A running product with the demo's shop in it, and windows to look at it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from retention.kit import clock
from retention.stores.models import Membership, Store, User
from retention.tenancy.context import store_context
from tests.browser.looking import VARIANTS
from tests.factories import signed_in
from tests.isolation.filling import existing, fill
from tests.isolation.scene import Side
from tests.serving import serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext


@dataclass
class Site:
    """The running product: its address, the shop in it, and a way to open a browser window."""

    url: str
    side: Side
    browser: "Browser"

    def window(self, variant: str = "desktop-light", *, user: User | None = None) -> "BrowserContext":
        """Open a window of this size and colours, in which the person is signed in, second factor included."""
        width, height, scheme = VARIANTS[variant]
        context = self.browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, base_url=self.url)
        context.add_init_script(
            "document.addEventListener('securitypolicyviolation', e => console.error('CSP: ' + e.violatedDirective + ' ' + e.blockedURI))"
        )
        if user is not None:
            client = signed_in(user)
            context.add_cookies(
                [
                    {"name": name, "value": client.cookies[settings.SESSION_COOKIE_NAME].value, "url": self.url}
                    for name in (settings.SESSION_COOKIE_NAME, "boomerang_demo")  # a server that plays the demo has its own
                ]
            )
        return context


@pytest.fixture
def site(transactional_db: None, browser: "Browser") -> Iterator[Site]:
    """Yield the product with the demo's shop loaded and at least one row in every table."""
    from retention.demo import store as demo

    loaded = demo.load(now=clock.now())
    rows = fill(loaded.store, canary="lumen", given=existing(loaded.store))
    people = {membership.role: membership.user for membership in demo_team(loaded.store)}
    with serve() as url:
        side = Side("lumen", loaded.store, people, rows, "", "", "", "")
        yield Site(url.replace("127.0.0.1", "localhost"), side, browser)


def demo_team(store: Store) -> list[Membership]:
    """Return the shop's memberships with their people."""
    with store_context(store.pk):
        return list(Membership.objects.select_related("user").order_by("pk"))
