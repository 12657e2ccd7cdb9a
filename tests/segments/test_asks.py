"""The builder's questions: what a form shows of a condition, posted back, is the same condition; and every press keeps a rule whole."""

import json
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import BadRequest
from django.http import QueryDict
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from retention.customers.models import Attribute
from retention.tenancy.context import store_context
from segments.building.deeds import FIELD, Built, act, read_posted
from segments.building.drawing import draw, finished
from segments.conditions import KINDS
from segments.knowing import terms_of_store
from segments.offering import offers
from segments.rules import rearranging
from segments.rules.asks import Told, rows_of, shown, taken
from segments.rules.rearranging import ROOT, clean_tree, empty_tree, node_at, places
from segments.rules.tree import read_leaf
from tests.factories import make_store
from tests.factories.customers import make_customer
from tests.lasting import lasting
from tests.segments.strategies import RULES, SINGLE
from tests.segments.world import make_world

MANY = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate])


def make_asked():
    store = make_store(slug="asked", currency="EUR", zone="Europe/Berlin")
    with store_context(store.pk):
        make_world(store, seed=1, count=5)
    return store


@pytest.fixture(scope="module")
def store_of_file(django_db_setup, django_db_blocker):
    with lasting(django_db_blocker, make_asked) as store:
        yield store


@pytest.fixture
def terms(store_of_file, db):
    with store_context(store_of_file.pk):
        yield terms_of_store()


def posted(node, terms):
    """Return what a browser sends for an open condition."""
    kind = KINDS[node["is"]]
    answers = {}
    for asked in shown(Told(node), partial(kind.asks, terms=terms)):
        answers[asked.ask.name] = asked.value if isinstance(asked.value, list) else [asked.value]
    return answers


def test_what_a_form_shows_of_a_condition_and_sends_back_is_the_same_condition(terms):
    @MANY
    @given(SINGLE)
    def check(data):
        node = data["root"]["rules"][0]
        kind = KINDS[node["is"]]
        answers = posted(node, terms)
        made = taken(kind.kind, answers, partial(kind.asks, terms=terms))
        was, faults = read_leaf(node, place="root", kinds=KINDS, terms=terms)
        now, new_faults = read_leaf(made, place="root", kinds=KINDS, terms=terms)
        assert new_faults == faults
        assert now == was

    check()


@pytest.mark.parametrize("kind", [key for key, _kind in KINDS.items()])
def test_a_new_condition_of_every_kind_asks_for_something_and_reads_back(kind, terms):
    built = Built(empty_tree())
    act(built, f"add:root|{kind}", terms)
    assert built.open == "root.rules.0"
    line = draw(built, terms).lines[0]
    assert line.is_open
    assert line.fields
    assert all(field.ask.label for field in line.fields)
    assert [field.fault for field in line.fields if field.fault] + line.faults == [], "nothing is wrong before anything was answered"


def test_what_is_not_answered_is_named_once_it_was_left(terms):
    built = Built(empty_tree())
    act(built, "add:root|text", terms)
    act(built, "done", terms)
    assert draw(built, terms).lines[0].faults == ["what: Type a value."]
    act(built, "open:root.rules.0", terms)
    fields = {field.ask.name: field.fault for field in draw(built, terms).lines[0].fields}
    assert fields == {"field": "", "op": "", "values": "Type a value."}
    act(built, "add:root|figure", terms)
    assert not any(field.fault for field in draw(built, terms).lines[1].fields)


def test_a_choice_without_anything_to_choose_says_why(db):
    store = make_store(slug="empty")
    with store_context(store.pk):
        terms = terms_of_store()
        for kind, name, why in (
            ("attribute", "key", "Your shop has sent no attribute yet."),
            ("in_segment", "segment", "There is no other segment yet."),
            ("distance", "country", "Of no customer the country is known yet"),
        ):
            built = Built(empty_tree())
            act(built, f"add:root|{kind}", terms)
            (field,) = (one for one in draw(built, terms).lines[0].fields if one.ask.name == name)
            assert field.hint.startswith(why)


def test_questions_follow_the_answers_before_them(terms):
    def names(**node):
        kind = KINDS[node["is"]]
        return [asked.ask.name for asked in shown(Told(node), partial(kind.asks, terms=terms))]

    assert "to" not in names(**{"is": "figure", "figure": "orders", "op": "at_least"})
    assert "to" in names(**{"is": "figure", "figure": "orders", "op": "between"})
    assert "window.count" in names(**{"is": "orders", "op": "at_least", "value": 1, "window": {"how": "last", "count": 3, "unit": "days"}})
    assert "window.count" not in names(**{"is": "orders", "op": "at_least", "value": 1})
    assert "value" not in names(**{"is": "orders", "op": "equals", "value": 0}), "“not at all” needs no number"
    assert "names" in names(**{"is": "orders", "op": "at_least", "value": 1, "what": "brand"})


