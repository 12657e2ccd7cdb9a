"""The collector rests during a piece of work, and works again afterwards whatever came of it."""

import gc

import pytest

from retention.kit.memory import collecting_afterwards


def test_the_collector_rests_within_and_works_afterwards_also_after_an_error() -> None:
    seen = []

    def work() -> None:
        seen.append(gc.isenabled())
        raise LookupError

    with pytest.raises(LookupError), collecting_afterwards():
        work()
    assert (seen, gc.isenabled()) == ([False], True)


def test_work_within_work_leaves_the_collector_at_rest_until_all_of_it_is_done() -> None:
    with collecting_afterwards():
        with collecting_afterwards():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
