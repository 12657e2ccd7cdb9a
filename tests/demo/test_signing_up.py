"""A stranger browses the demo's shop, signs up at its foot, says the second yes and fills a basket: one customer, the whole history."""

import re
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings as product_settings

from retention.customers.models import Consent, Customer, CustomerEvent
from retention.demo import store as demo_store
from retention.demo.newsletter import NAME, letter
from retention.intake.projecting import project_store
from retention.kit import clock
from retention.notices import tasks
from retention.orders.models import Cart
from retention.signup.models import SignupForm, Topic
from retention.stores.models import Store
from tests.browser.looking import VARIANTS, faults_of_page, picture, wait_for
from tests.factories import make_store, member_of, signed_in, work_for
from tests.notices.mail_servers import mail_server
from tests.serving import serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SHOP = "/demo/shop/"


@pytest.fixture
def running(transactional_db: None, browser: "Browser") -> Iterator[tuple[str, Store]]:
    """Yield the address of the running demo and its store."""
    store = make_store("Lumen Coffee", slug=demo_store.SLUG)
    demo_store.fresh_key(store, now=clock.now())
    with serve(BOOMERANG_ENV="demo") as url:
        yield url, store


def _sign_up(page: "Page") -> None:
    foot = page.locator("[data-boomerang-form]")
    foot.get_by_label("E-mail").fill("ann@example.test")
    page.wait_for_timeout(1600)
    foot.get_by_role("button", name="Next").click()
    foot.get_by_label("Espresso").check()
    foot.get_by_role("button", name="Next").click()
    foot.get_by_role("button", name="Skip this question").click()
    foot.get_by_text("Almost done. We sent you a mail").wait_for()


def _link(settings: Any) -> str:
    with mail_server() as (keeper, url):
        settings.MAIL_URL, settings.INBOX_SMTP_URL = "", url
        tasks.deliver()
    (mail,) = keeper.mails
    text = next(part for part in mail.walk() if part.get_content_type() == "text/plain").get_payload(decode=True).decode()
    found = re.search(r"http\S+/y/\S+", text)
    assert found is not None
    return found.group()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_browsing_signing_up_and_filling_a_basket_is_one_customer(running: tuple[str, Store], browser: "Browser", settings: Any) -> None:
    url, store = running
    width, height, scheme = VARIANTS["desktop-light"]
    page = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, base_url=url).new_page()
    page.goto(SHOP)
    wait_for(page, "Boolean(window.boomerang && window.boomerang.version)")
    page.locator("[data-boomerang-form]").get_by_label("E-mail").wait_for()
    assert faults_of_page(page) == []
    picture(page, variant="desktop-light", name="demo shop with letter")
    _sign_up(page)
    _until_stored(page, store, {"Product List Viewed"})
    project_store(store.pk, now=clock.now())
    page.goto(_link(settings))
    page.get_by_role("button", name="Yes, write to me").click()
    page.get_by_role("heading", name="You are in").wait_for()
    page.goto(f"{SHOP}products/hand-grinder/")
    with page.expect_navigation(wait_until="load"):
        page.get_by_role("button", name="Put it into the basket").click()
    wait_for(page, "Boolean(window.boomerang && window.boomerang.version)")
    _until_stored(page, store, {"Product List Viewed", "Product Viewed", "Product Added", "Cart Viewed"})
    project_store(store.pk, now=clock.now())
    with work_for(store):
        customer = Customer.objects.get()
        assert (customer.email, customer.interests) == ("ann@example.test", ["Espresso"])
        assert Consent.objects.get().status == "granted"
        assert Cart.objects.get().customer_id == customer.pk
        assert not CustomerEvent.objects.exclude(customer=customer).exists()
    _see(browser, url, store, customer)


def _see(browser: "Browser", url: str, store: Store, customer: Customer) -> None:
    """Look at the dashboard: one customer, with what they did before and after they said who they are."""
    context = browser.new_context(base_url=url)
    cookie = signed_in(member_of(store)).cookies[product_settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": "boomerang_demo", "value": cookie, "url": url}])  # the demo's, so that it shares a browser with serve
    page = context.new_page()
    page.goto(f"/s/{store.slug}/customers/{customer.public_id}/")
    for words in ("ann@example.test", f"Signed up with “{NAME}”", "Hand grinder"):
        page.get_by_text(words).first.wait_for()
    picture(page, variant="desktop-light", name="demo customer who signed up")


def _until_stored(page: "Page", store: Store, names: set[str]) -> None:
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        with work_for(store):
            if names <= set(CustomerEvent.objects.values_list("name", flat=True)):
                return
        page.wait_for_timeout(100)
    raise AssertionError(f"{names} did not all arrive.")


@pytest.mark.django_db
def test_the_letter_is_made_once() -> None:
    store = make_store("Lumen Coffee", slug=demo_store.SLUG)
    assert letter(store, now=clock.now()) == letter(store, now=clock.now())
    with work_for(store):
        assert (SignupForm.objects.count(), Topic.objects.count()) == (1, 2)
