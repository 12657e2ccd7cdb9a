"""What is no rule is refused with the node named; nothing a merchant types can be run."""

import pytest

from retention.tenancy.context import store_context
from segments.knowing import read, terms_of_store
from segments.rules.tree import DEEPEST, MOST_CONDITIONS, RuleError
from tests.factories import make_store

COUNTRY = {"is": "country", "op": "is", "values": ["DE"]}


def group(*rules, join="all"):
    return {"join": join, "rules": list(rules)}


def city(op, value):
    return group({"is": "text", "field": "city", "op": op, "values": [value]})


def consent(window):
    return group({"is": "consent", "channel": "sms", "status": "granted", "window": window})


def nested(depth):
    node = group(COUNTRY)
    for _level in range(depth - 1):
        node = group(node)
    return node


BAD = {
    "not an object": ([], "rule.root", "object"),
    "no root": ({"version": 1}, "rule.root", "object"),
    "a newer version": ({"version": 2, "root": group(COUNTRY)}, "rule.version", "newer release"),
    "an empty group": (group(), "root.rules", "empty"),
    "an empty group within": (group(COUNTRY, group()), "root.rules.1.rules", "empty"),
    "an unknown join": ({"join": "xor", "rules": [COUNTRY]}, "root.join", "one of"),
    "an unknown condition": (group({"is": "mood"}), "root.rules.0.is", "no condition"),
    "a condition that is no object": (group("country"), "root.rules", "list of"),
    "an unknown word": (group({**COUNTRY, "colour": "red"}), "root.rules.0.colour", "not known"),
    "an unknown attribute": (group({"is": "attribute", "key": "nope", "op": "known"}), "root.rules.0.key", "no attribute"),
    "a wrong type": (group({"is": "figure", "figure": "orders", "op": "at_least", "value": "three"}), "root.rules.0.value", "whole number"),
    "half an order": (group({"is": "figure", "figure": "orders", "op": "at_least", "value": 1.5}), "root.rules.0.value", "whole number"),
    "no number": (group({"is": "figure", "figure": "spent", "op": "more", "value": float("nan")}), "root.rules.0.value", "number"),
    "too much": (group({"is": "figure", "figure": "spent", "op": "more", "value": 10**400}), "root.rules.0.value", "number"),
    "a reversed range": (group({"is": "figure", "figure": "spent", "op": "between", "value": 9, "to": 1}), "root.rules.0.to", "less than"),
    "a reversed window": (
        consent({"how": "between", "start": "2026-02-01", "end": "2026-01-01"}),
        "root.rules.0.window.end",
        "before the start",
    ),
    "no day": (
        group({"is": "moment", "field": "created_at", "op": "in", "window": {"how": "after", "start": "2026-02-30"}}),
        "root.rules.0.window.start",
        "day such as",
    ),
    "no length": (consent({"how": "last", "count": 0}), "root.rules.0.window.count", "from 1"),
    "no country": (group({"is": "country", "op": "is", "values": ["D1"]}), "root.rules.0.values", "country codes"),
    "no pattern": (city("matches", "("), "root.rules.0.values", "regular expression"),
    "a pattern that looks back": (city("matches", r"(a)\1"), "root.rules.0.values", "regular expression"),
    "NUL": (city("is", "a\0b"), "root.rules.0.values", "texts"),
    "half a surrogate pair": (city("is", "a\ud800"), "root.rules.0.values", "texts"),
    "half a surrogate pair in a pattern": (city("matches", "\ud800"), "root.rules.0.values", "texts"),
    "no channel that has addresses": (group({"is": "suppression", "channel": "push"}), "root.rules.0.channel", "one of"),
    "no reason to block": (group({"is": "suppression", "channel": "sms", "reason": "bored"}), "root.rules.0.reason", "one of"),
    "no time for a funnel": (
        group({"is": "funnel", "first": "A", "then": "B", "within": {"count": 0, "unit": "days"}}), "root.rules.0.within.count", "from 1",
    ),
    "a funnel by months": (
        group({"is": "funnel", "first": "A", "then": "B", "within": {"count": 1, "unit": "months"}}), "root.rules.0.within.unit", "one of",
    ),
    "a funnel to nowhere": (group({"is": "funnel", "first": "A", "within": {"count": 1}}), "root.rules.0.then", "text of"),
    "no such journey": (
        group({"is": "message", "what": "clicked", "op": "at_least", "value": 1, "journey": "x"}), "root.rules.0.journey", "no journey or",
    ),
    "no such outcome": (group({"is": "message", "what": "read aloud", "op": "at_least", "value": 1}), "root.rules.0.what", "one of"),
    "no such device": (group({"is": "visit", "op": "at_least", "value": 1, "device": "fridge"}), "root.rules.0.device", "one of"),
    "from nowhere": (group({"is": "visit", "op": "at_least", "value": 1, "from": "source"}), "root.rules.0.values", "1 to"),
    "half a visit": (group({"is": "visit", "op": "at_least", "value": 0.5}), "root.rules.0.value", "whole number"),
    "an unknown postcode": (
        group({"is": "distance", "radius": 5, "country": "DE", "postcode": "80331"}), "root.rules.0.postcode", "table of postcodes",
    ),
    "no distance": (group({"is": "distance", "radius": 0, "country": "DE", "postcode": "80331"}), "root.rules.0.radius", "from 0.1"),
    "an anniversary of nothing": (group({"is": "anniversary", "key": "x", "op": "today"}), "root.rules.0.key", "no date attribute"),
    "an anniversary in month 13": (
        group({"is": "anniversary", "key": "x", "op": "month", "month": 13}), "root.rules.0.month", "from 1 to 12",
    ),
    "no phones there": (group({"is": "phone_country", "op": "is", "values": ["DE", "XX"]}), "root.rules.0.values", "phone numbers: XX"),
    "no country of phones": (group({"is": "phone_country", "op": "is", "values": ["+4"]}), "root.rules.0.values", "phone numbers: +4"),
    "no such segment": (group({"is": "in_segment", "segment": "x"}), "root.rules.0.segment", "no segment"),
    "too deep": (nested(DEEPEST + 1), "root" + ".rules.0" * DEEPEST + ".rules", "nested deeper"),
    "200 levels": (nested(200), "root" + ".rules.0" * DEEPEST + ".rules", "nested deeper"),
    "too many": (group(*[group(*[COUNTRY] * 100) for _part in range(5)]), "rule.root", "500 conditions"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_bad_rule_names_its_node_and_the_cause(db, case):
    data, path, words = BAD[case]
    whole = data if case in {"not an object", "no root", "a newer version"} else {"version": 1, "root": data}
    with store_context(make_store().pk), pytest.raises(RuleError) as caught:
        read(whole, terms_of_store())
    assert path in [problem.path for problem in caught.value.problems]
    assert words in str(caught.value)


def test_as_deep_and_as_many_as_we_say_are_taken(db):
    with store_context(make_store().pk):
        assert len(list(read({"version": 1, "root": nested(DEEPEST)}, terms_of_store()).leaves())) == 1
        many = read({"version": 1, "root": group(*[COUNTRY] * MOST_CONDITIONS)}, terms_of_store())
        assert len(list(many.leaves())) == MOST_CONDITIONS


def test_every_fault_is_named_at_once(db):
    with store_context(make_store().pk), pytest.raises(RuleError) as caught:
        read({"version": 1, "root": group({"is": "mood"}, group(), {"is": "country", "op": "was"})}, terms_of_store())
    assert {problem.path for problem in caught.value.problems} >= {"root.rules.0.is", "root.rules.1.rules", "root.rules.2.op"}
