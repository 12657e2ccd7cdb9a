"""News of products, written in the transaction of what the shop reported: a lower price, stock that came back or runs low.

Readers stand in upper rooms; they are rung for by their kind in `StoreWork` and delete what they have read.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import Sum

from retention.catalog.models import ProductNews, StockLevel, Variant
from retention.stores.models import StoreWork
from retention.tenancy.context import require_store_id

READER = "journeys"
FEW = 20  # pieces of a variant above which nobody speaks of running low


def price_fell(product_id: int, *, before: int, after: int, currency: str, at: datetime) -> ProductNews:
    """Return the news that a variant of a product costs less; the caller saves it with `tell`."""
    return ProductNews(product_id=product_id, kind="price_drop", before=before, after=after, currency=currency, at=at)


def totals_of(variant_ids: Iterable[int]) -> dict[int, int]:
    """Return how many pieces of these variants all places have together; none for those the shop never told of."""
    rows = StockLevel.objects.filter(variant_id__in=list(variant_ids)).values("variant_id").annotate(total=Sum("available"))
    return {row["variant_id"]: row["total"] for row in rows}


def stock_moved(before: Mapping[int, int], after: Mapping[int, int], *, at: datetime) -> list[ProductNews]:
    """Return the news of variants whose stock came back or runs low. What the shop tells of for the first time is no news."""
    moved = {pk: (before[pk], now) for pk, now in after.items() if pk in before and before[pk] != now}
    kinds = {pk: kind for pk, (was, now) in moved.items() if (kind := _kind(was, now))}
    products = dict(Variant.objects.filter(pk__in=kinds, removed_at=None).values_list("pk", "product_id"))
    return [
        ProductNews(product_id=products[pk], kind=kind, before=moved[pk][0], after=moved[pk][1], at=at)
        for pk, kind in kinds.items()
        if pk in products
    ]


def tell(news: list[ProductNews], *, now: datetime) -> None:
    """Save news and ring for who reads it."""
    if news:
        ProductNews.objects.bulk_create(news)
        StoreWork.ring(READER, store_id=require_store_id(), due_at=now)


def _kind(was: int, now: int) -> str:
    if was <= 0 < now:
        return "back_in_stock"
    return "low_stock" if 0 < now < was and now <= FEW else ""
