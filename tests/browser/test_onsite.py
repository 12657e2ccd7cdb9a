"""A message on the site in a real Chromium, under a shop's strict policy: shown as text, closed by Escape, clicked, and never twice."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from django.db import transaction

from campaigns.models import OnsiteMessage
from retention.customers.identifying import Claim, identify
from retention.customers.models import Customer
from retention.kit import clock
from retention.stores.models import Store
from retention.tenancy.context import store_context
from tests.browser.looking import picture, until, wait_for
from tests.browser.storefront import Storefront, open_storefront
from tests.campaigns.test_onsite import sent
from tests.factories import make_key, make_store
from tests.serving import serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ROOT = "document.querySelector('[data-boomerang=onsite]')"
BOX = f"{ROOT}.shadowRoot.querySelector('dialog')"


@dataclass
class Scene:
    """A shop with the snippet, its store, and a visitor's browser."""

    shop: Storefront
    store: Store
    context: "BrowserContext"

    def visit(self) -> "Page":
        """Open a page of the shop that shows what waits, and return it when the product has said what that is."""
        page = self.context.new_page()
        page.goto(self.shop.url)
        wait_for(page, "Boolean(window.boomerang && window.boomerang.version)")
        with page.expect_response(lambda answer: "/site/messages?" in answer.url) as answered:
            page.evaluate("boomerang.onsite()")
        answered.value.finished()
        return page

    def ends(self) -> list[tuple[bool, bool]]:
        """Return of each message whether it was shown and closed."""
        with store_context(self.store.pk):
            return [(row.shown_at is not None, row.closed_at is not None) for row in OnsiteMessage.objects.order_by("pk")]

    def wait(self, page: "Page", look: str) -> None:
        """Let a message wait for the visitor of this page."""
        with store_context(self.store.pk):
            with transaction.atomic():
                (pk,) = identify([Claim(anonymous=page.evaluate("boomerang.anonymousId()"))], now=clock.now())
            sent(self.store, Customer.objects.get(pk=pk), now=clock.now(), look=look)


@pytest.fixture
def scene(transactional_db: None, browser: "Browser") -> Iterator[Scene]:
    """Yield a shop and a visitor."""
    store = make_store(web_address="https://lumen.example.test")
    _row, key = make_key(store, "public")
    with (
        serve() as url,
        open_storefront(tags=f'<script async src="{url}/static/js/boomerang.js" data-key="{key}"></script>', product=url) as shop,
    ):
        context = browser.new_context()
        yield Scene(shop, store, context)
        context.close()


def test_a_message_is_shown_as_text_closed_by_escape_and_comes_no_more(scene: Scene) -> None:
    first = scene.visit()
    scene.wait(first, "bar")
    page = scene.visit()
    wait_for(page, f"Boolean({ROOT})")
    assert page.evaluate(f"[{BOX}.className, {BOX}.querySelector('p').textContent, {BOX}.querySelectorAll('p b').length]") == [
        "bar",
        "For : <b>new</b>",
        0,
    ]
    assert "/c/" in page.evaluate(f"{BOX}.querySelector('a').href")
    assert page.evaluate(f"document.activeElement === document.body && {BOX}.getAttribute('aria-labelledby') === 't'")
    picture(page, variant="desktop-light", name="onsite_bar")
    until(scene.ends, [(True, False)])
    page.keyboard.press("Escape")
    wait_for(page, f"!{ROOT}")
    until(scene.ends, [(True, True)])
    again = scene.visit()
    again.wait_for_timeout(100)
    assert again.evaluate(f"Boolean({ROOT})") is False


def test_a_message_in_the_middle_holds_the_keyboard_and_gives_it_back(scene: Scene) -> None:
    scene.wait(scene.visit(), "modal")
    page = scene.visit()
    wait_for(page, f"Boolean({ROOT})")
    assert page.evaluate(f"{BOX}.matches(':modal')")
    picture(page, variant="desktop-light", name="onsite_modal")
    for _stop in range(3):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.tagName") != "A", "what lies behind is not reached"
    page.keyboard.press("Escape")
    wait_for(page, f"!{ROOT}")
    until(scene.ends, [(True, True)])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "A"
