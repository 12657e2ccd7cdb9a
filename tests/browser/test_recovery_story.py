"""The main job in a real browser: a full basket is left in the demo's shop, and comes back by push, SMS and mail; the order ends it.

Chromium shops and shows the push message by its real service worker; SMTP and Twilio's counterpart are real servers; the product's clock
is moved. Only the vendor's push relay is missing (see `test_push.py`).
"""

import json
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key

from campaigns.measurement.assignment import held_out_of, journey_key
from campaigns.models import Assignment, Click, Departure, Enrollment, Message, PushSubscription, RecoveryCell
from campaigns.recovery.planning import begin, switch_on
from campaigns.sending import lines
from retention.customers.models import Consent, Customer
from retention.demo import store as demo_store
from retention.intake.projecting import project_store
from retention.kit import clock
from retention.orders.models import Cart, Order
from retention.stores.models import Store
from retention.tenancy.context import store_context
from tests.browser.conftest import Site
from tests.browser.looking import picture, until, wait_for
from tests.browser.test_push import BOX, SUBSCRIBES, deliver
from tests.campaigns import push_stage, twilio_stage
from tests.campaigns.push_stage import Browser, PushService, push_service, unb64
from tests.campaigns.recovery.shopping import tick
from tests.campaigns.sink import Sink, smtp_sink
from tests.campaigns.story import send
from tests.factories import make_store, member_of
from tests.isolation.scene import Side
from tests.kit.stage import Stage
from tests.serving import free_port, serve, serve_application

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import BrowserContext, Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOP, MAIL = "/demo/shop/", "ann@example.test"
SHOWN = "navigator.serviceWorker.getRegistration('/demo/shop/').then(r => r.getNotifications()).then(all => all.map(n => n.title))"


@dataclass
class Stages:
    """The product with the demo's shop, and everybody on the other side of the wire."""

    url: str
    store: Store
    dial: Path
    service: PushService
    twilio: Stage
    sink: Sink
    chromium: "Chromium"

    def window(self) -> "BrowserContext":
        """Open the browser of somebody who allows notifications."""
        context = self.chromium.new_context(permissions=["notifications"], base_url=self.url)
        context.add_init_script(SUBSCRIBES.replace("ENDPOINT", f"{self.service.url}/send/chromium"))
        return context

    def pass_time(self, **length: float) -> datetime:
        """Let this much time pass for the product."""
        clock.set_dial(self.dial, virtual=clock.now() + timedelta(**length), speed=1)
        return clock.now()

    def work(self) -> dict[str, Any]:
        """Do once what the workers do all the time, and return what left on each channel."""
        with store_context(self.store.pk):
            project_store(self.store.pk, now=clock.now())
        with store_context(self.store.pk):
            tick(now=clock.now())
            return {
                "push": push_stage.send_pushes(self.store, now=clock.now()).states,
                "sms": twilio_stage.send_texts(self.store, now=clock.now()).states,
                "email": send(self.store, now=clock.now()).states,
            }

    def count(self, model: Any) -> int:
        with store_context(self.store.pk):
            return int(model.objects.count())


@pytest.fixture
def stages(transactional_db: None, browser: "Chromium", settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Stages]:
    """Yield the running demo at eleven in the morning, two days ago, with the recovery plan switched on."""
    dial, port = tmp_path / "clock.json", free_port()
    morning = (clock.now() - timedelta(days=2)).replace(hour=11, minute=0, second=0, microsecond=0)
    clock.set_dial(dial, virtual=morning, speed=1)
    monkeypatch.setenv("BOOMERANG_CLOCK_FILE", str(dial))
    with push_service() as service, Stage(address="127.0.0.1") as twilio, smtp_sink() as (sink, smtp_port):
        settings.INBOX_SMTP_URL = f"smtp://127.0.0.1:{smtp_port}"
        url = f"http://127.0.0.1:{port}"
        settings.SITE_URL, settings.FETCH_ALLOWED_PORTS = url, [service.port, twilio.port]
        store = make_store("Lumen Coffee", slug=demo_store.SLUG, web_address=url, postal_address="Lumen, Weg 7, 10115 Berlin")
        demo_store.fresh_key(store, now=clock.now())
        with store_context(store.pk):
            push_stage.connect(now=clock.now())
            twilio_stage.connect(twilio)
            twilio_stage.accepts(twilio)
            begin(store, user_id=None, now=clock.now() - timedelta(days=1))
            switch_on(user_id=None, now=clock.now() - timedelta(hours=1))
        ports = {"BOOMERANG_ENV": "demo", "FETCH_ALLOWED_PORTS": f"{port},{service.port}"}
        with serve_application("retention.wsgi:application", port=port, environment=ports) as served:
            yield Stages(served.url, store, dial, service, twilio, sink, browser)
        lines.close_all()


