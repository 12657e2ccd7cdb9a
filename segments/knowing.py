"""What the words of rules mean in the active store: read once per piece of work, handed to the thinking rooms."""

from collections.abc import Sequence
from datetime import datetime

from retention.catalog.models import Product
from retention.customers.models import Attribute, EventName
from retention.stores.countries import country_name
from retention.stores.models import Store
from retention.tenancy.context import require_store_id
from segments.conditions import KINDS
from segments.models import Postcode, Segment
from segments.rules.terms import At, AttributeTerm, SegmentTerm, Terms
from segments.rules.tree import Rule, read_rule
from segments.senders import senders

_OF_SEGMENT = "segment:"


def terms_of_store(*, own: str = "") -> Terms:
    """Return the active store's words. own: the public id of the segment whose rule is to be read, if it is saved already."""
    store = Store.objects.only("zone", "currency").get(pk=require_store_id())
    attributes = Attribute.objects.values_list("pk", "key", "kind", "label")
    return Terms(
        store_id=store.pk,
        zone=store.timezone,
        currency=store.currency,
        attributes={key: AttributeTerm(pk, key, kind, label) for pk, key, kind, label in attributes},
        event_names=dict(EventName.objects.values_list("name", "pk")),
        segments={term.public_id: term for term in _segments()},
        own=own,
        where=point_of,
        called=names_of,
        journeys={public_id: name for source in senders for public_id, name in source().items()},
    )


def at_moment(now: datetime, *, own: str = "") -> At:
    """Return a moment in the active store."""
    return At(now, terms_of_store(own=own))


def read(data: object, terms: Terms) -> Rule:
    """Read a rule with all conditions there are; raises RuleError."""
    return read_rule(data, kinds=KINDS, terms=terms)


def point_of(country: str, postcode: str) -> tuple[float, float] | None:
    """Return where a postcode (as `rules/places.py` compares it) of a country lies, in degrees; None where the table does not know."""
    points = Postcode.objects.filter(country=country, postcode=postcode).values_list("latitude", "longitude")
    return points.first()


def names_of(what: str, codes: Sequence[str]) -> list[str]:
    """Return what people call some countries or products of the active store; what has no name is called by its code."""
    if what == "country":
        return [country_name(code) for code in codes]
    names = dict(Product.objects.filter(shop_id__in=list(codes)).values_list("shop_id", "name"))
    return [names.get(code) or code for code in codes]


def _segments() -> list[SegmentTerm]:
    rows = Segment.objects.kept().values_list("pk", "public_id", "name", "reads")
    return [
        SegmentTerm(pk, str(public_id), name, frozenset(one.removeprefix(_OF_SEGMENT) for one in reads if one.startswith(_OF_SEGMENT)))
        for pk, public_id, name, reads in rows
    ]
