"""What a rule's SELECT reads: customers only where the rule asks about a column of theirs."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from segments.conditions import KINDS
from segments.library import proven
from segments.rules.compiler import compile_rule
from segments.rules.terms import At, Terms
from segments.rules.tree import read_rule

NAMES = {"Email Link Clicked": 1, "Coupon Applied": 2, "Order Refunded": 3}
AT = At(datetime(2026, 11, 20, 12, tzinfo=UTC), Terms(1, ZoneInfo("Europe/Berlin"), "EUR", event_names=NAMES))


def compiled(key):
    return compile_rule(read_rule(proven(key).rule, kinds=KINDS, terms=AT.terms), AT).text


@pytest.mark.parametrize("key", ["basket_left", "big_basket_left", "checkout_left", "sms_only", "unconfirmed", "refunded"])
def test_a_rule_about_other_rows_reads_no_customers(key):
    assert "customers_customer AS" not in compiled(key)


@pytest.mark.parametrize("key", ["never_bought", "unengaged", "coupon_hunters", "just_browsing"])
def test_a_rule_that_asks_about_a_column_reads_customers_once(key):
    assert compiled(key).count("customers_customer AS") == 1


def test_alternatives_are_put_together_from_their_lists():
    text = compiled("engaged")
    assert text.count(" UNION ") == 1
    assert "EXISTS" not in text


def test_a_birthday_can_be_found_by_its_index():
    assert "coalesce" not in compiled("birthday_week")


def test_a_moment_that_is_not_known_is_asked_for_only_where_something_negates_it():
    assert "IS NOT NULL" not in compiled("second_order_due")
    rule = {"version": 1, "root": {"join": "none", "rules": proven("second_order_due").rule["root"]["rules"]}}
    text = compile_rule(read_rule(rule, kinds=KINDS, terms=AT.terms), AT).text
    assert text.count("last_order_at IS NOT NULL") == 2
