"""How journeys are said and drawn wherever they are shown: icons of steps, what starts and ends one, the store's names for things."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.journeys.occasions import Occasion
from campaigns.journeys.triggers import Trigger
from campaigns.models import CouponPool, Template
from retention.kit.words import Phrase, gettext_noop
from retention.webhooks.models import Endpoint
from segments.models import Segment

ICONS = {
    "send": "mail", "wait": "clock-pause", "wait_date": "clock", "wait_event": "hourglass", "branch": "arrows-split-2",
    "split": "arrows-shuffle", "ladder": "ladder", "coupon": "ticket", "update": "pencil", "webhook": "bolt", "notify": "bell",
    "exit": "flag", "jump": "arrow-back-up",
}  # fmt: skip
CHANNEL_WORDS = {
    "email": gettext_lazy("E-mail"), "sms": gettext_lazy("SMS"), "push": gettext_lazy("Push"), "onsite": gettext_lazy("On the site"),
}  # fmt: skip
CHANNEL_ICONS = {"email": "mail", "sms": "message-2", "push": "bell", "onsite": "layout-grid"}
_EVENTS = {
    "Cart Idle": gettext_noop("a basket is left alone"),
    "Order Completed": gettext_noop("they place an order"),
}
Names = Mapping[str, str]


def names_of_store() -> dict[str, str]:
    """Return what the store calls the things steps name by a key or a public id."""
    things = {str(public_id): name for public_id, name in Segment.objects.values_list("public_id", "name")}
    things |= {str(public_id): name for public_id, name in CouponPool.objects.values_list("public_id", "name")}
    things |= {str(one.public_id): str(one) for one in Endpoint.objects.all()}
    return {**things, **dict(Template.objects.values_list("key", "name"))}


def say(phrase: Phrase, names: Names) -> str:
    """Return a phrase in the reader's language, things called by their names."""
    return phrase.render(_, show=lambda value: names.get(str(value), str(value)))


def starts(trigger: Trigger, names: Names) -> str:
    """Say what starts a journey; events people know by another name are called so."""
    if trigger.kind == "event" and trigger.event in _EVENTS and not trigger.occasion.where:
        return _(_EVENTS[trigger.event])
    return say(trigger.words(), names)


def occasion_words(occasion: Occasion) -> str:
    """Say what an event is that ends a journey."""
    return _(_EVENTS[occasion.event]) if occasion.event in _EVENTS else _("“%(event)s” happens") % {"event": occasion.event}
