"""Where the time of a test run goes: the seconds of every test, kept in a file, and a few lines by folder at the end of a long run.

Seconds are those of the clock, as the process of the test saw them, so those of several processes add up to more than the run took.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

FEW = 200  # a run of fewer tests says nothing by folder; pytest's own --durations is at hand
PHASES = ("setup", "call", "teardown")


@dataclass(eq=False)  # plugins are kept in sets
class Durations:
    """What each test took, by its three phases. file: where it is kept when the run ends."""

    file: Path
    seconds: dict[str, dict[str, float]] = field(default_factory=dict)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take note of one phase of one test."""
        self.seconds.setdefault(report.nodeid, dict.fromkeys(PHASES, 0.0))[report.when] += report.duration

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Keep the file; after a long run say by folder what it took."""
        if not self.seconds:
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text("\n".join(_lines(self.seconds)) + "\n")
        if len(self.seconds) >= FEW:
            terminalreporter.section("seconds by folder")
            for line in by_folder(self.seconds):
                terminalreporter.write_line(line)
            terminalreporter.write_line(f"Every test: {self.file}")


def by_folder(seconds: dict[str, dict[str, float]]) -> list[str]:
    """Return a table: tests, seconds before, inside and after them, and their folder; the longest first, then the sum."""
    folders: dict[str, list[dict[str, float]]] = {}
    for test, phases in seconds.items():
        folders.setdefault(test.partition("::")[0].rpartition("/")[0], []).append(phases)
    rows = [(_sums(tests), len(tests), folder) for folder, tests in folders.items()]
    rows.sort(key=lambda row: -sum(row[0]))
    rows.append((_sums(seconds.values()), len(seconds), "all"))
    return ["  tests    setup     call teardown"] + [
        f"{count:7}" + "".join(f"{sum_:9.1f}" for sum_ in sums) + f"  {name}" for sums, count, name in rows
    ]


def _sums(tests: Iterable[dict[str, float]]) -> list[float]:
    kept = list(tests)
    return [sum(one[phase] for one in kept) for phase in PHASES]


def _lines(seconds: dict[str, dict[str, float]]) -> list[str]:
    """Return one line a test, its phases' seconds and its name between tabs, the longest first."""
    ordered = sorted(seconds.items(), key=lambda one: -sum(one[1].values()))
    return ["\t".join([*(f"{phases[phase]:.3f}" for phase in PHASES), test]) for test, phases in ordered]
