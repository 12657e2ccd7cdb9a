"""The browser snippet in a real Chromium, on a shop's own origin, against a real server: what arrives, and what must not.

Every test ends in the database: events delivered once each, or nothing at all.
"""

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from retention.customers.models import Consent, Customer, CustomerEvent
from retention.intake.projecting import project_store
from retention.kit import clock
from retention.orders.models import Cart
from retention.stores.models import Store
from retention.tenancy.context import store_context
from retention.testing.running import ROOT
from tests.browser.looking import until, wait_for
from tests.browser.storefront import Gateway, Storefront, open_gateway, open_storefront
from tests.factories import make_key, make_store, member_of, signed_in
from tests.serving import serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SNIPPET = ROOT / "static" / "js" / "boomerang.js"
LARGEST_GZIPPED = 6 * 1024
STORED = "Object.keys(localStorage).concat(document.cookie.split('; ').filter(Boolean)).join()"
BEANS = {"product_id": "beans", "name": "Beans", "price": 12.5, "quantity": 1, "currency": "EUR"}


@dataclass
class Street:
    """A shop, the product's gateway in front of it, the store the events belong to, and windows of visitors."""

    shop: Storefront
    gateway: Gateway
    store: Store
    key: str
    browser: "Browser"

    def tag(self, **options: str) -> None:
        """Let the shop's pages carry the tag with these options."""
        words = "".join(f' data-{name.replace("_", "-")}="{value}"' for name, value in options.items())
        self.shop.tags = f'<script async src="{self.gateway.url}/static/js/boomerang.js" data-key="{self.key}"{words}></script>'

    def visit(self, path: str = "/", *, context: "BrowserContext | None" = None) -> "Page":
        """Open a page of the shop in a window and wait until the snippet is there."""
        page = (context or self.browser.new_context()).new_page()
        page.goto(self.shop.url + path)
        wait_for(page, "Boolean(window.boomerang && window.boomerang.version)")
        return page

    def timed(self) -> "BrowserContext":
        """Open a window whose clock goes on as `passes` says, besides by itself."""
        context = self.browser.new_context()
        context.clock.install()
        return context

    def names(self) -> list[str]:
        """Return what is stored, in the order it happened."""
        with store_context(self.store.pk):
            return list(CustomerEvent.objects.exclude(kind="own").order_by("occurred_at", "pk").values_list("name", flat=True))

    def events(self) -> list[CustomerEvent]:
        """Return the stored events in the order they happened."""
        with store_context(self.store.pk):
            return list(CustomerEvent.objects.exclude(kind="own").order_by("occurred_at", "pk"))


@pytest.fixture(scope="module")
def product(django_db_setup: None, running_browser: "Browser") -> Iterator[str]:
    """Yield the address of one running product for all tests of this file."""
    with serve() as url:
        yield url


@pytest.fixture
def street(transactional_db: None, product: str, browser: "Browser") -> Iterator[Street]:
    """Yield a shop with the plain tag in its pages."""
    store = make_store()
    _row, key = make_key(store, "public")
    with open_gateway(product) as gateway, open_storefront(tags="", product=gateway.url) as shop:
        street = Street(shop, gateway, store, key, browser)
        street.tag()
        yield street


def passes(page: "Page", milliseconds: int = 1300) -> None:
    """Let the page of a timed window live on by its own clock: longer than it gathers before it sends, and what it sent arrives."""
    page.clock.run_for(milliseconds)
    page.wait_for_timeout(100)


def test_the_file_is_small_plain_and_self_contained() -> None:
    text = SNIPPET.read_text(encoding="utf-8")
    assert len(gzip.compress(SNIPPET.read_bytes(), 6)) < LARGEST_GZIPPED
    assert re.findall(r"\beval\b|new Function|innerHTML|document\.write", text) == []
    assert set(re.findall(r"https?://[^\s\"']+", text)) == {"https://YOUR-BOOMERANG/static/js/boomerang.js"}
    assert re.findall(r"\?\.|\?\?|\.\.\.\w|catch \{", text.replace("data-...", "")) == [], "newer than ES2017"


