"""Ending in good order: signals become one exception, and what a killed run left is cleared."""

import signal
from types import FrameType

from retention.cli.folders import Place
from retention.embedded import processes

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):  # noqa: N818 - like KeyboardInterrupt: an event, not an error
    """Somebody asked us to stop."""


def listen() -> None:
    """Turn the first Ctrl-C, hang-up or termination into Interrupted; later ones must not disturb the clearing up."""

    def answer(_number: int, _frame: FrameType | None) -> None:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        raise Interrupted

    for number in _SIGNALS:
        signal.signal(number, answer)


def clear_leftovers(place: Place) -> int:
    """End what a killed run left behind and return how many process groups that were. Call it holding the lock only."""
    record = place.read_record()
    if record is None:
        return 0
    alive = [leader for leader in record["leaders"] if processes.birth(leader["pid"]) == leader["birth"]]
    for leader in alive:
        processes.end_group(leader["pid"])
    place.record.unlink()
    return len(alive)
