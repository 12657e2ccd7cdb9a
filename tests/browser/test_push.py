"""Push messages in a real Chromium: the question, the yes, the message encrypted for this browser, shown by its worker, the click tracked.

Only the vendor's relay is missing, which a browser without a screen cannot reach: `PushManager.subscribe` answers with an address of our
own push service and with real keys of this browser, and what that service opened is handed to the real worker by DevTools.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key

from campaigns.models import Click, PushSubscription
from retention.customers.models import Consent, Customer, CustomerEvent, Identity
from retention.kit import clock
from retention.stores.models import Store
from retention.tenancy.context import store_context
from tests.browser.looking import PATIENCE_SECONDS, until, wait_for
from tests.browser.storefront import Storefront, open_storefront
from tests.campaigns.push_stage import Browser, PushService, claims_of, connect, push_ready, push_service, send_pushes, unb64
from tests.factories import make_key, make_store
from tests.serving import free_port, serve_application

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import BrowserContext, Page

AGAIN_SECONDS = (
    5.0  # a message handed in while the browser looks for a newer worker is lost: it is handed in once more, as a push service does
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# In place of the vendor's relay: an address of our own push service, and keys this browser made.
SUBSCRIBES = """
  window.subscribed = 0;
  PushManager.prototype.subscribe = async function (options) {
    window.subscribed += 1;
    window.serverKey = btoa(String.fromCharCode(...new Uint8Array(options.applicationServerKey)));
    const pair = await crypto.subtle.generateKey({name: "ECDH", namedCurve: "P-256"}, true, ["deriveBits"]);
    window.privateKey = (await crypto.subtle.exportKey("jwk", pair.privateKey)).d;
    const plain = (data) => btoa(String.fromCharCode(...new Uint8Array(data))).replace(/\\+/g, "-").replace(/\\//g, "_").replace(/=+$/, "");
    const auth = plain(new TextEncoder().encode("sixteen bytes ok"));
    const keys = {p256dh: plain(await crypto.subtle.exportKey("raw", pair.publicKey)), auth: auth};
    const endpoint = "ENDPOINT";
    return {endpoint: endpoint, toJSON: () => ({endpoint: endpoint, expirationTime: null, keys: keys})};
  };
"""
BOX = "document.querySelector('[data-boomerang=push]')"


@dataclass
class Scene:
    """A shop with the snippet, the product behind it, the store, and the push service."""

    shop: Storefront
    product: str
    store: Store
    service: PushService
    context: "BrowserContext"

    def visit(self) -> "Page":
        """Open a page of the shop that asks for push messages."""
        page = self.context.new_page()
        page.goto(self.shop.url)
        wait_for(page, "Boolean(window.boomerang && window.boomerang.version)")
        page.evaluate("boomerang.notifications({title: 'Shall we?', yes: 'Yes', no: 'No'})")
        return page

    def press(self, page: "Page", button: str) -> None:
        """Answer the question."""
        wait_for(page, f"Boolean({BOX})")
        page.evaluate(f"{BOX}.shadowRoot.querySelector('button.{button}').click()")


@pytest.fixture(scope="module")
def running(django_db_setup: None) -> Iterator[tuple[PushService, str]]:
    """Yield a push service and the address of a product that may speak to it, both for the tests of this file."""
    port = free_port()
    with push_service() as service:
        ports = {"FETCH_ALLOWED_PORTS": f"{port},{service.port}"}
        with serve_application("retention.wsgi:application", port=port, environment=ports) as served:
            yield service, served.url


@pytest.fixture
def scene(transactional_db: None, running: tuple[PushService, str], browser: "Chromium") -> Iterator[Scene]:
    """Yield a shop whose visitor's browser allows notifications."""
    service, product = running
    service.got.clear()
    store = make_store(web_address="https://lumen.example.test")
    _row, key = make_key(store, "public")
    tags = f'<script async src="{product}/static/js/boomerang.js" data-key="{key}"></script>'
    with open_storefront(tags=tags, product=product) as shop:
        shop.files["/boomerang-worker.js"] = f'importScripts("{product}/static/js/boomerang-worker.js");'
        context = browser.new_context(permissions=["notifications"])
        context.add_init_script(SUBSCRIBES.replace("ENDPOINT", f"{service.url}/send/chromium"))
        yield Scene(shop, product, store, service, context)


def kept(store: Store) -> int:
    with store_context(store.pk):
        return PushSubscription.objects.filter(gone_at=None).count()


def deliver(page: "Page", origin: str, payload: bytes, *, seen: Callable[[], bool]) -> None:
    """Hand a message to the page's worker as the browser would, until it is seen."""
    tools = page.context.new_cdp_session(page)
    found: dict[str, str] = {}
    tools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: found.update({one["registrationId"]: one["scopeURL"] for one in told["registrations"] if not one["isDeleted"]}),
    )
    tools.send("ServiceWorker.enable")
    give_up, again_at = time.monotonic() + PATIENCE_SECONDS, 0.0
    while not seen() and time.monotonic() < give_up:
        if found and time.monotonic() > again_at:
            told = {"origin": origin, "registrationId": max(found, key=int), "data": payload.decode()}
            tools.send("ServiceWorker.deliverPushMessage", told)
            again_at = time.monotonic() + AGAIN_SECONDS
        page.wait_for_timeout(20)
    assert seen(), f"not shown after {PATIENCE_SECONDS} seconds, by any of {found}"


