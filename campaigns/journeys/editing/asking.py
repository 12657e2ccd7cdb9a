"""What a form asks for a step, for a way of a branch, and for what starts and ends a journey: one question after the other.

The questions are those of `segments/rules/asks.py`. The answers are as `shaping.py` spreads them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from campaigns.journeys.editing.shaping import MOST_ROWS, UNITS
from campaigns.journeys.occasions import WEEKDAYS
from campaigns.journeys.steps.notify import ROLES
from campaigns.journeys.steps.wait import DAYS
from campaigns.journeys.triggers import INTERESTS
from retention.kit.words import gettext_noop
from segments.conditions import GROUPS, KINDS
from segments.rules.asks import Ask, Asking, Asks, Choices, Told, ask_properties
from segments.rules.terms import Terms

CHANNELS: Choices = (
    ("email", gettext_noop("an e-mail")),
    ("sms", gettext_noop("an SMS")),
    ("push", gettext_noop("a push message")),
    ("onsite", gettext_noop("a message at their next visit")),
)
LENGTHS: Choices = (("minutes", gettext_noop("minutes")), ("hours", gettext_noop("hours")), ("days", gettext_noop("days")))
TRIGGERS: Choices = (
    ("event", gettext_noop("something happens")),
    ("segment", gettext_noop("they come into a segment or leave it")),
    ("date", gettext_noop("a date of theirs comes near")),
    ("schedule", gettext_noop("the calendar says so")),
    ("product", gettext_noop("there is news of a product they cared about")),
)
ABOUT: Choices = (
    ("", gettext_noop("whatever it is about")),
    ("cart_id", gettext_noop("only about the same basket")),
    ("order_id", gettext_noop("only about the same order")),
    ("product_id", gettext_noop("only about the same product")),
    ("return_id", gettext_noop("only about the same return")),
)
SUBJECTS: Choices = (
    ("", gettext_noop("for each person")),
    ("cart_id", gettext_noop("for each basket")),
    ("order_id", gettext_noop("for each order")),
    ("product_id", gettext_noop("for each product")),
    ("return_id", gettext_noop("for each return")),
)
_YES_NO: Choices = (("false", gettext_noop("no")), ("true", gettext_noop("yes")))
_INSIDE: Choices = (("yes", gettext_noop("who are in it")), ("no", gettext_noop("who are not in it")))
_FITTING: Choices = (("yes", gettext_noop("who fit this rule")), ("no", gettext_noop("who do not fit this rule")))
_JOINS: Choices = (
    ("all", gettext_noop("all of these hold")),
    ("any", gettext_noop("one of these holds")),
    ("none", gettext_noop("none of these holds")),
)
_CONDITIONS: Choices = [(kind.kind, kind.label) for kinds in GROUPS.values() for kind in kinds]
_SIDES: Choices = (
    ("on", gettext_noop("on the day itself")),
    ("before", gettext_noop("so many days before it")),
    ("after", gettext_noop("so many days after it")),
)
_TYPES: Choices = (
    ("text", gettext_noop("a text")),
    ("number", gettext_noop("a number")),
    ("flag", gettext_noop("yes or no")),
    ("today", gettext_noop("the day they come here")),
)
_INTERESTS = {
    "viewed": gettext_noop("looked at it"),
    "basket": gettext_noop("put it into the basket"),
    "wished": gettext_noop("wished for it"),
}
FIRST_CONDITION = "figure"
WHOLE_RULE = gettext_noop(
    "It has groups of conditions, which are not changed here. Take it out and use a segment in its place to change them."
)
_ROLE_WORDS = {
    "owner": gettext_noop("Owner"), "manager": gettext_noop("Manager"), "marketer": gettext_noop("Marketer"),
    "writer": gettext_noop("Writer"), "analyst": gettext_noop("Analyst"), "support": gettext_noop("Support"),
}  # fmt: skip


@dataclass(frozen=True)
class Around:
    """What a form has to know around it. event: what starts the journey, for a branch; terms: the store's words, for rules."""

    event: str = ""
    terms: Terms | None = None


