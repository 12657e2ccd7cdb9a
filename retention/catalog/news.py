"""News of products, written in the transaction of what the shop reported: a lower price, stock that came back or runs low.

Readers stand in upper rooms; they are rung for by their kind in `StoreWork` and delete what they have read.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.db.models import Sum

from retention.catalog.models import ProductNews, StockLevel, Variant
from retention.stores.models import StoreWork
from retention.tenancy.context import require_store_id

READER = "journeys"
BACK, LOW = ProductNews.Kind.BACK_IN_STOCK, ProductNews.Kind.LOW_STOCK
FEW = 20  # pieces of a variant above which nobody speaks of running low


def price_fell(product_id: int, *, before: int, after: int, currency: str, at: datetime) -> ProductNews:
    """Return the news that a variant of a product costs less; the caller saves it with `tell`."""
    return ProductNews(product_id=product_id, kind="price_drop", before=before, after=after, currency=currency, at=at)


def totals_of(variant_ids: Iterable[int]) -> dict[int, int]:
    """Return how many pieces of these variants all places have together; none for those the shop never told of."""
    rows = StockLevel.objects.filter(variant_id__in=list(variant_ids)).values("variant_id").annotate(total=Sum("available"))
    return {row["variant_id"]: row["total"] for row in rows}


def stock_moved(before: Mapping[int, int], after: Mapping[int, int], *, at: datetime) -> list[ProductNews]:
    """Return the news of stock that came back, one for each product, and of variants that run low.

    before, after: pieces of the variants the shop told of now; one it tells of for the first time stands in `after` alone, and is no news.
    """
    moved = {pk: (before[pk], now) for pk, now in after.items() if pk in before and before[pk] != now}
    kinds = {pk: kind for pk, (was, now) in moved.items() if (kind := _kind(was, now))}
    products = dict(Variant.objects.filter(pk__in=kinds, removed_at=None).values_list("pk", "product_id"))
    low = [(products[pk], moved[pk]) for pk, kind in kinds.items() if kind == LOW and pk in products]
    back = _of_products({products[pk] for pk, kind in kinds.items() if kind == BACK and pk in products}, before, after)
    return [
        ProductNews(product_id=product_id, kind=kind, before=was, after=now, at=at)
        for kind, found in ((LOW, low), (BACK, back.items()))
        for product_id, (was, now) in found
    ]


def _of_products(product_ids: Collection[int], before: Mapping[int, int], after: Mapping[int, int]) -> dict[int, tuple[int, int]]:
    """Return how many pieces of these products there were and are, of all variants that are still sold."""
    if not product_ids:
        return {}
    variants = dict(Variant.objects.filter(product_id__in=product_ids, removed_at=None).values_list("pk", "product_id"))
    totals = totals_of(variants)
    found = dict.fromkeys(product_ids, (0, 0))
    for pk, product_id in variants.items():
        now = totals.get(pk, 0)
        was = before.get(pk, 0) if pk in after else now
        found[product_id] = (found[product_id][0] + max(was, 0), found[product_id][1] + max(now, 0))
    return found


def tell(news: list[ProductNews], *, now: datetime) -> None:
    """Save news and ring for who reads it."""
    if news:
        ProductNews.objects.bulk_create(news)
        StoreWork.ring(READER, store_id=require_store_id(), due_at=now)


def _kind(was: int, now: int) -> str:
    if was <= 0 < now:
        return BACK
    return LOW if 0 < now < was and now <= FEW else ""
