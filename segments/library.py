"""Proven segments a merchant takes with one press: the rule, what it is called, and what to do with the people in it.

They are data; a test reads every rule in a store and counts it. Names of events are those of the e-commerce vocabulary (Segment, v2).
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


def _all(*rules: Json) -> Json:
    return {"version": 1, "root": {"join": "all", "rules": list(rules)}}


def _any(*rules: Json) -> Json:
    return {"join": "any", "rules": list(rules)}


def _last(count: int, unit: str = "days") -> Json:
    return {"how": "last", "count": count, "unit": unit}


def _ago(count: int, unit: str = "days") -> Json:
    return {"how": "ago", "count": count, "unit": unit}


def _moment(field: str, window: Json) -> Json:
    return {"is": "moment", "field": field, "op": "in", "window": window}


def _orders(op: str, value: int, **more: Any) -> Json:
    return {"is": "orders", "op": op, "value": value, **more}


def _figure(figure: str, op: str, value: float) -> Json:
    return {"is": "figure", "figure": figure, "op": op, "value": value}


def _did(event: str, op: str = "at_least", value: int = 1, **more: Any) -> Json:
    return {"is": "event", "event": event, "op": op, "value": value, **more}


def _quiet(event: str, days: int) -> Json:
    return _did(event, "equals", 0, window=_last(days))


_MAY_MAIL: Json = {"is": "consent", "channel": "email", "status": "granted"}

LIBRARY: Sequence[Proven] = (
    Proven(
        "champions", gettext_noop("Champions"),
        gettext_noop("Show them new things first, and ask them to tell others; they need no discount."),
        _all(_figure("orders", "at_least", 4), _moment("last_order_at", _last(90))),
    ),
    Proven(
        "loyal", gettext_noop("Loyal"),
        gettext_noop("Thank them with something small; never with the offer everybody gets."),
        _all(_figure("orders", "at_least", 3), _moment("last_order_at", _last(180))),
    ),
    Proven(
        "new_buyers", gettext_noop("First order this month"),
        gettext_noop("Tell them how to get the most out of what they bought."),
        _all(_figure("orders", "equals", 1), _moment("first_order_at", _last(30))),
    ),
    Proven(
        "second_order_due", gettext_noop("Bought once, a month or two ago"),
        gettext_noop("The second order decides: remind them while they still remember you."),
        _all(_figure("orders", "equals", 1), _moment("last_order_at", _ago(30)), _moment("last_order_at", _last(60))),
    ),
    Proven(
        "at_risk", gettext_noop("Good customers, quiet for 90 days"),
        gettext_noop("Ask what was missing before you offer money."),
        _all(_figure("orders", "at_least", 2), _moment("last_order_at", _ago(90)), _moment("last_order_at", _last(180))),
    ),
    Proven(
        "about_to_lose", gettext_noop("Quiet for half a year"),
        gettext_noop("One honest try with your best reason to come back."),
        _all(_figure("orders", "at_least", 1), _moment("last_order_at", _ago(180)), _moment("last_order_at", _last(365))),
    ),
    Proven(
        "lost", gettext_noop("Not seen for a year"),
        gettext_noop("Write once more, then stop: silence protects your good name."),
        _all(_figure("orders", "at_least", 1), _moment("last_order_at", _ago(365))),
    ),
    Proven(
        "never_bought", gettext_noop("Said yes to mail, never bought"),
        gettext_noop("Answer the question that keeps them: fit, shipping, trust."),
        _all(_MAY_MAIL, _figure("orders", "equals", 0)),
    ),
    Proven(
        "big_spenders", gettext_noop("Large orders"),
        gettext_noop("Offer sets and early access; free shipping means little to them."),
        _all(_figure("average", "at_least", 100), _figure("orders", "at_least", 2)),
    ),
    Proven(
        "top_spent", gettext_noop("Spent more than 500 in all"),
        gettext_noop("A card in the parcel does more than another mail."),
        _all(_figure("spent", "more", 500)),
    ),
    Proven(
        "birthday_week", gettext_noop("Birthday this week"),
        gettext_noop("Congratulate on the day; a gift beats a percentage."),
        _all({"is": "birthday", "op": "next", "count": 7}),
    ),
    Proven(
        "birthday_unknown", gettext_noop("Buyers whose birthday we do not know"),
        gettext_noop("Ask for it, and say why you ask."),
        _all(_figure("orders", "at_least", 1), {"is": "birthday", "op": "not_known"}),
    ),
    Proven(
        "looked_thrice", gettext_noop("Looked three times and did not buy"),
        gettext_noop("They are nearly there: answer doubts before you lower the price."),
        _all(_did("Product Viewed", "at_least", 3, window=_last(14)), _orders("equals", 0, window=_last(14))),
    ),
    Proven(
        "basket_left", gettext_noop("Left a basket"),
        gettext_noop("The recovery plan writes to them; do not write beside it."),
        _all({"is": "cart", "state": "abandoned"}),
    ),
    Proven(
        "big_basket_left", gettext_noop("Left a basket of 100 or more"),
        gettext_noop("Worth a call or a personal mail."),
        _all({"is": "cart", "state": "abandoned", "total": {"op": "at_least", "value": 100}}),
    ),
    Proven(
        "checkout_left", gettext_noop("Stopped at the checkout"),
        gettext_noop("Look at shipping cost and payment before you write."),
        _all({"is": "cart", "state": "idle", "stages": ["checkout", "payment"]}),
    ),
    Proven(
        "engaged", gettext_noop("Engaged in the last 30 days"),
        gettext_noop("Safe to write to when you warm up a new sender."),
        _all(_any(_did("Email Link Clicked", window=_last(30)), _moment("last_order_at", _last(30)), _moment("created_at", _last(30)))),
    ),
    Proven(
        "unengaged", gettext_noop("No click for 180 days"),
        gettext_noop("Two farewell mails, then none: they cost you the inbox of the others."),
        _all(_MAY_MAIL, _moment("created_at", _ago(180)), _quiet("Email Link Clicked", 180), _orders("equals", 0, window=_last(180))),
    ),
    Proven(
        "sms_only", gettext_noop("Reachable by SMS and not by mail"),
        gettext_noop("Keep SMS for what cannot wait, and ask for the address."),
        _all({"is": "consent", "channel": "sms", "status": "granted"}, {"is": "consent", "channel": "email", "status": "not_granted"}),
    ),
    Proven(
        "unconfirmed", gettext_noop("Did not confirm their sign-up"),
        gettext_noop("One reminder is allowed; after a month they are forgotten."),
        _all({"is": "consent", "channel": "email", "status": "pending"}),
    ),
    Proven(
        "coupon_hunters", gettext_noop("Order only with a coupon"),
        gettext_noop("Leave them out of discounts that loyal people would not miss."),
        _all(_figure("orders", "at_least", 2), _did("Coupon Applied", "at_least", 2)),
    ),
    Proven(
        "refunded", gettext_noop("Got money back lately"),
        gettext_noop("Hold every offer back until somebody asked how it went."),
        _all(_did("Order Refunded", window=_last(60))),
    ),
    Proven(
        "just_browsing", gettext_noop("Here this week, nothing in the basket"),
        gettext_noop("Show them what others bought; ask for the address."),
        _all(_moment("last_seen_at", _last(7)), {"is": "cart", "state": "none"}, _figure("orders", "equals", 0)),
    ),
    Proven(
        "interests_known", gettext_noop("Told us what they like"),
        gettext_noop("Write only what fits: these people are why you asked."),
        _all({"is": "interests", "op": "known"}),
    ),
    Proven(
        "tenth", gettext_noop("A random tenth"),
        gettext_noop("Try something on them first and compare with the rest."),
        _all({"is": "share", "percent": 10, "seed": "tenth"}),
    ),
)  # fmt: skip


def proven(key: str) -> Proven | None:
    """Return a segment of the library by its key."""
    return next((one for one in LIBRARY if one.key == key), None)
