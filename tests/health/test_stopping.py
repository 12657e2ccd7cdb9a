"""SIGTERM makes a process not ready at once, whoever handles the signal."""

import signal
import subprocess
import sys

import pytest

from retention.testing.running import ROOT

CHILD = """
import signal, sys, time
from retention.health import stopping
signal.signal(signal.SIGTERM, lambda *_: None)
signal.signal(signal.SIGUSR1, lambda *_: None)
stopping.listen()
signal.signal(signal.SIGTERM, lambda *_: None)  # as the server does, after our code was read
print("before", stopping.is_stopping(), flush=True)
for _ in range(int(sys.stdin.readline())):
    if stopping.is_stopping():
        break
    time.sleep(0.02)
print("after", stopping.is_stopping(), flush=True)
"""


# How often to look, a fiftieth of a second apart: until it is heard, or long enough that it would have been.
@pytest.mark.parametrize(("number", "looks", "expected"), [(signal.SIGTERM, 1500, "after True"), (signal.SIGUSR1, 50, "after False")])
def test_hears_the_signal_although_somebody_else_handles_it(number: signal.Signals, looks: int, expected: str) -> None:
    child = subprocess.Popen([sys.executable, "-c", CHILD], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline().strip() == "before False"
    child.send_signal(number)
    answer, _errors = child.communicate(f"{looks}\n", timeout=60)
    assert answer.strip() == expected
