"""Proven segments a merchant takes with one press: the rule, what it is called, and what to do with the people in it.

They are data; a test reads every rule in a store and counts it. Other ready-made things write their rules with the same words.
Names of events are those of the e-commerce vocabulary (Segment, v2).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from retention.kit.words import gettext_noop

Json = dict[str, Any]


@dataclass(frozen=True)
class Proven:
    """One segment of the library. key: never changes. advice: one sentence on what to do with it."""

    key: str
    name: str
    advice: str
    rule: Json


def rule_of(*rules: Json) -> Json:
    """Return a whole rule: everybody for whom all of these hold."""
    return {"version": 1, "root": {"join": "all", "rules": list(rules)}}


def either(*rules: Json) -> Json:
    """Return a group of which one must hold."""
    return {"join": "any", "rules": list(rules)}


def last(count: int, unit: str = "days") -> Json:
    """Return the window of the last days."""
    return {"how": "last", "count": count, "unit": unit}


def ago(count: int, unit: str = "days") -> Json:
    """Return the window of everything longer ago."""
    return {"how": "ago", "count": count, "unit": unit}


def moment(field: str, window: Json) -> Json:
    """Return the condition for a moment on the customer's row: created_at, last_seen_at, first_order_at or last_order_at."""
    return {"is": "moment", "field": field, "op": "in", "window": window}


def orders(op: str, value: int | str, **more: Any) -> Json:
    """Return the condition for orders counted; more: a measure, a window, what was bought."""
    return {"is": "orders", "op": op, "value": value, **more}


def figure(figure: str, op: str, value: float) -> Json:
    """Return the condition for orders, spent or average over all time; money in whole units."""
    return {"is": "figure", "figure": figure, "op": op, "value": value}


def did(event: str, op: str = "at_least", value: int = 1, **more: Any) -> Json:
    """Return the condition for an event, so many times; more: a window, what it must say."""
    return {"is": "event", "event": event, "op": op, "value": value, **more}


def quiet(event: str, days: int) -> Json:
    """Return the condition for an event that did not happen in the last days."""
    return did(event, "equals", 0, window=last(days))


MAY_MAIL: Json = {"is": "consent", "channel": "email", "status": "granted"}

