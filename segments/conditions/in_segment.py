"""Being in another segment, or not."""

from dataclasses import dataclass
from typing import ClassVar, Self

from retention.customers.changes import of_segment
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop
from segments.rules.asks import Ask, Asks, Told, choices
from segments.rules.base import Condition
from segments.rules.facts import Needs, Person
from segments.rules.sql import Fragment, negated, piece
from segments.rules.terms import At, SegmentTerm, Terms

_EMPTY = gettext_noop("There is no other segment yet.")
_WAYS = {"true": gettext_noop("are in"), "false": gettext_noop("are not in")}


@dataclass(frozen=True, slots=True)
class InSegment(Condition):
    """Membership of one other segment of the store, as it stands."""

    kind: ClassVar[str] = "in_segment"
    label: ClassVar[str] = gettext_noop("Is in a segment or not")
    also: ClassVar[str] = gettext_noop("list, member, group")
    segment: SegmentTerm
    wanted: bool

    @classmethod
    def read(cls, fields: Fields, terms: Terms) -> Self:
        """Read {"is": "in_segment", "segment": "<public id>", "in": true}; a segment that would come to contain itself is refused."""
        public_id = fields.text("segment", longest=36)
        wanted = fields.flag("in", default=True)
        term = terms.segments.get(public_id)
        if term is None:
            if public_id:
                fields.fault("segment", Phrase(gettext_noop("is no segment of this store")))
            return cls(SegmentTerm(0, public_id, ""), wanted)
        if terms.own and terms.leads_to_itself(public_id):
            fields.fault("segment", Phrase(gettext_noop("is built on this segment, so each would wait for the other")))
        return cls(term, wanted)

    @classmethod
    def asks(cls, told: Told, terms: Terms) -> Asks:
        """Ask in or not in, and which segment."""
        yield Ask("in", "flag", gettext_noop("how"), choices(_WAYS), default=True)
        known = sorted(
            (term.name, public_id) for public_id, term in terms.segments.items() if not terms.own or not terms.leads_to_itself(public_id)
        )
        options = [(public_id, name) for name, public_id in known]
        yield Ask("segment", "choice", gettext_noop("segment"), options, options[0][0] if options else "", empty=_EMPTY)

    def sql(self, at: At) -> Fragment:
        """Ask the list of members."""
        there = piece("EXISTS (SELECT 1 ") + self._members(at) + " AND member.customer_id = customer.id)"
        return there if self.wanted else negated(there)

    def rows(self, at: At) -> Fragment | None:
        """Read the list of members where they must be on it."""
        return piece("SELECT member.customer_id AS id ") + self._members(at) if self.wanted else None

    def holds(self, person: Person, at: At) -> bool:
        """Ask the loaded memberships."""
        return (self.segment.id in person.segments) == self.wanted

    def phrase(self, terms: Terms) -> Phrase:
        """Say it: are in “Champions”."""
        text = gettext_noop("are in “%(segment)s”") if self.wanted else gettext_noop("are not in “%(segment)s”")
        return Phrase(text, {"segment": self.segment.name})

    def reads(self) -> frozenset[str]:
        """Return the segment."""
        return frozenset({of_segment(self.segment.public_id)})

    def needs(self, at: At) -> Needs:
        """Return memberships."""
        return Needs(segments=True)

    def _members(self, at: At) -> Fragment:
        return piece(
            "FROM segments_segmentmember AS member WHERE member.store_id = %s AND member.segment_id = %s",
            at.terms.store_id,
            self.segment.id,
        )
