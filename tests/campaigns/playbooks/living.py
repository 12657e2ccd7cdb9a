"""What happens in the lives of people that playbooks wait for, each as the projection leaves it, and time that moves from wait to wait."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from campaigns.journeys.surveying import answer
from campaigns.models import Enrollment, Journey, Message
from campaigns.playbooks.switching import switch_on
from retention.catalog.models import Product, ProductNews
from retention.customers.events import record
from retention.customers.models import Customer
from retention.orders.figures import refigure
from retention.orders.models import Order
from segments.evaluating import evaluate_slice
from segments.membership import fill_due
from segments.sweeping import sweep
from tests.campaigns.journeys.journeying import tick
from tests.campaigns.recovery.shopping import live, shopper
from tests.campaigns.story import buy, leave_cart

DAY = timedelta(days=1)
MOST_ROUNDS = 40
_numbers = itertools.count(1)
Happening = Callable[[Customer, datetime], datetime]


def order(person: Customer, now: datetime) -> datetime:
    """Let a person place an order that counts in their figures."""
    buy(person, None, now=now)
    refigure([person.pk], currency="EUR")
    return now


def twice(person: Customer, now: datetime) -> datetime:
    """Let a person order, and again three days later; the first one is read before the second."""
    order(person, now)
    tick(now=now)
    return order(person, now + 3 * DAY)


def did(*told: tuple[float, str, dict[str, Any]]) -> Happening:
    """Return what lets a person do these things, each so many minutes after the moment."""

    def happen(person: Customer, now: datetime) -> datetime:
        live(person, *told, now=now)
        return now + timedelta(minutes=max(minute for minute, *_ in told))

    return happen


def told(name: str, **said: Any) -> Happening:
    """Return what lets one of our own events happen."""

    def happen(person: Customer, now: datetime) -> datetime:
        record(person.pk, name=name, now=now, properties=said)
        return now

    return happen


def basket(person: Customer, now: datetime) -> datetime:
    """Let a person leave a full basket."""
    leave_cart(person, now=now)
    return now


def answers(score: int) -> Happening:
    """Return what lets a person answer the survey they were sent."""

    def happen(person: Customer, now: datetime) -> datetime:
        answer(Message.objects.get(customer=person, step="ask"), score=score, note="The box was wet.", now=now)
        return now

    return happen


def grows_into_segments(**fields: Any) -> Happening:
    """Return what lets time alone bring a person into segments two days from now. fields: of the customer, days before now where `_at`."""

    def happen(person: Customer, now: datetime) -> datetime:
        values = {name: now - value * DAY if name.endswith("_at") else value for name, value in fields.items()}
        Customer.objects.filter(pk=person.pk).update(**values)
        if "orders_count" in fields:
            Order(
                customer=person, number=f"O-{next(_numbers)}", currency="EUR", total_minor=4900, placed_at=values["last_order_at"],
                received_at=now,
            ).save()  # fmt: skip
        fill_due(now=now)
        sweep(now=now + 2 * DAY)
        evaluate_slice(now=now + 2 * DAY)
        return now + 2 * DAY

    return happen


def born(month: int, day: int) -> Happening:
    """Return what makes a day of the year a person's birthday, and lets the time until then pass."""

    def happen(person: Customer, now: datetime) -> datetime:
        Customer.objects.filter(pk=person.pk).update(birth_md=month * 100 + day)
        return datetime(now.year, month, day, 12, tzinfo=UTC)

    return happen


def reads(day: int) -> Happening:
    """Return what lets segments be filled, and the time until a day of the month pass."""

    def happen(person: Customer, now: datetime) -> datetime:
        fill_due(now=now)
        return datetime(now.year, now.month, day, 12, tzinfo=UTC)

    return happen