def test_an_anonymous_visitor_who_says_who_they_are_is_one_customer_with_the_whole_history(street: Street) -> None:
    page = street.visit("/?utm_source=letter&utm_campaign=may&token=secret")
    page.evaluate("item => { boomerang.track('Product Viewed', item); boomerang.track('Product Added', item) }", BEANS)
    page.evaluate("boomerang.identify('c-7', {email: 'ann@example.test', firstName: 'Ann'})")
    page.evaluate("item => boomerang.track('Checkout Started', {products: [item], currency: 'EUR'})", BEANS)
    wanted = ["Page", "Product Viewed", "Product Added", "Identify", "Checkout Started"]
    until(street.names, wanted)
    project_store(street.store.pk, now=clock.now())
    with store_context(street.store.pk):
        customer, cart = Customer.objects.get(), Cart.objects.get()
        assert (customer.email, customer.first_name) == ("ann@example.test", "Ann")
        assert (cart.customer_id, cart.total_minor, cart.stage) == (customer.pk, 1250, "checkout")
        assert list(CustomerEvent.objects.exclude(kind="own").values_list("customer_id", "refusal").distinct()) == [(customer.pk, "")]
    events = street.events()
    assert {json.dumps(event.context["campaign"], sort_keys=True) for event in events} == {'{"name": "may", "source": "letter"}'}
    assert len({event.context["session"]["id"] for event in events}) == 1
    assert "secret" not in json.dumps([event.properties | event.context for event in events])
    assert [event.trusted for event in events] == [False] * 5


def test_it_works_from_another_origin_under_a_strict_policy_without_a_preflight(street: Street) -> None:
    context = street.browser.new_context()
    context.add_init_script("addEventListener('securitypolicyviolation', e => { window.refused = e.blockedURI })")
    page = street.visit(context=context)
    asked: list[tuple[str, str]] = []
    page.on("request", lambda request: asked.append((request.method, request.url)))
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.evaluate("boomerang.track('Promotion Viewed', {})")
    until(street.names, ["Page", "Promotion Viewed"])
    assert page.evaluate("window.refused") is None
    assert errors == []
    assert {url for _method, url in asked} <= {f"{street.gateway.url}/v1/batch"}
    assert "OPTIONS" not in {method for method, _url in asked}


def test_calls_made_before_the_file_is_there_are_kept_in_order(street: Street) -> None:
    street.shop.files["/shop.js"] = (
        "window.boomerang = window.boomerang || [];"
        "boomerang.push(['identify', 'c-1', {email: 'ann@example.test'}]);"
        "boomerang.push(['track', 'Product Viewed', {product_id: 'beans'}]);"
        f"boomerang.push(['load', '{street.key}', {{host: '{street.gateway.url}', page: false}}]);"
        "boomerang.push(['ready', function (b) { window.known = b.anonymousId() }]);"
    )
    street.shop.tags = f'<script src="/shop.js"></script><script async src="{street.gateway.url}/static/js/boomerang.js"></script>'
    page = street.visit()
    until(street.names, ["Identify", "Product Viewed"])
    assert {event.anonymous_id for event in street.events()} == {page.evaluate("window.known")}


def test_a_page_that_closes_at_once_still_delivers(street: Street) -> None:
    context = street.browser.new_context()
    page = street.visit(context=context)
    page.evaluate("boomerang.track('Product Added', {product_id: 'beans', price: 1})")
    page.close(run_before_unload=True)
    until(street.names, ["Page", "Product Added"])
    street.visit("/two", context=context)
    until(street.names, ["Page", "Product Added", "Page"])
    until(lambda: len(street.gateway.batches) >= 2, True)
    assert street.names() == ["Page", "Product Added", "Page"], "what is sent again counts once"


