"""The demo's shop in Chromium against the running product: a stranger looks around, says who they are, buys, and is one customer."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pytest

from retention.customers.models import Consent, Customer, CustomerEvent, Identity
from retention.demo import store as demo_store
from retention.intake.projecting import project_store
from retention.kit import clock
from retention.orders.models import Cart, Order
from retention.stores.models import Store
from retention.tenancy.context import store_context
from tests.browser.looking import EACH_VARIANT, VARIANTS, Watch, faults_of_page, faults_of_source, picture, wait_for
from tests.factories import make_store
from tests.serving import serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SHOP = "/demo/shop/"


@dataclass
class Running:
    """The running demo: its address, the store, and windows of visitors."""

    url: str
    store: Store
    browser: "Browser"

    def window(self, variant: str = "desktop-light") -> "BrowserContext":
        """Open a window of this size and colours."""
        width, height, scheme = VARIANTS[variant]
        return self.browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, base_url=self.url)

    def names(self) -> list[str]:
        """Return what is stored and not the page views, in the order it happened."""
        with store_context(self.store.pk):
            events = CustomerEvent.objects.exclude(kind__in=["own", "page"]).order_by("occurred_at", "pk")
            return list(events.values_list("name", flat=True))


@pytest.fixture
def demo(transactional_db: None, browser: "Browser") -> Iterator[Running]:
    """Yield the demo's shop, served, with the key its server reports with."""
    store = make_store("Lumen Coffee", slug=demo_store.SLUG)
    demo_store.fresh_key(store, now=clock.now())
    with serve(BOOMERANG_ENV="demo") as url:
        yield Running(url, store, browser)


def _press(page: "Page", name: str, *, role: Literal["button", "link"] = "button") -> None:
    """Press what leads to another page, and stay there as long as a fast person would."""
    with page.expect_navigation(wait_until="load"):
        page.get_by_role(role, name=name, exact=True).first.click()
    wait_for(page, "Boolean(window.boomerang && window.boomerang.version)")


def _pay(page: "Page") -> None:
    """Press the button that pays, whatever it comes to, and wait for the answer."""
    with page.expect_navigation(wait_until="load"):
        page.get_by_role("button", name="Pay").click()


def _buy(page: "Page") -> None:
    """Go through the checkout; the first card is declined."""
    page.goto(f"{SHOP}basket/")
    _press(page, "Check out", role="link")
    page.get_by_label("E-mail").fill("ann@example.test")
    page.get_by_label("First name").fill("Ann")
    page.get_by_label("Last name").fill("Lee")
    page.get_by_label("Write to me").check()
    _press(page, "Go on to delivery")
    page.get_by_label("Street and number").fill("Ring 1")
    page.get_by_label("Postcode").fill("1010")
    page.get_by_label("City").fill("Wien")
    page.get_by_label("Country").select_option("AT")
    page.get_by_label("Express, tomorrow").check()
    _press(page, "Go on to payment")
    page.get_by_label("Card number").fill("4000 0000 0000 0002")
    _press(page, "Pay €98.90")
    page.get_by_text("Your bank declined this card.").wait_for()
    page.get_by_label("Card number").fill("4242 4242 4242 4242")
    _press(page, "Pay €98.90")
    page.get_by_role("heading", name="Thank you, Ann.").wait_for()


