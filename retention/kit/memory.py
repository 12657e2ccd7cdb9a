"""What a process that runs for days does about its memory when it has started."""

import gc

_OBJECTS_A_ROUND = (
    20_000  # new containers before the collector looks for circles: with the usual 700 a batch of events is looked at 200 times
)


def keep_what_is_loaded() -> None:
    """Take what start-up loaded out of the garbage collector's rounds: it stays for good, and looking through it costs a fifth of all.

    What comes later is looked through in larger rounds: nearly all of it dies by itself.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_A_ROUND, 20, 20)
