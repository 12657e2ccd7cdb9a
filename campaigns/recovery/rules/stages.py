"""Where a shopper left: each stage is a rule over one visit, read from JSON, that answers with its evidence. Pure.

The deepest stage whose rule holds is the visit's own. A new kind of rule: a class, a line in `KINDS`, a row of its test's table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Protocol, Self

from campaigns.journeys import triggers
from campaigns.recovery.rules import behaviour as acts
from campaigns.recovery.rules.behaviour import Moment, Visit
from retention.kit.fields import Fields, Problem
from retention.kit.register import Register
from retention.kit.words import Phrase, gettext_noop
from segments.rules.visits import SILENCE

Evidence = Phrase
BASKET = ("idle", "shipping", "payment")
"""Kinds of rules about a full basket: what is left behind is the basket, and the basket is what a run is about."""
SOLD_OUT = triggers.SOLD_OUT
"""The kind of rule about a product that could not be had: a run is about the product, and waits until it can be."""


class RuleError(ValueError):
    """The data is no rule of a stage; `problems` says where and why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{problem.path}: {problem.phrase.render(str)}" for problem in problems))
        self.problems = problems


class Rule(Protocol):
    """One rule. `kind` is its stored key and never changes."""

    kind: ClassVar[str]

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read the rule's own fields."""

    def holds(self, visit: Visit) -> Evidence | None:
        """Return why the visit ended at this stage, or None."""

    def describe(self) -> Phrase:
        """Say the rule in a few words."""


@dataclass(frozen=True)
class LeftList:
    """Lists or searches were looked through, and no product was opened."""

    kind: ClassVar[str] = "list"
    views: int = 3

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read how many views it takes."""
        return cls(fields.whole("views", low=1, high=100, default=3))

    def holds(self, visit: Visit) -> Evidence | None:
        """Return how many lists were seen."""
        seen = visit.count(acts.LIST, acts.SEARCH)
        if seen < self.views or visit.has(acts.OPEN, acts.ADD):
            return None
        return Phrase(gettext_noop("looked through %(count)s lists or searches and opened nothing"), {"count": seen})

    def describe(self) -> Phrase:
        """Say how many views."""
        return Phrase(gettext_noop("%(count)s or more views, nothing opened"), {"count": self.views})


@dataclass(frozen=True)
class ProductSeen:
    """A product was looked at again or for long, and nothing was put into the basket."""

    kind: ClassVar[str] = "product"
    times: int = 2
    seconds: int = 60

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read how often or how long."""
        return cls(fields.whole("times", low=1, high=50, default=2), fields.whole("seconds", low=5, high=600, default=60))

    def holds(self, visit: Visit) -> Evidence | None:
        """Return how often or how long, whichever it was."""
        if visit.has(acts.ADD):
            return None
        most = max(visit.opened().values(), default=0)
        longest = max(visit.dwell().values(), default=0.0)
        if most >= self.times:
            return Phrase(gettext_noop("looked at one product %(count)s times and did not add it"), {"count": most})
        if longest >= self.seconds:
            return Phrase(gettext_noop("looked at one product for %(count)s seconds and did not add it"), {"count": round(longest)})
        return None

    def describe(self) -> Phrase:
        """Say how often or how long."""
        return Phrase(gettext_noop("seen %(times)s times, or %(seconds)s seconds"), {"times": self.times, "seconds": self.seconds})


@dataclass(frozen=True)
class BasketIdle:
    """Something was put into the basket and not taken out, and the visit ended."""

    kind: ClassVar[str] = "idle"

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read nothing: the silence that ends a visit is the rule."""
        return cls()

    def holds(self, visit: Visit) -> Evidence | None:
        """Return how many pieces were left."""
        left = sum(pieces for pieces, _ in visit.basket().values())
        if left:
            many, one = gettext_noop("left %(count)s pieces in the basket"), gettext_noop("left %(count)s piece in the basket")
            return Phrase(one if left == 1 else many, {"count": left})
        if not visit.has(acts.ADD, acts.REMOVE) and visit.has(acts.CART, acts.CHECKOUT, acts.STEP, acts.PAY):
            return Phrase(gettext_noop("went back to the basket and left it"))
        return None

    def describe(self) -> Phrase:
        """Say how long it is quiet."""
        return Phrase(gettext_noop("quiet for %(count)s minutes"), {"count": int(SILENCE / timedelta(minutes=1))})


@dataclass(frozen=True)
class LeftAtShipping:
    """The visit ended where the shipping cost first shows: it was seen, and no payment was begun."""

    kind: ClassVar[str] = "shipping"
    step: int = 2

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read the step of the checkout that shows the cost, for shops that do not tell the cost itself."""
        return cls(fields.whole("step", low=1, high=20, default=2))

    def holds(self, visit: Visit) -> Evidence | None:
        """Return how far the checkout came."""
        shown = [m for m in visit.moments if m.act in {acts.CHECKOUT, acts.STEP} and (m.shipping or m.step >= self.step)]
        if not shown or visit.has(acts.PAY, acts.REFUSED):
            return None
        return Phrase(gettext_noop("saw the shipping cost and went no further"))

    def describe(self) -> Phrase:
        """Say which step."""
        return Phrase(gettext_noop("first step that shows it"))


