"""Ending in good order: signals become one exception, and what a killed run left is cleared."""

import signal
from types import FrameType

from retention.cli.folders import Place
from retention.embedded import processes
from retention.embedded.servers import end_leftovers

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """Somebody asked us to stop."""


def listen() -> None:
    """Turn the first Ctrl-C, hang-up or termination into Interrupted; later ones must not disturb the clearing up."""

    def answer(_number: int, _frame: FrameType | None) -> None:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        raise Interrupted

    for number in _SIGNALS:
        signal.signal(number, answer)


def clear_leftovers(place: Place) -> None:
    """End what a killed run left behind. Call it holding the lock only."""
    record = place.read_record()
    for leader in record["leaders"] if record else ():
        if processes.birth(leader["pid"]) == leader["birth"]:
            processes.end_group(leader["pid"])
    end_leftovers(place.folder)
    place.record.unlink(missing_ok=True)
