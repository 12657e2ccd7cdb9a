"""Who is chosen: members of some segments without those of others, or everybody with an address; and whether they are up to date."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from campaigns.models import Campaign
from retention.tenancy.context import require_store_id
from segments.evaluating import SLICE, evaluate_slice
from segments.membership import fill_due
from segments.models import Segment
from segments.sweeping import sweep

_LEFT_OUT = """NOT EXISTS (
        SELECT 1 FROM segments_segmentmember AS barred
        WHERE barred.store_id = %(store)s AND barred.segment_id = ANY(%(exclude)s::bigint[]) AND barred.customer_id = chosen.customer_id
    )"""
_OF_SEGMENTS = f"""
    SELECT DISTINCT found.customer_id FROM unnest(%(include)s::bigint[]) AS wanted(segment_id)
    CROSS JOIN LATERAL (
        SELECT chosen.customer_id FROM segments_segmentmember AS chosen
        WHERE chosen.store_id = %(store)s AND chosen.segment_id = wanted.segment_id AND chosen.customer_id > %(after)s AND {_LEFT_OUT}
        ORDER BY chosen.customer_id LIMIT %(limit)s
    ) AS found
    ORDER BY found.customer_id LIMIT %(limit)s
"""  # noqa: S608 - fragments of ours
_EVERYBODY = f"""
    SELECT chosen.customer_id FROM (
        SELECT id AS customer_id FROM customers_customer AS customer WHERE store_id = %(store)s AND id > %(after)s AND [[reachable]]
    ) AS chosen WHERE {_LEFT_OUT} ORDER BY chosen.customer_id LIMIT %(limit)s
"""  # noqa: S608 - fragments of ours
_REACHABLE = {
    "email": "email_key IS NOT NULL",
    "sms": "phone <> ''",
    "push": """EXISTS (
        SELECT 1 FROM campaigns_pushsubscription AS browser
        WHERE browser.store_id = customer.store_id AND browser.customer_id = customer.id AND browser.gone_at IS NULL
    )""",
}
"""Who everybody is on a channel: whoever can be reached there; on a channel that reaches all, all."""
ALL_AT_ONCE = 2_000_000_000


@dataclass(frozen=True)
class Audience:
    """The chosen of one campaign, as ids of segments."""

    include: tuple[int, ...]
    exclude: tuple[int, ...]
    everybody: bool
    channel: str = "email"

    @classmethod
    def of(cls, campaign: Campaign) -> "Audience":
        """Return a saved campaign's audience."""
        return cls(tuple(campaign.audience("include")), tuple(campaign.audience("exclude")), campaign.to_everyone, campaign.channel)

    @property
    def sql(self) -> str:
        """Return a SELECT of customer_id in ascending order, with the parameters of `values`."""
        return _EVERYBODY.replace("[[reachable]]", _REACHABLE.get(self.channel, "true")) if self.everybody else _OF_SEGMENTS

    def values(self, *, after: int = 0, limit: int = ALL_AT_ONCE) -> dict[str, Any]:
        """Return its parameters. after: only higher ids."""
        return {
            "store": require_store_id(), "include": list(self.include), "exclude": list(self.exclude), "after": after, "limit": limit,
        }  # fmt: skip

    def some(self, count: int) -> list[int]:
        """Return the ids of a few who are chosen, those who came to the shop first."""
        with connection.cursor() as cursor:
            cursor.execute(self.sql, self.values(limit=count))
            return [row[0] for row in cursor.fetchall()]

    def segments(self) -> list[Segment]:
        """Return the segments it names."""
        return list(Segment.objects.filter(pk__in=[*self.include, *self.exclude]).order_by("name", "id"))


def broken(audience: Audience) -> list[Segment]:
    """Return the segments that cannot be worked out or were put away."""
    return [segment for segment in audience.segments() if segment.fault or segment.state != Segment.State.LIVE]


def bring_up_to_date(audience: Audience, *, now: datetime) -> bool:
    """Work off what waits for the segments named, so that their members are those of this moment; False while somebody else is at it.

    Call it outside a transaction.
    """
    if not audience.segments():
        return True
    fill_due(now=now)
    sweep(now=now)
    count = SLICE
    while count == SLICE:
        count = evaluate_slice(now=now)
    return count >= 0 and all(segment.is_up_to_date for segment in audience.segments())