def asking_of(kind: str, around: Around) -> Asking:
    """Return the questions of a kind of form; none for one that asks nothing."""
    return partial(_ASKS.get(kind, _nothing), around=around)


def asks_something(kind: str) -> bool:
    """Say whether a kind of step has anything to change."""
    return kind in _ASKS


def _nothing(_told: Told, around: Around) -> Asks:
    yield from ()


def _rows(told: Told, name: str) -> range:
    rows = told.get(name, [])
    return range(min(len(rows) if isinstance(rows, list) else 0, MOST_ROWS))


def _send(told: Told, around: Around) -> Asks:
    yield Ask("channel", "choice", gettext_noop("What is sent"), CHANNELS, "email")
    yield Ask("template", "pick", gettext_noop("Which one"), offers=f"template:{told.word('channel')}")
    yield Ask("expires_hours", "number", gettext_noop("Not later than so many hours"), default=24)


def _length(label: str, *, is_optional: bool = False, before: str = "", default: int = 1) -> Asks:
    yield Ask(f"{before}amount", "number", label, default=default, is_optional=is_optional)
    yield Ask(f"{before}unit", "choice", gettext_noop("in"), LENGTHS, UNITS[-1] if not before else UNITS[0])


def _wait(told: Told, around: Around) -> Asks:
    yield from _length(gettext_noop("Wait for"), is_optional=True)
    yield Ask("at", "text", gettext_noop("then until (a time such as 09:00, where they live)"), is_optional=True)
    yield Ask("weekdays", "texts", gettext_noop("on one of these days"), [(day, DAYS[day]) for day in WEEKDAYS], is_optional=True)


def _dated(told: Told, around: Around, *, missing: bool = True) -> Asks:
    yield Ask("date", "pick", gettext_noop("Which date"), offers="dates")
    yield Ask("side", "choice", gettext_noop("When"), _SIDES, "on")
    if told.word("side") in {"before", "after"}:
        yield Ask("days", "whole", gettext_noop("Days"), default=1)
    yield Ask("at", "text", gettext_noop("At (where they live)"), default="09:00")
    yield Ask("yearly", "flag", gettext_noop("Each year again"), _YES_NO, default=False)
    if missing:
        choices = (("go_on", gettext_noop("go on at once")), ("leave", gettext_noop("leave the journey")))
        yield Ask("missing", "choice", gettext_noop("Who has no such date"), choices, "go_on")


def _occasion(told: Told, about: Choices, label: str) -> Asks:
    yield Ask("event", "pick", label, offers="events")
    known = [key for key, _word in about]
    key = told.word("key")
    yield Ask("key", "choice", gettext_noop("It counts"), [*about, *([(key, key)] if key not in known else [])], "", is_optional=True)
    yield from ask_properties(told, event=told.word("event"))


def _wait_event(told: Told, around: Around) -> Asks:
    yield from _occasion(told, ABOUT, gettext_noop("Wait until this happens"))
    yield from _length(gettext_noop("For so long at most"))


def _people(told: Told, terms: Terms | None) -> Asks:
    for place in _rows(told, "people"):
        yield Ask(f"people.{place}.segment", "pick", gettext_noop("Segment"), offers="segments")
        yield Ask(f"people.{place}.inside", "choice", gettext_noop("those"), _INSIDE, "yes")
    yield Ask("people", "rows", gettext_noop("Only people of a segment …"))
    if terms is None:
        return
    for place in _rows(told, "rules"):
        yield from _rule(told, f"rules.{place}.", terms)
    yield Ask("rules", "rows", gettext_noop("Only people who fit a rule …"))


def _rule(told: Told, before: str, terms: Terms) -> Asks:
    """Ask for a rule: whether it shall hold, how its conditions are joined, and the questions of each, as the segment builder asks them."""
    yield Ask(f"{before}inside", "choice", gettext_noop("those"), _FITTING, "yes", hint=WHOLE_RULE if told.get(f"{before}whole") else "")
    if told.get(f"{before}whole"):
        return
    yield Ask(f"{before}join", "choice", gettext_noop("when"), _JOINS, "all")
    for place in _rows(told, f"{before}conditions"):
        yield from _condition(told, f"{before}conditions.{place}.", terms)
    yield Ask(f"{before}conditions", "rows", gettext_noop("One more condition"))