def test_a_yes_an_encrypted_message_its_notification_and_the_click(scene: Scene, settings: Any) -> None:
    settings.FETCH_ALLOWED_PORTS = [scene.service.port]
    settings.SITE_URL = scene.product
    page = scene.visit()
    scene.press(page, "yes")
    until(lambda: kept(scene.store), 1)
    now = clock.now()
    with store_context(scene.store.pk):
        row = PushSubscription.objects.get()
        assert Identity.objects.get(customer_id=row.customer_id).value == page.evaluate("boomerang.anonymousId()")
        assert list(Consent.objects.values_list("channel", "status", "method")) == [("push", "granted", "browser")]
        connect(now=now)
        message = push_ready(Customer.objects.get(pk=row.customer_id), "News", "Lamps & more", now=now, stream="transactional")
        assert send_pushes(scene.store, now=now).states == {"sent": 1}
    ((_path, headers, body),) = scene.service.got
    private = derive_private_key(int.from_bytes(unb64(page.evaluate("privateKey")), "big"), SECP256R1())
    told = Browser("", private=private).read(body)
    server_key = page.evaluate("serverKey").rstrip("=").replace("+", "-").replace("/", "_")
    claims_of(headers["authorization"], public_key=server_key)

    shown = "navigator.serviceWorker.ready.then(r => r.getNotifications()).then(all => all.map(n => [n.title, n.body, n.tag]))"
    wanted = [["News", "Lamps & more", message.public_id.hex]]
    deliver(page, scene.shop.url + "/", json.dumps(told).encode(), seen=lambda: bool(page.evaluate(shown) == wanted))

    worker = scene.context.service_workers[0]
    worker.evaluate(
        """async () => {
          const [shown] = await registration.getNotifications();
          self.opened = [];
          clients.openWindow = (url) => { self.opened.push(url); return fetch(url, {mode: "no-cors"}).catch(() => 0); };
          dispatchEvent(new NotificationEvent("notificationclick", {notification: shown}));
        }"""
    )
    until(lambda: worker.evaluate("self.opened"), [told["url"]])
    with store_context(scene.store.pk):
        until(lambda: Click.objects.filter(message=message).count(), 1)
    until(lambda: page.evaluate(shown), [])


def test_a_no_is_remembered_and_the_browser_itself_is_not_asked(scene: Scene) -> None:
    page = scene.visit()
    scene.press(page, "no")
    wait_for(page, f"!{BOX}")
    again = scene.visit()
    again.wait_for_timeout(400)
    assert (again.evaluate(f"Boolean({BOX})"), again.evaluate("subscribed"), kept(scene.store)) == (False, 0, 0)


def test_escape_closes_the_question_and_the_keyboard_reaches_its_buttons(scene: Scene) -> None:
    page = scene.visit()
    wait_for(page, f"Boolean({BOX})")
    assert page.evaluate("document.activeElement === document.body"), "nobody's typing is interrupted"
    page.keyboard.press("Tab")
    assert page.evaluate(f"{BOX}.shadowRoot.activeElement.className") == "yes"
    page.keyboard.press("Tab")
    assert page.evaluate(f"{BOX}.shadowRoot.activeElement.className") == "no"
    page.keyboard.press("Escape")
    wait_for(page, f"!{BOX}")
    assert json.loads(page.evaluate("localStorage.boomerang_push"))["no"] > 0


def test_who_wants_nothing_noted_is_not_asked(scene: Scene) -> None:
    page = scene.context.new_page()
    page.goto(scene.shop.url)
    wait_for(page, "Boolean(window.boomerang && window.boomerang.version)")
    page.evaluate("boomerang.consent({analytics: false}); boomerang.notifications({})")
    page.wait_for_timeout(500)
    assert page.evaluate(f"Boolean({BOX})") is False
    with store_context(scene.store.pk):
        assert (PushSubscription.objects.count(), CustomerEvent.objects.filter(kind="own").count()) == (0, 0)
