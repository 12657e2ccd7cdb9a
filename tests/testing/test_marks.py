"""Which tests run, and in which order."""

from types import SimpleNamespace

import pytest

from retention.testing import marks


def _item(name: str, *given: str) -> SimpleNamespace:
    return SimpleNamespace(name=name, get_closest_marker=lambda mark: mark if mark in given else None, add_marker=lambda mark: None)


@pytest.mark.parametrize(("deep", "order"), [(False, ["long", "b", "a"]), (True, ["long", "long and deep", "b", "deep", "a"])])
def test_long_tests_begin_first_and_the_others_keep_their_order(deep: bool, order: list[str]) -> None:
    left_out: list[SimpleNamespace] = []
    hook = SimpleNamespace(pytest_deselected=lambda items: left_out.extend(items))
    config = SimpleNamespace(getoption=lambda name: deep, hook=hook)
    items = [_item("b"), _item("deep", "deep"), _item("long", "long"), _item("a"), _item("long and deep", "long", "deep")]
    marks.choose(config, items)
    assert [item.name for item in items] == order
    assert len(left_out) == 5 - len(order)
