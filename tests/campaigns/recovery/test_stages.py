"""Where a visit ended: a table of visits and the stage each ends at, and of rules that are refused."""

import pytest

from campaigns.recovery.rules.defaults import STAGES
from campaigns.recovery.rules.stages import KINDS, RuleError, Stage, read_rule, stage_of
from tests.campaigns.recovery.visiting import visit

READY = [Stage(one.key, one.depth, read_rule(one.rule)) for one in STAGES]
TEA, CUP = {"product_id": "tea", "price": 5}, {"product_id": "cup", "price": 9}
GONE = {"product_id": "pot", "availability": "out_of_stock"}


@pytest.mark.parametrize(
    ("told", "stage"),
    [
        ([(0, "/")], None),
        ([(0, "Product List Viewed"), (1, "Products Searched"), (2, "Product List Viewed")], "list"),
        ([(0, "Product List Viewed"), (1, "Product List Viewed")], None),
        ([(0, "Product List Viewed"), (1, "Product List Viewed"), (2, "Product List Viewed"), (3, "Product Viewed", TEA)], None),
        ([(0, "Product Viewed", TEA), (0.5, "/")], None),
        ([(0, "Product Viewed", TEA), (2, "/")], "product"),
        ([(0, "Product Viewed", TEA), (0.1, "Product Viewed", CUP), (0.2, "Product Viewed", TEA)], "product"),
        ([(0, "Product Viewed", TEA), (2, "Product Added", TEA)], "idle"),
        ([(0, "Product Added", TEA), (1, "Product Removed", TEA)], None),
        ([(0, "Cart Viewed")], "idle"),
        ([(0, "Product Added", TEA), (1, "Checkout Started"), (2, "Checkout Step Viewed", {"step": 1})], "idle"),
        ([(0, "Product Added", TEA), (1, "Checkout Started"), (2, "Checkout Step Viewed", {"step": 2})], "shipping"),
        ([(0, "Product Added", TEA), (1, "Checkout Started", {"shipping": 0})], "shipping"),
        ([(0, "Checkout Started", {"shipping": 5}), (1, "Payment Info Entered")], "idle"),
        ([(0, "Product Added", TEA), (1, "Checkout Step Viewed", {"step": 2}), (2, "Payment Failed")], "payment"),
        ([(0, "Products Searched", {"results": 0})], "unanswered"),
        ([(0, "Products Searched", {"results": 0}), (1, "Products Searched", {"results": 4})], None),
        ([(0, "Question Asked")], "unanswered"),
        ([(0, "Question Asked"), (1, "Question Answered")], None),
        ([(0, "Product Viewed", GONE)], "gone"),
        ([(0, "Product Viewed", GONE), (1, "Product Added", TEA)], "idle"),
        ([(0, "Product Viewed", {"in_stock": False})], None),  # which one was not told: nobody could say when it is back
        ([(0, "Product Added", TEA), (1, "Payment Failed"), (2, "Order Completed", {"order_id": "1"})], None),
        ([(0, "Order Completed", {"order_id": "1"}), (1, "Product Added", TEA)], None),
    ],
)
def test_where_a_visit_ended(told, stage):
    found = stage_of(visit(*told), READY)
    assert (found[0].key if found else None) == stage


def test_a_stage_of_the_merchant_s_own_counts_on_its_device_only():
    rule = read_rule({"kind": "event", "event": "Size Guide Opened", "without": "Product Added", "device": "phone"})
    told = ((0, "Size Guide Opened"), (1, "/"))
    phone, computer = {"device": {"type": "android"}}, {"userAgent": "X11; Linux"}
    assert rule.holds(visit(*told, context=phone))
    assert not rule.holds(visit(*told, context=computer))
    assert not rule.holds(visit(*told, (2, "Product Added", TEA), context=phone))


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        ({}, "rule.kind"),
        ({"kind": "mood"}, "rule.kind"),
        ({"kind": "list", "views": 0}, "rule.views"),
        ({"kind": "product", "seconds": 9999}, "rule.seconds"),
        ({"kind": "event"}, "rule.event"),
        ({"kind": "idle", "minutes": 5}, "rule.minutes"),
        (None, "rule.kind"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_its_place(rule, place):
    with pytest.raises(RuleError) as refused:
        read_rule(rule)
    assert place in [problem.path for problem in refused.value.problems]


def test_every_kind_is_used_by_a_ready_made_stage_or_is_the_merchant_s_own():
    assert {one.rule["kind"] for one in STAGES} | {"event"} == set(KINDS.keys())
