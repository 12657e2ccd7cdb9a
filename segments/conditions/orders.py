"""Orders of a customer in a window: how many, what they came to, with a coupon, with certain products.

An order that was called off or never paid is none. What was bought is what the order says of it: its product, category, brand and vendor;
where it named none, what the catalogue said when it came in (`orders/placing.py`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from retention.customers.changes import ORDERS
from retention.kit.fields import Fields
from retention.kit.money import decimals_of
from retention.kit.words import Phrase, gettext_noop
from segments.rules.asks import Ask, Asks, Told, ask_number, ask_window, choices
from segments.rules.base import Condition
from segments.rules.comparing import NumberTest, amount_of, listed, plain
from segments.rules.counted import COUNT_OPS, counted, is_any, is_none
from segments.rules.facts import LineFact, Needs, OrderFact, Person
from segments.rules.sql import Fragment, any_of, joined, negated, piece
from segments.rules.terms import At, Terms
from segments.rules.windows import EVER, Window, holds, turns, within

MEASURES = ("count", "sum")
WHATS = {
    "product": gettext_noop("product"),
    "category": gettext_noop("category"),
    "brand": gettext_noop("brand"),
    "vendor": gettext_noop("vendor"),
}
_MEASURES = {"count": gettext_noop("orders"), "sum": gettext_noop("what they came to")}
_ONLY = {
    "product": gettext_noop("certain products"),
    "category": gettext_noop("certain categories"),
    "brand": gettext_noop("certain brands"),
    "vendor": gettext_noop("certain vendors"),
}
_BY_CATALOGUE = gettext_noop("What an order says itself, or your catalogue said when it came in. Older orders that named none are not met.")
_HINTS = {"category": _BY_CATALOGUE, "brand": _BY_CATALOGUE, "vendor": _BY_CATALOGUE}
COUNTS = "placed.cancelled_at IS NULL AND placed.payment_state <> 'voided'"
_ORDERED = gettext_noop("ordered%(what)s%(coupon)s%(when)s")
_ORDERED_NOT = gettext_noop("did not order%(what)s%(coupon)s%(when)s")
_COUNT = gettext_noop("placed %(amount)s orders%(what)s%(coupon)s%(when)s")
_ONE = gettext_noop("placed %(amount)s order%(what)s%(coupon)s%(when)s")
_SUM = gettext_noop("placed orders%(what)s%(coupon)s for %(amount)s in all%(when)s")
_BELOW = " / "


@dataclass(frozen=True, slots=True)
class Orders(Condition):
    """Orders compared. what, names: only orders with one of these products, categories (with all below them), brands or vendors."""

    kind: ClassVar[str] = "orders"
    label: ClassVar[str] = gettext_noop("Orders: how many, how much, of what, with which coupon")
    also: ClassVar[str] = gettext_noop("bought, purchase, product, category, coupon, discount")
    measure: str
    amount: NumberTest
    window: Window
    currency: str
    what: str = ""
    names: tuple[str, ...] = ()
    coupons: tuple[str, ...] = ()

    @classmethod
    def read(cls, fields: Fields, terms: Terms) -> Self:
        """Read {"is": "orders", "op": "at_least", "value": 2, "what": "category", "names": ["Coffee"], "window": {...}} and the like."""
        measure = fields.choice("measure", MEASURES, default="count")
        amount = NumberTest.read(fields, ops=COUNT_OPS, whole=measure == "count")
        window = Window.read(fields.part("window")) if fields.told("window") else EVER
        what = fields.choice("what", tuple(WHATS)) if fields.told("what") else ""
        names = fields.texts("names", longest=300) if what else ()
        coupons = fields.texts("coupons", longest=120) if fields.told("coupons") else ()
        if measure == "sum":
            amount = amount.scaled(10 ** decimals_of(terms.currency))
        return cls(measure, amount, window, terms.currency, what, names, coupons)

    @classmethod
    def asks(cls, told: Told, terms: Terms) -> Asks:
        """Ask how many or how much, of what, with which coupon, and when."""
        yield Ask("measure", "choice", gettext_noop("count"), choices(_MEASURES), "count")
        kind = "whole" if told.word("measure") == "count" else "number"
        yield from ask_number(told, ops=COUNT_OPS, label=gettext_noop("how many"), kind=kind, is_count=True)
        yield Ask("what", "choice", gettext_noop("of"), [("", gettext_noop("anything")), *choices(_ONLY)], is_optional=True)
        if told.word("what"):
            yield Ask("names", "texts", gettext_noop("which"), offers=f"sold:{told.word('what')}", hint=_HINTS.get(told.word("what"), ""))
        yield Ask("coupons", "texts", gettext_noop("with the coupon"), is_optional=True, offers="coupons")
        yield from ask_window(told)

    def sql(self, at: At) -> Fragment:
        """Ask the figures on the customer's row where they know, else the orders."""
        span = self.window.span(at.now, at.terms.zone)
        if self._by_figures:
            if self.window.is_everything:
                return self.amount.sql("customer.orders_count")
            there = piece("(customer.last_order_at IS NOT NULL AND ") + within("customer.last_order_at", span) + ")"
            return there if is_any(self.amount) else negated(there)
        amount = "count(*)" if self.measure == "count" else "coalesce(sum(placed.total_minor - placed.refunded_minor), 0)"
        return counted(self._orders(at, within("placed.placed_at", span)), self.amount, customer="placed.customer_id", amount=amount)

    def lenient_sql(self, at: At) -> Fragment:
        """Ask the figures as `sql` does; the last order is NULL where there is none."""
        if self._by_figures and not self.window.is_everything and is_any(self.amount):
            return within("customer.last_order_at", self.window.span(at.now, at.terms.zone))
        return self.sql(at)

    def holds(self, person: Person, at: At) -> bool:
        """Count what is loaded."""
        span = self.window.span(at.now, at.terms.zone)
        if self._by_figures:
            if self.window.is_everything:
                return self.amount.holds(person.row["orders_count"])
            return self.amount.holds(int(holds(span, person.row["last_order_at"])))
        placed = [order for order in person.orders if holds(span, order.at) and self._counts(order)]
        return self.amount.holds(len(placed) if self.measure == "count" else sum(one.total_minor - one.refunded_minor for one in placed))

    def phrase(self, terms: Terms) -> Phrase:
        """Say it: placed at least 2 orders of the category “Coffee” in the last 180 days."""
        words = self.window.phrase()
        when: Phrase | str = Phrase(gettext_noop(" %(when)s"), {"when": words}) if words else ""
        what: Phrase | str = ""
        if self.what:
            what = Phrase(
                gettext_noop(" of the %(kind)s %(names)s"), {"kind": Phrase(WHATS[self.what]), "names": listed(self._called(terms))}
            )
        coupon: Phrase | str = Phrase(gettext_noop(" with the coupon %(codes)s"), {"codes": listed(self.coupons)}) if self.coupons else ""
        values = {"what": what, "coupon": coupon, "when": when, "amount": self.amount.amount(self._show)}
        if self.measure == "sum":
            return Phrase(_SUM, values)
        count = _ONE if self.amount.is_one else _COUNT
        return Phrase(_ORDERED if is_any(self.amount) else _ORDERED_NOT if is_none(self.amount) else count, values)

    @property
    def is_personal(self) -> bool:
        """Say so of every coupon: a code from a pool is one person's."""
        return bool(self.coupons)

    def reads(self) -> frozenset[str]:
        """Return the orders."""
        return frozenset({ORDERS})

    def needs(self, at: At) -> Needs:
        """Return the orders, with their lines where products matter."""
        return Needs() if self._by_figures else Needs(orders=True, lines=bool(self.what))

    def turns(self, before: At, after: At) -> Fragment | None:
        """Return those of whom an order came into the window or left it."""
        spans = [self.window.span(one.now, one.terms.zone) for one in (before, after)]
        if self._by_figures:
            return turns("customer.last_order_at", before=spans[0], after=spans[1])
        moved = turns("placed.placed_at", before=spans[0], after=spans[1])
        return None if moved is None else piece("customer.id IN (SELECT placed.customer_id ") + self._orders(after, moved) + ")"

    def found(self, person: Person, at: At) -> Phrase | None:
        """Say how many orders there are."""
        return Phrase(gettext_noop("Orders: %(count)s"), {"count": person.row["orders_count"]})

    @property
    def _by_figures(self) -> bool:
        if self.measure != "count" or self.what or self.coupons:
            return False
        return self.window.is_everything or (self.window.is_open and (is_any(self.amount) or is_none(self.amount)))

    def _orders(self, at: At, when: Fragment) -> Fragment:
        rows = piece(
            f"FROM orders_order AS placed WHERE placed.store_id = %s AND placed.customer_id IS NOT NULL AND {COUNTS} AND ",
            at.terms.store_id,
        )
        wanted = [when]
        if self.measure == "sum":
            wanted.append(piece("placed.currency = %s", self.currency))
        if self.coupons:
            wanted.append(piece("placed.coupons ?| %s", list(self.coupons)))
        if self.what:
            line = piece(
                "EXISTS (SELECT 1 FROM orders_orderline AS line WHERE line.store_id = %s AND line.order_id = placed.id AND ",
                at.terms.store_id,
            )
            wanted.append(line + self._named() + ")")
        return rows + joined(wanted, "AND")

    def _named(self) -> Fragment:
        column = {"product": "line.product_id", "category": "line.category", "brand": "line.brand", "vendor": "line.vendor"}[self.what]
        exact = piece(f"{column} = ANY(%s)", list(self.names))
        if self.what != "category":
            return exact
        return any_of([exact, *(piece(f"starts_with({column}, %s)", name + _BELOW) for name in self.names)])

    def _counts(self, order: OrderFact) -> bool:
        if self.measure == "sum" and order.currency != self.currency:
            return False
        if self.coupons and not set(self.coupons) & {one for one in order.coupons if isinstance(one, str)}:
            return False
        return not self.what or self._is_named(order.lines)

    def _is_named(self, lines: Iterable[LineFact]) -> bool:
        told = [getattr(line, "product_id" if self.what == "product" else self.what) for line in lines]
        if any(one in self.names for one in told):
            return True
        return self.what == "category" and any(one.startswith(name + _BELOW) for one in told for name in self.names)

    def _called(self, terms: Terms) -> Sequence[str]:
        return terms.called("product", self.names) if self.what == "product" else self.names

    def _show(self, amount: float) -> str:
        return plain(amount) if self.measure == "count" else amount_of(amount, self.currency)