LIBRARY: Sequence[Proven] = (
    Proven(
        "champions", gettext_noop("Champions"),
        gettext_noop("Show them new things first, and ask them to tell others; they need no discount."),
        rule_of(figure("orders", "at_least", 4), moment("last_order_at", last(90))),
    ),
    Proven(
        "loyal", gettext_noop("Loyal"),
        gettext_noop("Thank them with something small; never with the offer everybody gets."),
        rule_of(figure("orders", "at_least", 3), moment("last_order_at", last(180))),
    ),
    Proven(
        "new_buyers", gettext_noop("First order this month"),
        gettext_noop("Tell them how to get the most out of what they bought."),
        rule_of(figure("orders", "equals", 1), moment("first_order_at", last(30))),
    ),
    Proven(
        "second_order_due", gettext_noop("Bought once, a month or two ago"),
        gettext_noop("The second order decides: remind them while they still remember you."),
        rule_of(figure("orders", "equals", 1), moment("last_order_at", ago(30)), moment("last_order_at", last(60))),
    ),
    Proven(
        "at_risk", gettext_noop("Good customers, quiet for 90 days"),
        gettext_noop("Ask what was missing before you offer money."),
        rule_of(figure("orders", "at_least", 2), moment("last_order_at", ago(90)), moment("last_order_at", last(180))),
    ),
    Proven(
        "about_to_lose", gettext_noop("Quiet for half a year"),
        gettext_noop("One honest try with your best reason to come back."),
        rule_of(figure("orders", "at_least", 1), moment("last_order_at", ago(180)), moment("last_order_at", last(365))),
    ),
    Proven(
        "lost", gettext_noop("Not seen for a year"),
        gettext_noop("Write once more, then stop: silence protects your good name."),
        rule_of(figure("orders", "at_least", 1), moment("last_order_at", ago(365))),
    ),
    Proven(
        "never_bought", gettext_noop("Said yes to mail, never bought"),
        gettext_noop("Answer the question that keeps them: fit, shipping, trust."),
        rule_of(MAY_MAIL, figure("orders", "equals", 0)),
    ),
    Proven(
        "big_spenders", gettext_noop("Large orders"),
        gettext_noop("Offer sets and early access; free shipping means little to them."),
        rule_of(figure("average", "at_least", 100), figure("orders", "at_least", 2)),
    ),
    Proven(
        "top_spent", gettext_noop("Spent more than 500 in all"),
        gettext_noop("A card in the parcel does more than another mail."),
        rule_of(figure("spent", "more", 500)),
    ),
    Proven(
        "birthday_week", gettext_noop("Birthday this week"),
        gettext_noop("Congratulate on the day; a gift beats a percentage."),
        rule_of({"is": "birthday", "op": "next", "count": 7}),
    ),
    Proven(
        "birthday_unknown", gettext_noop("Buyers whose birthday we do not know"),
        gettext_noop("Ask for it, and say why you ask."),
        rule_of(figure("orders", "at_least", 1), {"is": "birthday", "op": "not_known"}),
    ),
    Proven(
        "looked_thrice", gettext_noop("Looked three times and did not buy"),
        gettext_noop("They are nearly there: answer doubts before you lower the price."),
        rule_of(did("Product Viewed", "at_least", 3, window=last(14)), orders("equals", 0, window=last(14))),
    ),
    Proven(
        "basket_left", gettext_noop("Left a basket"),
        gettext_noop("The recovery plan writes to them; do not write beside it."),
        rule_of({"is": "cart", "state": "abandoned"}),
    ),
    Proven(
        "big_basket_left", gettext_noop("Left a basket of 100 or more"),
        gettext_noop("Worth a call or a personal mail."),
        rule_of({"is": "cart", "state": "abandoned", "total": {"op": "at_least", "value": 100}}),
    ),
    Proven(
        "checkout_left", gettext_noop("Stopped at the checkout"),
        gettext_noop("Look at shipping cost and payment before you write."),
        rule_of({"is": "cart", "state": "idle", "stages": ["checkout", "payment"]}),
    ),
    Proven(
        "engaged", gettext_noop("Engaged in the last 30 days"),
        gettext_noop("Safe to write to when you warm up a new sender."),
        rule_of(either(did("Email Link Clicked", window=last(30)), moment("last_order_at", last(30)), moment("created_at", last(30)))),
    ),
    Proven(
        "unengaged", gettext_noop("No click for 180 days"),
        gettext_noop("Two farewell mails, then none: they cost you the inbox of the others."),
        rule_of(MAY_MAIL, moment("created_at", ago(180)), quiet("Email Link Clicked", 180), orders("equals", 0, window=last(180))),
    ),
    Proven(
        "sms_only", gettext_noop("Reachable by SMS and not by mail"),
        gettext_noop("Keep SMS for what cannot wait, and ask for the address."),
        rule_of({"is": "consent", "channel": "sms", "status": "granted"}, {"is": "consent", "channel": "email", "status": "not_granted"}),
    ),
    Proven(
        "unconfirmed", gettext_noop("Did not confirm their sign-up"),
        gettext_noop("One reminder is allowed; after a month they are forgotten."),
        rule_of({"is": "consent", "channel": "email", "status": "pending"}),
    ),
    Proven(
        "coupon_hunters", gettext_noop("Order only with a coupon"),
        gettext_noop("Leave them out of discounts that loyal people would not miss."),
        rule_of(figure("orders", "at_least", 2), did("Coupon Applied", "at_least", 2)),
    ),
    Proven(
        "refunded", gettext_noop("Got money back lately"),
        gettext_noop("Hold every offer back until somebody asked how it went."),
        rule_of(did("Order Refunded", window=last(60))),
    ),
    Proven(
        "just_browsing", gettext_noop("Here this week, nothing in the basket"),
        gettext_noop("Show them what others bought; ask for the address."),
        rule_of(moment("last_seen_at", last(7)), {"is": "cart", "state": "none"}, figure("orders", "equals", 0)),
    ),
    Proven(
        "interests_known", gettext_noop("Told us what they like"),
        gettext_noop("Write only what fits: these people are why you asked."),
        rule_of({"is": "interests", "op": "known"}),
    ),
    Proven(
        "tenth", gettext_noop("A random tenth"),
        gettext_noop("Try something on them first and compare with the rest."),
        rule_of({"is": "share", "percent": 10, "seed": "tenth"}),
    ),
)  # fmt: skip


def proven(key: str) -> Proven | None:
    """Return a segment of the library by its key."""
    return next((one for one in LIBRARY if one.key == key), None)
