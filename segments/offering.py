"""The store's own words for a form: events, properties, places, products. Counted in two thousand rows, the newest where there is an order.

A name such as "property:Product Viewed:category" says what is wanted and of what; who asks gets at most a hundred, the most frequent first.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any, NamedTuple

from django.core.cache import cache
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from retention.catalog.models import Category, Product
from retention.customers.changes import VIEWS
from retention.customers.models import AttributeValue, Consent, Customer, CustomerEvent, EventName
from retention.dashboard.figures import write_number
from retention.kit.words import fold, gettext_noop
from retention.orders.models import Cart, Order
from retention.stores.countries import country_name
from retention.tenancy.context import require_store_id
from segments.rules.visits import small

SAMPLE, MOST, KEPT_SECONDS = 2_000, 100, 60
_COMMON = (
    "Product Viewed", "Product Added", "Product Removed", "Cart Viewed", "Checkout Started", "Order Completed", "Order Refunded",
    "Product List Viewed", "Products Searched", "Coupon Applied", "Product Added to Wishlist", "Product Reviewed", "Email Link Clicked",
    "Email Delivered", "Signed Up",
)  # fmt: skip
_CALLED = {
    "Cart Idle": gettext_noop("basket left alone"), "Cart Abandoned": gettext_noop("basket abandoned"),
    "Shop Left": gettext_noop("went away without an order"), "Signed Up": gettext_noop("filled in a form"),
    "Segment Entered": gettext_noop("came into a segment"), "Segment Left": gettext_noop("left a segment"),
    "Product Back In Stock": gettext_noop("something they cared about is back"),
    "Product Price Dropped": gettext_noop("something they cared about costs less"),
    "Product Running Low": gettext_noop("of something they cared about few are left"),
}  # fmt: skip
GENDERS = (gettext_noop("woman"), gettext_noop("man"), gettext_noop("female"), gettext_noop("male"), gettext_noop("non-binary"))
_FIELDS = frozenset({"city", "region", "postcode", "gender", "language", "first_name", "last_name"})


class Offer(NamedTuple):
    """One word to choose. label: what people read; note: how often it was met, in words, or nothing."""

    value: str
    label: str
    note: str = ""


def offers(name: str) -> list[Offer]:
    """Return the words for one question; none for a name nobody knows. What was found is kept for a minute."""
    kind, _colon, of_what = name.partition(":")
    finder = _FINDERS.get(kind)
    if finder is None:
        return []
    digest = sha256(f"{get_language()}:{name}".encode()).hexdigest()[:32]
    found = cache.get_or_set(f"segments:offers:{require_store_id()}:{digest}", lambda: finder(of_what), KEPT_SECONDS)
    return list(found or ())


def _met(counter: "Counter[str]", *, total: int = 0, labels: Callable[[str], str] = str, of: str = "") -> list[Offer]:
    """Return the values met, each with how often among how many looked at. total: where one look can meet several; of: how that is said."""
    values = {"all": write_number(total or sum(counter.values()))}
    found = [(value, count) for value, count in counter.most_common(MOST) if value]
    text = of or _("%(count)s of %(all)s")
    return [Offer(value, labels(value), text % (values | {"count": write_number(count)})) for value, count in found]


def _called(event: str) -> str:
    """Return the name of an event, with what it means where that is ours to say."""
    return f"{event}: {_(_CALLED[event])}" if event in _CALLED else event


def _events(_of: str) -> list[Offer]:
    rows = CustomerEvent.objects.filter(kind__in=["track", "page", "screen", "own"], refusal="")
    newest = rows.order_by("-received_at", "-id").values_list("kind", "name")[:SAMPLE]
    seen = Counter(VIEWS.get(kind, name) for kind, name in newest)
    found = _met(seen, labels=_called, of=_("%(count)s of the newest %(all)s events"))
    known = {offer.value for offer in found}
    names = [*EventName.objects.order_by("name").values_list("name", flat=True)[: 2 * MOST], *_COMMON]
    return found + [Offer(name, _called(name)) for name in dict.fromkeys(names) if name not in known]


def _counted_events(_of: str) -> list[Offer]:
    counted = set(EventName.objects.values_list("name", flat=True))
    return [offer for offer in _events("") if offer.value in counted]


def _told(event: str) -> list[dict[str, Any]]:
    """Return what the newest events of a name say."""
    view = {name: kind for kind, name in VIEWS.items()}.get(event)
    rows = CustomerEvent.objects.filter(customer__isnull=False, refusal="")
    rows = rows.filter(kind=view) if view else rows.filter(kind__in=["track", "own"], name=event)
    return [told for told in rows.order_by("-occurred_at").values_list("properties", flat=True)[:SAMPLE] if isinstance(told, dict)]


def _properties(event: str) -> list[Offer]:
    newest = _told(event)
    named = Counter(name for told in newest for name, value in told.items() if isinstance(value, str | int | float))
    return _met(named, total=len(newest))


def _sums(event: str) -> list[Offer]:
    counted = Counter(
        name for told in _told(event) for name, value in told.items() if isinstance(value, int | float) and not isinstance(value, bool)
    )
    return [Offer("", _("how often"))] + [
        Offer(name, _("the sum of “%(property)s”") % {"property": name}) for name, _times in counted.most_common(MOST)
    ]


def _property(which: str) -> list[Offer]:
    event, _colon, name = which.rpartition(":")
    return _met(Counter(value for told in _told(event) if isinstance(value := told.get(name), str)))


def _views(origin: str) -> list[Offer]:
    """Return where the newest views came from: what their context says under the names of `rules/visits.py`."""
    path = {"referrer": ("referrer", "url"), "source": ("campaign", "source"), "campaign": ("campaign", "name")}.get(origin)
    if path is None:
        return []
    rows = CustomerEvent.objects.filter(kind__in=list(VIEWS), customer__isnull=False, refusal="").order_by("-received_at", "-id")
    told = rows.values_list(f"context__{path[0]}__{path[1]}", flat=True)[:SAMPLE]
    return _met(Counter(small(one) for one in told if isinstance(one, str)))


def _newest_customers(*columns: str) -> Iterable[Any]:
    return Customer.objects.order_by("-created_at", "-id").values_list(*columns, flat=len(columns) == 1)[:SAMPLE]


def _field(name: str) -> list[Offer]:
    if name not in _FIELDS:
        return []
    found = _met(Counter(_newest_customers(name)), of=_of_people())
    return [*found, *_common_genders({fold(offer.value) for offer in found})] if name == "gender" else found


def _of_people() -> str:
    return _("%(count)s of the newest %(all)s people")


def _common_genders(stated: set[str]) -> list[Offer]:
    """Return the usual words for a gender nobody has stated so far, in the reader's language: a shop may begin to send them."""
    words = dict.fromkeys(_(word) for word in GENDERS)
    return [Offer(word, word, _("not met lately")) for word in words if fold(word) not in stated]


