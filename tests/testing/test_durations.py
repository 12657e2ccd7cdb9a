"""Where the time of a run goes, by folder and test by test."""

from pathlib import Path
from types import SimpleNamespace

from retention.testing.durations import Durations, by_folder


def test_seconds_are_added_up_by_folder_the_longest_first() -> None:
    seconds = {
        "tests/kit/test_clock.py::test_a": {"setup": 0.1, "call": 0.2, "teardown": 0.0},
        "tests/stores/test_keys.py::test_b[x::y/z]": {"setup": 1.0, "call": 2.0, "teardown": 0.5},
        "tests/kit/test_money.py::test_c": {"setup": 0.0, "call": 0.3, "teardown": 0.1},
    }
    assert [line.split() for line in by_folder(seconds)] == [
        ["tests", "setup", "call", "teardown"],
        ["1", "1.0", "2.0", "0.5", "tests/stores"],
        ["2", "0.1", "0.5", "0.1", "tests/kit"],
        ["3", "1.1", "2.5", "0.6", "all"],
    ]


def test_the_file_names_every_test_the_longest_first(tmp_path: Path) -> None:
    kept = Durations(tmp_path / "new" / "durations.tsv")
    for test, when, duration in [
        ("a.py::x", "setup", 0.5),
        ("a.py::y", "call", 2.0),
        ("a.py::x", "call", 1.0),
        ("a.py::x", "teardown", 0.25),
    ]:
        kept.pytest_runtest_logreport(SimpleNamespace(nodeid=test, when=when, duration=duration))
    said: list[str] = []
    kept.pytest_terminal_summary(SimpleNamespace(section=said.append, write_line=said.append))
    assert kept.file.read_text().splitlines() == ["0.000\t2.000\t0.000\ta.py::y", "0.500\t1.000\t0.250\ta.py::x"]
    assert said == []  # few tests
