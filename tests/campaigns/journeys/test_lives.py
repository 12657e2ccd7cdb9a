"""Random lives in the database: news, waves of time, turning facts and transactions that are undone, against the plain reading."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, assume, given, settings

from campaigns.journeys.definition import DefinitionError, read_definition
from campaigns.models import CouponPool, Enrollment, JourneyAction, Message
from retention.customers.consent import Said, record_consents
from retention.customers.events import record
from retention.customers.models import Customer
from retention.orders.models import Cart
from retention.webhooks.models import Endpoint
from segments.models import Segment, SegmentMember
from tests.campaigns.campaigning import make_crowd, make_list
from tests.campaigns.coupons.pools import make_pool
from tests.campaigns.journeys.journeying import make_journey, make_template, tick
from tests.campaigns.journeys.plain import Heard, Life, World
from tests.campaigns.journeys.strategies import CHANNELS, MOVES, SEGMENTS, journeys
from tests.campaigns.journeys.test_plain import NOW, ZONE

KINDS = {"draw": "coupon", "change": "update", "call": "webhook", "notify": "notify"}


class Stage:
    """One customer of a store in which everything a random journey may name is there."""

    def __init__(self, store: Any, journey: dict[str, Any]) -> None:
        self.now, self.number, self.data = NOW, 0, journey
        (self.person,) = make_crowd(1, now=NOW, consent=False, zone=str(ZONE), phone="+37120000000", birth_md=304)
        Customer.objects.filter(pk=self.person.pk).update(attributes={"delivered_on": "2026-03-05"})
        self.cart = Cart.objects.create(customer=self.person, currency="EUR", lines_count=1, started_at=NOW, last_activity_at=NOW)
        self.about = str(self.cart.public_id)
        self.journey = make_journey(journey, now=NOW)
        self.world = World(NOW, ZONE, store.pk, self.journey.pk, self.person.pk, self.about, {"cart_id": self.about, "category": "Tea"})
        self.world.holds = {"cart_open": True, **dict.fromkeys(SEGMENTS, False)}
        self.world.may, self.world.dates = {"onsite"}, {"birthday": date(2000, 3, 4), "delivered_on": date(2026, 3, 5)}
        self.may({"email", "onsite"})

    def may(self, channels: set[str]) -> None:
        """Let them allow e-mail and SMS or not; a browser of theirs there is none."""
        self.number += 1
        at = self.now + timedelta(microseconds=self.number)
        words = [Said(self.person.pk, one, "granted" if one in channels else "refused", at) for one in ("email", "sms")]
        record_consents(words, now=self.now)
        self.world.may = (channels - {"push"}) | {"onsite"}

    def move(self, move: tuple[Any, ...], life: Life | None) -> None:
        """Do one thing to the store, and tell the plain reading."""
        match move:
            case ("time", minutes):
                self.now += timedelta(minutes=minutes)
                self.world.now = self.now
            case ("event", name, cart, category):
                properties = {"cart_id": self.about if cart == "cart-1" else cart, "category": category}
                event = record(self.person.pk, name=name, now=self.now, properties=properties)
                if life is not None:
                    life.hear(name, properties, Heard(self.now, event.pk))
            case ("segment", public_id, inside):
                segment = Segment.objects.get(public_id=public_id)
                SegmentMember.objects.filter(segment=segment).delete()
                if inside:
                    SegmentMember.objects.create(segment=segment, customer=self.person, entered_at=self.now)
                self.world.holds[public_id] = inside
            case ("cart", is_open):
                Cart.objects.filter(pk=self.cart.pk).update(state="open" if is_open else "expired")
                self.world.holds["cart_open"] = is_open
            case ("channels", channels):
                self.may(set(channels) & set(CHANNELS))
            case ("seen", _):
                Customer.objects.filter(pk=self.person.pk).update(last_seen_at=self.now)
                self.world.seen_at = self.now
            case ("codes", there):
                CouponPool.objects.update(archived_at=None if there else self.now)
                self.world.codes = there
            case ("crash", _):
                with Undone():  # the process ends before it can commit
                    tick(now=self.now)

    def done(self) -> list[tuple[Any, ...]]:
        """Return what was done, in the words of the plain reading."""
        messages = Message.objects.filter(source_id=self.journey.pk).values_list(
            "planned_at", "step", "channel", "template_version__template__key", "occurrence"
        )
        found: list[tuple[Any, ...]] = [
            (at, "message", step, channel, key, _lap(occurrence)) for at, step, channel, key, occurrence in messages
        ]
        for at, kind, step, lap in JourneyAction.objects.filter(journey=self.journey).values_list("done_at", "kind", "step", "lap"):
            found.append((at, KINDS[kind], step, lap))
        return sorted(found, key=repr)

    def ended(self) -> str:
        """Return how the run ended, "" while it goes on."""
        run = Enrollment.objects.get(journey=self.journey)
        return {"running": "", "finished": "finished"}.get(run.state, run.reason)


def _lap(occurrence: str) -> int:
    return int(occurrence.partition(".")[2] or 0)


def live_in_the_database(store: Any, journey: dict[str, Any], moves: list[tuple[Any, ...]]) -> None:
    """Live one life in the store and in the plain reading, and compare after every move."""
    try:
        definition = read_definition(journey)
    except DefinitionError:
        assume(False)
    assume(all(who.inside is False for who in definition.people))  # else they would not enter: that is `test_entering.py`'s
    stage = Stage(store, _with_templates(journey))
    stage.move(("event", "Cart Idle", "cart-1", "Tea"), None)
    life = Life(stage.data, stage.world)
    for move in [("time", 1), *moves]:
        # The row is begun by the first tick; the plain reading's first moment is the same.
        stage.move(move, life if Enrollment.objects.filter(journey=stage.journey).exists() else None)
        tick(now=stage.now)
        life.tick()
        assert stage.done() == sorted(stage.world.done, key=repr)
        assert stage.ended() == life.ended


def _with_templates(journey: dict[str, Any]) -> dict[str, Any]:
    """Return the journey with templates that there are, one for each channel."""

    def right(one: dict[str, Any]) -> dict[str, Any]:
        return {**one, "template": f"{one['template']}-{one['channel']}"} if "template" in one else one

    steps = [right({**step, "rungs": [right(rung) for rung in step["rungs"]]} if "rungs" in step else step) for step in journey["steps"]]
    return {**journey, "steps": steps}


@pytest.fixture
def furnished(store: Any) -> Any:
    """Furnish a store with everything random journeys name."""
    for channel in CHANNELS:
        for key in ("a", "b"):
            make_template(f"{key}-{channel}", channel=channel)
    for public_id in SEGMENTS:
        Segment.objects.filter(pk=make_list([], now=NOW).pk).update(public_id=public_id)
    CouponPool.objects.filter(pk=make_pool(now=NOW, endless=True).pk).update(public_id=SEGMENTS[0])
    endpoint = Endpoint(url="https://hooks.example.test/", types=["order.created"], created_at=NOW, public_id=SEGMENTS[0], store=store)
    endpoint.keep_secret("whsec_c2VjcmV0")
    endpoint.save()
    return store


LIVES = given(journey=journeys(), moves=MOVES)


@pytest.mark.django_db
@LIVES
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_random_lives_in_the_database_go_as_the_plain_reading_says(
    furnished: Any, journey: dict[str, Any], moves: list[tuple[Any, ...]]
) -> None:
    with Undone():
        live_in_the_database(furnished, journey, moves)


@pytest.mark.deep
@pytest.mark.django_db
@LIVES
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_three_hundred_lives_in_the_database_go_as_the_plain_reading_says(
    furnished: Any, journey: dict[str, Any], moves: list[tuple[Any, ...]]
) -> None:
    with Undone():
        live_in_the_database(furnished, journey, moves)


class Undone:
    """Undo whatever the block wrote."""

    def __enter__(self) -> None:
        self._block = transaction.atomic()
        self._block.__enter__()

    def __exit__(self, *error: Any) -> None:
        transaction.set_rollback(True)
        self._block.__exit__(*error)
