"""Products a mail may show: what each person looked at, what fits them, and what the template itself names. A few queries a slice.

Only what the shop reported as for sale and what is not known to be sold out. A product known only from visitors is never shown: its words
are anybody's. Nothing is asked for a slice whose templates name none of it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.db.models import F, Max, Sum
from django.db.models.fields.json import KeyTextTransform
from redis import RedisError

from campaigns.personalization.companions import bought_together, companions_of
from retention.catalog.models import Product, StockLevel, Variant
from retention.customers.models import Customer, CustomerEvent
from retention.kit.locks import transaction_lock
from retention.kit.words import fold
from retention.orders.models import OrderLine
from retention.tenancy.context import require_store_id

MOST_SHOWN, MOST_SELLERS, MOST_CHOSEN, MOST_NEW = 12, 400, 60, 48
VIEWED_DAYS, BOUGHT_DAYS, SELLING_DAYS = 60, 90, 90
LIKED_CATEGORIES = 3
PERSONAL = ("viewed", "recommended", "newest", "companions")
_EMPTY: dict[str, Any] = {**{name: [] for name in PERSONAL}, "products": {}}  # for most: nobody writes into what a template sees
SELLERS_KEPT = timedelta(minutes=10)
_SELLERS = "best-sellers"
_LIQUID = re.compile(r"{[{%].*?[%}]}", re.DOTALL)
_USES = re.compile(r"\b(viewed|recommended|newest|companions|products)\b")
_CHOSEN = re.compile(r"""\bchosen\s*=\s*["']([^"']*)["']|\bproducts\[\s*["']([^"'\]]{1,120})["']""")
Shown = dict[str, Any]


@dataclass(frozen=True)
class Shelves:
    """What a slice's templates see. of_person: by customer, the lists of PERSONAL; products: by the shop's id."""

    of_person: Mapping[int, Mapping[str, list[Shown]]] = field(default_factory=dict)
    products: Mapping[str, Shown] = field(default_factory=dict)

    def of(self, customer_id: int) -> dict[str, Any]:
        """Return what one person's template sees."""
        if not self.of_person:
            return _EMPTY | {"products": self.products} if self.products else _EMPTY
        mine = self.of_person.get(customer_id, {})
        return {**{name: mine.get(name, []) for name in PERSONAL}, "products": self.products}


def shelves_for(customers: Iterable[Customer], *, sources: Iterable[str], now: datetime) -> Shelves:
    """Return the products for these people, as far as the texts of their templates name any. sources: Liquid, in any order."""
    texts = list(sources)
    uses = {word for text in texts for tag in _LIQUID.findall(text) for word in _USES.findall(tag)}
    if not uses:
        return Shelves()
    people = {customer.pk: customer for customer in customers}
    viewed = _viewed(list(people), now=now) if uses & set(PERSONAL) else {}
    sellers = _best_sellers(now=now) if uses & {"recommended", "companions"} else []
    offered = {"recommended": sellers if "recommended" in uses else [], "newest": _newest() if "newest" in uses else []}
    bought = _bought(list(people), now=now) if uses & {"recommended", "newest", "companions"} else {}
    together = bought_together({one for ones in bought.values() for one in ones}, now=now) if "companions" in uses else {}
    chosen = chosen_in(texts) if "products" in uses else []
    shown = _for_sale({*chosen, *sellers, *chain(*offered.values()), *chain(*viewed.values()), *chain(*together.values())})

    def of(pk: int, person: Customer) -> dict[str, list[Shown]]:
        seen, theirs = viewed.get(pk, []), bought.get(pk, set())
        fitting = {name: _fitting(person, seen, theirs, some, shown) for name, some in offered.items()}
        beside = [*companions_of(theirs, together), *(one for one in sellers if one not in theirs)] if "companions" in uses else []
        return {**fitting, "viewed": _words(seen, shown) if "viewed" in uses else [], "companions": _words(beside, shown)}

    return Shelves({pk: of(pk, person) for pk, person in people.items()}, {one: shown[one].words for one in chosen if one in shown})


def chosen_in(sources: Iterable[str]) -> list[str]:
    """Return the shop's ids of the products that templates name themselves."""
    found = [name for text in sources for many, one in _CHOSEN.findall(text) for name in (one or many).split(",")]
    return list(dict.fromkeys(name.strip() for name in found if name.strip()))[:MOST_CHOSEN]


@dataclass(frozen=True)
class _Sold:
    """A product for sale: what a template sees of it, and its category."""

    words: Shown
    category: str


def _words(wanted: Sequence[str], shown: Mapping[str, _Sold]) -> list[Shown]:
    """Return what a template sees of those that are for sale, each once."""
    return [shown[one].words for one in dict.fromkeys(wanted) if one in shown][:MOST_SHOWN]


def _fitting(person: Customer, viewed: Sequence[str], bought: set[str], sellers: Sequence[str], shown: Mapping[str, _Sold]) -> list[Shown]:
    """Return of what is offered what a person likes, then the rest; not what they bought lately nor what they have just seen."""
    liked = [fold(str(interest)) for interest in person.interests or []]
    liked += [fold(shown[one].category) for one in viewed if one in shown][:LIKED_CATEGORIES]
    left = [one for one in sellers if one in shown and one not in bought and one not in viewed[:1]]
    first = [one for one in left if shown[one].category and _is_liked(fold(shown[one].category), liked)]
    return _words([*first, *left], shown)


def _is_liked(category: str, liked: Sequence[str]) -> bool:
    """Say whether a category is one somebody likes, or stands below it."""
    steps = [step.strip() for step in re.split(r"[>/]", category)]
    return category in liked or any(step in liked for step in steps)


def _viewed(people: Sequence[int], *, now: datetime) -> dict[int, list[str]]:
    """Return what each person looked at, newest first."""
    rows = (
        CustomerEvent.objects.filter(customer_id__in=people, name="Product Viewed", occurred_at__gt=now - timedelta(days=VIEWED_DAYS))
        .filter(kind="track", refusal="", received_at__gt=now - timedelta(days=VIEWED_DAYS))
        .values("customer_id", product=KeyTextTransform("product_id", "properties"))
        .annotate(last=Max("occurred_at"))
        .order_by("customer_id", F("last").desc(), "product")
    )
    found: dict[int, list[str]] = {}
    for row in rows:
        mine = found.setdefault(row["customer_id"], [])
        if row["product"] and len(mine) < 2 * MOST_SHOWN:
            mine.append(row["product"])
    return found


def _bought(people: Sequence[int], *, now: datetime) -> dict[int, set[str]]:
    since = now - timedelta(days=BOUGHT_DAYS)
    rows = OrderLine.objects.filter(order__customer_id__in=people, order__placed_at__gt=since, order__cancelled_at=None)
    found: dict[int, set[str]] = {}
    for customer_id, product_id in rows.values_list("order__customer_id", "product_id").distinct():
        found.setdefault(customer_id, set()).add(product_id)
    return found


def _best_sellers(*, now: datetime) -> list[str]:
    """Return what the shop sold most of lately; before its first orders, its newest products."""
    return list(dict.fromkeys([*_most_sold(now=now), *_newest()[:MOST_SHOWN]]))


def _newest() -> list[str]:
    """Return what the shop has had for sale for the shortest time, as far as it has been told of."""
    rows = Product.objects.filter(state=Product.State.ACTIVE).order_by("-created_at", "-id")
    return list(rows.values_list("shop_id", flat=True)[:MOST_NEW])


def _most_sold(*, now: datetime) -> list[str]:
    """Return what sold most, added up at most once in ten minutes: a lock lets one slice do it, and those who waited read its answer."""
    kept = _kept_sellers(now)
    if kept is not None:
        return kept
    with transaction.atomic():
        transaction_lock("best-sellers", store_id=require_store_id())
        kept = _kept_sellers(now)
        if kept is not None:
            return kept
        found = _add_up_sellers(now=now)
        with suppress(RedisError):
            cache.set(_SELLERS, (now, found), SELLERS_KEPT.total_seconds())
    return found


def _kept_sellers(now: datetime) -> list[str] | None:
    """Return what was added up lately; None when it is too old for `now`, and while Valkey is away."""
    try:
        made_at, found = cache.get(_SELLERS) or (None, [])
    except RedisError:
        return None
    return found if made_at is not None and abs(now - made_at) < SELLERS_KEPT else None


def _add_up_sellers(*, now: datetime) -> list[str]:
    since = now - timedelta(days=SELLING_DAYS)
    lines = OrderLine.objects.filter(order__placed_at__gt=since, order__placed_at__lte=now, order__cancelled_at=None)
    sold = lines.values("product_id").annotate(pieces=Sum("quantity")).filter(pieces__gt=0).order_by("-pieces", "product_id")
    return [row["product_id"] for row in sold[:MOST_SELLERS]]


def _for_sale(wanted: set[str]) -> dict[str, _Sold]:
    """Return what can be bought of these, by the shop's id."""
    products = list(Product.objects.filter(shop_id__in=wanted, state=Product.State.ACTIVE).select_related("category"))
    variants: dict[int, list[Variant]] = {}
    kinds = Variant.objects.filter(product_id__in=[product.pk for product in products], removed_at=None).order_by("position", "id")
    stock = dict(
        StockLevel.objects.filter(variant__in=kinds).values_list("variant_id").annotate(pieces=Sum("available")).order_by("variant_id")
    )
    for variant in kinds:
        if stock.get(variant.pk, 1) > 0:
            variants.setdefault(variant.product_id, []).append(variant)
    return {product.shop_id: _sold(product, variants[product.pk]) for product in products if product.pk in variants and product.name}


def _sold(product: Product, variants: Sequence[Variant]) -> _Sold:
    """Return a product at its lowest price of what is there."""
    priced = [variant for variant in variants if variant.price_minor is not None]
    cheapest = min(priced, key=lambda variant: (variant.price_minor, variant.position)) if priced else variants[0]
    words = {
        "product_id": product.shop_id,
        "name": product.name,
        "url": product.url,
        "image_url": cheapest.image_url or product.image_url,
        "price_minor": cheapest.price_minor,
        "compare_at_minor": cheapest.compare_at_minor or 0,
        "currency": cheapest.currency,
        "brand": product.brand,
    }
    return _Sold(words, product.category.path if product.category else "")
