"""./run test: the whole suite on real PostgreSQL and Valkey, two processes at a time. `--deep` runs the long tests too."""

import os
import sys

from retention.cli.folders import ROOT

PROCESSES = "2"


def run(arguments: list[str]) -> int:
    """Become pytest; arguments after the word are pytest's own."""
    chosen = any(argument.startswith(("-n", "--numprocesses")) for argument in arguments)
    spread = [] if chosen else ["-n", PROCESSES]
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *spread, *arguments])  # noqa: S606