def wants(what: str) -> Happening:
    """Return what lets a person look at a thing of which there is news two days later."""

    def happen(person: Customer, now: datetime) -> datetime:
        thing = Product.objects.create(shop_id="tea", name="Tea", url="https://lumen.example.test/tea", state="active")
        live(person, (0, "Product Viewed", {"product_id": "tea"}), now=now)
        at = now + 2 * DAY
        before, after = (0, 5) if what == "back_in_stock" else (1000, 800)
        ProductNews.objects.create(product=thing, kind=what, before=before, after=after, currency="EUR", at=at)
        return at

    return happen


DELIVERED = did((0, "Shipment Updated", {"state": "delivered", "order_id": "L-1", "shipment_id": "s1"}))


def returning(state: str) -> Happening:
    """Return what lets a return be told of in a state."""
    return did((0, "Return Updated", {"state": state, "return_id": "r1", "order_id": "L-1"}))


@dataclass(frozen=True)
class Life:
    """What lets a person in, what they do while the run stands at a step, what they are sent, and where it ends."""

    begins: Happening
    sent: list[tuple[str, str]]
    at: Mapping[str, Happening] = field(default_factory=dict)
    ends: str = "end"
    done: tuple[str, ...] = ()


LIVES: Mapping[str, Life] = {
    "welcome": Life(told("Signed Up"), [("hello", "email"), ("answers", "email"), ("popular", "email")]),
    "abandoned_cart": Life(basket, [("first", "email"), ("second", "email")]),
    "browse": Life(did((0, "Product Viewed", {"product_id": "tea"}), (3, "Product Viewed", {"product_id": "tea"})), [("remind", "email")]),
    "category": Life(did(*((minute, "Product List Viewed", {"category": "Tea"}) for minute in (0, 2, 4))), [("help", "email")]),
    "wishlist": Life(did((0, "Product Added to Wishlist", {"product_id": "tea"})), [("remind", "email")]),
    "back_in_stock": Life(wants("back_in_stock"), [("tell", "sms")]),
    "price_drop": Life(wants("price_drop"), [("tell", "email")]),
    "first_order": Life(order, [("thanks", "email"), ("help", "email")]),
    "second_order": Life(twice, [("thanks", "email")]),
    "companions": Life(DELIVERED, [("show", "email")]),
    "review": Life(
        DELIVERED, [("ask", "email")], {"written": did((0, "Product Reviewed", {"product_id": "tea", "rating": 5}))}, done=("update",)
    ),
    "survey": Life(DELIVERED, [("ask", "email")], {"answer": answers(1)}, done=("notify",)),
    "replenish": Life(twice, [("remind", "email"), ("remind", "sms")]),
    "gift": Life(order, [("middle", "email")]),
    "returning": Life(returning("requested"), [("next", "email"), ("right", "email")], {"closed": returning("closed")}, done=("notify",)),
    "birthday": Life(born(3, 20), [("greet", "email")]),
    "new_arrivals": Life(reads(5), [("digest", "email")]),
    "win_back": Life(grows_into_segments(orders_count=2, last_order_at=119), [("ask", "email"), ("back", "email")]),
    "quiet": Life(
        grows_into_segments(created_at=89),
        [("tips", "email"), ("last", "email")],
        {"listen_again": told("Email Link Clicked")},
        done=("update",),
    ),
}


def live_through(key: str, life: Life, *, now: datetime) -> tuple[Journey, Enrollment]:
    """Switch a playbook on and let one person live through it, moving time from wait to wait; return the journey and the ended run."""
    journey = switch_on(key, now=now - timedelta(hours=1))
    person = shopper("email", "sms", now=now)
    now = life.begins(person, now)
    for _round in range(MOST_ROUNDS):
        tick(now=now)
        run: Enrollment = Enrollment.objects.get(journey=journey)
        if run.state != Enrollment.State.RUNNING:
            return journey, run
        if run.step in life.at:
            now = life.at[run.step](person, now + timedelta(hours=1))
        else:
            assert run.due_at is not None
            now = max(run.due_at, now)
    raise AssertionError(f"{key} does not come to its end: it stands at {run.step!r} until {run.due_at}")
