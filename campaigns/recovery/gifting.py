"""Whether somebody is given the reason to come back: not above its part of the margin, and not soon after a code of theirs.

What the browser says decides nothing here: prices are the catalog's where it has one, and what has no known cost in a shop that tells its
costs has no known margin either.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Max, Q
from django.db.models.functions import Greatest

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
    theirs = Coupon.objects.filter(Q(drawn_at__isnull=False) | Q(redeemed_at__isnull=False))
    theirs = theirs.filter(customer_id__in=[row.customer_id for row, _ in costly])
    last = dict(theirs.values_list("customer_id").annotate(last=Max(Greatest("redeemed_at", "drawn_at"))))
    tells_costs = Variant.objects.filter(cost_minor__isnull=False, removed_at=None).exists()
    margins = margins_of([row.cart_id for row, _ in costly if row.cart_id is not None])
    found = {}
    for row, gift in costly:
        why = _refusal(gift, row, last.get(row.customer_id), margins.get(row.cart_id or 0), now=now)
        if why is None and tells_costs and row.cart_id is not None and row.cart_id not in margins:
            why = Phrase(gettext_noop("no gift: what it costs is not known for everything in the basket"))
        if why is not None:
            found[row.public_id] = why
    return found


def _refusal(gift: Gift, row: Departure, last_at: datetime | None, margin_minor: int | None, *, now: datetime) -> Phrase | None:
    if last_at is not None and now - last_at < timedelta(days=gift.rest_days):
        return Phrase(gettext_noop("no gift: they were given or used a code less than %(count)s days ago"), {"count": gift.rest_days})
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
    """Return the margin of each basket, in smallest units of its money; one with a line whose cost the shop never told is left out.

    A price is at most the catalog's: what a line says is the visitor's word.
    """
    lines = list(
        CartLine.objects.filter(cart_id__in=list(cart_ids)).values_list(
            "cart_id", "cart__currency", "product_id", "variant_id", "quantity", "price_minor"
        )
    )
    costs = _costs_of({product for _, _, product, _, _, _ in lines})
    margins: dict[int, int] = {}
    unknown = set()
    for cart_id, currency, product, variant, quantity, price in lines:
        listed = costs.get((product, variant or product, currency))
        if listed is None:
            unknown.add(cart_id)
        else:
            most, cost = listed
            margins[cart_id] = margins.get(cart_id, 0) + quantity * (min(price, price if most is None else most) - cost)
    return {cart_id: margin for cart_id, margin in margins.items() if cart_id not in unknown}


def _costs_of(products: set[str]) -> dict[tuple[str, str, str], tuple[int | None, int]]:
    """Return price and cost of these products' variants by both ids of the shop and the currency; a variant's id is its product's own."""
    rows = Variant.objects.filter(product__shop_id__in=products, cost_minor__isnull=False, removed_at=None)
    told = rows.values_list("product__shop_id", "shop_id", "currency", "price_minor", "cost_minor")
    return {(product, variant, currency): (price, cost) for product, variant, currency, price, cost in told}