def _countries(_of: str) -> list[Offer]:
    return _met(Counter(_newest_customers("country")), labels=country_name, of=_of_people())


def _interests(_of: str) -> list[Offer]:
    return _met(Counter(one for liked in _newest_customers("interests") for one in liked if isinstance(one, str)))


def _attribute(key: str) -> list[Offer]:
    rows = AttributeValue.objects.filter(attribute__key=key).order_by("-customer_id").values_list("text_value", flat=True)
    return _met(Counter(value for value in rows[:SAMPLE] if value))


def _sold(what: str) -> list[Offer]:
    if what == "product":
        rows = Product.objects.order_by().values_list("shop_id", "name")
        return [Offer(shop_id, name or shop_id) for shop_id, name in rows[: 5 * MOST]]
    if what == "category":
        return [Offer(path, path) for path in Category.objects.order_by("path").values_list("path", flat=True)[: 5 * MOST]]
    if what == "vendor":
        return _met(Counter(Product.objects.order_by().values_list("vendor", flat=True)[:SAMPLE]))
    return _met(Counter(Product.objects.order_by().values_list("brand", flat=True)[:SAMPLE]))


def _coupons(_of: str) -> list[Offer]:
    rows = Order.objects.order_by("-placed_at", "-id").values_list("coupons", flat=True)[:SAMPLE]
    return _met(Counter(code for codes in rows if isinstance(codes, list) for code in codes if isinstance(code, str)))


def _stages(_of: str) -> list[Offer]:
    words = {"basket": _("in the basket"), "checkout": _("at the checkout"), "payment": _("at the payment")}
    met = Counter(Cart.objects.order_by("-customer_id").values_list("stage", flat=True)[:SAMPLE])
    return [Offer(stage, words.get(stage, stage)) for stage in dict.fromkeys([*words, *met])]


def _consents(column: str) -> Callable[[str], list[Offer]]:
    return lambda _of: _met(Counter(Consent.objects.order_by("-customer_id").values_list(column, flat=True)[:SAMPLE]))


_FINDERS: dict[str, Callable[[str], list[Offer]]] = {
    "events": _events,
    "counted_events": _counted_events,
    "properties": _properties,
    "sums": _sums,
    "property": _property,
    "views": _views,
    "field": _field,
    "countries": _countries,
    "interests": _interests,
    "attribute": _attribute,
    "sold": _sold,
    "coupons": _coupons,
    "stages": _stages,
    "consent_methods": _consents("method"),
    "consent_sources": _consents("source"),
}
