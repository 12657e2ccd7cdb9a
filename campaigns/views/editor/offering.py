"""The store's own things a step can name, for the fields of its form: messages, segments, pools, webhooks, dates, steps of the draft."""

from collections.abc import Callable, Sequence

from django.utils.translation import gettext as _

from campaigns.journeys.steps.wait_date import BIRTHDAY
from campaigns.models import CouponPool, Template
from retention.customers.models import Attribute
from retention.webhooks.models import Endpoint
from segments.models import Segment
from segments.offering import Offer, offers

Steps = Sequence[Offer]
_NAMES = frozenset({"events", "properties"})  # words of the store that tell nothing of a single customer


def offered(name: str, steps: Steps, *, sees_people: bool = False) -> list[Offer]:
    """Return what can be chosen for one question. name: as `journeys/editing/asking.py` says; steps: those of the draft, for a jump.

    sees_people: whether who asks may see customers; nobody else is offered what customers' events say.
    """
    kind, _colon, of_what = name.partition(":")
    if kind == "steps":
        return list(steps)
    finder = _FINDERS.get(kind)
    if finder is not None:
        return finder(of_what)
    return offers(name) if sees_people or kind in _NAMES else []


def _templates(channel: str) -> list[Offer]:
    rows = Template.objects.kept().by_name().filter(live_number__isnull=False, channel=channel)
    return [Offer(one.key, one.name) for one in rows]


def _segments(_of: str) -> list[Offer]:
    return [Offer(str(one.public_id), one.name) for one in Segment.objects.live().order_by("name", "pk")]


def _pools(_of: str) -> list[Offer]:
    return [Offer(str(one.public_id), one.name) for one in CouponPool.objects.filter(archived_at=None).order_by("name", "pk")]


def _endpoints(_of: str) -> list[Offer]:
    return [Offer(str(one.public_id), str(one)) for one in Endpoint.objects.open().order_by("pk")]


def _dates(_of: str) -> list[Offer]:
    kept = Attribute.objects.filter(kind=Attribute.Kind.DATE).order_by("key").values_list("key", flat=True)
    return [Offer(BIRTHDAY, _("their birthday")), *(Offer(key, key) for key in kept)]


_FINDERS: dict[str, Callable[[str], list[Offer]]] = {
    "template": _templates,
    "segments": _segments,
    "pools": _pools,
    "endpoints": _endpoints,
    "dates": _dates,
}
