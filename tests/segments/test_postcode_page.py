"""The page of postcodes: a file put in, lines left out by name, a country taken out; what rests on the table follows."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from retention.customers.models import Customer
from retention.kit import clock
from retention.stores.models import AuditEntry
from retention.tenancy.context import store_context
from segments import saving
from segments.models import Postcode, SegmentMember
from segments.sweeping import fill_stores
from tests.factories import make_store, member_of, signed_in
from tests.factories.customers import make_customer

MUNICH = "DE\t80331\tMünchen\tBayern\tBY\tOberbayern\t091\tMünchen\t09162\t48.1345\t11.571\t6\n"
NEAR = {"version": 1, "root": {"join": "all", "rules": [{"is": "distance", "radius": 20, "country": "DE", "postcode": "80331"}]}}


@pytest.fixture
def shop(db):
    return make_store(slug="lumen", currency="EUR", zone="Europe/Berlin")


def put_in(shop, text, *, role="marketer", name="DE.txt"):
    data = text if isinstance(text, bytes) else text.encode()
    return signed_in(member_of(shop, role)).post(reverse("segments:postcodes", args=["lumen"]), {"file": SimpleUploadedFile(name, data)})


def test_a_file_is_put_in_and_a_segment_by_distance_follows_it(shop):
    assert put_in(shop, MUNICH).status_code == 302
    with store_context(shop.pk):
        ann = make_customer(shop, "ann@example.test", country="DE", postcode="80331")
        ann.fold_texts()
        ann.save()
        saving.create(name="Near", rule=NEAR, user_id=None, now=clock.now())
    fill_stores(now=clock.now())
    with store_context(shop.pk):
        assert list(SegmentMember.objects.values_list("customer_id", flat=True)) == [ann.pk]
    page = signed_in(member_of(shop, "manager")).get(reverse("segments:postcodes", args=["lumen"])).content.decode()
    assert "Germany" in page
    assert "One segment rests on it" in page
    gone = signed_in(member_of(shop, "owner")).post(reverse("segments:postcodes_remove", args=["lumen"]), {"country": "DE"}, follow=True)
    assert "1 postcode is gone" in gone.content.decode()
    with store_context(shop.pk):
        assert (Postcode.objects.count(), Customer.objects.count()) == (0, 1)
        assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"postcodes.put_in", "postcodes.taken_out"}


def test_lines_with_a_fault_are_named_and_the_others_are_in(shop):
    page = put_in(shop, MUNICH + "DE\tonly two\n")
    assert page.status_code == 200
    assert "Line 2 has 2 columns; 11 are needed" in page.content.decode()
    with store_context(shop.pk):
        assert Postcode.objects.count() == 1


@pytest.mark.parametrize(("text", "said"), [
    ("", "empty"),
    ("nonsense\n", "No line of this file"),
    ("DE;" + "8" * 200_000 + ";48.1;11.5\n", "No line of this file"),
    (b"PK\x03\x04\xff\xfe", "is no UTF-8"),
    (b"DE;80331;48.1;11.5\nDE;8\xff;1;1", "Line 2 is no UTF-8"),
])  # fmt: skip
def test_what_is_no_table_is_refused_and_nothing_changes(shop, text, said):
    page = put_in(shop, text)
    assert page.status_code == 422
    assert said in page.content.decode()
    with store_context(shop.pk):
        assert not Postcode.objects.exists()


def test_who_only_looks_cannot_put_anything_in(shop):
    assert put_in(shop, MUNICH, role="analyst").status_code == 403


def test_a_code_nobody_has_takes_nothing_out(shop):
    put_in(shop, MUNICH)
    answer = signed_in(member_of(shop, "owner")).post(reverse("segments:postcodes_remove", args=["lumen"]), {"country": "D\0"})
    assert answer.status_code == 302
    with store_context(shop.pk):
        assert Postcode.objects.count() == 1
