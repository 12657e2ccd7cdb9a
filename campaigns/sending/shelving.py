"""Keep on-site messages until their people come by, in the transaction that records them as sent."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from campaigns.models import Message, OnsiteMessage

KEPT = timedelta(days=14)


def keep_for_visits(contents: Mapping[int, bytes], *, now: datetime) -> None:
    """Keep what is shown at the next visit, by message; what is kept already stays as it is."""
    if not contents:
        return
    owners = dict(Message.objects.filter(pk__in=list(contents)).values_list("pk", "customer_id"))
    rows = []
    for pk, content in contents.items():
        told = json.loads(content)
        days = int(told.pop("days"))
        rows.append(OnsiteMessage(customer_id=owners[pk], message_id=pk, content=told, every_days=days, kept_at=now, until=now + KEPT))
    OnsiteMessage.objects.bulk_create(rows, ignore_conflicts=True)
