"""The one-pixel picture of a mail: note that it was loaded, answer with the picture whatever comes of it, change nothing else (S36)."""

import base64
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from campaigns.measurement.robots import suspicion_of_load
from campaigns.models import Message, Opening
from campaigns.personalization.links import read_opening
from retention.dashboard.access import public
from retention.kit import clock
from retention.kit.secrets import BadLink
from retention.tenancy.context import store_context

MOST_AN_HOUR = 60  # of one mail: nobody looks more often, and whoever has its picture's address could fill the table
PICTURE = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


@public
@never_cache
@require_safe
def load(request: HttpRequest, token: str) -> HttpResponse:
    """Answer with the picture; a row is all that is written, and a token that is none writes nothing."""
    now = clock.now()
    with suppress(BadLink, DatabaseError):  # a mail shows no broken picture because we could not count
        link, message_id = read_opening(token, now=now)
        with store_context(link.store_id):
            message = Message.objects.filter(pk=message_id).only("customer_id", "sent_at", "store_id").first()
            if message is not None and _loads(message_id, now) < MOST_AN_HOUR:
                agent = request.headers.get("User-Agent", "").replace("\0", "")[:300]
                suspected = suspicion_of_load(method=request.method or "", agent=agent, sent_at=message.sent_at, now=now)
                Opening.objects.create(message_id=message_id, customer_id=message.customer_id, at=now, agent=agent, suspected=suspected)
    return HttpResponse(PICTURE, content_type="image/gif")


def _loads(message_id: int, now: datetime) -> int:
    return int(Opening.objects.filter(message_id=message_id, at__gt=now - timedelta(hours=1))[:MOST_AN_HOUR].count())
