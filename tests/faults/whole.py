"""The product's own worker and scheduler on servers of their own, and faults of the servers and of the worker.

`python -m tests.faults.whole FAULT ROUNDS [FAULT ROUNDS ...]`: each fault so often, one run for all; prints a line of JSON for each.
What the faults are: `rounds.py`.
"""

import importlib
import os
import sys

from retention.cli.folders import Place
from retention.cli.ground import ground, migrate, set_up_django
from retention.cli.stopping import listen


def main(arguments: list[str]) -> None:
    """Start the servers, read the product's code, and run the rounds."""
    listen()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "retention.settings")
    place = Place("faults")
    with ground(place, mode="test") as base:
        os.environ |= base.environment
        set_up_django(log=place.logs / "here.log")
        migrate()
        wanted = list(zip(arguments[::2], map(int, arguments[1::2]), strict=True))
        importlib.import_module("tests.faults.rounds").run(place, base, wanted)  # after the set-up


if __name__ == "__main__":
    main(sys.argv[1:])