def _condition(told: Told, before: str, terms: Terms) -> Asks:
    yield Ask(f"{before}is", "choice", gettext_noop("They …"), _CONDITIONS, FIRST_CONDITION)
    kind = KINDS.get(told.word(f"{before}is"))
    if kind is not None:
        yield from (replace(ask, name=f"{before}{ask.name}") for ask in kind.asks(told.under(before), terms))


def _way(told: Told, around: Around) -> Asks:
    yield Ask("name", "text", gettext_noop("What you call this way"), is_optional=True)
    yield from _people(told, around.terms)
    yield from ask_properties(told, event=around.event)


def _split(told: Told, around: Around) -> Asks:
    for place in _rows(told, "shares"):
        yield Ask(f"shares.{place}.name", "text", gettext_noop("Name"))
        yield Ask(f"shares.{place}.weight", "whole", gettext_noop("Share"), default=50)


def _ladder(told: Told, around: Around) -> Asks:
    for place in _rows(told, "rungs"):
        before = f"rungs.{place}."
        yield Ask(f"{before}channel", "choice", gettext_noop("First") if not place else gettext_noop("Then"), CHANNELS, "email")
        yield Ask(f"{before}template", "pick", gettext_noop("Which one"), offers=f"template:{told.word(f'{before}channel')}")
        yield from _after(before)
    yield Ask("rungs", "rows", gettext_noop("One more message"))
    yield Ask("most", "whole", gettext_noop("So many messages at most"), default=4)


def _after(before: str) -> Asks:
    yield Ask(f"{before}amount", "whole", gettext_noop("so long after coming here"), default=0)
    yield Ask(f"{before}unit", "choice", gettext_noop("in"), LENGTHS, UNITS[0])


def _coupon(told: Told, around: Around) -> Asks:
    yield Ask("pool", "pick", gettext_noop("From which pool"), offers="pools")
    choices = (("go_on", gettext_noop("goes on without one")), ("leave", gettext_noop("leaves the journey")))
    yield Ask("without", "choice", gettext_noop("For whom no code is left"), choices, "go_on")


def _values(told: Told, name: str, *, types: Choices) -> Asks:
    for place in _rows(told, name):
        before = f"{name}.{place}."
        yield Ask(f"{before}name", "text", gettext_noop("Name"))
        yield Ask(f"{before}type", "choice", gettext_noop("is"), types, "text")
        kind = told.word(f"{before}type")
        if kind == "flag":
            yield Ask(f"{before}value", "flag", gettext_noop("what"), _YES_NO, default=False)
        elif kind != "today":
            yield Ask(
                f"{before}value", "number" if kind == "number" else "text", gettext_noop("what"), default=1 if kind == "number" else ""
            )
    yield Ask(name, "rows", gettext_noop("One more"))


def _update(told: Told, around: Around) -> Asks:
    yield from _values(told, "set", types=_TYPES)


def _webhook(told: Told, around: Around) -> Asks:
    yield Ask("endpoint", "pick", gettext_noop("Which webhook"), offers="endpoints")
    yield from _values(told, "data", types=_TYPES[:3])


def _notify(told: Told, around: Around) -> Asks:
    yield Ask("roles", "texts", gettext_noop("Who of the team"), [(role, _ROLE_WORDS[role]) for role in ROLES])
    yield Ask("subject", "text", gettext_noop("Subject"))
    yield Ask("text", "text", gettext_noop("Text"), is_optional=True)


def _jump(told: Told, around: Around) -> Asks:
    yield Ask("to", "pick", gettext_noop("They go on at"), offers="steps")


