"""Whether a message that shows a coupon code has a pool to draw it from: said before anything leaves, for each would be held back."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import F, Q

from campaigns.models import Coupon, CouponPool, SendRule
from campaigns.truth.using import COUPON, uses_of
from retention.kit.words import Phrase, gettext_noop


def code_fault(texts: Iterable[str], *, place: Q, now: datetime) -> Phrase | None:
    """Say why no code could be shown, or None. texts: of the message, Liquid. place: of its rules, its own and its template's."""
    if COUPON not in uses_of(list(texts)):
        return None
    rules = SendRule.objects.filter(place, pool__isnull=False).select_related("pool")
    rule = rules.order_by(F("template_id").asc(nulls_first=True)).first()  # the nearest counts, as when it is sent
    if rule is None or rule.pool is None:
        return Phrase(gettext_noop("It shows a coupon code. Choose the pool it is drawn from under “Coupon codes and changes”."))
    pool = rule.pool
    if pool.when_out == CouponPool.WhenOut.FALLBACK:
        return None
    if pool.archived_at is not None:
        return Phrase(
            gettext_noop("Its codes come from the pool “%(pool)s”, which is put away. Bring it back or choose another."), _of(pool)
        )
    if pool.expires_at is not None and pool.expires_at <= now:
        return Phrase(gettext_noop("Its codes come from the pool “%(pool)s”, whose time is over. Choose another."), _of(pool))
    if not pool.endless and not Coupon.objects.free().filter(pool=pool).exists():
        return Phrase(gettext_noop("Its codes come from the pool “%(pool)s”, which has none left. Add some."), _of(pool))
    return None


def _of(pool: CouponPool) -> dict[str, str]:
    return {"pool": pool.name}
