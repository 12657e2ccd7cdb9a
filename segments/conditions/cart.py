"""The basket a customer has open: how far they came, what is in it, how long they left it."""

from dataclasses import dataclass
from typing import ClassVar, Self

from retention.customers.changes import CART
from retention.kit.fields import Fields
from retention.kit.money import decimals_of
from retention.kit.words import Phrase, gettext_noop
from segments.rules.asks import NUMBERS, Ask, Asks, Told, ask_window, choices
from segments.rules.base import Condition
from segments.rules.comparing import NumberTest, amount_of, listed
from segments.rules.facts import Needs, Person
from segments.rules.sql import Fragment, all_of, negated, piece
from segments.rules.terms import At, Terms
from segments.rules.windows import EVER, Window, holds, turns, within

_SENTENCES = {
    "open": gettext_noop("have something in their basket%(more)s"),
    "idle": gettext_noop("left a basket alone%(more)s"),
    "abandoned": gettext_noop("abandoned a basket%(more)s"),
    "none": gettext_noop("have nothing in a basket%(more)s"),
}
_STATES = {
    "abandoned": gettext_noop("abandoned"),
    "idle": gettext_noop("left alone"),
    "open": gettext_noop("with something in it"),
    "none": gettext_noop("empty"),
}
_MEANINGS = {
    "abandoned": gettext_noop("Left alone for so long that it looks given up: a day, or what your settings say."),
    "idle": gettext_noop("Nobody touched it for an hour, or what your settings say. Abandoned ones are among these."),
    "open": gettext_noop("Full now, whether it is just being filled, left alone or abandoned."),
    "none": gettext_noop("Nothing was put in, it was bought, or nobody touched it for 14 days."),
}
_STAGES = gettext_noop("The last step of buying they reached: basket, checkout or payment. Nothing here means any.")
_AMOUNTS = ("at_least", "at_most", "more", "less", "between")


@dataclass(frozen=True, slots=True)
class Cart(Condition):
    """The open basket compared. stages: one of these; total: in minor units of the store's currency; window: when it was last touched."""

    kind: ClassVar[str] = "cart"
    label: ClassVar[str] = gettext_noop("Basket: open, left alone, abandoned")
    also: ClassVar[str] = gettext_noop("cart, checkout")
    state: str
    stages: tuple[str, ...] = ()
    total: NumberTest | None = None
    window: Window = EVER
    currency: str = ""

    @classmethod
    def read(cls, fields: Fields, terms: Terms) -> Self:
        """Read {"is": "cart", "state": "abandoned", "stages": ["checkout"], "total": {"op": "at_least", "value": 50}, "window": {...}}."""
        state = fields.choice("state", tuple(_SENTENCES))
        if state == "none":
            return cls(state)
        stages = fields.texts("stages", longest=40) if fields.told("stages") else ()
        total = None
        if fields.told("total"):
            part = fields.part("total")
            total = NumberTest.read(part, ops=_AMOUNTS).scaled(10 ** decimals_of(terms.currency))
            part.close()
        window = Window.read(fields.part("window")) if fields.told("window") else EVER
        return cls(state, stages, total, window, terms.currency)

    @classmethod
    def asks(cls, told: Told, terms: Terms) -> Asks:
        """Ask what became of it, how far they came, what it is worth, when it was touched."""
        yield Ask("state", "choice", gettext_noop("basket"), choices(_STATES), "abandoned", hint=_MEANINGS)
        if told.word("state") == "none":
            return
        yield Ask("stages", "texts", gettext_noop("how far they came"), is_optional=True, offers="stages", hint=_STAGES)
        amounts = [("", gettext_noop("any")), *choices(NUMBERS, _AMOUNTS)]
        yield Ask("total.op", "choice", gettext_noop("worth"), amounts, is_optional=True)
        if told.word("total.op"):
            yield Ask("total.value", "number", gettext_noop("amount"), default=50)
        if told.word("total.op") == "between":
            yield Ask("total.to", "number", gettext_noop("up to"), default=100)
        yield from ask_window(told)

    def sql(self, at: At) -> Fragment:
        """Ask the open basket."""
        if self.state == "none":
            return negated(self._there(piece("true"), at))
        return self._there(self._wanted(at), at)

    def rows(self, at: At) -> Fragment | None:
        """Read the open baskets where there must be one."""
        if self.state == "none":
            return None
        return piece("SELECT cart.customer_id AS id ") + self._rows(at) + "cart.customer_id IS NOT NULL AND " + self._wanted(at)

    def holds(self, person: Person, at: At) -> bool:
        """Ask the loaded basket."""
        cart = person.cart
        if self.state == "none" or cart is None:
            return cart is None and self.state == "none"
        since = {"open": cart.last_activity_at, "idle": cart.idle_at, "abandoned": cart.abandoned_at}[self.state]
        if since is None or (self.stages and cart.stage not in self.stages):
            return False
        if self.total is not None and not (cart.currency == self.currency and self.total.holds(cart.total_minor)):
            return False
        return holds(self.window.span(at.now, at.terms.zone), cart.last_activity_at)

    def phrase(self, terms: Terms) -> Phrase:
        """Say it: abandoned a basket at the stage “checkout”."""
        more: Phrase | str = ""
        if words := self.window.phrase():
            more = Phrase(gettext_noop(", last touched %(when)s"), {"when": words})
        if self.total is not None:
            total = self.total.amount(lambda minor: amount_of(minor, self.currency))
            more = Phrase(gettext_noop(" worth %(total)s%(more)s"), {"total": total, "more": more})
        if self.stages:
            more = Phrase(gettext_noop(" at the stage %(stages)s%(more)s"), {"stages": listed(self.stages), "more": more})
        return Phrase(_SENTENCES[self.state], {"more": more})

    def reads(self) -> frozenset[str]:
        """Return baskets."""
        return frozenset({CART})

    def needs(self, at: At) -> Needs:
        """Return the open basket."""
        return Needs(cart=True)

    def turns(self, before: At, after: At) -> Fragment | None:
        """Return those whose basket's last touch came into the window or left it."""
        spans = (self.window.span(one.now, one.terms.zone) for one in (before, after))
        moved = turns("cart.last_activity_at", before=next(spans), after=next(spans))
        return None if moved is None else self._there(moved, after)

    def _wanted(self, at: At) -> Fragment:
        wanted = [within("cart.last_activity_at", self.window.span(at.now, at.terms.zone))]
        if self.state != "open":
            wanted.append(piece(f"cart.{self.state}_at IS NOT NULL"))
        if self.stages:
            wanted.append(piece("cart.stage = ANY(%s)", list(self.stages)))
        if self.total is not None:
            wanted += [piece("cart.currency = %s", self.currency), self.total.sql("cart.total_minor")]
        return all_of(wanted)

    def _there(self, condition: Fragment, at: At) -> Fragment:
        return piece("EXISTS (SELECT 1 ") + self._rows(at) + "cart.customer_id = customer.id AND " + condition + ")"

    def _rows(self, at: At) -> Fragment:
        return piece(
            "FROM orders_cart AS cart WHERE cart.store_id = %s AND cart.state = 'open' AND cart.lines_count > 0 AND ", at.terms.store_id
        )
