"""Small pools and mails that show a code, for tests."""

import itertools
from datetime import datetime
from typing import Any

from campaigns.coupons.making import add_codes
from campaigns.models import CouponPool, Message, SendRule, TemplateVersion
from tests.campaigns.crowd import make_ready, make_version

_numbers = itertools.count(1)
SHOWS_CODE = '<p>{{ coupon.code }} until {{ coupon.expires }}</p> <a href="{{ unsubscribe_url }}">Unsubscribe</a>'


def make_pool(*codes: str, now: datetime, **fields: Any) -> CouponPool:
    """Save a pool with these codes; ten percent off unless told otherwise."""
    pool = CouponPool(**({"name": f"Pool {next(_numbers)}", "percent": 10, "warn_below": 0, "created_at": now} | fields))
    pool.save()
    add_codes(pool, codes, now=now)
    return pool


def make_coupon_mail(pool: CouponPool | None, *, html: str = SHOWS_CODE) -> TemplateVersion:
    """Save a mail that shows a code of this pool."""
    version = make_version(html=html, text="{{ coupon.code }}")
    if pool is not None:
        SendRule(template=version.template, pool=pool).save()
    return version


def make_coupon_messages(count: int, pool: CouponPool | None, *, now: datetime, consent: bool = True) -> list[Message]:
    """Save messages that are due and show a code of this pool."""
    return make_ready(count, now=now, version=make_coupon_mail(pool), consent=consent)


def codes_in(sink: Any) -> list[str]:
    """Return what the mails that arrived say in their text part, sorted."""
    return sorted(str(mail.get_body(("plain",)).get_content()).split()[0] for mail in sink.accepted)