def test_an_attribute_is_asked_as_its_kind_allows(terms):
    Attribute.objects.create(key="since", kind="date", label="Member since")
    again = terms_of_store()
    kind = KINDS["attribute"]
    asked = shown(Told({"is": "attribute", "key": "since"}), partial(kind.asks, terms=again))
    assert [one.ask.name for one in asked] == ["key", "op", "window.how", "window.count", "window.unit"]


def test_answers_of_a_wrong_type_stay_and_are_named(terms):
    told = {"figure": ["orders"], "op": ["at_least"], "value": ["many"]}
    made = taken("figure", told, partial(KINDS["figure"].asks, terms=terms))
    _condition, faults = read_leaf(made, place="root.rules.0", kinds=KINDS, terms=terms)
    assert made["value"] == "many"
    assert [fault.path for fault in faults] == ["root.rules.0.value"]


def test_a_name_longer_or_deeper_than_that_of_any_question_gives_no_row():
    assert rows_of("rules.0.conditions.0.where.0.values") == ["rules.0", "rules.0.conditions.0", "rules.0.conditions.0.where.0"]
    assert rows_of("a.0." * 4 + "x") == []
    assert rows_of(f"where.0.{'x' * 200}") == []
    assert Told({"where": [{}]}).get(f"where.{'9' * 5_000}", None) is None, "more digits than Python makes a number of"


def test_of_what_is_posted_only_lists_that_questions_ask_for_are_kept(terms):
    asking = partial(KINDS["event"].asks, terms=terms)
    usual = {"event": ["Order Completed"], "window.how": ["last"], "where.0.property": ["total"], "where.0.type": ["known"]}
    odd = {"other.0.name": ["x"], "where.1.inner.3.x": ["y"], "window.0.how": ["ago"], "is.0.x": [""], "a.0." * 250 + "x": ["z"]}
    made = taken("event", usual | odd, asking)
    assert made == taken("event", usual | {"where.1.property": [""]}, asking)
    assert (made["is"], made["window"]["how"], [*made["where"][0]]) == ("event", "last", ["property", "type", "op"])


def test_a_stored_condition_deeper_than_any_form_s_is_still_shown(terms):
    deep: Any = "x"
    for _level in range(450):
        deep = {"a": [deep]}
    node = {"is": "event", "event": "Order Completed", "where": [{"property": "total", "a": deep}]}
    made = Told(node)
    assert made.word("where.0.property") == "total"
    assert shown(made, partial(KINDS["event"].asks, terms=terms))
    assert node["where"] is not made.data["where"]


DEEDS = ("up", "down", "out", "wrap", "duplicate", "remove")


def test_no_press_loses_a_condition_or_breaks_a_rule(terms):
    @MANY
    @given(RULES, st.lists(st.tuples(st.sampled_from(DEEDS[:4]), st.integers(0, 50)), max_size=8))
    def check(data, presses):
        tree = clean_tree(data)
        built = Built(tree)
        before = leaves(built.tree)
        for deed, number in presses:
            found = places(built.tree)
            act(built, f"{deed}:{found[number % len(found)][0]}", terms)
            assert not built.focus or node_at(built.tree, built.focus) is not None
        assert leaves(built.tree) == before
        assert all(node["rules"] for _place, node in places(built.tree) if "rules" in node)

    check()


def leaves(tree):
    return sorted(repr(sorted(node.items(), key=str)) for _place, node in places(tree) if "rules" not in node)


def test_a_condition_dragged_anywhere_is_there_once_and_never_inside_itself(terms):
    @MANY
    @given(RULES, st.integers(0, 50), st.integers(0, 50), st.integers(0, 5))
    def check(data, one, other, index):
        tree = clean_tree(data)
        found = places(tree)
        groups = [ROOT, *(place for place, node in found if "rules" in node)]
        place, group = found[one % len(found)][0], groups[other % len(groups)]
        moved = rearranging.carry(tree, place, group_place=group, index=index)
        assert leaves(moved.tree) == leaves(tree)
        if group == place or group.startswith(f"{place}."):
            assert moved.tree == tree
        else:
            assert node_at(moved.tree, moved.place) == node_at(tree, place)

    check()


def test_what_was_typed_is_kept_when_another_button_is_pressed_and_can_be_undone(terms):
    tree = {"version": 1, "root": {"join": "all", "rules": [{"is": "figure", "figure": "orders", "op": "at_least", "value": 1}]}}
    post = QueryDict(mutable=True)
    post.update({"rule": json.dumps(tree), "open": "root.rules.0", f"{FIELD}figure": "orders", f"{FIELD}op": "at_least"})
    post[f"{FIELD}value"] = "7"
    built = read_posted(post, terms)
    act(built, "group:root", terms)
    assert built.tree["root"]["rules"][0]["value"] == 7
    assert built.tree["root"]["rules"][1] == {"join": "any", "rules": []}
    act(built, "undo", terms)
    act(built, "undo", terms)
    assert built.tree == tree


