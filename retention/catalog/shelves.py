"""What the pages say about products: from which to which price, how many are there, and what each price was before.

Everything is asked once for all products of a page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Max, Min, Prefetch, Q, Sum, Window
from django.db.models.functions import RowNumber
from django.utils import formats, timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from retention.catalog.models import PriceChange, Product, StockLevel, Variant
from retention.dashboard.drawings import spark
from retention.dashboard.figures import write_money, write_range

PRICES_SHOWN = 40


@dataclass(frozen=True)
class Offer:
    """A product in figures. stock: pieces in all places, None where the shop never said."""

    prices: str
    variants: int
    stock: int | None


def offers_of(products: Sequence[Product]) -> Mapping[int, Offer]:
    """Return the figures of these products, by id, in two questions."""
    ids = [product.pk for product in products]
    prices = (
        Variant.objects.filter(product_id__in=ids, removed_at=None)
        .values("product_id", "currency")
        .annotate(low=Min("price_minor"), high=Max("price_minor"), count=Count("pk"))
        .order_by("product_id", "currency")
    )
    levels = (
        StockLevel.objects.filter(variant__product_id__in=ids, variant__removed_at=None)
        .values("variant__product_id")
        .annotate(pieces=Sum("available"))
        .order_by("variant__product_id")
    )
    stock = {row["variant__product_id"]: row["pieces"] for row in levels}
    texts: dict[int, list[str]] = {}
    counts: dict[int, int] = {}
    for row in prices:
        counts[row["product_id"]] = counts.get(row["product_id"], 0) + row["count"]
        if row["low"] is not None:
            texts.setdefault(row["product_id"], []).append(_range(row["low"], row["high"], currency=row["currency"]))
    return {pk: Offer(", ".join(texts.get(pk, [])) or _("not known"), counts.get(pk, 0), stock.get(pk)) for pk in ids}


def _range(low: int, high: int, *, currency: str) -> str:
    first = write_money(low, currency=currency, cents=True)
    return first if low == high else write_range(first, write_money(high, currency=currency, cents=True))


@dataclass(frozen=True)
class VariantLine:
    """A variant with its places and the way its price went."""

    variant: Variant
    stock: list[StockLevel]
    history: SafeString | None
    changes: list[PriceChange]


def variants_of(product: Product) -> list[VariantLine]:
    """Return a product's variants as the shop orders them, the removed ones last."""
    removed_last = Q(removed_at=None)
    place = Window(RowNumber(), partition_by="variant_id", order_by=F("changed_at").desc())
    newest = PriceChange.objects.annotate(place=place).filter(place__lte=PRICES_SHOWN)
    variants = product.variants.prefetch_related("stock", Prefetch("price_changes", newest)).order_by("position", "id")
    return [_line(variant) for variant in variants.filter(removed_last)] + [_line(variant) for variant in variants.exclude(removed_last)]


def _line(variant: Variant) -> VariantLine:
    changes = sorted(variant.price_changes.all(), key=lambda change: change.changed_at)
    stock = sorted(variant.stock.all(), key=lambda level: level.place)
    drawn = spark([change.price_minor for change in changes], label=_said(changes), width=120) if len(changes) > 1 else None
    return VariantLine(variant, stock, drawn, changes[::-1])


def _said(changes: Sequence[PriceChange]) -> str:
    first, last = changes[0], changes[-1]
    return _("From %(first)s on %(start)s to %(last)s on %(end)s") % {
        "first": write_money(first.price_minor, currency=first.currency, cents=True),
        "last": write_money(last.price_minor, currency=last.currency, cents=True),
        "start": _date(first.changed_at),
        "end": _date(last.changed_at),
    }


def _date(moment: datetime) -> str:
    return formats.date_format(timezone.localtime(moment), "j M Y")
