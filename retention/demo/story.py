"""The story `./run demo` tells: a full basket is left, the recovery plan's ladder climbs, its owner comes back, nothing is said twice.

Every line is read back from the database or from the receiving side before it is said; a line that is not so stops the demo.
"""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Model, QuerySet

from campaigns.models import Attribution, Click, Departure, Enrollment, Message
from retention.cli.telling import StoryContext
from retention.customers.models import Customer, CustomerEvent
from retention.demo import gifts
from retention.demo import store as demo_store
from retention.demo.interrupting import worker_is_killed
from retention.demo.ladder import LINE, bo_is_left_alone, fills_a_basket, is_mailed, is_pushed, is_texted
from retention.demo.letters import clickable, letters_to
from retention.demo.people import name_of
from retention.demo.shopper import Shopper
from retention.demo.telling import must, pass_time, until
from retention.demo.today import shop_is_open
from retention.kit import clock
from retention.orders.models import Cart, Order
from retention.tenancy.context import store_context

# The story plays in the week before now, from noon in the shop's own zone on, so that no message meets the quiet hours of the night.
BEGINS_AT, DAYS_AGO = 12, 8
READING = timedelta(minutes=12)  # a click in the very second a mail arrives would look like a mail scanner's
LONG_AFTER = timedelta(days=5, hours=2)


def _nobody() -> Shopper:
    """Return who stands for somebody the first chapter has not met yet."""
    return Shopper(name="", email="", key="", host="")


