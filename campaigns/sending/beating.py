"""Short leases kept by a beat: who was killed or frozen loses them within seconds, who is only slow does not.

The beat is a thread with a connection of its own that starts when a lease is a third over, so work that is quick never pays for it.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import Error, connection

LEASE_SECONDS = 15
"""As long as what a killed worker held waits for another."""
MOST_SECONDS = 120.0
"""After so long even a beating worker loses its lease: it hangs."""

log = logging.getLogger(__name__)


@contextmanager
def beating(renew: Callable[[], None], *, every: float = LEASE_SECONDS / 3, most: float = MOST_SECONDS) -> Iterator[None]:
    """Call `renew` from another thread every few seconds while the block runs. It must set the store's context itself."""
    done = threading.Event()

    def beat() -> None:
        try:
            for _beat in range(int(most / every)):
                if done.wait(every):
                    return
                try:
                    renew()
                except Error as error:  # the next beat asks by a new connection; a lease that ran out until then stays so
                    log.warning("a lease could not be kept", extra={"cause": type(error).__name__})
                    connection.close()
        finally:
            connection.close()

    thread = threading.Thread(target=beat, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(timeout=1)
