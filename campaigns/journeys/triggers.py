"""What starts a journey: an event, coming into a segment or leaving it, a date somebody has, the calendar, or news of a product.

Read from JSON; thinks only. Where the calendar meets people is `waves.py`, where a product's news meets them is `products.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date as Date
from datetime import time, timedelta
from typing import Any

from campaigns.journeys.occasions import Occasion, read_wall, read_weekdays
from campaigns.journeys.steps.wait_date import BIRTHDAY, MORNING
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop
from segments.rules.properties import Property

KINDS = ("event", "segment", "date", "schedule", "product")
SEGMENT_MOVES = {"entered": "Segment Entered", "left": "Segment Left"}
PRODUCT_NEWS = {"price_drop": "Product Price Dropped", "back_in_stock": "Product Back In Stock", "low_stock": "Product Running Low"}
FOR_STOCK = "back-in-stock"
"""The step at which runs of the recovery plan wait for the product they are about; it also stands in an index of the runs' table."""
SOLD_OUT = "gone"
"""The stored kind of the recovery plan's stage whose people come to that step."""
ASKED_FOR = "Back In Stock Requested"
WAS_SOLD_OUT = "was_sold_out"
"""What news of stock that came back says of itself: whether nothing of the whole product was there before."""
INTERESTS = ("viewed", "basket", "wished")
RULES = ("never", "always", "after")
TELLS_OF_STOCK = ("availability", "stock_status", "in_stock", "available", "stock", "inventory_quantity")
"""What an event may say of a product's stock; `says_gone` asks for nothing else."""
_GONE = {"out_of_stock", "outofstock", "out of stock", "sold_out", "soldout", "sold out", "unavailable"}


@dataclass(frozen=True)
class Again:
    """May somebody enter again? never: once for each thing it is about. always: each time, once the run before has ended.

    after: so too, and only that many days after entering.
    """

    rule: str = "never"
    days: int = 0

    def words(self) -> Phrase:
        """Say it."""
        if self.rule == "always":
            return Phrase(gettext_noop("Each time, once they have left"))
        if self.rule == "after":
            return Phrase(gettext_noop("Each time, once they have left and %(count)s days after entering"), {"count": self.days})
        return Phrase(gettext_noop("Once only"))


@dataclass(frozen=True)
class Calendar:
    """When people enter by the clock where they live, at `at`.

    date: an attribute or the birthday; `days` after it (before, if negative), each year if `yearly`. every: day, week (on `weekdays`) or
    month (on `day`), for everybody in `segment`.
    """

    at: time = MORNING
    date: str = ""
    days: int = 0
    yearly: bool = False
    every: str = ""
    weekdays: frozenset[int] = frozenset()
    day: int = 1
    segment: str = ""

    def meant_on(self, today: Date) -> Date | None:
        """Return the date somebody must have to enter on a day (today itself for a schedule), or None when nobody enters on it."""
        if self.date:
            return today - timedelta(days=self.days)
        right = {"day": True, "week": today.weekday() in self.weekdays, "month": today.day == self.day}[self.every]
        return today if right else None


@dataclass(frozen=True)
class Product:
    """News of a product for those it interests. percent: how far a price must fall; at_most: how few pieces are few.

    interest: what they did with it within so many days: viewed, basket, wished.
    """

    what: str
    percent: int = 1
    at_most: int = 3
    within_days: int = 30
    interest: tuple[str, ...] = INTERESTS

    def accepts(self, properties: Mapping[str, Any]) -> bool:
        """Say whether news told to a person (see `products.py`) is what this journey waits for."""
        days = [properties.get(f"{kind}_days") for kind in self.interest]
        near = any(isinstance(one, int) and one <= self.within_days for one in days)
        if self.what == "price_drop":
            return near and properties.get("percent", 0) >= self.percent
        return near and (self.what != "low_stock" or properties.get("available", self.at_most + 1) <= self.at_most)


@dataclass(frozen=True)
class Trigger:
    """What starts a run. occasion: the event that does (its name is empty where the calendar does); the rest by kind."""

    kind: str
    occasion: Occasion = field(default_factory=lambda: Occasion(""))
    calendar: Calendar | None = None
    product: Product | None = None
    segment: str = ""

    @property
    def event(self) -> str:
        """Return the name of the event that starts a run, "" where none does."""
        return self.occasion.event

    @property
    def key(self) -> str:
        """Return the property that says what a run is about, "" for the customer."""
        return self.occasion.key

    def starts(self, event: str, properties: Mapping[str, Any]) -> bool:
        """Say whether an event starts a run; asked once, when it is read."""
        return self.occasion.counts(event, properties) and (self.product is None or self.product.accepts(properties))

    def words(self) -> Phrase:
        """Say what starts it. A segment is named by its public id; pages put its name there."""
        return _WORDS[self.kind](self)


def read_trigger(fields: Fields) -> Trigger:
    """Read {"kind": "event", ...}; without a kind it is an event. Every kind's fields stand in `definition.py`."""
    kind = fields.choice("kind", KINDS, default="event")
    return _READERS[kind](fields)


def says_gone(properties: Mapping[str, object]) -> bool:
    """Say whether what an event tells of a product means that it cannot be had."""
    stated = properties.get("availability") or properties.get("stock_status")
    if isinstance(stated, str) and stated.strip().lower().replace("https://schema.org/", "") in _GONE:
        return True
    if properties.get("in_stock") is False or properties.get("available") is False:
        return True
    stock = properties.get("stock", properties.get("inventory_quantity"))
    return isinstance(stock, int) and not isinstance(stock, bool) and stock <= 0


