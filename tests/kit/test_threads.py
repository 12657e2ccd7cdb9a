"""Threads of a web process are not stopped for each other's waking."""

import os
import subprocess
import sys

import pytest

from retention.kit.threads import let_threads_finish

_CHILD = """
import os, threading
from retention.kit.threads import let_threads_finish
let_threads_finish()
found = []
thread = threading.Thread(target=lambda: found.append(os.sched_getscheduler(0)))
thread.start(); thread.join()
print(os.sched_getscheduler(0) == found[0] == os.SCHED_BATCH)
"""


@pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="only Linux has this way of sharing a processor")
def test_the_process_and_the_threads_it_starts_work_in_batches():
    assert subprocess.run([sys.executable, "-c", _CHILD], capture_output=True, text=True, check=True).stdout == "True\n"


def test_a_system_that_does_not_allow_it_starts_all_the_same(monkeypatch):
    asked = []

    def refuse(*words):
        asked.append(words)
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse, raising=False)
    let_threads_finish()
    assert len(asked) == hasattr(os, "SCHED_BATCH")
