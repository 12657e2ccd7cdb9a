"""Whether this process was asked to end: work that would go on for long stops at its next pause, and another process takes it up."""

import threading

_asked = threading.Event()


def ask(**_: object) -> None:
    """Note that the process is to end; connected to what tells a worker so."""
    _asked.set()


def is_asked() -> bool:
    """Say whether the process is to end."""
    return _asked.is_set()
