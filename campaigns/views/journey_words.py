"""How journeys are said and drawn wherever they are shown: icons of steps, what starts and ends one, the store's names for things."""

import json
from collections.abc import Mapping
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.journeys.occasions import Occasion, RuleText
from campaigns.journeys.triggers import Trigger
from campaigns.models import CouponPool, Template
from retention.kit.words import Phrase, gettext_noop
from retention.webhooks.models import Endpoint
from segments.knowing import read, terms_of_store
from segments.models import Segment
from segments.rules.sentence import say_part
from segments.rules.terms import Terms
from segments.rules.tree import RuleError

ICONS = {
    "send": "mail", "wait": "clock-pause", "wait_date": "clock", "wait_event": "hourglass", "branch": "arrows-split-2",
    "split": "arrows-shuffle", "ladder": "ladder", "coupon": "ticket", "update": "pencil", "webhook": "bolt", "notify": "bell",
    "exit": "flag", "jump": "arrow-back-up",
}  # fmt: skip
CHANNEL_WORDS = {
    "email": gettext_lazy("E-mail"), "sms": gettext_lazy("SMS"), "push": gettext_lazy("Push"), "onsite": gettext_lazy("On the site"),
}  # fmt: skip
CHANNEL_ICONS = {"email": "mail", "sms": "message-2", "push": "bell", "onsite": "layout-grid"}
_EVENTS: Mapping[tuple[str, ...], str] = {  # an event, and the texts it must say of itself where that makes it another thing
    ("Cart Idle",): gettext_noop("a basket is left alone"),
    ("Checkout Started",): gettext_noop("they go to the checkout"),
    ("Email Link Clicked",): gettext_noop("they click in an e-mail"),
    ("Order Completed",): gettext_noop("they place an order"),
    ("Product Added",): gettext_noop("they put something into the basket"),
    ("Product Added to Wishlist",): gettext_noop("they wish for something"),
    ("Product List Viewed",): gettext_noop("they look through a list"),
    ("Product Removed from Wishlist",): gettext_noop("they take a wish back"),
    ("Product Reviewed",): gettext_noop("they write a review"),
    ("Product Viewed",): gettext_noop("they look at a product"),
    ("Return Updated",): gettext_noop("a return is asked for or changes"),
    ("Return Updated", "requested"): gettext_noop("a return is asked for"),
    ("Return Updated", "declined", "cancelled"): gettext_noop("the return is declined or taken back"),
    ("Shipment Updated",): gettext_noop("there is news of a parcel"),
    ("Shipment Updated", "delivered"): gettext_noop("a parcel arrived"),
    ("Signed Up",): gettext_noop("they sign up by a form"),
    ("Survey Answered",): gettext_noop("they answer the question"),
}


class Names:
    """What the things are called that steps name by a key or a public id, and what rules mean: one for a page, so that it is read once."""

    def __init__(self, things: Mapping[str, str]) -> None:
        self._things = things

    @cached_property
    def terms(self) -> Terms:
        """Return the words of the active store's rules, read when the first of them is asked for."""
        return terms_of_store()

    def of(self, key: object) -> str:
        """Return what a thing is called; one without a name is called by its key."""
        return self._things.get(str(key), str(key))

    def beside(self, things: Mapping[str, str]) -> "Names":
        """Return these names and those of some more things; words of rules that were read are not read again."""
        both = Names({**self._things, **things})
        if "terms" in self.__dict__:
            both.__dict__["terms"] = self.terms
        return both


def names_of_store() -> Names:
    """Return what the store calls the things steps name by a key or a public id."""
    things = {str(public_id): name for public_id, name in Segment.objects.values_list("public_id", "name")}
    things |= {str(public_id): name for public_id, name in CouponPool.objects.values_list("public_id", "name")}
    things |= {str(one.public_id): str(one) for one in Endpoint.objects.all()}
    return Names({**things, **dict(Template.objects.values_list("key", "name"))})


def say(phrase: Phrase, names: Names) -> str:
    """Return a phrase in the reader's language, things called by their names."""
    return phrase.render(_, show=lambda value: called(value, names))


def called(value: object, names: Names) -> str:
    """Return what a value in a phrase is called: a thing by its name, a rule by its sentence, anything else as it is."""
    if isinstance(value, RuleText):
        return rule_words(value.rule, names.terms)
    return names.of(value)


def rule_words(rule: str, terms: Terms) -> str:
    """Say a rule as a part of a sentence about "they". rule: as JSON; terms: the words of the store whose rule it is."""
    try:
        return say_part(read(json.loads(rule), terms), terms).render(_)
    except RuleError:
        return _("fit a rule that is not finished")


def starts(trigger: Trigger, names: Names) -> str:
    """Say what starts a journey; events people know by another name are called so."""
    return occasion_words(trigger.occasion) if trigger.kind == "event" else say(trigger.words(), names)


def occasion_words(occasion: Occasion) -> str:
    """Say an event that starts or ends a journey as people would, with what it must say of itself; one nobody named keeps its own name."""
    state = [one.values for one in occasion.where if (one.name, one.type, one.op, one.negated) == ("state", "text", "is", False)]
    found = _EVENTS.get((occasion.event, *state[0])) if len(state) == len(occasion.where) == 1 else None
    if found:
        return _(found)
    plain = _EVENTS.get((occasion.event,))
    said = Phrase(plain) if plain else Phrase(gettext_noop("“%(event)s” happens"), {"event": occasion.event})
    for one in occasion.where:
        said = Phrase(gettext_noop("%(first)s, and %(second)s"), {"first": said, "second": one.phrase()})
    return said.render(_)
