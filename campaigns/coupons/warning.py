"""Tell those who run a store and write its messages before a pool of codes is empty: once, until new codes come in."""

from datetime import datetime

from django.utils.translation import gettext as _

from campaigns.models import Coupon, CouponPool
from retention.dashboard.addresses import page_address
from retention.stores.models import Store
from retention.stores.telling import owe_team

_TOLD = ("owner", "manager", "marketer")


def warn_if_few(pool: CouponPool, *, now: datetime) -> bool:
    """Owe the mail when few codes are left, in the caller's transaction; say whether it was owed now.

    Counts no further than it must, so a pool of a million costs no more than one of a hundred.
    """
    if pool.endless or pool.warned_at is not None:
        return False
    left = len(Coupon.objects.free().filter(pool=pool).values_list("pk", flat=True)[: pool.warn_below + 1])
    if left > pool.warn_below:
        return False
    if not CouponPool.objects.filter(pk=pool.pk, warned_at=None).update(warned_at=now):
        return False
    store = Store.objects.get(pk=pool.store_id)
    page = page_address("campaigns:coupon_pool", store.slug, pool.public_id)
    words = {"store": store.name, "pool": pool.name, "left": left, "holds": pool.when_out == CouponPool.WhenOut.HOLD, "page": page}
    subject = _("%(store)s: few coupon codes are left in %(pool)s") % words
    owe_team("coupons_few", roles=_TOLD, subject=subject, words=words, key=f"coupons-few:{pool.public_id}:{int(now.timestamp())}")
    return True
