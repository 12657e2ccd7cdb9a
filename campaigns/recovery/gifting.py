"""Whether somebody is given the reason to come back: not above its part of the margin, and not soon after a code of theirs was used."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Max

from campaigns.models import Coupon, Departure
from campaigns.recovery.rules.cells import CellPlan, Gift
from retention.catalog.models import Variant
from retention.kit.words import Phrase, gettext_noop
from retention.orders.models import CartLine


def gift_refusals(cases: Sequence[tuple[Departure, CellPlan]], *, now: datetime) -> dict[UUID, Phrase]:
    """Return why people get the words without a gift, by their departure's public id; nothing for who gets it, or where none is meant."""
    costly = [(row, plan.gift) for row, plan in cases if plan.gift.costs]
    if not costly:
        return {}
    used = dict(
        Coupon.objects.filter(customer_id__in=[row.customer_id for row, _ in costly], redeemed_at__isnull=False)
        .values_list("customer_id")
        .annotate(Max("redeemed_at"))
    )
    margins = margins_of([row.cart_id for row, _ in costly if row.cart_id is not None])
    found = {}
    for row, gift in costly:
        why = _refusal(gift, row, used.get(row.customer_id), margins.get(row.cart_id or 0), now=now)
        if why is not None:
            found[row.public_id] = why
    return found


def _refusal(gift: Gift, row: Departure, used_at: datetime | None, margin_minor: int | None, *, now: datetime) -> Phrase | None:
    if used_at is not None and now - used_at < timedelta(days=gift.rest_days):
        return Phrase(gettext_noop("no gift: they used a code less than %(count)s days ago"), {"count": gift.rest_days})
    costs = cost_of(gift, row.amount_minor)
    if margin_minor is not None and costs is not None and costs > gift.ceiling_share * margin_minor:
        return Phrase(
            gettext_noop("no gift: it would cost more than %(count)s%% of the margin"), {"count": round(gift.ceiling_share * 100)}
        )
    return None


def cost_of(gift: Gift, amount_minor: int) -> int | None:
    """Return what a gift takes off an order of this amount, in smallest units; None where it is not known (free shipping)."""
    if gift.kind == "percent":
        return round(amount_minor * gift.amount / 100)
    return gift.amount if gift.kind == "amount" else None


def margins_of(cart_ids: Sequence[int]) -> dict[int, int]:
    """Return the margin of each basket, in smallest units of its money; where a line has no cost in it, it is left out."""
    lines = list(
        CartLine.objects.filter(cart_id__in=list(cart_ids)).values_list(
            "cart_id", "cart__currency", "product_id", "variant_id", "quantity", "price_minor"
        )
    )
    costs = _costs_of({product for _, _, product, _, _, _ in lines})
    margins: dict[int, int] = {}
    unknown = set()
    for cart_id, currency, product, variant, quantity, price in lines:
        cost = costs.get((product, variant or product, currency))
        if cost is None:
            unknown.add(cart_id)
        else:
            margins[cart_id] = margins.get(cart_id, 0) + quantity * (price - cost)
    return {cart_id: margin for cart_id, margin in margins.items() if cart_id not in unknown}


def _costs_of(products: set[str]) -> dict[tuple[str, str, str], int]:
    """Return the costs of these products' variants by both ids of the shop and the currency: a variant's is unique in its product only."""
    rows = Variant.objects.filter(product__shop_id__in=products, cost_minor__isnull=False, removed_at=None)
    told = rows.values_list("product__shop_id", "shop_id", "currency", "cost_minor")
    return {(product, variant, currency): cost for product, variant, currency, cost in told}