@dataclass(frozen=True)
class PaymentFailed:
    """A payment was refused or begun and not finished."""

    kind: ClassVar[str] = "payment"

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read nothing."""
        return cls()

    def holds(self, visit: Visit) -> Evidence | None:
        """Return whether it was refused."""
        failed = visit.count(acts.REFUSED)
        return Phrase(gettext_noop("the payment was refused %(count)s times"), {"count": failed}) if failed else None

    def describe(self) -> Phrase:
        """Say what failed."""
        return Phrase(gettext_noop("card or wallet refused"))


@dataclass(frozen=True)
class Unanswered:
    """Something was asked, or searched for without a result, and no answer came."""

    kind: ClassVar[str] = "unanswered"

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read nothing."""
        return cls()

    def holds(self, visit: Visit) -> Evidence | None:
        """Return what was asked."""
        asked, answered = visit.last(acts.ASK), visit.last(acts.ANSWER)
        if asked is not None and (answered is None or answered.at < asked.at):
            return Phrase(gettext_noop("asked something and got no answer"))
        searches = [moment for moment in visit.moments if moment.act == acts.SEARCH]
        if searches and searches[-1].hits == 0 and not visit.has(acts.ADD):
            return Phrase(gettext_noop("searched and found nothing"))
        return None

    def describe(self) -> Phrase:
        """Say what counts."""
        return Phrase(gettext_noop("chat or search without result"))


@dataclass(frozen=True)
class WantedGone:
    """A product was looked at or asked for that could not be had, and nothing else was put into the basket.

    Which one must be known: nothing is said before it is back.
    """

    kind: ClassVar[str] = SOLD_OUT

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read nothing."""
        return cls()

    def holds(self, visit: Visit) -> Evidence | None:
        """Return that it was out of stock."""
        if wanted_in(visit) is None or visit.has(acts.ADD):
            return None
        return Phrase(gettext_noop("wanted a product that was sold out"))

    def describe(self) -> Phrase:
        """Say what counts."""
        return Phrase(gettext_noop("looked at what cannot be had"))


@dataclass(frozen=True)
class Happened:
    """A stage of the merchant's own: one event happened, and another did not follow. device: only there, where it is told."""

    kind: ClassVar[str] = "event"
    event: str = ""
    without: str = "Order Completed"
    device: str = ""

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read both names, and the device if it is told."""
        device = fields.choice("device", ("", *acts.DEVICES), default="")
        return cls(fields.text("event"), fields.text("without", default="Order Completed"), device)

    def holds(self, visit: Visit) -> Evidence | None:
        """Return which event was the last word."""
        if self.device and visit.device() != self.device:
            return None
        named = [place for place, moment in enumerate(visit.moments) if moment.name == self.event]
        if not named or any(moment.name == self.without for moment in visit.moments[named[-1] :]):
            return None
        return Phrase(
            gettext_noop("“%(event)s” happened, and “%(without)s” did not follow"), {"event": self.event, "without": self.without}
        )

    def describe(self) -> Phrase:
        """Name both events."""
        return Phrase(gettext_noop("“%(event)s” without “%(without)s”"), {"event": self.event, "without": self.without})


def wanted_in(visit: Visit) -> Moment | None:
    """Return the last moment of a visit at which a product was wanted that could not be had."""
    return next((moment for moment in reversed(visit.moments) if moment.gone and moment.product), None)


KINDS: Register[type[Rule]] = Register("kind of stage")
for _kind in (LeftList, ProductSeen, BasketIdle, LeftAtShipping, PaymentFailed, Unanswered, WantedGone, Happened):
    KINDS.add(_kind.kind, _kind)


def read_rule(data: object) -> Rule:
    """Read a rule from JSON such as {"kind": "product", "times": 2, "seconds": 60}; raises RuleError with every problem found."""
    problems: list[Problem] = []
    fields = Fields(data if isinstance(data, dict) else {}, "rule", problems)
    kind = fields.choice("kind", tuple(KINDS.keys()))
    rule = KINDS[kind].read(fields)
    fields.close()
    if problems:
        raise RuleError(problems)
    return rule


@dataclass(frozen=True)
class Stage:
    """One row of the plan. depth: of two rules that hold, the higher one is the visit's stage."""

    key: str
    depth: int
    rule: Rule


def stage_of(visit: Visit, stages: Sequence[Stage]) -> tuple[Stage, Evidence] | None:
    """Return the deepest stage a visit ended at with the evidence; None when it ended well or nowhere in particular."""
    if visit.bought:
        return None
    for stage in sorted(stages, key=lambda one: (-one.depth, one.key)):
        evidence = stage.rule.holds(visit)
        if evidence is not None:
            return stage, evidence
    return None