def test_what_happens_offline_waits_survives_a_reload_and_arrives_once(street: Street) -> None:
    context = street.timed()
    page = street.visit(context=context)
    until(street.names, ["Page"])
    context.set_offline(True)
    page.evaluate("for (let n = 0; n < 230; n++) boomerang.track('Tried ' + n, {n})")
    passes(page)
    assert street.names() == ["Page"]
    kept = page.evaluate("JSON.parse(localStorage.boomerang_queue).map(e => e.event)")
    assert kept == [f"Tried {number}" for number in range(30, 230)], "the oldest give way beyond 200"
    page.close()
    context.set_offline(False)
    assert street.names() == ["Page"]
    page = street.visit("/two", context=context)
    until(lambda: len(street.names()), 201)
    until(lambda: page.evaluate("JSON.parse(localStorage.boomerang_queue).length"), 0)
    page.reload()
    until(lambda: len(street.names()), 202)
    assert sorted({*street.names()} - {"Page"}) == sorted(kept[1:]), "the page view took the oldest one's place"


def test_a_busy_server_is_asked_again_when_it_said(street: Street) -> None:
    street.gateway.refusals += [(503, {"Retry-After": "2"}), (429, {})]
    page = street.visit()
    until(lambda: len(street.gateway.batches), 1)
    page.evaluate("boomerang.track('Product Viewed', {})")
    until(lambda: len(street.gateway.batches) > 1, True)
    assert street.gateway.came_at[1] - street.gateway.came_at[0] > 1.9, "it waited as long as it was asked to"
    until(street.names, ["Page", "Product Viewed"])
    assert [event.anonymous_id for event in street.events()] == [page.evaluate("boomerang.anonymousId()")] * 2
    assert len(street.gateway.batches) == 3


def test_the_wait_a_server_asked_for_counts_on_the_next_page_too(street: Street) -> None:
    street.gateway.refusals.append((503, {"Retry-After": "30"}))
    context = street.timed()
    page = street.visit(context=context)
    until(lambda: len(street.gateway.batches), 1)
    until(lambda: page.evaluate("JSON.parse(localStorage.boomerang).until > Date.now() + 25000"), True)
    page.goto(f"{street.shop.url}/two")
    passes(page, 1500)
    assert (len(street.gateway.batches), street.names()) == (1, [])
    assert page.evaluate("JSON.parse(localStorage.boomerang_queue).length") == 2, "nothing is lost meanwhile"


def test_a_batch_that_can_never_be_taken_is_dropped_and_said_so_in_debug_mode(street: Street) -> None:
    street.gateway.refusals += [(400, {}), (401, {}), (403, {})]
    street.tag(debug="true")
    page = street.browser.new_context().new_page()
    for status in (400, 401, 403):
        with page.expect_console_message(lambda message, status=status: f"dropped 1, answered {status}" in message.text):
            page.goto(street.shop.url)
        until(lambda: page.evaluate("JSON.parse(localStorage.boomerang_queue)"), [])
    assert street.names() == []


def test_a_secret_key_is_refused_in_the_page(street: Street) -> None:
    street.key = make_key(street.store, "secret")[1]
    street.tag()
    page = street.timed().new_page()
    with page.expect_console_message(lambda message: "A secret key must never stand in a page" in message.text):
        page.goto(street.shop.url)
    page.evaluate("boomerang.track('Product Viewed', {})")
    passes(page)
    assert (street.gateway.batches, street.names(), page.evaluate(STORED)) == ([], [], "")


SIGNALS = ("Navigator.prototype, 'doNotTrack', {get: () => '1'}", "Navigator.prototype, 'globalPrivacyControl', {get: () => true}")


def test_a_visitor_whose_browser_asks_for_privacy_is_neither_noted_nor_known(street: Street) -> None:
    pages = []
    for signal in SIGNALS:
        context = street.timed()
        context.add_init_script(f"Object.defineProperty({signal})")
        pages.append(street.visit(context=context))
        pages[-1].evaluate("boomerang.track('Product Viewed', {}); boomerang.identify('c-1')")
    for page in pages:
        passes(page)
    assert [(page.evaluate(STORED), page.evaluate("boomerang.anonymousId()")) for page in pages] == [("", None)] * 2
    assert street.gateway.batches == []
    street.tag(gpc="false")
    pages[-1].reload()
    passes(pages[-1])
    assert len(street.gateway.batches) == 1, "so much time is enough for what is sent"
    until(street.names, ["Page"])


