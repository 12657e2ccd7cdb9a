"""A pool's figures for people to look at: how many codes are free, given and used."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q

from campaigns.models import Coupon, CouponPool


@dataclass(frozen=True)
class Figures:
    """One pool's codes. given includes used; total includes those kept for messages that wait."""

    total: int = 0
    free: int = 0
    given: int = 0
    used: int = 0

    @property
    def waiting(self) -> int:
        """Return how many are kept for messages that have not left."""
        return self.total - self.free - self.given

    @property
    def used_share(self) -> float:
        """Return the used part of those given, 0 to 1."""
        return self.used / self.given if self.given else 0.0


def figures_of(pools: Iterable[CouponPool]) -> dict[int, Figures]:
    """Return the figures of these pools by id, in one query."""
    ids = [pool.pk for pool in pools]
    given = Q(drawn_at__isnull=False) | Q(redeemed_at__isnull=False)
    rows = Coupon.objects.filter(pool_id__in=ids).values_list("pool_id")
    counted = rows.annotate(
        total=Count("id"),
        free=Count("id", filter=Q(occasion="", redeemed_at=None)),
        given=Count("id", filter=given),
        used=Count("id", filter=Q(redeemed_at__isnull=False)),
    )
    return {pk: Figures() for pk in ids} | {pk: Figures(*counts) for pk, *counts in counted}
