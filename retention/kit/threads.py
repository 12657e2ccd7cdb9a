"""How the kernel shares a processor among the threads of a process that serves many callers."""

import os


def let_threads_finish() -> None:
    """Ask the kernel not to stop a running thread for one that just woke: it would wait for the interpreter's lock, held by the first.

    For this thread and those it starts. A tenth of what a single event costs at the door (measured by `./run bench ingest`). Where the
    system has no such choice or does not allow it, nothing changes.
    """
    if not hasattr(os, "SCHED_BATCH"):
        return
    try:
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    except OSError:
        return
