"""A store's own table of postcodes: read leniently, refused by the line, and what rests on it is worked out anew."""

import math

import pytest
from django.core.management import CommandError, call_command

from retention.customers.models import Customer
from retention.tenancy.context import store_context
from segments import saving
from segments.asking import LONG_SECONDS, asking, rows_of
from segments.evaluating import evaluate_slice
from segments.knowing import point_of
from segments.membership import fill_due
from segments.models import Postcode, Segment, SegmentMember
from segments.postcodes import MOST_FAULTS, CannotLoad, load_postcodes
from segments.rules.places import Circle
from segments.rules.sql import piece
from segments.sweeping import check
from tests.factories import make_store
from tests.segments.world import NOW

pytestmark = pytest.mark.django_db
GEONAMES = (
    "DE\t80331\tMünchen\tBayern\tBY\tOberbayern\t091\tMünchen\t09162\t48.1345\t11.571\t6\n"
    "DE\t80331\tMünchen\tBayern\tBY\tOberbayern\t091\tMünchen\t09162\t48.1347\t11.573\t6\n"
    "PL\t00-001\tWarszawa\t\t\t\t\t\t\t52.2394\t21.0362\t\n"
)


@pytest.fixture
def store():
    made = make_store(slug="places", currency="EUR", zone="Europe/Berlin")
    with store_context(made.pk):
        yield made


def test_a_file_of_geonames_is_read_and_several_points_of_a_postcode_are_their_middle(store):
    loaded = load_postcodes(GEONAMES, now=NOW)
    assert (loaded.count, loaded.faults) == (2, [])
    assert point_of("DE", "80331") == pytest.approx((48.1346, 11.572))
    assert point_of("PL", "00001") == (52.2394, 21.0362)
    assert point_of("AT", "80331") is None


@pytest.mark.parametrize("text", [
    "country,postcode,latitude,longitude\nGB,SW1A 1AA,51.501,-0.1416\n",
    "\ufeffgb,sw1a1aa,51.501,-0.1416",
    "Longitude;Latitude;Name;Postcode;Country\n-0.1416;51.501;\"Palace; the\";SW1A-1AA;GB\n\n",
])  # fmt: skip
def test_a_plain_csv_is_read_with_or_without_its_names(store, text):
    assert load_postcodes(text, now=NOW).count == 1
    assert point_of("GB", "sw1a1aa") == (51.501, -0.1416)


def test_a_line_with_a_fault_is_left_out_and_named(store):
    bad = "DE,80331,48.1\nDEU,80331,48.1,11.5\nDE,,48.1,11.5\nDE,80331,91,11.5\nDE,80331,nan,11.5\nDE,80331,48.1,11.5\nDE,\0,1,1\n"
    loaded = load_postcodes(bad, now=NOW)
    assert (loaded.count, loaded.left_out) == (1, 6)
    assert [fault.line for fault in loaded.faults] == [1, 2, 3, 4, 5, 7]
    assert "3 columns" in loaded.faults[0].why
    assert "country code" in loaded.faults[1].why
    many = load_postcodes("x\n" * (MOST_FAULTS + 50), now=NOW)
    assert (len(many.faults), many.left_out) == (MOST_FAULTS, MOST_FAULTS + 50)
    assert load_postcodes("", now=NOW).count == 0


def test_too_large_a_table_changes_nothing(store, monkeypatch):
    monkeypatch.setattr("segments.postcodes.MOST_LINES", 1)
    with pytest.raises(CannotLoad):
        load_postcodes("DE,80331,48.1,11.5\nDE,80333,48.1,11.5\n", now=NOW)
    monkeypatch.setattr("segments.postcodes.MOST_LINES", 10)
    monkeypatch.setattr("segments.postcodes.MOST_KEPT", 1)
    with pytest.raises(CannotLoad):
        load_postcodes("DE,80331,48.1,11.5\nDE,80333,48.1,11.5\n", now=NOW)
    assert Postcode.objects.count() == 0


def test_a_new_table_moves_the_members_of_segments_that_rest_on_it_and_no_other_store_sees_it(store):
    load_postcodes(GEONAMES, now=NOW)
    near = Customer(country="DE", postcode="80331")
    near.fold_texts()
    near.save()
    node = {"is": "distance", "radius": 5, "unit": "miles", "country": "DE", "postcode": "80331"}
    rule = {"version": 1, "root": {"join": "all", "rules": [node]}}
    segment = saving.create(name="Near", rule=rule, user_id=None, now=NOW)
    fill_due(now=NOW)
    assert set(SegmentMember.objects.values_list("customer_id", flat=True)) == {near.pk}
    load_postcodes("DE,80333,48.1459,11.5651\n", now=NOW)
    assert fill_due(now=NOW) == 1
    far = Customer(country="DE", postcode="80 333")
    far.fold_texts()
    far.save()
    segment.refresh_from_db()
    assert check(segment, now=NOW) == 1
    load_postcodes("DE,80333,58.1459,11.5651\n", now=NOW)
    fill_due(now=NOW)
    while evaluate_slice(now=NOW):
        pass
    segment.refresh_from_db()
    assert set(SegmentMember.objects.values_list("customer_id", flat=True)) == {near.pk}
    assert check(segment, now=NOW) == 0
    assert Segment.objects.get().fault == ""
    with store_context(make_store(slug="elsewhere").pk):
        assert point_of("DE", "80331") is None


@pytest.mark.parametrize("latitude", [-89.5, -60.0, 0.0, 35.0, 70.0, 88.9, 90.0])
@pytest.mark.parametrize("metres", [1_000.0, 150_000.0, 3_000_000.0, 12_000_000.0])
def test_the_box_around_a_circle_leaves_nobody_out(store, latitude, metres):
    grid = [(up, around) for up in range(-90, 91, 6) for around in range(-180, 181, 9)]
    line = [(latitude, -179.999 + step * 0.005) for step in range(5)]
    Postcode.objects.bulk_create(
        [Postcode(country="DE", postcode=f"{place}", latitude=up, longitude=around) for place, (up, around) in enumerate(grid + line)]
    )
    for longitude in (-179.99, 0.0, 120.0, 179.999):
        circle = Circle(latitude, longitude, metres)
        statement = circle.holds_sql(store.pk)
        inner = statement.text[statement.text.index("(SELECT") + 1 : -1]
        with asking(seconds=LONG_SECONDS):
            found = {tuple(row) for row in rows_of(piece(inner, *statement.values))}
        expected = {(one.country, one.postcode) for one in Postcode.objects.all() if _apart(one, latitude, longitude) <= metres}
        assert found == expected


def _apart(one, latitude, longitude):
    vectors = []
    for up, around in ((one.latitude, one.longitude), (latitude, longitude)):
        up, around = math.radians(up), math.radians(around)
        vectors.append((math.cos(up) * math.cos(around), math.cos(up) * math.sin(around), math.sin(up)))
    return 2 * 6_371_008.8 * math.asin(min(1.0, math.dist(*vectors) / 2))


def test_the_command_loads_a_file_and_names_what_it_left_out(store, tmp_path, capsys):
    file = tmp_path / "places.csv"
    file.write_text("DE,80331,48.1,11.5\nDE,x\n", encoding="utf-8")
    call_command("load_postcodes", store.slug, str(file))
    said = capsys.readouterr().out
    assert "Line 2 was left out" in said
    assert "1 postcodes are in the table now" in said
    for slug, path in (("nobody", file), (store.slug, tmp_path / "missing.csv")):
        with pytest.raises(CommandError):
            call_command("load_postcodes", slug, str(path))
