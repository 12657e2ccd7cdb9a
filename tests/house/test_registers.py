"""A register is the list of the files in its room: no kind is forgotten, none is listed twice, none hides in another file."""

import ast
from pathlib import Path

import pytest

from tests.house.tree import ROOT, files, name_of, parsed

# Rooms where each kind is one file, or one folder, registered in the room's __init__.
KIND_ROOMS = (
    "segments/conditions",
    "campaigns/channels",
    "campaigns/channels/email/providers",
    "campaigns/channels/sms/providers",
    "campaigns/channels/push/providers",
    "campaigns/journeys/steps",
    "campaigns/playbooks",
    "fulfillment/formats",
    "fulfillment/connectors",
    "retention/cli/words",
)
NOT_KINDS = {"__init__", "base"}
# Modules that several kinds of a room share, and that are no kind themselves.
BESIDE = {
    "campaigns/channels": {"inbox"},
    "campaigns/channels/email/providers": {"smtp_wire"},
    "campaigns/playbooks": {"switching", "numbers", "previewing"},
}


def kinds_in(room: Path) -> set[str]:
    """Return the kinds of a room: its modules and packages but for the base."""
    modules = {path.stem for path in files(".py", under=(name_of(room),)) if path.parent == room}
    packages = {path.parent.name for path in files("__init__.py", under=(name_of(room),)) if path.parent.parent == room}
    return (modules | packages) - NOT_KINDS - BESIDE.get(name_of(room), set())


def listed_in(room: Path) -> set[str]:
    """Return every module of the room that its __init__ imports or names."""
    package = name_of(room).replace("/", ".")
    said: set[str] = set()
    for node in ast.walk(parsed(room / "__init__.py")):
        if isinstance(node, ast.ImportFrom) and node.module == package:
            said |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{package}."):
            said.add((node.module or "").removeprefix(f"{package}.").partition(".")[0])
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(f"{package}."):
            said.add(node.value.removeprefix(f"{package}.").partition(".")[0])
    return said


@pytest.mark.parametrize("name", KIND_ROOMS)
def test_the_register_is_the_list_of_files(name: str) -> None:
    room = ROOT / name
    if room.is_dir() and (room / "__init__.py").exists():
        assert kinds_in(room) - listed_in(room) == set(), "a kind is in the room and not in its register"
        assert listed_in(room) - kinds_in(room) - NOT_KINDS - BESIDE.get(name, set()) == set(), (
            "the register names a file that is not in the room"
        )


def test_the_reading_finds_kinds_and_lines() -> None:
    """Without this, a reading that found nothing on either side would call every register complete."""
    room = ROOT / "campaigns/journeys/steps"
    assert {"send", "wait", "exit"} <= kinds_in(room)
    assert kinds_in(room) <= listed_in(room)
    assert kinds_in(ROOT / "retention/cli/words") >= {"demo", "serve"} <= listed_in(ROOT / "retention/cli/words")
