"""Whether this process was asked to end: from then on it is not ready, while it finishes what it began.

The server owns the signal handlers, so the news comes through the wakeup pipe, which every handled signal writes to.
"""

import os
import signal
import threading

_stopping = threading.Event()


def is_stopping() -> bool:
    """Say whether the end was asked for."""
    return _stopping.is_set()


def begin() -> None:
    """Be not ready from now on."""
    _stopping.set()


def listen() -> None:
    """Begin to stop when SIGTERM or SIGINT arrives, whoever handles them. Call it once, in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    threading.Thread(target=_wait, args=(reading,), name="stopping", daemon=True).start()


def _wait(reading: int) -> None:
    while True:
        number = os.read(reading, 1)
        if not number:
            return
        if number[0] in (signal.SIGTERM, signal.SIGINT):
            begin()
