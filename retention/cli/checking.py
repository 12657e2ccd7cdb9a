"""The gates of ./run check: each a name and a command line that ends with 0 when all is well.

A new gate is one entry in GATES. Tests are not gates: ./run test runs them.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from retention.cli.folders import ROOT, VAR

AT_ONCE = 2
_TOOLS = Path(sys.executable).parent
_PYTHON = sys.executable
_MANAGE = (_PYTHON, "manage.py")
PACKAGES = ("retention", "segments", "campaigns", "flashsales", "fulfillment")
_NOWHERE = "postgres://nobody@/nowhere?host=/nonexistent"
_OFFLINE = {
    "BOOMERANG_ENV": "test",
    "DATABASE_URL": _NOWHERE,
    "DATABASE_OWNER_URL": _NOWHERE,
    "DATABASE_INGEST_URL": _NOWHERE,
    "SEMGREP_SETTINGS_FILE": str(VAR / "check" / "semgrep-settings.yml"),
    "SEMGREP_VERSION_CACHE_PATH": str(VAR / "check" / "semgrep-version"),
    "SEMGREP_LOG_FILE": str(VAR / "check" / "semgrep.log"),
}


@dataclass(frozen=True)
class Gate:
    """One check. environment: variables it needs besides the usual ones; most gates need settings but no server."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=lambda: _OFFLINE)


@dataclass(frozen=True)
class Outcome:
    """How a gate ended."""

    gate: Gate
    passed: bool
    seconds: float
    output: str


GATES = (
    Gate("ruff check", (_PYTHON, "-m", "ruff", "check", ".")),
    Gate("ruff format", (_PYTHON, "-m", "ruff", "format", "--check", ".")),
    Gate("mypy", (_PYTHON, "-m", "mypy")),
    Gate("lint-imports", (str(_TOOLS / "lint-imports"),)),
    Gate(
        "semgrep",
        (str(_TOOLS / "semgrep"), "scan", "--config", ".semgrep/rules.yml", "--error", "--quiet", "--metrics=off", *PACKAGES),
        _OFFLINE | {"PATH": f"{_TOOLS}{os.pathsep}{os.environ.get('PATH', '')}", "SEMGREP_ENABLE_VERSION_CHECK": "0"},
    ),
    Gate("migrations", (*_MANAGE, "makemigrations", "--check", "--dry-run", "--verbosity", "1")),
    Gate("house", (_PYTHON, "-m", "pytest", "-q", "-p", "no:randomly", "tests/house"), {}),
)


def run_gates(gates: tuple[Gate, ...]) -> list[Outcome]:
    """Run the gates, two at a time, and return how each ended, in the given order."""
    (VAR / "check").mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        return list(pool.map(_run, gates))


def _run(gate: Gate) -> Outcome:
    start = time.monotonic()
    done = subprocess.run(  # noqa: S603
        gate.arguments,
        cwd=ROOT,
        env={**os.environ, **gate.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Outcome(gate, done.returncode == 0, time.monotonic() - start, done.stdout)
