"""Segments through the API: made, counted, changed by version, read with their members, put away; refused with the node named."""

import pytest

from retention.customers.models import Customer
from retention.stores.models import AuditEntry
from segments.membership import fill_due
from segments.models import Segment, SegmentVersion
from tests.api.calling import Api
from tests.factories import make_store, work_for
from tests.segments.world import NOW, make_world

pytestmark = pytest.mark.django_db


def rule_of(*conditions):
    return {"version": 1, "root": {"join": "all", "rules": list(conditions)}}


GERMANS = rule_of({"is": "country", "op": "is", "values": ["DE"]})
WISH = {"name": "Germans", "rule": GERMANS}


@pytest.fixture
def store():
    made = make_store(currency="EUR", zone="Europe/Berlin")
    with work_for(made):
        make_world(made, seed=3, count=30)
    return made


@pytest.fixture
def api(store):
    return Api(store)


def filled(store):
    with work_for(store):
        fill_due(now=NOW)
        return set(Customer.objects.filter(country="DE").values_list("public_id", flat=True))


def test_a_segment_is_made_filled_and_its_members_are_read_in_pages(api, store):
    made = api.ask("post", "segments", WISH)
    assert made.status_code == 201
    shown = made.json()
    assert (shown["sentence"], shown["version"], shown["is_up_to_date"]) == ("People who live in “Germany”.", 1, False)
    germans = filled(store)
    assert api.get(f"segments/{shown['id']}")["members_count"] == len(germans)
    page = api.get(f"segments/{shown['id']}/members?page_size=2")
    found = [one["id"] for one in page["results"]]
    while page["next"]:
        page = api.client.get(page["next"]).json()
        found += [one["id"] for one in page["results"]]
    assert len(found) == len(set(found))
    assert set(found) == {str(one) for one in germans}
    assert api.get(f"customers/{found[0]}/segments")[0]["name"] == "Germans"


def test_a_key_that_may_not_read_customers_sees_no_addresses(api, store):
    made = api.ask("post", "segments", WISH).json()
    filled(store)
    narrow = Api(store, scopes=["segments:read"])
    assert {one["email"] for one in narrow.get(f"segments/{made['id']}/members")["results"]} == {""}
    assert {one["email"] for one in api.get(f"segments/{made['id']}/members")["results"]} - {""}
    assert narrow.ask("post", "segments", WISH).status_code == 403


def test_a_rule_is_counted_without_being_saved(api, store):
    counted = api.ask("post", "segments/count", {"rule": GERMANS}).json()
    with work_for(store):
        assert counted["count"] == Customer.objects.filter(country="DE").count()
        assert Segment.objects.count() == 0
    assert counted["sentence"] == "People who live in “Germany”."
    assert set(counted["reach"]) == {"email", "sms", "push"}


def test_a_changed_rule_is_the_next_version(api, store):
    made = api.ask("post", "segments", WISH).json()
    austrians = {"version": 1, "root": {"join": "none", "rules": [{"is": "country", "op": "is_not", "values": ["AT"]}]}}
    changed = api.ask("patch", f"segments/{made['id']}", {"rule": austrians, "name": "Austrians"})
    assert (changed.json()["version"], changed.json()["name"]) == (2, "Austrians")
    with work_for(store):
        assert [one.rule for one in SegmentVersion.objects.order_by("number")] == [GERMANS, austrians]
        assert AuditEntry.objects.get(action="segment.changed").details == {"fields": ["name", "rule"]}


@pytest.mark.parametrize(
    ("wish", "field", "node"),
    [
        ({"rule": {"version": 1, "root": {"join": "all", "rules": []}}}, "rule", "root.rules"),
        ({"rule": {"version": 1, "root": {"join": "all", "rules": [{"is": "mood"}]}}}, "rule", "root.rules.0.is"),
        ({"rule": []}, "rule", ""),
        ({"name": ""}, "name", ""),
        ({"name": "n" * 121}, "name", ""),
    ],
)
def test_what_is_no_segment_is_refused_with_its_node_and_nothing_is_made(api, store, wish, field, node):
    answer = api.ask("post", "segments", WISH | wish)
    assert answer.status_code == 400
    assert field in str(answer.json()["errors"])
    assert node in str(answer.json()["errors"])
    with work_for(store):
        assert Segment.objects.count() == 0


def test_a_name_made_of_the_rule_follows_it_where_the_new_one_gives_a_name(api):
    made = api.ask("post", "segments", WISH | {"name": "People who live in “Germany”"}).json()
    where, austrians = f"segments/{made['id']}", rule_of({"is": "country", "op": "is", "values": ["AT"]})
    other = api.ask("post", "segments", {"name": "People who live in “Austria”", "rule": austrians}).json()
    assert api.ask("patch", where, {"rule": austrians}).json()["name"] == "People who live in “Austria” (2)"
    somebody = rule_of({"is": "text", "field": "email", "op": "is", "values": ["ann@example.test"]})
    assert api.ask("patch", where, {"rule": somebody}).json()["name"] == "People who live in “Austria” (2)"
    assert api.ask("patch", f"segments/{other['id']}", {"rule": GERMANS, "name": "Ours"}).json()["name"] == "Ours"
    assert api.ask("patch", f"segments/{other['id']}", {"rule": austrians}).json()["name"] == "Ours"


def test_a_change_of_which_one_part_is_refused_changes_nothing(api):
    made = api.ask("post", "segments", WISH).json()
    answer = api.ask("patch", f"segments/{made['id']}", {"name": "Other", "rule": {"version": 1, "root": {"join": "all", "rules": []}}})
    assert answer.status_code == 400
    kept = api.get(f"segments/{made['id']}")
    assert (kept["name"], kept["version"]) == ("Germans", 1)


def test_a_name_twice_and_a_segment_in_use_are_refused_in_words(api):
    made = api.ask("post", "segments", WISH).json()
    assert "Another segment has this name." in str(api.ask("post", "segments", WISH).json())
    inner = {"version": 1, "root": {"join": "all", "rules": [{"is": "in_segment", "segment": made["id"]}]}}
    outer = api.ask("post", "segments", {"name": "Outer", "rule": inner}).json()
    assert "built on this one" in str(api.ask("delete", f"segments/{made['id']}").json())
    assert api.ask("delete", f"segments/{outer['id']}").status_code == 204
    assert api.ask("delete", f"segments/{made['id']}").status_code == 204
    assert api.get("segments")["results"] == []


def test_another_store_s_segment_is_not_there(api):
    other = Api(make_store())
    made = other.ask("post", "segments", WISH).json()
    for path in (f"segments/{made['id']}", f"segments/{made['id']}/members"):
        assert api.ask("get", path).status_code == 404
    assert api.ask("delete", f"segments/{made['id']}").status_code == 404