ODD_LEAVES: list[Any] = [
    {"is": "figure", "figure": "orders", "op": []}, {"is": "figure", "figure": {"a": 1}, "op": "at_least"}, {"is": "birthday", "op": {}},
    {"is": "event", "event": ["x"], "where": [1, None, "x"]}, {"is": "event", "event": "x", "where": {"0": 1}}, {"is": 5},
    {}, {"is": "orders", "window": {"how": []}}, {"is": "orders", "window": "x"}, {"is": "consent", "status": []},
    {"is": "attribute", "key": []},
    {"is": "text", "field": "city", "op": "is", "values": ["a\x00b\ud800", float("nan"), 1e400, {"x": [[[[1]]]]}]},
]  # fmt: skip


@pytest.mark.parametrize("leaf", ODD_LEAVES, ids=repr)
def test_odd_conditions_are_drawn_closed_and_open_and_fit_into_the_database(leaf, terms):
    tree = clean_tree({"root": {"join": "all", "rules": [leaf]}})
    assert "\x00" not in repr(tree)
    json.dumps(tree, allow_nan=False).encode()
    for place in ("", "root.rules.0"):
        line = draw(Built(tree, open=place), terms).lines[0]
        assert line.parts or line.faults


@pytest.mark.parametrize("kind", [key for key, _kind in KINDS.items()])
def test_every_kind_of_condition_can_be_opened_again(kind, terms):
    built = Built(empty_tree())
    act(built, f"add:root|{kind}", terms)
    act(built, "done", terms)
    assert any(part.is_slot for part in draw(built, terms).lines[0].parts)


def test_people_left_out_stay_left_out_however_the_rest_is_joined(terms):
    country, birthday = {"is": "country", "op": "known"}, {"is": "birthday", "op": "today"}
    built = Built({"version": 1, "root": {"join": "any", "rules": [country]}})
    act(built, "leave_out", terms)
    assert built.tree["root"] == {"join": "all", "rules": [{"join": "any", "rules": [country]}, {"join": "none", "rules": []}]}
    whole = {"version": 1, "root": {"join": "all", "rules": [country, {"join": "none", "rules": [birthday]}]}}
    assert rearranging.join(whole, "root", "any")["root"] == {
        "join": "all", "rules": [{"join": "any", "rules": [country]}, {"join": "none", "rules": [birthday]}]
    }  # fmt: skip


def test_how_groups_are_joined_is_read_with_every_press(terms):
    post = QueryDict(mutable=True)
    post.update({"rule": json.dumps({"version": 1, "root": {"join": "all", "rules": []}}), "join:root": "any", "join:root.rules.7": "none"})
    assert read_posted(post, terms).tree["root"]["join"] == "any"


@pytest.mark.parametrize("sent", ["", "null", "[]", "{", '{"root": 5}', '{"root": {"rules": [1, "x", null]}}', "[" * 5000])
def test_a_rule_that_is_none_is_an_empty_one(sent, terms):
    post = QueryDict(mutable=True)
    post["rule"] = sent
    assert read_posted(post, terms).tree == empty_tree()
    assert finished(empty_tree(), terms)[0] is None


def test_a_rule_too_large_for_a_page_is_refused_and_never_cut(terms):
    many = {"root": {"join": "all", "rules": [{"is": "country", "op": "known"}] * 3_000}}
    deep: Any = {"join": "all", "rules": []}
    for _level in range(40):
        deep = {"join": "all", "rules": [deep]}
    for sent in (json.dumps(many), json.dumps({"root": deep}), '"' + "x" * 500_000 + '"'):
        post = QueryDict(mutable=True)
        post["rule"] = sent
        with pytest.raises(BadRequest):
            read_posted(post, terms)


def test_every_deed_bears_places_that_are_not_there(terms):
    for deed in (*DEEDS, "add", "group", "join", "open", "more", "less", "carry", "leave_out", "done", "undo", "nonsense"):
        for place in ("", "root", "root.rules.9", "root.rules.x", "version", "root.join", "root.rules.0.rules.0", ",,", "where.9"):
            built = Built({"version": 1, "root": {"join": "all", "rules": [{"is": "country", "op": "known"}]}}, open="root.rules.0")
            act(built, f"{deed}:{place}", terms)
            drawn = draw(built, terms)
            assert len(drawn.lines) + (deed == "remove") >= 1 or place == "root.rules.0"
            assert clean_tree(built.tree) == built.tree


def test_genders_are_offered_as_stated_and_then_by_usual_words(db):
    store = make_store(slug="genders")
    with store_context(store.pk):
        make_customer(store, "a@example.test", gender="Woman")
        make_customer(store, "b@example.test", gender="divers")
        offered = offers("field:gender")
    assert {offer.value for offer in offered[:2]} == {"Woman", "divers"}
    assert [offer.value for offer in offered[2:]] == ["man", "female", "male", "non-binary"]
