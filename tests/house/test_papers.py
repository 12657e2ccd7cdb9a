"""The papers say what is there: the floors, the rooms and the settings are compared with the contracts, the folders and the code."""

import re
import tomllib

from tests.house.tree import ROOT, files, name_of

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
README = (ROOT / "README.md").read_text()
USUAL = {"views", "api", "forms", "models", "migrations", "management", "commands", "templatetags"}


def _block(after: str) -> str:
    """Return the fenced block that follows a heading of CONTRIBUTING.md."""
    return CONTRIBUTING.partition(after)[2].split("```")[1]


def _rooms(line: str) -> list[str]:
    return [
        room.removeprefix("retention.") for room in re.findall(r"\(?[a-z.]+\)?", re.sub(r", beside it", "", line).replace("retention.", ""))
    ]


def test_the_floors_are_those_of_the_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(table["layers"] for table in contracts if table["name"] == "Floors")
    assert [_rooms(line) for line in _block("### Floors").strip().splitlines()] == [_rooms(layer) for layer in layers]


def test_every_room_stands_in_the_plan() -> None:
    plan = _block("## Plan of the house")
    folders = {path.parent for path in files("__init__.py", under=("retention", "campaigns")) if len(path.relative_to(ROOT).parts) == 3}
    named = {name for name in (folder.name for folder in folders) if f"  {name}/" in plan}
    assert {name_of(folder) for folder in folders if folder.name not in named | USUAL} == set()


def test_every_room_of_retention_has_a_page() -> None:
    rooms = {path.parent for path in files("__init__.py", under=("retention",)) if len(path.relative_to(ROOT).parts) == 3}
    assert {name_of(room) for room in rooms if not (room / "README.md").exists()} == set()


def test_every_setting_stands_in_the_readme() -> None:
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "retention/settings.py").read_text()))
    told = set(re.findall(r"`([A-Z_]+)`", README.partition("## Settings")[2].partition("\n## ")[0].replace("`DEBUG`, `INFO`", "")))
    assert read - told == set()
    assert told - read - {"WARNING", "ERROR", "INFO"} == set()
