"""Custom attributes become typed rows, follow the later word, and survive a merge."""

from datetime import UTC, datetime

import pytest

from retention.customers.consent import Said, record_consents
from retention.customers.merging import merge
from retention.customers.models import Attribute, AttributeValue, ConsentRecord, CustomerMerge
from retention.customers.personal_data import Pair
from retention.customers.profile import Told, apply_traits
from tests.factories import make_store, work_for
from tests.factories.customers import make_customer

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def _tell(customer, **traits):
    apply_traits([Told(customer.pk, traits, told_at=NOW, trusted=True)])


def test_a_key_gets_its_kind_with_its_first_value():
    store = make_store()
    customer = make_customer(store)
    with work_for(store):
        _tell(customer, plan="Gold", visits=3, vip=True, trial_ends="2026-12-01T10:00:00Z", sizes=["S", "M"])
        assert dict(Attribute.objects.values_list("key", "kind")) == {
            "plan": "text",
            "visits": "number",
            "vip": "flag",
            "trial_ends": "date",
            "sizes": "list",
        }
        rows = {(row.attribute.key, row.place): row for row in AttributeValue.objects.select_related("attribute")}
    assert rows["plan", 0].folded_value == "gold"
    assert (rows["visits", 0].number_value, rows["vip", 0].number_value) == (3.0, 1.0)
    assert rows["trial_ends", 0].date_value == datetime(2026, 12, 1, 10, tzinfo=UTC)
    assert [rows["sizes", place].text_value for place in (0, 1)] == ["S", "M"]


def test_a_later_value_replaces_the_rows_and_an_equal_one_writes_nothing():
    store = make_store()
    customer = make_customer(store)
    with work_for(store):
        _tell(customer, sizes=["S", "M", "L"])
        _tell(customer, sizes=["XL"])
        (kept,) = AttributeValue.objects.all()
        _tell(customer, sizes=["XL"])
        assert [(row.pk, row.text_value) for row in AttributeValue.objects.all()] == [(kept.pk, "XL")]


def test_a_merge_keeps_both_peoples_attributes_and_says_why():
    store = make_store()
    kept, gone = make_customer(store), make_customer(store, first_name="Ana")
    with work_for(store):
        _tell(kept, plan="Gold")
        _tell(gone, plan="Free", size="S")
        record_consents([Said(gone.pk, "email", "granted", NOW, method="form", text_version="v2", ip="192.0.2.7")], now=NOW)
        merge([Pair(gone.pk, kept.pk)], now=NOW, rules={gone.pk: "email"})
        values = {row.attribute.key: row.text_value for row in AttributeValue.objects.filter(customer=kept).select_related("attribute")}
        assert values == {"plan": "Gold", "size": "S"}
        assert AttributeValue.objects.count() == 2
        explained = CustomerMerge.objects.get()
        assert (explained.survivor_id, explained.rule, explained.before["first_name"]) == (kept.pk, "email", "Ana")
        assert ConsentRecord.objects.get().customer_id == kept.pk


def test_every_word_about_a_channel_stays_in_the_history():
    store = make_store()
    customer = make_customer(store)
    with work_for(store):
        for status in ("pending", "granted", "refused"):
            record_consents([Said(customer.pk, "email", status, NOW, method="form", proof={"form": "f1"})], now=NOW)
        assert list(ConsentRecord.objects.order_by("id").values_list("status", flat=True)) == ["pending", "granted", "refused"]
        assert customer.consents.get().status == "refused"
