"""The kinds of conditions, one file each. A new kind: copy `country.py`, add a line here, and its cases in `tests/segments/`."""

from retention.kit.register import Register
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

KINDS: Register[type[Condition]] = Register("segment condition")
for _kind in (
    Event, Orders, EventTime, Funnel, Visit, Cart, Figure, Moment, Text, Country, Distance, PhoneCountry, Birthday, Interests, Attribute,
    Anniversary, Consent, Suppression, Message, InSegment, Share,
):  # fmt: skip
    KINDS.add(_kind.kind, _kind)

__all__ = ["KINDS"]
