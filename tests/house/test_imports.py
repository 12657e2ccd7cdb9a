"""The import contracts speak about rooms that exist: a pattern that matches nothing passes silently, so it is looked for here.

The rooms marked "(think)" in CONTRIBUTING.md's plan of the house and the contract about thinking rooms are the same list.
"""

import re
import tomllib
from typing import Any

import pytest

from tests.house.tree import PACKAGES, ROOT, files, name_of

# The contract's pattern -> the words that carry the mark in the plan. kit's pure modules are named by "(pure)" there.
THINKING = {
    "*.rules": "rules", "*.conditions": "conditions",
    "*.journeys.definition": "definition", "*.journeys.engine": "engine", "*.journeys.steps": "steps",
    "*.journeys.occasions": "occasions", "*.journeys.triggers": "triggers", "*.journeys.soundness": "soundness",
    "*.journeys.editing": "editing", "*.journeys.simulating": "simulating",
    "*.recovery.rules": "rules",
    "*.sending.eligibility": "eligibility", "*.sending.pacing": "pacing", "*.sending.arbiter": "arbiter", "*.sending.warming": "warming",
    "*.sending.answers": "answers", "*.truth.deciding": "deciding",
    "*.contacts.adding": "adding", "*.contacts.advice": "advice",
    "*.measurement.statistics": "statistics", "*.reservations.policy": "policy", "*.pricing": "pricing",
    "*.formats": "formats", "*.routing": "routing",
    "*.intake.shops.reading": "reading", "*.intake.shops.results": "results",
    "*.intake.shops.shopify": "shopify", "*.intake.shops.woocommerce": "woocommerce",
}  # fmt: skip
PURE = {"*.insights.statistics", "*.kit.clock", "*.kit.fields", "*.kit.money", "*.kit.words", "*.kit.register"}


def _contracts() -> list[dict[str, Any]]:
    tables: list[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    return tables


def _contract(start: str) -> dict[str, Any]:
    return next(table for table in _contracts() if table["name"].startswith(start))


def _modules() -> set[str]:
    names = (name_of(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in files(".py", under=PACKAGES))
    return set(names)


def _matches(pattern: str) -> list[str]:
    """Return the modules a contract's pattern means: one star is one name, not a path of names."""
    meant = re.compile(re.escape(pattern).replace(r"\*", r"[^.]+"))
    return [module for module in _modules() if meant.fullmatch(module)]


def test_the_contract_lists_every_thinking_room() -> None:
    assert set(_contract("Thinking rooms")["source_modules"]) == set(THINKING) | PURE


def _plan() -> str:
    paper = ROOT / "CONTRIBUTING.md"
    return paper.read_text() if paper.exists() else ""


@pytest.mark.parametrize(("pattern", "word"), THINKING.items())
def test_a_thinking_room_carries_its_mark_in_the_plan(pattern: str, word: str) -> None:
    marked = [line for line in _plan().splitlines() if "(think" in line]
    assert any(re.search(rf"\b{word}\b", line) for line in marked), f"{word} ({pattern}) has no (think) mark in CONTRIBUTING.md"


# Rooms of this list are built; a pattern moves here when its first file is written, and never leaves.
BUILT = {
    "*.rules", "*.conditions",
    "*.journeys.definition", "*.journeys.engine", "*.journeys.steps", "*.journeys.occasions", "*.journeys.triggers", "*.journeys.soundness",
    "*.journeys.editing", "*.journeys.simulating",
    "*.recovery.rules",
    "*.sending.eligibility", "*.sending.pacing", "*.sending.arbiter", "*.truth.deciding", "*.sending.answers", "*.sending.warming",
    "*.measurement.statistics", "*.contacts.adding", "*.contacts.advice",
    "*.intake.shops.reading", "*.intake.shops.results", "*.intake.shops.shopify", "*.intake.shops.woocommerce",
    "*.kit.clock", "*.kit.fields", "*.kit.money", "*.kit.words", "*.kit.register",
}  # fmt: skip


def test_the_contract_holds_every_thinking_room_that_is_built() -> None:
    """A pattern that matches nothing passes silently, so the ones that must match are listed, no more and no less."""
    assert {pattern for pattern in set(THINKING) | PURE if _matches(pattern)} == BUILT


def _bracketed() -> list[str]:
    """Return every room that stands in brackets, by its full name; a contract for many containers keeps its brackets."""
    found: list[str] = []
    for table in _contracts():
        for container in table.get("containers", [""]) if table["type"] == "layers" else []:
            rooms = re.findall(r"\(([\w.]+)\)", " ".join(table["layers"]))
            found += [] if "*" in container else [f"{container}.{room}".lstrip(".") for room in rooms]
    return found


def test_every_bracket_is_still_needed() -> None:
    """A room that is built stands in the contracts without brackets, so that deleting it is noticed."""
    modules = _modules()
    assert "flashsales.pricing" in _bracketed()
    assert [room for room in _bracketed() if room in modules] == []


def test_every_contract_s_packages_are_the_house_s() -> None:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    assert tuple(table["root_packages"]) == PACKAGES
