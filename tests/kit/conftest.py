"""The servers of `stage.py` as fixtures, one pair for each test module."""

from collections.abc import Iterator

import pytest

from tests.kit.stage import Canary, Stage, StagePolicy


@pytest.fixture(scope="module")
def canary() -> Iterator[Canary]:
    """Nobody may reach this one; tests ask it how often it was."""
    server = Canary()
    yield server
    server.close()


@pytest.fixture(scope="module")
def _stage() -> Iterator[Stage]:
    server = Stage()
    yield server
    server.close()


@pytest.fixture
def stage(_stage: Stage) -> Stage:
    """A server at a "public" address, without scripts."""
    _stage.reset()
    return _stage


@pytest.fixture
def policy(canary: Canary, stage: Stage) -> StagePolicy:
    """The public policy with both servers' ports open, so that only the address can stop a request to the canary."""
    return StagePolicy(reach="public", ports=frozenset({80, 443, canary.port, stage.port}), schemes=frozenset({"http", "https"}))