def go(page: "Page", where: str) -> None:
    """Open a page of the shop, and stay until it has told everything."""
    page.goto(where)
    told(page)


def told(page: "Page") -> None:
    wait_for(page, "Boolean(window.boomerang && window.boomerang.version)")
    wait_for(page, "JSON.parse(localStorage.boomerang_queue || '[]').length === 0")


def press(page: "Page", name: str, *, role: Any = "button") -> None:
    with page.expect_navigation(wait_until="load"):
        page.get_by_role(role, name=name, exact=True).first.click()
    told(page)


def allows_push(stages: Stages, page: "Page") -> str:
    """Say yes to the shop's question and to the browser's, and return the browser's own key."""
    go(page, SHOP)
    page.get_by_role("button", name="Tell me when something is new").click()
    wait_for(page, f"Boolean({BOX})")
    page.evaluate(f"{BOX}.shadowRoot.querySelector('button.yes').click()")
    until(lambda: stages.count(PushSubscription), 1)
    return str(page.evaluate("privateKey"))


def fills_a_basket_and_goes(page: "Page") -> None:
    """Put a grinder into the basket, say who she is, see what shipping costs, and leave."""
    go(page, f"{SHOP}products/hand-grinder/")
    press(page, "Put it into the basket")
    press(page, "Check out", role="link")
    page.get_by_label("E-mail").fill(MAIL)
    page.get_by_label("First name").fill("Ann")
    page.get_by_label("Last name").fill("Lee")
    page.get_by_label("Write to me").check()
    press(page, "Go on to delivery")


def allows_sms(stages: Stages) -> None:
    """Let the shop's server report a number and a yes for it, with its secret key."""
    consent = {"sms": {"status": "granted", "method": "checkout", "source": "Lumen shop"}}
    event = {
        "type": "identify",
        "messageId": "sms-1",
        "anonymousId": "till",
        "traits": {"email": MAIL, "phone": "+4915112345678", "consent": consent},
    }
    head = {"Authorization": f"Bearer {demo_store.key_file().read_text()}", "Content-Type": "application/json"}
    asked = urllib.request.Request(f"{stages.url}/v1/batch", data=json.dumps({"batch": [event]}).encode(), headers=head)
    with urllib.request.urlopen(asked, timeout=20) as answer:
        assert answer.status == 200


def is_written_to(stages: Stages) -> RecoveryCell:
    """Draw her lot in the cell she will be in before she gets there, so that she is none of those who are only measured."""
    with store_context(stages.store.pk):
        project_store(stages.store.pk, now=clock.now())
    with store_context(stages.store.pk):
        cell: RecoveryCell = RecoveryCell.objects.select_related("stage").get(stage__ready="shipping", group="buying")
        person = Customer.objects.get(email=MAIL)
        held_out_of(journey_key(cell.journey_id or 0), [person.pk], share=0.1, now=clock.now())
        Assignment.objects.filter(customer=person).update(arm="a")
    return cell


def shows_the_push(stages: Stages, page: "Page", key: str) -> None:
    """Open what the push service got with the browser's own key, and hand it to its worker."""
    ((_path, _headers, body),) = stages.service.got
    private = derive_private_key(int.from_bytes(unb64(key), "big"), SECP256R1())
    said = Browser("", private=private).read(body)
    deliver(page, f"{stages.url}/", json.dumps(said).encode(), seen=lambda: bool(page.evaluate(SHOWN) == ["Still here for you"]))


def link_in(mail: Any) -> str:
    """Return the link of the mail's button."""
    html = str(mail.get_body(("html",)).get_content())
    return next(
        unescape(link)
        for link, words in re.findall(r'<a\s[^>]*href="([^"]*/c/[^"]+)"[^>]*>(.*?)</a>', html, re.DOTALL)
        if "Back to my" in words
    )


def buys(page: "Page") -> None:
    """Go through the checkout on the other device."""
    press(page, "Check out", role="link")
    page.get_by_label("E-mail").fill(MAIL)
    page.get_by_label("First name").fill("Ann")
    page.get_by_label("Last name").fill("Lee")
    press(page, "Go on to delivery")
    page.get_by_label("Street and number").fill("Ring 1")
    page.get_by_label("Postcode").fill("1010")
    page.get_by_label("City").fill("Wien")
    page.get_by_label("Country").select_option("AT")
    press(page, "Go on to payment")
    page.get_by_label("Card number").fill("4242 4242 4242 4242")
    with page.expect_navigation(wait_until="load"):
        page.get_by_role("button", name="Pay").click()
    page.get_by_role("heading", name="Thank you, Ann.").wait_for()
    told(page)


