"""What a process that runs for days does about its memory when it has started."""

import gc


def keep_what_is_loaded() -> None:
    """Take what start-up loaded out of the garbage collector's rounds: it stays for good, and looking through it costs a fifth of all."""
    gc.collect()
    gc.freeze()
