"""Each local semgrep rule fires on its bad sample, on every marked line and nowhere else, and stays silent on the good ones.

Samples: `semgrep/bad` and `semgrep/good`, each a small tree of its own, so that the rules' exceptions are tried with real paths; they
end in `.sample` because no other tool should read them. A sample is named after its rule; a line that must be found ends with `# bad`.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.house.tree import ROOT

RULES = ROOT / ".semgrep" / "rules.yml"
SAMPLES = ROOT / "tests" / "house" / "semgrep"
MARK = re.compile(r"# bad$|\{# bad #\}$")
# Samples that cannot carry their rule's name, because a path is part of what they show.
NAMED_OTHERWISE = {"campaigns/tasks.py": "no-eta"}


def rules() -> list[dict[str, Any]]:
    return list(yaml.safe_load(RULES.read_text())["rules"])


def samples(tree: str) -> list[Path]:
    return sorted((SAMPLES / tree).rglob("*.sample"))


def scan(tree: str, folder: Path) -> list[dict[str, Any]]:
    """Copy a tree of samples into a folder of its own and return what semgrep finds there, offline."""
    root = folder / tree
    for path in samples(tree):
        target = root / path.relative_to(SAMPLES / tree).with_suffix("")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    tools = Path(sys.executable).parent
    environ = {
        **os.environ,
        "PATH": f"{tools}{os.pathsep}{os.environ.get('PATH', '')}",
        "SEMGREP_SETTINGS_FILE": str(folder / "settings.yml"),
        "SEMGREP_LOG_FILE": str(folder / "semgrep.log"),
        "SEMGREP_VERSION_CACHE_PATH": str(folder / "version"),
    }
    options = ["--metrics=off", "--disable-version-check", "--quiet", "--json", "--project-root", str(root)]
    command = [str(tools / "semgrep"), "scan", "--config", str(RULES), *options, "."]
    done = subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True, check=False)
    answer = json.loads(done.stdout)
    assert answer["errors"] == []
    return list(answer["results"])


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[str, int]]]:
    """The places each rule found in the bad samples."""
    places: dict[str, list[tuple[str, int]]] = {}
    for one in scan("bad", tmp_path_factory.mktemp("semgrep")):
        rule = one["check_id"].rsplit(".", 1)[-1]
        places.setdefault(rule, []).append((one["path"], one["start"]["line"]))
    return places


def place_of(path: Path) -> str:
    return path.relative_to(SAMPLES / "bad").with_suffix("").as_posix()


def marked(path: Path) -> list[tuple[str, int]]:
    name = place_of(path)
    return [(name, number) for number, line in enumerate(path.read_text().splitlines(), start=1) if MARK.search(line)]


def sample_of(rule: str) -> Path:
    """Return the bad sample of a rule."""
    for path in samples("bad"):
        if NAMED_OTHERWISE.get(place_of(path), path.name.partition(".")[0].replace("_", "-")) == rule:
            return path
    pytest.fail(f"{rule} has no bad sample")


@pytest.mark.parametrize("rule", [one["id"] for one in rules()])
def test_a_rule_finds_every_marked_line_of_its_sample_and_no_other(rule: str, found: dict[str, list[tuple[str, int]]]) -> None:
    path = sample_of(rule)
    wanted = marked(path)
    assert wanted
    assert sorted({place for place in found.get(rule, []) if place[0] == wanted[0][0]}) == wanted


def test_no_rule_fires_on_a_good_sample(tmp_path: Path) -> None:
    assert [(one["check_id"], one["path"], one["start"]["line"]) for one in scan("good", tmp_path)] == []


@pytest.mark.parametrize("rule", [one["id"] for one in rules()])
def test_a_rule_has_a_good_sample_at_the_place_of_the_bad_one(rule: str) -> None:
    assert (SAMPLES / "good" / sample_of(rule).relative_to(SAMPLES / "bad")).exists()


def test_every_exception_names_a_place_that_exists() -> None:
    named = [path for one in rules() for path in one.get("paths", {}).get("exclude", []) if path.startswith("/")]
    built = [path for path in named if any((ROOT / path.split("/")[1]).glob("models*")) or path.startswith("/retention/")]
    assert [path for path in built if not list(ROOT.glob(path.strip("/")))] == []


def test_nobody_waves_a_finding_through_in_the_code() -> None:
    for package in ("retention", "segments", "campaigns", "flashsales", "fulfillment"):
        for path in (ROOT / package).rglob("*.py"):
            assert "nosem" not in path.read_text(), path