def test_a_stranger_who_looks_around_and_buys_is_one_customer_with_the_whole_history(demo: Running) -> None:
    page, watch = demo.window().new_page(), Watch()
    watch.over(page)
    page.goto(SHOP)
    page.get_by_label("Search the shop").fill("grinder")
    _press(page, "Search")
    _press(page, "Hand grinder", role="link")
    _press(page, "Add it to my wishes")
    page.get_by_label("How many").select_option("2")
    _press(page, "Put it into the basket")
    with page.expect_navigation(wait_until="load"):
        page.get_by_label("How many Hand grinder").select_option("1")
    _buy(page)
    wanted = [
        "Product List Viewed", "Products Searched", "Product Viewed", "Product Added to Wishlist", "Product Viewed", "Product Added",
        "Cart Viewed", "Product Removed", "Cart Viewed", "Cart Viewed", "Checkout Started", "Checkout Step Viewed", "Identify", "Identify",
        "Checkout Step Completed", "Checkout Step Viewed", "Checkout Step Completed", "Checkout Step Viewed", "Payment Info Entered",
        "Payment Info Entered", "Identify", "Order Completed",
    ]  # fmt: skip
    give_up = time.monotonic() + 60
    while sorted(demo.names()) != sorted(wanted) and time.monotonic() < give_up:
        page.wait_for_timeout(100)
    assert sorted(demo.names()) == sorted(wanted)
    wait_for(page, "JSON.parse(localStorage.boomerang_queue).length === 0")
    project_store(demo.store.pk, now=clock.now())
    with store_context(demo.store.pk):
        customer, order, cart = Customer.objects.get(), Order.objects.get(), Cart.objects.get()
        assert (customer.email, customer.first_name, customer.last_name) == ("ann@example.test", "Ann", "Lee")
        assert (order.customer_id, order.total_minor, order.currency) == (customer.pk, 8900 + 990, "EUR")
        assert (cart.customer_id, cart.state, order.cart_id, cart.total_minor) == (customer.pk, "bought", cart.pk, 8900)
        assert sorted(Identity.objects.values_list("kind", flat=True)) == ["anonymous", "email"]
        assert (Consent.objects.get().channel, Consent.objects.get().status) == ("email", "granted")
        assert not CustomerEvent.objects.exclude(refusal="").exists()
        assert not CustomerEvent.objects.exclude(customer=customer).exists()
    assert watch.complaints in ([], [f"422 for {demo.url}{SHOP}checkout/payment/"])


def test_a_visitor_who_says_no_is_forgotten_and_can_still_buy(demo: Running) -> None:
    page = demo.window("phone-light").new_page()
    page.goto(SHOP)
    page.get_by_role("button", name="Do not note it, and forget me").click()
    page.goto(f"{SHOP}products/hand-grinder/")
    page.get_by_text("We note nothing about you").wait_for()
    _press(page, "Put it into the basket")
    _buy(page)
    assert [name for name in demo.names() if name not in {"Product List Viewed"}] == ["Identify", "Identify", "Order Completed"]
    assert page.evaluate("Object.keys(localStorage).join() + localStorage.boomerang") == 'boomerang{"no":1}'


@pytest.mark.parametrize("variant", EACH_VARIANT)
def test_every_page_of_the_shop_is_sound(variant: str, demo: Running) -> None:
    assert _look_at_all(demo, variant) == []


def _look_at_all(demo: Running, variant: str) -> list[str]:
    """Walk through every page and state of the shop, keep pictures and return what is wrong."""
    faults: list[str] = []
    page = demo.window(variant).new_page()

    def look(name: str, *, goes_to: str = "") -> None:
        answer = page.goto(goes_to) if goes_to else None
        wait_for(page, "[...document.images].every(image => image.complete && image.naturalWidth)")
        source = faults_of_source(answer.text()) if answer is not None else []
        faults.extend(f"{variant}, {name}: {fault}" for fault in [*source, *faults_of_page(page)])
        picture(page, variant=variant, name=f"shop {name}")

    look("all", goes_to=SHOP)
    look("shelf", goes_to=f"{SHOP}shelves/equipment/")
    look("found nothing", goes_to=f"{SHOP}?q=tea")
    look("empty basket", goes_to=f"{SHOP}basket/")
    look("no wishes", goes_to=f"{SHOP}wishes/")
    look("product", goes_to=f"{SHOP}products/filter-ethiopia-250/")
    _press(page, "Add it to my wishes")
    look("wishes", goes_to=f"{SHOP}wishes/")
    page.goto(f"{SHOP}products/hand-grinder/")
    _press(page, "Put it into the basket")
    page.goto(f"{SHOP}products/espresso-blend-1kg/")
    _press(page, "Put it into the basket")
    look("basket")
    look("contact", goes_to=f"{SHOP}checkout/")
    _press(page, "Go on to delivery")
    look("contact with errors")
    page.get_by_label("E-mail").fill("ann@example.test")
    page.get_by_label("First name").fill("Ann")
    page.get_by_label("Last name").fill("Lee")
    _press(page, "Go on to delivery")
    look("delivery")
    page.get_by_label("Street and number").fill("Ring 1")
    page.get_by_label("Postcode").fill("1010")
    page.get_by_label("City").fill("Wien")
    _press(page, "Go on to payment")
    page.get_by_label("Card number").fill("4000 0000 0000 0002")
    _pay(page)
    look("payment declined")
    page.get_by_label("Card number").fill("4242 4242 4242 4242")
    _pay(page)
    page.get_by_role("heading", name="Thank you, Ann.").wait_for()
    look("order")
    return faults