def test_nothing_is_stored_or_sent_before_a_yes_and_everything_is_forgotten_after_a_no(street: Street) -> None:
    street.tag(consent_required="true")
    page = street.visit(context=street.timed())
    page.evaluate(
        "boomerang.track('Product Viewed', {}); boomerang.identify('c-1'); boomerang.cart([{product_id: 'x'}]); boomerang.reset()"
    )
    page.evaluate("boomerang.consent({email: true})")
    passes(page)
    page.goto(f"{street.shop.url}/two")
    wait_for(page, "Boolean(window.boomerang && window.boomerang.version)")
    assert (page.evaluate(STORED), page.evaluate("boomerang.anonymousId()"), street.gateway.batches) == ("", None, [])
    page.evaluate("boomerang.consent({analytics: true})")
    until(street.names, ["Page"])
    page.goto(street.shop.url)
    until(street.names, ["Page", "Page"])
    until(lambda: page.evaluate("JSON.parse(localStorage.boomerang_queue).length"), 0)
    page.evaluate("boomerang.track('Product Viewed', {}); boomerang.consent({analytics: false})")
    assert (page.evaluate(STORED), page.evaluate("boomerang.anonymousId()")) == ("", None)
    page.goto(f"{street.shop.url}/two")
    passes(page)
    assert (page.evaluate(STORED), street.names()) == ("", ["Page", "Page"])


def test_a_no_is_remembered_without_an_id_where_nobody_was_asked(street: Street) -> None:
    context = street.timed()
    page = street.visit(context=context)
    until(street.names, ["Page"])
    other = street.visit("/two", context=context)
    until(street.names, ["Page", "Page"])
    page.evaluate("boomerang.consent({analytics: false})")
    assert page.evaluate("localStorage.boomerang") == '{"no":1}'
    other.evaluate("boomerang.track('Product Viewed', {})")
    page.reload()
    passes(page)
    assert page.evaluate("Object.keys(localStorage).join() + localStorage.boomerang") == 'boomerang{"no":1}'
    assert street.names() == ["Page", "Page"], "a no in one tab counts in the other at once"
    page.evaluate("boomerang.consent({analytics: true})")
    until(street.names, ["Page", "Page", "Page"])
    events = street.events()
    assert events[2].anonymous_id != events[0].anonymous_id


def test_a_browser_that_keeps_nothing_still_counts_and_nothing_is_thrown_into_the_page(street: Street) -> None:
    context = street.browser.new_context()
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }});"
        "delete window.crypto.randomUUID; Object.defineProperty(crypto, 'randomUUID', {value: undefined})"
    )
    page = street.visit(context=context)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.evaluate(
        "const a = {}; a.a = a; boomerang.track('Loop', a); boomerang.track('Big', {n: 1n}); boomerang.consent(); boomerang.cart(7)"
    )
    page.evaluate("boomerang.track('Huge', {text: 'x'.repeat(40000)}); boomerang.ready(() => { throw new Error('mine') })")
    page.evaluate("boomerang.track('Product Viewed', {})")
    until(street.names, ["Page", "Product Viewed"])
    page.goto(f"{street.shop.url}/two")
    until(lambda: len(street.names()), 3)
    assert len({event.anonymous_id for event in street.events()}) == 1, "a cookie keeps who it is"
    assert errors == []
    context.add_init_script("Object.defineProperty(Document.prototype, 'cookie', {get: () => '', set: () => {}})")
    page.goto(f"{street.shop.url}/three")
    until(lambda: len(street.names()), 4)
    page.evaluate("boomerang.track('Product Viewed', {})")
    until(lambda: len(street.names()), 5)
    assert len({event.anonymous_id for event in street.events()}) == 2, "without a cookie each page is somebody"
    assert errors == []


