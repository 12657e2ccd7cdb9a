"""What a process that runs for days does about its memory when it has started."""

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_OBJECTS_A_ROUND = (
    20_000  # new containers before the collector looks for circles: with the usual 700 a batch of events is looked at 200 times
)


_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MOST_ARENAS = -1, -3, -8  # names of the C library, malloc.h
_KEPT_BYTES, _OWN_PAGES_BYTES = 32 << 20, 4 << 20


def keep_what_is_loaded() -> None:
    """Take what start-up loaded out of the garbage collector's rounds: it stays for good, and looking through it costs a fifth of all.

    What comes later is looked through in larger rounds: nearly all of it dies by itself.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_A_ROUND, 20, 20)
    _keep_freed_memory()


@contextmanager
def collecting_afterwards() -> Iterator[None]:
    """Let the collector rest during a short piece of work whose objects all die with it: it would look through them, and find none.

    For a second of work at most, and in a process that does one thing at a time: the collector rests for all of it.
    """
    works = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if works:
            gc.enable()


def _keep_freed_memory() -> None:
    """Let the C library keep some memory that was freed: a batch of mails is megabytes that come and go.

    Given back each time, every page is found and cleared anew: a tenth of what a mail costs. A library without that wish changes nothing.
    All threads share one store of freed memory: only one at a time runs Python, and each with a store of its own kept as much again.
    """
    with suppress(OSError, AttributeError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(_TRIM_THRESHOLD, _KEPT_BYTES)
        library.mallopt(_MMAP_THRESHOLD, _OWN_PAGES_BYTES)
        library.mallopt(_MOST_ARENAS, 1)
