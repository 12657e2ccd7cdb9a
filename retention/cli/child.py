"""What a Python service runs first: read the code, wait for the gate, then become the program named on the command line.

Reading the code takes most of a start, so it happens beside the migration; behind the gate the database is ready.
Celery's services say that they are up by making a file, named in BOOMERANG_READY_FILE.
Usage: python -m retention.cli.child GATE MODULE [ARGUMENT ...], where GATE is a file descriptor.
"""

import os
import runpy
import sys
from pathlib import Path


def main(arguments: list[str]) -> None:
    """Wait behind the gate with the code already read, then run the module as a program."""
    gate, module, *rest = arguments
    _read_code()
    with os.fdopen(int(gate)) as line:
        line.read()  # ends when the supervisor opens the gate, which is to close its end of the pipe
    sys.argv = [module, *rest]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _read_code() -> None:
    import django
    from celery import signals

    django.setup()
    import retention.celery  # noqa: F401 - read for its own sake

    def up(**_: object) -> None:
        if path := os.environ.get("BOOMERANG_READY_FILE"):
            Path(path).touch()

    signals.worker_ready.connect(up, weak=False)
    signals.beat_init.connect(up, weak=False)


if __name__ == "__main__":
    main(sys.argv[1:])
