"""How far from a postcode a customer lives, as the crow flies, by the store's own table of postcodes.

Who has no postcode, no country, or a postcode the table does not know lives near nothing.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

from retention.customers.changes import POSTCODES, of_field
from retention.kit.fields import Fields
from retention.kit.words import Phrase, fold, gettext_noop
from segments.rules.asks import Ask, Asks, Told, choices
from segments.rules.base import Condition
from segments.rules.comparing import plain
from segments.rules.facts import Needs, Person
from segments.rules.places import UNITS, Circle, plain_postcode
from segments.rules.sql import Fragment, negated
from segments.rules.terms import At, Terms

FARTHEST = 20_000
_WAYS = {"true": gettext_noop("within"), "false": gettext_noop("not within")}
_TABLE = gettext_noop("Measured with your table of postcodes.")
_NO_COUNTRY = gettext_noop("Of no customer the country is known yet, so nobody is near anything.")
_UNITS = {"km": gettext_noop("km"), "miles": gettext_noop("miles")}
_SENTENCES = {
    True: gettext_noop("live within %(radius)s %(unit)s of %(postcode)s in %(country)s"),
    False: gettext_noop("do not live within %(radius)s %(unit)s of %(postcode)s in %(country)s"),
}


@dataclass(frozen=True, slots=True)
class Distance(Condition):
    """A circle around a postcode. radius: in the unit; circle: the same as a point and metres."""

    kind: ClassVar[str] = "distance"
    label: ClassVar[str] = gettext_noop("Distance from a postcode")
    also: ClassVar[str] = gettext_noop("near, radius, kilometres, miles, shop")
    near: bool
    radius: float
    unit: str
    country: str
    postcode: str
    circle: Circle

    @classmethod
    def read(cls, fields: Fields, terms: Terms) -> Self:
        """Read {"is": "distance", "near": true, "radius": 20, "unit": "km", "country": "DE", "postcode": "80331"}."""
        near, unit = fields.flag("near", default=True), fields.choice("unit", tuple(UNITS), default="km")
        radius = fields.number("radius", low=0.1, high=FARTHEST)
        country = fields.text("country", longest=2).upper()
        postcode = fields.text("postcode", longest=20)
        point = terms.where(country, plain_postcode(fold(postcode.strip())))
        if point is None and country and postcode:
            fields.fault("postcode", Phrase(gettext_noop("is not in this store's table of postcodes for that country")))
        return cls(near, radius, unit, country, postcode, Circle(*(point or (0.0, 0.0)), radius * UNITS[unit]))

    @classmethod
    def asks(cls, told: Told, terms: Terms) -> Asks:
        """Ask how far, and from where."""
        yield Ask("near", "flag", gettext_noop("how"), choices(_WAYS), default=True)
        yield Ask("radius", "number", gettext_noop("distance"), default=20)
        yield Ask("unit", "choice", gettext_noop("of what"), choices(_UNITS), "km")
        yield Ask("postcode", "text", gettext_noop("of the postcode"), offers="field:postcode", hint=_TABLE, leads="segments:postcodes")
        yield Ask("country", "pick", gettext_noop("in the country"), offers="countries", empty=_NO_COUNTRY)

    def sql(self, at: At) -> Fragment:
        """Compare the customer's postcode with those in the circle."""
        there = self.circle.holds_sql(at.terms.store_id)
        return there if self.near else negated(there)

    def holds(self, person: Person, at: At) -> bool:
        """Ask whether the circle was found to hold them."""
        return (self.circle in person.circles) == self.near

    def phrase(self, terms: Terms) -> Phrase:
        """Say it: live within 20 km of 80331 in Germany."""
        (country,) = terms.called("country", [self.country])
        values = {"radius": plain(self.radius), "unit": Phrase(_UNITS[self.unit]), "postcode": self.postcode, "country": country}
        return Phrase(_SENTENCES[self.near], values)

    @property
    def is_personal(self) -> bool:
        """Say so always: few may live in a postcode, or within a hundred metres of it."""
        return True

    def reads(self) -> frozenset[str]:
        """Return the columns, and the table of postcodes."""
        return frozenset({of_field("country"), of_field("postcode"), POSTCODES})

    def needs(self, at: At) -> Needs:
        """Return the circle."""
        return Needs(circles=frozenset({self.circle}))
