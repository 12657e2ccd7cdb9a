"""A running product with the demo's shop in it, and windows to look at it."""

import copy
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings

from campaigns.sending import lines
from retention.kit import clock
from retention.stores.models import Membership, Store, User
from retention.tenancy.context import store_context
from retention.testing import keeping
from tests.browser.looking import VARIANTS
from tests.factories import signed_in
from tests.inbox.test_inbox import running_inbox
from tests.isolation.filling import existing, fill
from tests.isolation.scene import Side
from tests.serving import serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext


KEPT_FOR = timedelta(minutes=5)  # what the shop's pages say of "just now" holds so long
_kept: "list[Kept]" = []  # none or one


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


@dataclass
class Kept:
    """The demo's shop as this process keeps it for a few minutes, and when it was made."""

    side: Side
    made_at: datetime

    def is_fresh(self, now: datetime) -> bool:
        """Say whether its days are today's and its minutes near enough to now."""
        zone = ZoneInfo(self.side.store.zone)
        return now < self.made_at + KEPT_FOR and now.astimezone(zone).date() == self.made_at.astimezone(zone).date()


@pytest.fixture
def site(transactional_db: None, browser: "Browser") -> Iterator[Site]:
    """Yield the product with the demo's shop loaded and at least one row in every table."""
    side = the_demo(now=clock.now())
    with serve() as url:
        yield Site(url.replace("127.0.0.1", "localhost"), side, browser)


def the_demo(*, now: datetime) -> Side:
    """Save the demo's shop: anew, or as it was made for a test a few minutes ago."""
    if _kept and _kept[0].is_fresh(now):
        keeping.put_back("demo")
    else:
        _kept.clear()
        made = Kept(_make(now), now)
        if not keeping.possible():
            return made.side
        keeping.keep("demo")
        _kept.append(made)
    return copy.deepcopy(_kept[0].side)


def _make(now: datetime) -> Side:
    from retention.demo import store as demo

    loaded = demo.load(now=now)
    rows = fill(loaded.store, canary="lumen", given=existing(loaded.store))
    people = {membership.role: membership.user for membership in demo_team(loaded.store)}
    return Side("lumen", loaded.store, people, rows, "", "", "", "")


@dataclass
class New:
    """The product as somebody finds it who never was here, with a test inbox that keeps mails in `folder`."""

    site: Site
    folder: Path


@pytest.fixture(scope="session")
def with_inbox(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Path]]:
    """Yield the addresses of a product and of the test inbox its mail goes to, and the inbox's folder; one of each for the process."""
    folder = tmp_path_factory.mktemp("inbox")
    with running_inbox(folder) as port:
        inbox = f"smtp://127.0.0.1:{port}"
        with serve(INBOX_SMTP_URL=inbox, INBOX_DIR=str(folder)) as url:
            yield url, inbox, folder


@pytest.fixture
def fresh(transactional_db: None, browser: "Browser", with_inbox: tuple[str, str, Path], settings: Any) -> Iterator[New]:
    """Yield the product without anybody in it, and its inbox without a mail."""
    url, settings.INBOX_SMTP_URL, settings.INBOX_DIR = with_inbox
    settings.SITE_URL = url.replace("127.0.0.1", "localhost")
    for store in settings.INBOX_DIR.iterdir():
        shutil.rmtree(store)
    yield New(Site(settings.SITE_URL, Side("", None, {}, {}, "", "", "", ""), browser), settings.INBOX_DIR)  # type: ignore[arg-type]
    lines.close_all()


def demo_team(store: Store) -> list[Membership]:
    """Return the shop's memberships with their people."""
    with store_context(store.pk):
        return list(Membership.objects.select_related("user").order_by("pk"))