def read_again(fields: Fields) -> Again:
    """Read {"rule": "after", "days": 30}."""
    rule = fields.choice("rule", RULES)
    return Again(rule, fields.whole("days", low=1, high=3650) if rule == "after" else 0)


def _event(fields: Fields) -> Trigger:
    return Trigger("event", Occasion.read(fields))


def _segment(fields: Fields) -> Trigger:
    segment = fields.text("segment", longest=60)
    event = SEGMENT_MOVES[fields.choice("move", tuple(SEGMENT_MOVES), default="entered")]
    return Trigger("segment", Occasion(event, "", (Property("segment", "text", "is", False, (segment,)),)), segment=segment)


def _date(fields: Fields) -> Trigger:
    name = fields.text("date", longest=80)
    days = fields.whole("days", low=-365, high=365, default=0)
    yearly = fields.flag("yearly", default=False) or name == BIRTHDAY
    return Trigger("date", calendar=Calendar(read_wall(fields) or MORNING, name, days, yearly))


def _schedule(fields: Fields) -> Trigger:
    every = fields.choice("every", ("day", "week", "month"))
    weekdays = read_weekdays(fields) if every == "week" else frozenset()
    if every == "week" and not weekdays:
        fields.fault("weekdays", Phrase(gettext_noop("must name a weekday")))
    day = fields.whole("day", low=1, high=28) if every == "month" else 1
    at, segment = read_wall(fields) or MORNING, fields.text("segment", longest=60)
    return Trigger("schedule", calendar=Calendar(at, every=every, weekdays=weekdays, day=day, segment=segment), segment=segment)


def _product(fields: Fields) -> Trigger:
    what = fields.choice("what", tuple(PRODUCT_NEWS))
    percent = fields.whole("percent", low=1, high=99, default=1) if what == "price_drop" else 1
    at_most = fields.whole("at_most", low=1, high=20, default=3) if what == "low_stock" else 3
    within = fields.whole("within_days", low=1, high=90, default=30)
    interest = fields.texts("interest", most=len(INTERESTS)) if fields.told("interest") else INTERESTS
    fields.read.add("interest")
    if any(one not in INTERESTS for one in interest):
        fields.fault("interest", Phrase(gettext_noop("must be one of: %(allowed)s"), {"allowed": ", ".join(INTERESTS)}))
    return Trigger("product", Occasion(PRODUCT_NEWS[what], "product_id"), product=Product(what, percent, at_most, within, interest))


_READERS = {"event": _event, "segment": _segment, "date": _date, "schedule": _schedule, "product": _product}


def _event_words(trigger: Trigger) -> Phrase:
    said = Phrase(gettext_noop("“%(event)s” happens"), {"event": trigger.event})
    for one in trigger.occasion.where:
        said = Phrase(gettext_noop("%(first)s, and %(second)s"), {"first": said, "second": one.phrase()})
    return said


def _segment_words(trigger: Trigger) -> Phrase:
    came = trigger.event == SEGMENT_MOVES["entered"]
    text = gettext_noop("they come into the segment “%(segment)s”") if came else gettext_noop("they leave the segment “%(segment)s”")
    return Phrase(text, {"segment": trigger.segment})


def _calendar(trigger: Trigger) -> Calendar:
    return trigger.calendar or Calendar()


def _date_words(trigger: Trigger) -> Phrase:
    one = _calendar(trigger)
    values = {"date": one.date, "count": abs(one.days), "at": f"{one.at:%H:%M}"}
    if one.days < 0:
        return Phrase(gettext_noop("it is %(count)s days before “%(date)s”, %(at)s where they live"), values)
    if one.days > 0:
        return Phrase(gettext_noop("it is %(count)s days after “%(date)s”, %(at)s where they live"), values)
    return Phrase(gettext_noop("it is “%(date)s”, %(at)s where they live"), values)


def _schedule_words(trigger: Trigger) -> Phrase:
    one = _calendar(trigger)
    texts = {
        "day": gettext_noop("it is %(at)s where they live, each day, for everybody in the segment “%(segment)s”"),
        "week": gettext_noop("it is %(at)s where they live, on chosen weekdays, for everybody in the segment “%(segment)s”"),
        "month": gettext_noop("it is %(at)s where they live on day %(day)s of the month, for everybody in the segment “%(segment)s”"),
    }
    return Phrase(texts[one.every], {"at": f"{one.at:%H:%M}", "day": one.day, "segment": one.segment})


def _product_words(trigger: Trigger) -> Phrase:
    one = trigger.product or Product("price_drop")
    texts = {
        "price_drop": gettext_noop("a product they cared about in the last %(days)s days costs at least %(percent)s %% less"),
        "back_in_stock": gettext_noop("a product they cared about in the last %(days)s days is back in stock"),
        "low_stock": gettext_noop("of a product they cared about in the last %(days)s days at most %(few)s are left"),
    }
    return Phrase(texts[one.what], {"days": one.within_days, "percent": one.percent, "few": one.at_most})


_WORDS = {"event": _event_words, "segment": _segment_words, "date": _date_words, "schedule": _schedule_words, "product": _product_words}
