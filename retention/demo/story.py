"""The story `./run demo` tells: a full basket is left alone, a mail goes out, the customer comes back, nothing is said twice.

Every line is read back from the database or from the receiving side before it is said; a line that is not so stops the demo.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from campaigns.models import Attribution, Click, Enrollment, Message
from retention.cli.telling import StoryContext, StoryFailedError
from retention.customers.models import CustomerEvent
from retention.demo import gifts
from retention.demo import store as demo_store
from retention.demo.letters import clickable, letters_to
from retention.demo.people import PRODUCTS
from retention.demo.shopper import Shopper
from retention.kit import clock
from retention.orders.models import Cart, Order
from retention.tenancy.context import store_context

T = TypeVar("T")

# The story plays in the hours before now, so that it ends at the real time.
LENGTH = timedelta(hours=24)
IDLE = timedelta(hours=1)
READING = timedelta(minutes=12)  # a click in the very second a mail arrives would look like a mail scanner's
LONG_AFTER = timedelta(hours=22)
GRINDER = next(product for product in PRODUCTS if product.sku == "hand-grinder")


@dataclass
class Scene:
    """What the chapters share. `figures` becomes the report."""

    context: StoryContext
    demo: demo_store.DemoStore
    ana: Shopper
    began: datetime
    figures: dict[str, object] = field(default_factory=dict)
    link: str = ""

    def say(self, line: str) -> None:
        """Print one line with the story's own time."""
        passed = int((clock.now() - self.began).total_seconds() // 60)
        self.context.say(f"  {passed // 60:02}:{passed % 60:02}  {line}")

    def of(self, model: type[Model]) -> QuerySet[Any]:
        """Return this model's rows of Ana."""
        return model._default_manager.filter(customer__email=self.ana.email)

    def letters(self) -> list[EmailMessage]:
        """Return the mails the inbox received for Ana."""
        return letters_to(self.context.inbox_dir, self.ana.email)


def tell(context: StoryContext) -> Mapping[str, object]:
    """Tell the story, and return its figures. Raises StoryFailedError with the line that is not so."""
    clock.set_dial(context.clock_file, virtual=datetime.now(UTC) - LENGTH, speed=1)
    demo = demo_store.load(now=clock.now())
    context.step(f'store "{demo.store.name}": {demo.customers} customers, {demo.orders} orders in 90 days')
    gift_customers, gift_orders = gifts.load(owner=demo_store.TEAM[0][0], now=clock.now())
    context.step(f"store Attic Gifts: {gift_customers} customers, {gift_orders} real orders brought in from a file")
    key = demo_store.fresh_key(demo.store, now=clock.now())
    number = 1 + demo.customers - demo_store.CUSTOMERS
    ana = Shopper(name="Ana", email=f"ana.{number}@example.test", key=key, host=context.base_url)
    scene = Scene(context=context, demo=demo, ana=ana, began=clock.now())
    context.say("")
    context.say(f" {ana.name} puts a grinder in her basket and leaves...      (an hour runs in seconds)")
    try:
        with store_context(demo.store.pk):
            for chapter in (fills_a_basket, is_reminded, comes_back, is_left_in_peace, is_counted_once):
                chapter(scene)
    finally:
        clock.set_dial(context.clock_file, virtual=datetime.now(UTC), speed=1)
    _show_around(scene)
    return scene.figures


def fills_a_basket(scene: Scene) -> None:
    """Ana is identified and fills her basket; the shop posts both with Segment's client."""
    ana, price = scene.ana, GRINDER.price_minor / 100
    ana.identify(consent={"email": {"status": "granted", "method": "checkout", "source": "Lumen shop"}})
    ana.track(
        "Product Added",
        product_id=GRINDER.sku,
        name=GRINDER.name,
        price=price,
        quantity=1,
        currency="EUR",
        url=f"https://lumen.example.test/{GRINDER.sku}",
    )
    posted = ana.post()
    _must(not ana.failures, f"the tracking API takes the events ({ana.failures[:1]})")
    stored = until("the events are stored and projected", lambda: _basket(scene))
    scene.figures |= {"events_posted": posted, "customers_made": 1, "baskets_filled": 1}
    scene.say(f"Product Added     posted by Segment's own Python client; basket of {stored.total_minor / 100:.2f} {stored.currency} stored")


def is_reminded(scene: Scene) -> None:
    """An hour later the journey takes her in and a mail arrives in the inbox."""
    _pass(scene, IDLE + timedelta(minutes=5), seconds=0.3)
    run = until("the journey takes her in", lambda: scene.of(Enrollment).select_related("journey").first())
    scene.say(f'journey "{run.journey.name}" entered (basket idle for an hour; she allowed e-mail)')
    letters = until("the mail arrives in the inbox", scene.letters)
    scene.say(f'e-mail delivered to the inbox by SMTP: "{letters[0]["Subject"]}"')
    until("the message is marked sent", lambda: scene.of(Message).filter(state=Message.State.SENT).first())
    _must("One-Click" in (letters[0]["List-Unsubscribe-Post"] or ""), "the mail carries one-click unsubscribe")
    links = clickable(letters[0], begins=f"{scene.context.base_url}/c/")
    _must(links, "the mail has a link to click")
    scene.link = links[0]


def comes_back(scene: Scene) -> None:
    """She clicks, buys, and the shop's server reports the order: the journey stops and the order is credited."""
    _pass(scene, READING, seconds=0.3)
    status, target = scene.ana.click(scene.link)
    _must(status == 302 and target.startswith("https://lumen.example.test/"), f"the link leads to the shop (it answered {status})")
    until("the click is noted", lambda: scene.of(Click).exists())
    scene.say(f"Ana clicks, and lands at {target.partition('?')[0]} ({'utm tagged' if 'utm_' in target else 'no utm'})")
    total = GRINDER.price_minor / 100
    line = {"product_id": GRINDER.sku, "name": GRINDER.name, "price": total, "quantity": 1}
    scene.ana.track("Order Completed", order_id=f"W-{scene.ana.user_id}", total=total, currency="EUR", products=[line])
    scene.figures["events_posted"] = int(str(scene.figures["events_posted"])) + scene.ana.post()
    order = until("the order is stored", lambda: scene.of(Order).first())
    scene.say(f"Order Completed   {order.total_minor / 100:.2f} {order.currency}, reported by the shop's server")
    run = until("the order stops the journey", lambda: scene.of(Enrollment).filter(state=Enrollment.State.STOPPED).first())
    credit = until("the order is credited to the mail", lambda: Attribution.objects.filter(order=order).first())
    until("the basket counts as come back", lambda: scene.of(Cart).filter(state=Cart.State.RECOVERED).first())
    scene.say(
        f"journey stopped ({run.reason}); {credit.total_minor / 100:.2f} {credit.currency} credited (last click, {credit.window_days} days)"
    )
    scene.figures |= {"orders": scene.of(Order).count(), "revenue_attributed_minor": credit.total_minor}


def is_left_in_peace(scene: Scene) -> None:
    """Almost a day later the second reminder would have been due: nothing goes out any more."""
    before = len(scene.letters())
    _pass(scene, LONG_AFTER, seconds=0.3)
    time.sleep(1.05)  # two ticks of every timed job at the story's new hour
    after = len(scene.letters())
    _must(after == before == 1, f"she gets one mail and no second one (the inbox holds {after})")
    _must(not scene.of(Message).filter(state__in=["ready", "planned", "sending"]).exists(), "no message waits for her")
    scene.say("22 hours on: the second reminder was not sent, she has bought")


def is_counted_once(scene: Scene) -> None:
    """The shop's client posts everything again, as after a lost answer: nothing counts twice."""
    posted = scene.of(CustomerEvent).filter(kind__in=["identify", "track"])
    events = posted.count()
    again = scene.ana.post_again()
    time.sleep(1.05)
    _must(posted.count() == events, "events posted twice are stored once")
    letters = scene.letters()
    per_message = Counter(str(letter["Message-ID"]) for letter in letters)
    orders = scene.of(Order).count()
    duplicates = sum(count - 1 for count in per_message.values()) + (orders - 1)
    _must(duplicates == 0, f"nothing is sent or counted twice ({duplicates} duplicates)")
    sent = scene.of(Message).filter(state=Message.State.SENT).count()
    _must(sent == len(letters), "as many mails received as marked sent")
    scene.say(f"all {again} events posted once more: stored once, nothing sent again")
    scene.figures |= {
        "events_stored": scene.of(CustomerEvent).filter(kind__in=["identify", "track"]).count(),
        "events_posted_again": again,
        "mails_received": len(letters),
        "messages_sent": sent,
        "clicks": scene.of(Click).count(),
        "duplicates": duplicates,
    }
    revenue = int(str(scene.figures["revenue_attributed_minor"])) / 100
    clicks = scene.figures["clicks"]
    scene.context.say("")
    scene.context.say(
        f" Sent {sent} | received {len(letters)} | clicked {clicks} | orders {orders} | credited {revenue:.2f} EUR | twice {duplicates}"
    )


def until(line: str, probe: Callable[[], T | None], *, seconds: float = 20.0) -> T:
    """Return the probe's first answer that is not empty. Raises StoryFailedError with the line when it stays empty."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        found = probe()
        if found:
            return found
        time.sleep(0.1)
    raise StoryFailedError(f"{line} (nothing after {seconds:.0f} seconds)")


def _must(true: object, line: str) -> None:
    if not true:
        raise StoryFailedError(line)


def _basket(scene: Scene) -> Cart | None:
    return scene.of(Cart).filter(lines_count__gt=0).first()


def _pass(scene: Scene, length: timedelta, *, seconds: float) -> None:
    """Let this much time pass for every process, within a few real seconds."""
    goal = clock.now() + length
    clock.set_dial(scene.context.clock_file, virtual=clock.now(), speed=length.total_seconds() / seconds)
    while clock.now() < goal:
        time.sleep(0.05)
    clock.set_dial(scene.context.clock_file, virtual=goal, speed=1)


def _show_around(scene: Scene) -> None:
    slug = scene.demo.store.slug
    scene.context.pages += [
        ("shop", "/demo/shop/"),
        ("dashboard", f"/s/{slug}/"),
        ("test inbox", f"/s/{slug}/inbox/"),
        ("API", "/api/docs/"),
        ("admin", "/admin/"),
    ]
    scene.context.logins += [
        f"nora.keller@example.test / {scene.demo.password}   (owner of the shop)",
        f"ops@example.test / {scene.demo.password}   (operations staff, for the admin)",
    ]
