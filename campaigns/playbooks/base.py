"""What a ready-made journey is: a definition, the messages it names, and what it rests on. Data, no database.

In a definition a text that begins with `STORE` stands for what is the store's own, and is filled in when the playbook is taken: a segment
by its key ("store:lapsed"), or a number of `numbers.py` ("store:gap_days").
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from campaigns.personalization.ready.messages import ReadyMessage
from retention.kit.words import Phrase, gettext_noop

STORE = "store:"
MEET, COME_BACK, AFTER, STAY = "meet", "come_back", "after", "stay"
AIMS: Mapping[str, Phrase] = {
    MEET: Phrase(gettext_noop("Meet people")),
    COME_BACK: Phrase(gettext_noop("Bring them back to what they left")),
    AFTER: Phrase(gettext_noop("After an order")),
    STAY: Phrase(gettext_noop("Stay in touch")),
}


@dataclass(frozen=True)
class Need:
    """What has to be there before anybody enters. label: what it is; missing: what happens as long as there is none.

    kind: event (named by `what`, with the values of `where` if it must say something), birthdays, products, stock or costs.
    """

    kind: str
    label: Phrase
    missing: Phrase
    what: str = ""
    where: tuple[str, str] = ("", "")

    @property
    def key(self) -> tuple[str, str, tuple[str, str]]:
        """Return what tells it apart: several playbooks have the same."""
        return self.kind, self.what, self.where


@dataclass(frozen=True)
class ReadySegment:
    """A segment a playbook works with. note: what it is for."""

    key: str
    name: Phrase
    note: Phrase
    rule: dict[str, Any]


@dataclass(frozen=True)
class Gift:
    """A message that may carry a code: with a pool the step sends `gifted` in the place of `plain`, and draws from the pool."""

    step: str
    plain: str
    gifted: str
    label: Phrase


@dataclass(frozen=True)
class Playbook:
    """A journey one can switch on. `definition` is what a JourneyVersion stores, once the store's own is filled in.

    lately: a rule for the people who would have entered in the last 30 days, as far as what is known now can say. attributes: the kinds of
    attributes it writes, by key. rows: rows of the recovery plan that write to the same people. says: what should be known before. service:
    whether it is part of an order, so that it is for everybody and nobody is held back.
    """

    key: str
    aim: str
    icon: str
    name: Phrase
    summary: Phrase
    definition: dict[str, Any]
    templates: tuple[ReadyMessage, ...]
    lately: dict[str, Any]
    needs: tuple[Need, ...] = ()
    segments: tuple[ReadySegment, ...] = ()
    gifts: tuple[Gift, ...] = ()
    attributes: Mapping[str, str] | None = None
    rows: tuple[str, ...] = ()
    says: tuple[Phrase, ...] = ()

    @property
    def service(self) -> bool:
        """Say whether it belongs to an order."""
        return self.definition.get("stream") == "transactional"


def _event(name: str, label: str, missing: str, where: tuple[str, str] = ("", "")) -> Need:
    return Need("event", Phrase(label), Phrase(missing), name, where)


BASKETS = _event(
    "Product Added", gettext_noop("baskets"), gettext_noop("The shop has told of no basket yet. People enter as soon as it does.")
)
VIEWS = _event(
    "Product Viewed",
    gettext_noop("views of products"),
    gettext_noop("The shop has told of no product anybody looked at. People enter as soon as it does."),
)
LISTS = _event(
    "Product List Viewed",
    gettext_noop("views of lists"),
    gettext_noop("The shop has told of no list anybody looked through. People enter as soon as it does."),
)
WISHES = _event(
    "Product Added to Wishlist",
    gettext_noop("wishlists"),
    gettext_noop("The shop has told of no wish yet. Without a wishlist in the shop nobody ever enters, and nothing is sent."),
)
SIGN_UPS = _event(
    "Signed Up",
    gettext_noop("sign-ups"),
    gettext_noop("Nobody has signed up by a form of yours yet. People enter as soon as somebody does."),
)
ORDERS = _event(
    "Order Completed", gettext_noop("orders"), gettext_noop("The shop has told of no order yet. People enter as soon as it does.")
)
DELIVERIES = _event(
    "Shipment Updated",
    gettext_noop("news of deliveries"),
    gettext_noop("The shop has told of no parcel that arrived. Until the first one nobody enters, and nothing is sent."),
    ("state", "delivered"),
)
RETURNS = _event(
    "Return Updated",
    gettext_noop("returns"),
    gettext_noop("The shop has told of no return yet. People enter as soon as somebody asks for one."),
    ("state", "requested"),
)
BIRTHDAYS = Need(
    "birthdays",
    Phrase(gettext_noop("birthdays")),
    Phrase(gettext_noop("Nobody's birthday is known yet. Ask for it in a sign-up form; until then nobody enters.")),
)
PRODUCTS = Need(
    "products",
    Phrase(gettext_noop("products for sale")),
    Phrase(gettext_noop("The shop has told of no product for sale, so its messages show none. They go out without.")),
)
STOCK = Need(
    "stock",
    Phrase(gettext_noop("what is in stock")),
    Phrase(gettext_noop("The shop has never told how many pieces it has. Until it does nobody enters, and nothing is sent.")),
)
COSTS = Need(
    "costs",
    Phrase(gettext_noop("what products cost you")),
    Phrase(gettext_noop("No wholesale cost is known, so nobody can say what a gift may cost. Choose the pools by what you know.")),
)
DELIVERED = {"event": "Shipment Updated", "where": [{"property": "state", "type": "text", "op": "is", "values": ["delivered"]}]}
RETURNED = {"event": "Return Updated", "key": "order_id"}
ORDERED = {"event": "Order Completed"}
END = {"id": "end", "kind": "exit"}


def by_rule(rule: Mapping[str, Any], *, inside: bool = True) -> dict[str, Any]:
    """Return the question whether somebody fits a rule, as a definition asks it."""
    return {"rule": dict(rule)} if inside else {"rule": dict(rule), "inside": False}


def send(step: str, template: str, *, channel: str = "email", hours: int = 24) -> dict[str, Any]:
    """Return the step that sends one message, which is too late after so many hours."""
    return {"id": step, "kind": "send", "channel": channel, "template": template, "expires_hours": hours}


def days(step: str, count: int | str, *, at: str = "10:00") -> dict[str, Any]:
    """Return the step that lets days pass, and then waits for a time of the day where they live."""
    return {"id": step, "kind": "wait", "days": count, "at": at}


def first_that_reaches(step: str, *rungs: tuple[str, str], hours: int = 24) -> dict[str, Any]:
    """Return the step that sends by the first of these channels (channel, template) that reaches somebody, and by no other."""
    return ladder(step, *((channel, template, 0) for channel, template in rungs), most=1, hours=hours)


def ladder(step: str, *rungs: tuple[str, str, int], most: int, hours: int = 24) -> dict[str, Any]:
    """Return the step that tries channel after channel: (channel, template, minutes from its beginning)."""
    said = [{"channel": channel, "template": key, "minutes": minutes, "expires_hours": hours} for channel, key, minutes in rungs]
    return {"id": step, "kind": "ladder", "rungs": said, "most": most}


def until(step: str, event: str, count: int, *, then: str, otherwise: str, **more: Any) -> dict[str, Any]:
    """Return the step that waits for an event, for so many days at most."""
    return {"id": step, "kind": "wait_event", "event": event, "days": count, "then": then, "otherwise": otherwise, **more}
