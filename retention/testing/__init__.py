"""The pytest plugin: real PostgreSQL and Valkey for every test run, one pair of servers for all workers.

Loaded by `-p retention.testing`, before Django reads its settings. Servers: `running.py`; databases: `databases.py`;
which marked tests run: `marks.py`; where the time goes: `durations.py`.
"""

import gc
import os
from collections.abc import Generator

import pytest

from retention.testing import marks, running
from retention.testing.durations import Durations

_worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
_run: running.TestRun | None = None


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take `--deep`: the long tests and the ones that kill processes run too; and `--pictures`, which `--deep` includes."""
    parser.addoption("--deep", action="store_true", help="run the tests marked deep and faults too, and keep pictures")
    parser.addoption("--pictures", action="store_true", help="keep a picture of every page browser tests look at in var/screenshots")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """Start the servers and point the environment at them, before any other plugin loads Django's settings."""
    global _run  # pytest offers no earlier place to keep it
    known = early_config.known_args_namespace
    if not (known.help or known.version):
        if _worker == "main":
            _run = running.start()
        running.point_at(_worker)
    return (yield)


def pytest_configure(config: pytest.Config) -> None:
    """Register the fixtures after pytest-django's, so that ours take their place; count seconds where reports arrive."""
    from retention.testing import databases

    config.pluginmanager.register(databases, "boomerang-databases")
    if _worker == "main":
        config.pluginmanager.register(Durations(running.ROOT / "var" / "test" / "durations.tsv"), "boomerang-durations")


def pytest_unconfigure() -> None:
    """Stop the servers when the last worker has ended."""
    global _run
    if _run is not None:
        _run.stop()
        _run = None


def pytest_report_header() -> list[str]:
    """Say which servers the run uses."""
    return [f"servers: {_run.label}"] if _run else []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out long tests unless asked for, and browser tests where there is no browser."""
    marks.choose(config, items)


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over all that is loaded by now, and look at what tests make less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)  # with Python's own, an eighth of the processor time of pages' tests


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly that browser tests did not run."""
    marks.summarize(terminalreporter)
