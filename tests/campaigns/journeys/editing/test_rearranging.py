"""What buttons do to a tree: nodes are added, moved in and out of ways, carried and copied; nothing is ever lost on the way."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.journeys.editing import rearranging
from campaigns.journeys.editing.rearranging import FRESH, Changed
from campaigns.journeys.editing.tree import Json, ensure_end, flatten, node_at, places

EMPTY: Json = {"trigger": {"event": "Cart Idle"}, "root": {"steps": [{"id": "end", "kind": "exit"}]}}


def made(*kinds: str) -> Json:
    """Return a tree with fresh steps of these kinds before its end."""
    tree = EMPTY
    for index, kind in enumerate(kinds):
        tree = rearranging.add(tree, "root", index, kind).tree
    return tree


def names(tree: Json, around: str = "root") -> list[str]:
    """Return the names of the steps of one list."""
    return [node.get("id", node["kind"]) for node in (node_at(tree, around) or {})["steps"]]


@pytest.mark.parametrize("kind", FRESH)
def test_every_kind_can_be_added_and_stands_before_the_end(kind: str) -> None:
    changed = rearranging.add(EMPTY, "root", 99, kind)
    assert (changed.place, names(changed.tree)[-1], names(EMPTY)) == ("root.steps.0", "end", ["end"])


def test_names_of_new_steps_are_free() -> None:
    assert names(made("wait", "wait", "wait_event")) == ["wait", "wait-2", "wait-event", "end"]


def test_up_and_down_go_past_the_neighbour_and_stop_before_the_end() -> None:
    tree = made("send", "wait")
    assert names(rearranging.move(tree, "root.steps.1", "up").tree) == ["wait", "send", "end"]
    assert rearranging.move(tree, "root.steps.1", "down") == Changed(tree, "root.steps.1")
    assert rearranging.move(tree, "root.steps.2", "up") == Changed(tree, "")


def test_in_and_out_of_a_way() -> None:
    tree = made("split", "send", "wait")
    assert rearranging.into(tree, "root.steps.1") == [("root.steps.0.ways.0", 0), ("root.steps.0.ways.1", 0)]
    inside = rearranging.carry(tree, "root.steps.1", "root.steps.0.ways.1", 0)
    assert (inside.place, names(inside.tree)) == ("root.steps.0.ways.1.steps.0", ["split", "wait", "end"])
    above = rearranging.move(inside.tree, inside.place, "up")
    assert (above.place, names(above.tree)) == ("root.steps.0", ["send", "split", "wait", "end"])
    below = rearranging.move(inside.tree, inside.place, "out")
    assert (below.place, names(below.tree)) == ("root.steps.1", ["split", "send", "wait", "end"])


def test_nothing_is_carried_into_itself() -> None:
    tree = made("split", "branch")
    assert rearranging.carry(tree, "root.steps.0", "root.steps.0.ways.0", 0) == Changed(tree, "")


def test_a_copy_of_a_fork_has_names_of_its_own() -> None:
    tree = rearranging.carry(made("split", "send"), "root.steps.1", "root.steps.0.ways.0", 0).tree
    twice = rearranging.duplicate(tree, "root.steps.0").tree
    ids = [node["id"] for _place, node in places(twice)]
    assert (len(ids), len(set(ids)), names(twice)) == (5, 5, ["split", "split-2", "end"])


def test_ways_are_added_before_all_others_and_taken_out_while_two_are_left() -> None:
    tree = made("branch", "split")
    more = rearranging.add_way(tree, "root.steps.0")
    assert (more.place, [way.get("people") for way in more.tree["root"]["steps"][0]["ways"]]) == ("root.steps.0.ways.1", [[], [], None])
    assert rearranging.remove_way(more.tree, more.place).tree == tree
    assert rearranging.remove_way(tree, "root.steps.1.ways.0") == Changed(tree, "")
    assert rearranging.remove_way(more.tree, "root.steps.0.ways.2").tree == more.tree


def test_a_removed_step_takes_what_stands_in_its_ways_along() -> None:
    tree = rearranging.carry(made("split", "send", "wait"), "root.steps.1", "root.steps.0.ways.0", 0).tree
    gone = rearranging.remove(tree, "root.steps.0")
    assert (names(gone.tree), gone.place) == (["wait", "end"], "root.steps.0")
    assert rearranging.remove(tree, "root.steps.2") == Changed(tree, "")


_PLACES = st.integers(0, 30)
_DEEDS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), _PLACES, st.sampled_from(sorted(FRESH))),
        st.tuples(st.sampled_from(["up", "down", "out", "duplicate", "way"]), _PLACES, st.just("")),
        st.tuples(st.just("carry"), _PLACES, st.integers(0, 30)),
    ),
    max_size=25,
)


@given(_DEEDS)
def test_no_sequence_of_presses_loses_a_step_or_its_name(deeds: list[tuple[str, int, Any]]) -> None:
    tree = EMPTY
    for deed, number, what in deeds:
        found = [place for place, _node in places(tree)]
        around = [place.rpartition(".steps.")[0] for place in found] + [
            f"{place}.ways.{way}" for place, node in places(tree) for way in range(len(node.get("ways", [])))
        ]
        place, before = found[number % len(found)], sorted(_ids(tree))
        match deed:
            case "add":
                tree = rearranging.add(tree, around[number % len(around)], number % 5, what).tree
                continue
            case "duplicate":
                tree = rearranging.duplicate(tree, place).tree
                continue
            case "way":
                tree = rearranging.add_way(tree, place).tree
            case "carry":
                tree = rearranging.carry(tree, place, around[what % len(around)], number % 4).tree
            case _:
                tree = rearranging.move(tree, place, deed).tree
        assert sorted(_ids(tree)) == before
    ids = _ids(tree)
    assert len(set(ids)) == len(ids)
    assert tree["root"]["steps"][-1]["kind"] == "exit"
    assert ensure_end(tree) == tree
    flat = flatten(tree)
    assert len(flat.places) == len(flat.data["steps"])


def _ids(tree: Json) -> list[str]:
    return [node["id"] for _place, node in places(tree) if node["kind"] != "jump"]
