"""The kinds of conditions, one file each. A new kind: copy `country.py`, add it to a group here, and its cases in `tests/segments/`."""

from retention.kit.register import Register
from retention.kit.words import gettext_noop
from segments.conditions.anniversary import Anniversary
from segments.conditions.attribute import Attribute
from segments.conditions.birthday import Birthday
from segments.conditions.cart import Cart
from segments.conditions.consent import Consent
from segments.conditions.country import Country
from segments.conditions.distance import Distance
from segments.conditions.event import Event
from segments.conditions.event_time import EventTime
from segments.conditions.figure import Figure
from segments.conditions.funnel import Funnel
from segments.conditions.in_segment import InSegment
from segments.conditions.interests import Interests
from segments.conditions.message import Message
from segments.conditions.moment import Moment
from segments.conditions.orders import Orders
from segments.conditions.phone_country import PhoneCountry
from segments.conditions.share import Share
from segments.conditions.suppression import Suppression
from segments.conditions.text import Text
from segments.conditions.visit import Visit
from segments.rules.base import Condition

# As the menu of the builder shows them.
GROUPS: dict[str, tuple[type[Condition], ...]] = {
    gettext_noop("What they did"): (Event, EventTime, Funnel, Visit),
    gettext_noop("Orders and baskets"): (Orders, Figure, Moment, Cart),
    gettext_noop("Who they are"): (Text, Country, Distance, PhoneCountry, Birthday, Interests, Attribute, Anniversary),
    gettext_noop("Messages and permission"): (Consent, Message, Suppression),
    gettext_noop("Other segments, and chance"): (InSegment, Share),
}
KINDS: Register[type[Condition]] = Register("segment condition")
for _group in GROUPS.values():
    for _kind in _group:
        KINDS.add(_kind.kind, _kind)

__all__ = ["GROUPS", "KINDS"]