@dataclass
class Scene:
    """What the chapters share. `figures` becomes the report. number: grows with every person of the story, in every run."""

    context: StoryContext
    demo: demo_store.DemoStore
    key: str
    began: datetime
    number: int
    figures: dict[str, object] = field(default_factory=dict)
    people: list[Shopper] = field(default_factory=list)
    others: list[Shopper] = field(default_factory=list)
    ana: Shopper = field(default_factory=_nobody)
    cem: Shopper = field(default_factory=_nobody)
    letter: EmailMessage = field(default_factory=EmailMessage)
    posted: int = 0

    def say(self, line: str) -> None:
        """Print one line with the story's own time."""
        passed = int((clock.now() - self.began).total_seconds() // 60)
        self.context.say(f"  {passed // 60:02}:{passed % 60:02}  {line}")

    def person(self, name: str, *, email: str = "") -> Shopper:
        """Return somebody new of this name."""
        self.number += 1
        address = email or f"{name.lower()}.{self.number}@example.test"
        self.people.append(Shopper(name=name, email=address, key=self.key, host=self.context.base_url))
        return self.people[-1]

    def somebody(self) -> Shopper:
        """Return somebody new with a name of their own."""
        first, last = name_of(self.number)
        person = self.person(first)
        person.last_name = last
        return person

    @property
    def made(self) -> int:
        """Return how many people the story made."""
        return len(self.people)

    def of(self, model: type[Model]) -> QuerySet[Any]:
        """Return this model's rows of Ana."""
        return model._default_manager.filter(customer__email=self.ana.email)

    def rows(self, model: type[Model]) -> QuerySet[Any]:
        """Return this model's rows of everybody in this story."""
        return model._default_manager.filter(customer__email__in=[one.email for one in self.people])

    def letters(self, channel: str = "email", *, of: Shopper | None = None) -> list[EmailMessage]:
        """Return what the inbox received on a channel for Ana, or for somebody else."""
        person = of or self.ana
        address = person.email if channel != "sms" else str(Customer.objects.values_list("phone", flat=True).get(email=person.email))
        return letters_to(self.context.inbox_dir, address, channel=channel)


def tell(context: StoryContext) -> Mapping[str, object]:
    """Tell the story, and return its figures. Raises StoryFailedError with the line that is not so."""
    clock.set_dial(context.clock_file, virtual=_beginning(), speed=1)
    demo = demo_store.load(now=clock.now())
    context.step(f'store "{demo.store.name}": {demo.customers} customers, {demo.orders} orders in 90 days to begin with')
    gift_customers, gift_orders = gifts.load(owner=demo_store.TEAM[0][0], now=clock.now())
    context.step(f"store Attic Gifts: {gift_customers} customers, {gift_orders} real orders brought in from a file")
    key = demo_store.fresh_key(demo.store, now=clock.now())
    scene = Scene(context=context, demo=demo, key=key, began=clock.now(), number=demo.customers - demo_store.CUSTOMERS)
    context.say("")
    context.say(" Ana puts a grinder in her basket and leaves...      (an hour runs in seconds)")
    chapters = (fills_a_basket, is_pushed, is_texted, is_mailed, comes_back, is_left_in_peace, bo_is_left_alone, is_counted_once)
    try:
        with store_context(demo.store.pk):
            demo_store.take_plan(demo.store, now=clock.now())
            for chapter in chapters if context.once else (*chapters, worker_is_killed):
                chapter(scene)
    finally:
        clock.set_dial(context.clock_file, virtual=datetime.now(UTC), speed=1)
    with store_context(demo.store.pk):
        shop_is_open(scene)
    _show_around(scene)
    return scene.figures


def _beginning() -> datetime:
    there = datetime.now(ZoneInfo(demo_store.ZONE)) - timedelta(days=DAYS_AGO)
    return there.replace(hour=BEGINS_AT, minute=20, second=0, microsecond=0).astimezone(UTC)


def comes_back(scene: Scene) -> None:
    """She clicks, buys, and the shop's server reports the order: the ladder stops and the order is credited."""
    pass_time(scene.context, READING, seconds=0.3)
    links = clickable(scene.letter, begins=f"{scene.context.base_url}/c/")
    must(links, "the mail has a link to click")
    status, target = scene.ana.click(links[0])
    must(status == 302 and target.startswith("https://lumen.example.test/"), f"the link leads to the shop (it answered {status})")
    until("the click is noted", lambda: scene.of(Click).exists())
    scene.say(f"Ana clicks, and lands at {target.partition('?')[0]} ({'utm tagged' if 'utm_' in target else 'no utm'})")
    scene.ana.track("Order Completed", order_id=f"W-{scene.ana.user_id}", total=LINE["price"], currency="EUR", products=[LINE])
    scene.figures["events_posted"] = scene.posted = scene.posted + scene.ana.post()
    order = until("the order is stored", lambda: scene.of(Order).first())
    scene.say(f"Order Completed   {order.total_minor / 100:.2f} {order.currency}, reported by the shop's server")
    run = until("the order stops the ladder", lambda: scene.of(Enrollment).filter(state=Enrollment.State.STOPPED).first())
    credit = until("the order is credited to the mail", lambda: Attribution.objects.filter(order=order).first())
    until("the basket counts as come back", lambda: scene.of(Cart).filter(state=Cart.State.RECOVERED).first())
    back = until("the plan counts one who came back", lambda: scene.of(Departure).filter(bought_at__isnull=False).first())
    scene.say(
        f"ladder stopped ({run.reason}); {credit.total_minor / 100:.2f} {credit.currency} credited (last click, {credit.window_days} days);"
        f" one came back, {back.order_minor / 100:.2f}"
    )
    scene.figures |= {"orders": scene.of(Order).count(), "revenue_attributed_minor": credit.total_minor}


def is_left_in_peace(scene: Scene) -> None:
    """Days later: the last rung would have been due long ago, and the plan said nothing more."""
    climbed = scene.of(Message).filter(enrollment__in=scene.of(Enrollment).filter(state=Enrollment.State.STOPPED))
    before = climbed.count()
    pass_time(scene.context, LONG_AFTER, seconds=0.3)
    time.sleep(1.05)  # two ticks of every timed job at the story's new hour
    must(climbed.count() == before == 3, f"the ladder had three rungs for her and no fourth (there are {climbed.count()})")
    reminders = [letter for letter in scene.letters() if letter["Subject"] == scene.letter["Subject"]]
    must(len(reminders) == 1, f"she got one reminder by mail (the inbox holds {len(reminders)})")
    scene.say("five days on: the last rung was not climbed, for she has bought")


def is_counted_once(scene: Scene) -> None:
    """The shop's client posts everything again, as after a lost answer: nothing counts twice."""
    posted = scene.of(CustomerEvent).filter(kind__in=["identify", "track"])
    events = posted.count()
    again = scene.ana.post_again()
    time.sleep(1.05)
    must(posted.count() == events, "events posted twice are stored once")
    sent = scene.of(Message).filter(state=Message.State.SENT)
    letters = until("as many messages are marked sent as were received", lambda: _as_many(scene, sent))
    per_message = Counter(str(letter["Message-ID"]) for letter in letters)
    orders = scene.of(Order).count()
    duplicates = sum(count - 1 for count in per_message.values()) + (orders - 1)
    must(duplicates == 0, f"nothing is sent or counted twice ({duplicates} duplicates)")
    scene.say(f"all {again} events posted once more: stored once, nothing sent again")
    scene.figures |= {
        "events_stored": scene.of(CustomerEvent).filter(kind__in=["identify", "track"]).count(),
        "events_posted_again": again,
        "messages_received": len(letters),
        "messages_sent": sent.count(),
        "clicks": scene.of(Click).count(),
        "duplicates": duplicates,
    }
    revenue = int(str(scene.figures["revenue_attributed_minor"])) / 100
    clicks = scene.figures["clicks"]
    scene.context.say("")
    scene.context.say(
        f" Sent {sent.count()} | got {len(letters)} | clicked {clicks} | orders {orders} | credited {revenue:.2f} EUR | twice {duplicates}"
    )


def _as_many(scene: Scene, sent: QuerySet[Any]) -> list[EmailMessage] | None:
    """Return what Ana received on all channels, once that is as much as is marked sent."""
    letters = [letter for channel in ("push", "sms", "email") for letter in scene.letters(channel)]
    return letters if len(letters) == sent.count() else None


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
