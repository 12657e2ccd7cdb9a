"""Which marked tests run: deep and faults with `--deep` only, browser where Chromium and Playwright are; long ones begin first.

A browser test that cannot run is never silent: the last lines of the run say so.
"""

import importlib.util
import shutil

import pytest

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_DEEP = ("deep", "faults")


def chromium() -> str | None:
    """Return the path of a Chromium on this machine."""
    return next((path for path in map(shutil.which, CHROMIUM_NAMES) if path), None)


def browser_obstacle() -> str | None:
    """Return why browser tests cannot run here, or None when they can."""
    if chromium() is None:
        return "no Chromium on this machine (apt install chromium)"
    if importlib.util.find_spec("playwright") is None:
        return "Playwright is not installed (./run test installs it where it finds Chromium)"
    return None


def choose(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect deep tests unless asked for; mark browser tests skipped where they cannot run; put long ones before the others.

    A test of a minute that began last would keep one process busy while the others have ended. The others stay in their random order.
    """
    obstacle = browser_obstacle()
    if not config.getoption("--deep"):
        left_out = [item for item in items if any(map(item.get_closest_marker, _DEEP))]
        items[:] = [item for item in items if not any(map(item.get_closest_marker, _DEEP))]
        if left_out:
            config.hook.pytest_deselected(items=left_out)
    for item in items:
        if obstacle and item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason=f"browser: {obstacle}"))
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def summarize(reporter: pytest.TerminalReporter) -> None:
    """Print how many tests were skipped because a program is missing, and which, where nobody overlooks it."""
    for word, heading in (("browser: ", "BROWSER TESTS DID NOT RUN"), ("clients: ", "TESTS OF NODE LIBRARIES DID NOT RUN")):
        reasons = [str(report.longrepr) for report in reporter.stats.get("skipped", []) if word in str(report.longrepr)]
        if reasons:
            reporter.section(heading, red=True, bold=True)
            reporter.write_line(f"{len(reasons)} skipped: {reasons[0].rpartition(word)[2].rstrip(chr(39) + ')')}")