def test_what_somebody_else_wrote_into_its_place_does_no_harm(street: Street) -> None:
    strange = ["not json", '"a text"', '{"a": 1}', "[null, 7, {}]", "null"]
    errors: list[str] = []
    for kept in strange:
        context = street.browser.new_context()
        context.add_init_script(f"localStorage.boomerang = localStorage.boomerang_queue = {json.dumps(kept)}")
        page = street.visit(context=context)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.evaluate("boomerang.track('Product Viewed', {})")
    until(lambda: sorted(street.names()), ["Page"] * 5 + ["Product Viewed"] * 5)
    assert errors == []


def test_the_basket_as_a_whole_is_told_when_it_changed(street: Street) -> None:
    page = street.visit()
    two = [BEANS, BEANS | {"product_id": "mug", "price": 8, "quantity": 2}]
    page.evaluate("items => { boomerang.cart(items, {currency: 'EUR'}); boomerang.cart(items, {currency: 'EUR'}) }", two)
    until(street.names, ["Page", "Cart Viewed"])
    project_store(street.store.pk, now=clock.now())
    with store_context(street.store.pk):
        assert (Cart.objects.get().total_minor, Cart.objects.get().lines_count) == (2850, 2)
    page.evaluate("boomerang.cart(null, {currency: 'EUR'})")
    until(street.names, ["Page", "Cart Viewed", "Product Removed", "Product Removed"])
    project_store(street.store.pk, now=clock.now())
    with store_context(street.store.pk):
        assert (Cart.objects.get().total_minor, Cart.objects.get().lines_count) == (0, 0)


def test_the_install_page_hears_the_first_visitor_within_seconds(street: Street, product: str) -> None:
    context = street.browser.new_context(base_url=product)
    name = settings.SESSION_COOKIE_NAME
    owner = signed_in(member_of(street.store))
    context.add_cookies([{"name": name, "value": owner.cookies[name].value, "url": product}])
    page = context.new_page()
    page.goto(f"/s/{street.store.slug}/settings/website/")
    assert street.key in page.locator("#website-tag").inner_text()
    page.get_by_text("Listening. Nothing heard in the last hour.").wait_for()
    street.visit("/grinders")
    page.get_by_text("We hear you.").wait_for()
    assert "/grinders" in page.locator("#website-heard").inner_text()


def test_a_browser_grants_no_consent(street: Street) -> None:
    page = street.visit()
    page.evaluate("boomerang.identify('c-1', {email: 'ann@example.test'}); boomerang.consent({email: true, sms: false})")
    until(street.names, ["Page", "Identify", "Identify"])
    project_store(street.store.pk, now=clock.now())
    with store_context(street.store.pk):
        assert not Consent.objects.filter(status="granted").exists()
        said = CustomerEvent.objects.filter(name="Identify").latest("occurred_at", "pk").properties["consent"]
    assert said == {"email": {"status": "pending", "method": "browser"}, "sms": {"status": "refused", "method": "browser"}}


def test_another_person_at_the_same_computer_is_somebody_else(street: Street) -> None:
    page = street.visit()
    page.evaluate("boomerang.identify('c-1'); boomerang.identify('c-1'); boomerang.identify('c-2'); boomerang.reset()")
    page.evaluate("boomerang.track('Product Viewed', {})")
    until(lambda: len(street.names()), 5)
    events = street.events()
    assert [event.external_id for event in events] == ["", "c-1", "c-1", "c-2", ""]
    assert len({event.anonymous_id for event in events}) == 3


def test_pages_without_loading_are_counted_when_the_shop_asks_for_it(street: Street) -> None:
    street.tag(history="true")
    page = street.visit()
    page.evaluate("history.pushState({}, '', '/beans'); document.title = 'Beans'")
    page.wait_for_timeout(50)
    page.evaluate("history.pushState({}, '', '/beans?sort=price')")
    page.wait_for_timeout(50)
    page.evaluate("history.back()")
    page.wait_for_timeout(50)
    page.evaluate("history.back()")
    until(street.names, ["Page", "Page", "Page"])
    assert [event.properties["path"] for event in street.events()] == ["/", "/beans", "/"]
    assert street.events()[1].properties["title"] == "Beans"