def test_a_full_basket_comes_back_by_push_sms_and_mail_and_the_order_ends_it(stages: Stages) -> None:
    page = stages.window().new_page()
    key = allows_push(stages, page)
    fills_a_basket_and_goes(page)
    allows_sms(stages)
    cell = is_written_to(stages)
    stages.work()
    stages.pass_time(minutes=31)
    assert stages.work() == {"push": {"sent": 1}, "sms": {}, "email": {}}
    shows_the_push(stages, page, key)
    with store_context(stages.store.pk):
        left = Departure.objects.select_related("stage").get()
        assert (left.stage.ready, left.group, left.decision) == ("shipping", "buying", "entered")
        assert set(Consent.objects.filter(status="granted").values_list("channel", flat=True)) == {"email", "push", "sms"}

    stages.pass_time(hours=3, minutes=20)
    go(page, f"{SHOP}products/hand-grinder/")  # she looks again: four hours have passed, and nothing comes while she is about
    stages.pass_time(minutes=12)
    assert stages.work() == {"push": {}, "sms": {}, "email": {}}
    stages.pass_time(minutes=20)
    assert stages.work() == {"push": {}, "sms": {"sent": 1}, "email": {}}
    assert "what you chose is still there" in twilio_stage.posted(stages.twilio)[0]["Body"]

    stages.pass_time(hours=16)
    assert not stages.work()["email"].get("sent"), "two messages a day are the most"
    stages.pass_time(hours=4, minutes=20)
    assert stages.work() == {"push": {}, "sms": {}, "email": {"sent": 1}}
    (mail,) = stages.sink.accepted
    assert mail["Subject"] == "About the shipping cost"

    stages.pass_time(minutes=20)
    phone = stages.window().new_page()
    phone.goto(link_in(mail))
    phone.get_by_text("1 × Hand grinder").wait_for()
    with phone.expect_navigation(url=re.compile(r"/demo/shop/basket/")):
        phone.get_by_role("button", name="Back to my basket").click()
    told(phone)
    phone.get_by_text("Hand grinder").first.wait_for()
    buys(phone)
    stages.work()
    with store_context(stages.store.pk):
        order, run = Order.objects.get(), Enrollment.objects.get()
        assert run.state == "finished", "the mail was the last rung of this cell"
        assert set(Cart.objects.filter(lines_count__gt=0).values_list("state", flat=True)) <= {"recovered", "bought"}
        assert Click.objects.filter(message__channel="email").exists()
        assert Departure.objects.get(pk=left.pk).order_minor == order.total_minor
    stages.pass_time(hours=30)
    assert stages.work() == {"push": {}, "sms": {}, "email": {}}
    with store_context(stages.store.pk):
        assert sorted(Message.objects.values_list("channel", "state")) == [("email", "sent"), ("push", "sent"), ("sms", "sent")]

    site = Site(stages.url, Side("lumen", stages.store, {}, {}, "", "", "", ""), stages.chromium)
    plan = site.window(user=member_of(stages.store, "owner")).new_page()
    plan.goto(f"/s/{stages.store.slug}/recovery/{cell.stage.public_id}/buying/")
    assert "1 came back" in str(plan.locator("a.mx-cell.sel").first.text_content())
    picture(plan, variant="desktop-light", name="recovery_story")


def test_three_presses_from_a_new_store_to_a_running_plan_that_says_who_gets_what_and_when(
    transactional_db: None, browser: "Chromium"
) -> None:
    store = make_store("New shop", web_address="https://new.example.test", postal_address="New, Weg 7, 10115 Berlin")
    with serve() as url:
        site = Site(url.replace("127.0.0.1", "localhost"), Side("new", store, {}, {}, "", "", "", ""), browser)
        page = site.window(user=member_of(store, "owner")).new_page()
        page.goto(f"/s/{store.slug}/")
        page.get_by_role("navigation").get_by_role("link", name="Recovery plan").first.click()
        page.get_by_role("button", name="Switch the plan on").click()
        with page.expect_navigation():
            page.get_by_role("dialog").get_by_role("button", name="Switch it on").click()
        with store_context(store.pk):
            live = RecoveryCell.objects.filter(state="live").count()
            cell = RecoveryCell.objects.select_related("stage").get(stage__ready="idle", group="buying")
        assert live > 20
        assert f"{live} cells are live." in str(page.text_content("body"))
        page.goto(f"/s/{store.slug}/recovery/{cell.stage.public_id}/buying/")
        told_there = " ".join(str(page.locator(".mx-panel").text_content()).split())
        for words in (
            "30 minutes after leaving “Recovery: push”",
            "4 hours after leaving “Recovery: SMS”",
            "20 hours after leaving “Recovery: basket”",
        ):
            assert words in told_there, told_there
        page.goto(f"/s/{store.slug}/")
        page.get_by_role("navigation").get_by_role("link", name="Ready-made").first.click()
        page.get_by_role("link", name="Welcome", exact=True).click()
        with page.expect_navigation():
            page.get_by_role("button", name="Switch it on").click()
        assert "Welcome is live. People enter from now on." in str(page.text_content("body"))
        page.context.close()
