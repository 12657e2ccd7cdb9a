"""./run test: the whole suite on real PostgreSQL and Valkey, two processes at a time. `--deep` runs the deep tests too."""

import os
import sys

from retention.cli.folders import ROOT

PROCESSES = "2"


def run(arguments: list[str]) -> int:
    """Become pytest; arguments after the word are pytest's own."""
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *spread(arguments), *arguments])  # noqa: S606


def spread(arguments: list[str]) -> list[str]:
    """Return how many processes share the tests: two, but one for a single file, which takes less time than to start the others.

    Each takes half of the rest of another when it has nothing left, so files stay whole, and what lasts for a file is made once.
    """
    if any(argument.startswith(("-n", "--numprocesses")) for argument in arguments):
        return []
    files = [argument for argument in arguments if argument.partition("::")[0].endswith(".py")]
    folders = [argument for argument in arguments if (ROOT / argument).is_dir()]
    return ["-n", "0" if len(files) == 1 and not folders else PROCESSES, "--dist", "worksteal"]
