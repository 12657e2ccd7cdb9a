"""Why somebody came: a table of people and the one group each belongs to, with the evidence said."""

from datetime import timedelta

import pytest

from campaigns.recovery.rules.behaviour import visits_of
from campaigns.recovery.rules.groups import BY_KEY, GROUPS, ON_PAGES, Past, Person, group_of
from tests.campaigns.recovery.visiting import NINE, moment, visit

TEA = {"product_id": "tea", "price": 5}
LOOK = [(minute, "Product Viewed", {"product_id": f"p{minute}"}) for minute in range(8)]


def person(told, *, before=(), past=None, context=None):
    return Person(visit(*told, context=context), tuple(before), past or Past())


def seen_days_ago(days):
    return visits_of([moment(-days * 1440, "Product Viewed", TEA)])[0]


@pytest.mark.parametrize(
    ("who", "group"),
    [
        (person(LOOK), "looking"),
        (person([*LOOK, (9, "Product Added", TEA)]), "looking"),
        (person([(0, "Product Viewed", TEA), (1, "Product Added", TEA)]), "buying"),
        (person([*LOOK, (9, "Product Added", TEA), (10, "Checkout Started")]), "buying"),
        (person([(0, "Payment Failed")]), "buying"),
        (person([(0, "Product Viewed", TEA)], before=[seen_days_ago(2), seen_days_ago(1)]), "researching"),
        (person([(0, "Product Viewed", TEA)], before=[seen_days_ago(1)]), "looking"),
        (person([(0, "Product Viewed", TEA), (1, "/pages/returns")]), "researching"),
        (person([(0, "Product Viewed", TEA), (4, "/"), (5, "Product Viewed", TEA)]), "researching"),
        (person([(0, "Product Viewed", TEA)], context={"referrer": {"url": "https://www.idealo.de/preis"}}), "comparing"),
        (person([(0, "Product Viewed", TEA)], context={"referrer": {"url": "https://notidealo.example/"}}), "looking"),
        (person([(0, "Product List Filtered", {"sorts": [{"type": "price", "value": "asc"}]})]), "comparing"),
        (person(LOOK, past=Past(3, None)), "loyal"),
        (person(LOOK, past=Past(2, None)), "looking"),
        (person(LOOK, past=Past(1, NINE - timedelta(days=3))), "first_order"),
        (person(LOOK, past=Past(1, NINE - timedelta(days=3), sent=True)), "looking"),
        (person(LOOK, past=Past(1, NINE - timedelta(days=60))), "looking"),
    ],
)
def test_one_group_for_each(who, group):
    found, why = group_of(who)
    assert found == group
    assert why.render(str)


def test_the_first_group_that_holds_counts():
    """Who is loyal stays so when they come from a price site; nobody is in two columns."""
    who = person(LOOK, past=Past(5, None), context={"referrer": {"url": "https://geizhals.at/x"}})
    assert [group.key for group in GROUPS if group.ask(who) is not None][:2] == ["loyal", "comparing"]
    assert group_of(who)[0] == "loyal"


def test_every_group_has_its_column():
    assert sorted(ON_PAGES) == sorted(BY_KEY)
