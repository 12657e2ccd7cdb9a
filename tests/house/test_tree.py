"""What stands at the top of the tree, and that nothing in it names a machine or a package mirror."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.house.tree import ROOT, apps, files, name_of, text_of

TOP = {
    ".ci", ".dockerignore", ".env.example", ".gitattributes", ".gitignore", ".semgrep", "CHANGELOG.md", "CONTRIBUTING.md",
    "Dockerfile", "LICENSE", "NOTICE", "README.md", "campaigns", "docker-compose.yml", "flashsales", "fulfillment", "manage.py",
    "pyproject.toml", "requirements.lock", "retention", "run", "segments", "semgrep", "static", "templates", "tests", "uv.lock",
}  # fmt: skip
PUBLIC_DEFAULTS = {"pypi.org", "files.pythonhosted.org"}
LOCKS = ("uv.lock", "requirements.lock")
BUILD = ("pyproject.toml", "Dockerfile", "docker-compose.yml", "run", ".ci/run", "requirements.lock")
ADDRESS = re.compile(r"https?://([A-Za-z0-9.-]+)")
MACHINE = re.compile("|".join(["/" + word + "/" for word in ("work", "Users", "root")] + [r"/home/\w"]))


def named(*words: str) -> list[Path]:
    """Return these files where they exist."""
    return [ROOT / word for word in words if (ROOT / word).exists()]


def hosts_in(text: str) -> set[str]:
    """Return every host that an address in the text names."""
    return set(ADDRESS.findall(text))


def test_only_known_entries_stand_at_the_top() -> None:
    assert {name_of(path).partition("/")[0] for path in files(vendored=True)} - TOP == set()


def test_lock_files_name_no_host_but_the_public_defaults() -> None:
    for path in named(*LOCKS):
        assert hosts_in(path.read_text()) <= PUBLIC_DEFAULTS, path.name


@pytest.mark.parametrize("name", BUILD)
def test_build_files_choose_no_package_host(name: str) -> None:
    for path in named(name):
        text = path.read_text()
        assert not re.search(r"--(extra-)?index(-url)?|--find-links|index-url\s*=|\[\[tool\.uv\.index\]\]", text), name
        assert not any("pypi" in host or "pythonhosted" in host or "npm" in host for host in hosts_in(text)), name


def test_requirements_lock_is_what_uv_lock_says() -> None:
    """Both files pin the same versions; `uv export --frozen --no-dev --no-emit-project --format requirements-txt` writes it."""
    packages = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    locked = {(package["name"], package["version"]) for package in packages if "version" in package}
    pinned = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert len(pinned) > 30
    assert set(pinned) <= locked
    project = next(package for package in packages if package["name"] == "boomerang")
    assert {entry["name"] for entry in project["dependencies"]} <= {name for name, _ in pinned}


def test_every_pin_carries_a_hash() -> None:
    blocks = re.split(r"\n(?=\S)", (ROOT / "requirements.lock").read_text())
    assert [block.splitlines()[0] for block in blocks if "==" in block.split("--hash")[0] and "--hash=sha256:" not in block] == []


def test_no_file_names_a_path_of_somebody_s_machine() -> None:
    found = [f"{name_of(path)}: {hit}" for path in files() if path.name != "uv.lock" for hit in MACHINE.findall(text_of(path) or "")]
    assert found == []


def test_every_app_says_what_it_is_for() -> None:
    assert [name_of(app) for app in apps() if not (app / "README.md").exists()] == []


def test_the_papers_stand_at_the_top() -> None:
    assert [name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "NOTICE") if not (ROOT / name).exists()] == []
