"""Blocked addresses: whoever blocks one tells the segments, and whose address changes is looked at again."""

from datetime import timedelta

import pytest

from retention.customers.consent import address_digest, customers_behind, suppress
from retention.customers.models import Customer, Suppression
from retention.tenancy.context import store_context
from segments import saving
from segments.evaluating import evaluate_slice
from segments.membership import fill_due
from segments.models import SegmentMember
from segments.sweeping import check, sweep
from tests.factories import make_store
from tests.segments.happening import happen
from tests.segments.world import DAY, NOW

pytestmark = pytest.mark.django_db
BLOCKED = {"is": "suppression", "channel": "email", "blocked": True, "window": {"how": "last", "count": 30}}


@pytest.fixture
def store():
    made = make_store(slug="blocked", currency="EUR", zone="Europe/Berlin")
    with store_context(made.pk):
        yield made


def make_segment(**more):
    rule = {"version": 1, "root": {"join": "all", "rules": [BLOCKED | more]}}
    segment = saving.create(name=f"Blocked {more}", rule=rule, user_id=None, now=NOW)
    fill_due(now=NOW)
    segment.refresh_from_db()
    return segment


def settle(now):
    while evaluate_slice(now=now) > 0:
        pass


def members(segment):
    return set(SegmentMember.objects.filter(segment=segment).values_list("customer_id", flat=True))


def test_a_block_moves_people_at_once_and_its_window_lets_them_go(store):
    ana, bea = (happen(store, who, [{"email": f"{who}@Example.test"}], now=NOW)[0] for who in ("ana", "bea"))
    blocked, free = make_segment(), make_segment(blocked=False, window={"how": "ever"})
    settle(NOW)
    assert members(free) == {ana, bea}
    suppress("ANA@example.test ", channel="email", reason="bounced", now=NOW)
    settle(NOW)
    assert (members(blocked), members(free)) == ({ana}, {bea})
    later = NOW + 30 * DAY
    sweep(now=later - timedelta(microseconds=1))
    settle(later)
    assert members(blocked) == {ana}
    sweep(now=later)
    settle(later)
    assert (members(blocked), members(free)) == (set(), {bea})
    assert check(blocked, now=later) == check(free, now=later) == 0


def test_a_new_address_is_not_blocked_and_a_phone_is_blocked_for_all_who_share_it(store):
    (ana,) = happen(store, "ana", [{"email": "ana@example.test", "phone": "+493012345678"}], now=NOW)
    (bea,) = happen(store, "bea", [{"phone": "+493012345678"}], now=NOW)
    mail, phone = make_segment(), make_segment(channel="sms", reason="manual")
    suppress("ana@example.test", channel="email", reason="complained", now=NOW)
    suppress("+493012345678", channel="sms", reason="manual", now=NOW)
    settle(NOW)
    assert (members(mail), members(phone)) == ({ana}, {ana, bea})
    happen(store, "ana", [{"email": "ana.new@example.test"}], now=NOW + DAY)
    settle(NOW + DAY)
    assert members(mail) == set()


def test_only_customers_of_the_store_are_behind_a_digest(store):
    (ana,) = happen(store, "ana", [{"email": "ana@example.test"}], now=NOW)
    with store_context(make_store(slug="other").pk):
        suppress("ana@example.test", channel="email", reason="manual", now=NOW)
        assert customers_behind([address_digest("ana@example.test")], channel="email") == []
    assert Suppression.objects.count() == 0
    assert customers_behind([address_digest("ana@example.test")], channel="email") == [ana]
    assert customers_behind([address_digest("ana@example.test")], channel="push") == []
    assert Customer.objects.count() == 1
