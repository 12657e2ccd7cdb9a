"""A merchant with a new store turns the recovery plan on in three clicks, and reads on the screen who gets what and when."""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

import pytest

from campaigns.models import Journey, RecoveryCell
from retention.tenancy.context import store_context
from tests.browser.conftest import Site
from tests.browser.looking import PATIENCE_SECONDS, faults_of_page, picture, wait_for
from tests.factories import make_store, member_of
from tests.serving import serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def window(transactional_db: None, browser: "Browser") -> Iterator[Callable[..., Any]]:
    """Yield what opens a window on the running product, in which nothing has been made yet."""
    with serve() as url:
        yield Site(url.replace("127.0.0.1", "localhost"), cast("Any", None), browser).window


@pytest.mark.parametrize("variant", ["desktop-light", "phone-light"])
def test_the_plan_is_on_after_three_clicks_and_says_who_gets_what_and_when(window: Callable[..., Any], variant: str) -> None:
    store = make_store("brew")
    page = window(variant, user=member_of(store, "owner")).new_page()
    page.set_default_timeout(3 * PATIENCE_SECONDS * 1000)
    clicks = 0

    def click(role: str, name: str) -> None:
        nonlocal clicks
        page.get_by_role(role, name=name, exact=True).locator("visible=true").first.click()
        clicks += 1

    page.goto(f"/s/{store.slug}/")
    picture(page, variant=variant, name="new_store_home")
    click("link", "Recovery plan" if variant.startswith("desktop") else "Messages")
    page.wait_for_selector("button[form=recovery-on]")
    picture(page, variant=variant, name="new_store_recovery")
    assert "only to people who allowed it" in page.locator("main").inner_text()
    click("button", "Switch the plan on")
    picture(page, variant=variant, name="new_store_confirm")
    click("button", "Switch it on")
    page.wait_for_selector("table.mx a.mx-cell")
    picture(page, variant=variant, name="new_store_on")
    assert clicks == 3
    with store_context(store.pk):
        live = RecoveryCell.objects.filter(state="live").count()
        assert Journey.objects.filter(state="live").count() == live
    assert live > 10
    assert f"{live} cells live" in page.locator("h1").inner_text()
    idle = page.locator("table.mx tbody tr", has_text="Basket idle").first.locator("a.mx-cell").first
    idle.click()
    wait_for(page, "!!document.querySelector('.mx-panel .mx-lead')")
    said = page.locator(".mx-panel .mx-lead").inner_text()
    assert re.search(r"Came to buy.*left.*get.*after leaving", said), said
    picture(page, variant=variant, name="new_store_cell")
    assert not faults_of_page(page)
