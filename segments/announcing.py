"""What merchants' own systems hear of segments: who came and who left."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from retention.customers.models import Customer
from retention.webhooks.outbox import News, announce_many, wanted_types
from retention.webhooks.types import WebhookType, webhook_types
from segments.models import Segment

ENTERED, LEFT = "segment.entered", "segment.left"
_EXAMPLE = {"segment": {"id": "…", "name": "Champions"}, "customer": {"id": "…"}}


def add_types() -> None:
    """Add the types of this floor to the register; called once at start-up."""
    carries = _("The segment's id and name, and the customer's id")
    webhook_types.add(ENTERED, WebhookType(_("A customer entered a segment"), carries, _EXAMPLE))
    webhook_types.add(LEFT, WebhookType(_("A customer left a segment"), carries, _EXAMPLE))


def announce_moves(kind: str, moves: Mapping[Segment, Collection[int]], *, now: datetime) -> int:
    """Say of each segment who came (or left), in the caller's transaction; return how many were written down."""
    if kind not in wanted_types():
        return 0
    concerned = {customer_id for ids in moves.values() for customer_id in ids}
    names = dict(Customer.objects.filter(pk__in=concerned).values_list("pk", "public_id"))
    return announce_many(
        [
            News(
                kind,
                {"segment": {"id": str(segment.public_id), "name": segment.name}, "customer": {"id": str(names[customer_id])}},
                about=names[customer_id],
            )
            for segment, ids in moves.items()
            for customer_id in ids
            if customer_id in names
        ],
        now=now,
    )