def _trigger(told: Told, around: Around) -> Asks:
    yield Ask("kind", "choice", gettext_noop("Somebody enters when"), TRIGGERS, "event")
    kind = told.word("kind")
    if kind == "segment":
        yield Ask("segment", "pick", gettext_noop("Segment"), offers="segments")
        moves = (("entered", gettext_noop("they come in")), ("left", gettext_noop("they leave it")))
        yield Ask("move", "choice", gettext_noop("When"), moves, "entered")
    elif kind == "date":
        yield from _dated(told, around, missing=False)
    elif kind == "schedule":
        yield from _scheduled(told)
    elif kind == "product":
        yield from _product(told)
    else:
        yield from _occasion(told, SUBJECTS, gettext_noop("What happens"))


def _scheduled(told: Told) -> Asks:
    every = (("day", gettext_noop("each day")), ("week", gettext_noop("on days of the week")), ("month", gettext_noop("once a month")))
    yield Ask("segment", "pick", gettext_noop("Everybody in this segment"), offers="segments")
    yield Ask("every", "choice", gettext_noop("How often"), every, "day")
    if told.word("every") == "week":
        yield Ask("weekdays", "texts", gettext_noop("On"), [(day, DAYS[day]) for day in WEEKDAYS], default=["monday"])
    if told.word("every") == "month":
        yield Ask("day", "whole", gettext_noop("On this day of the month"), default=1)
    yield Ask("at", "text", gettext_noop("At (where they live)"), default="09:00")


def _product(told: Told) -> Asks:
    news = (
        ("price_drop", gettext_noop("its price falls")),
        ("back_in_stock", gettext_noop("it is back in stock")),
        ("low_stock", gettext_noop("few of it are left")),
    )
    yield Ask("what", "choice", gettext_noop("What news"), news, "price_drop")
    if told.word("what") == "price_drop":
        yield Ask("percent", "whole", gettext_noop("By so many percent at least"), default=10)
    if told.word("what") == "low_stock":
        yield Ask("at_most", "whole", gettext_noop("So many pieces at most"), default=3)
    yield Ask("within_days", "whole", gettext_noop("Cared about in the last days"), default=30)
    interests = [(one, _INTERESTS[one]) for one in INTERESTS]
    yield Ask("interest", "texts", gettext_noop("For those who"), interests, default=list(INTERESTS))


def _entry(told: Told, around: Around) -> Asks:
    again = (
        ("never", gettext_noop("once only")),
        ("always", gettext_noop("each time, once they have left")),
        ("after", gettext_noop("again after so many days")),
    )
    yield from _people(told, around.terms)
    yield Ask("again", "choice", gettext_noop("Somebody may enter"), again, "never")
    if told.word("again") == "after":
        yield Ask("days", "whole", gettext_noop("Days after entering"), default=30)
    yield Ask("cart_open", "flag", gettext_noop("Only while their basket is not bought"), _YES_NO, default=False)
    yield Ask("calm_minutes", "whole", gettext_noop("Minutes of quiet in the shop before a message"), default=0)
    yield Ask("holdout", "whole", gettext_noop("Held back to compare, in percent"), default=10)
    streams = (
        ("marketing", gettext_noop("marketing: only with consent")),
        ("transactional", gettext_noop("part of an order: without consent")),
    )
    yield Ask("stream", "choice", gettext_noop("Its messages are"), streams, "marketing")


def _exits(told: Told, around: Around) -> Asks:
    for place in _rows(told, "exits"):
        before = f"exits.{place}."
        yield Ask(f"{before}event", "pick", gettext_noop("When this happens"), offers="events")
        key = told.word(f"{before}key")
        more = [(key, key)] if key not in [one for one, _word in ABOUT] else []
        yield Ask(f"{before}key", "choice", gettext_noop("It counts"), [*ABOUT, *more], "", is_optional=True)
        yield from ask_properties(told, before, event=told.word(f"{before}event"))
    yield Ask("exits", "rows", gettext_noop("One more reason to leave"))


_ASKS: Mapping[str, Callable[..., Any]] = {
    "send": _send,
    "wait": _wait,
    "wait_date": _dated,
    "wait_event": _wait_event,
    "way": _way,
    "split": _split,
    "ladder": _ladder,
    "coupon": _coupon,
    "update": _update,
    "webhook": _webhook,
    "notify": _notify,
    "jump": _jump,
    "trigger": _trigger,
    "entry": _entry,
    "exits": _exits,
}
