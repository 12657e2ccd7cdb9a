"""./run stop: ends whatever runs from this folder, also what a killed run left behind."""

import argparse
import os
import signal
import sys

from retention.cli import StepFailedError
from retention.cli.folders import Place
from retention.cli.ground import held
from retention.embedded import processes

PLACES = ("demo", "serve", "bench")


def run(arguments: list[str]) -> int:
    """Stop demo, serve and bench, whichever run."""
    argparse.ArgumentParser(prog="./run stop", description=__doc__).parse_args(arguments)
    stopped = [word for word in PLACES if _stop(Place(word))]
    sys.stdout.write(f"Stopped: {', '.join(stopped)}.\n" if stopped else "Nothing was running.\n")
    return 0


def _stop(place: Place) -> bool:
    running = place.running()
    if running is None:
        return _clear(place)
    os.kill(running["pid"], signal.SIGTERM)
    if not processes.wait_until(lambda: place.running() is None, seconds=90):
        raise StepFailedError(f"The {place.word} (process {running['pid']}) did not end within 90 seconds.")
    return True


def _clear(place: Place) -> bool:
    """Clear what a killed run left; True when there was something."""
    if not place.record.exists():
        return False
    with held(place):
        return True
