"""Process facts hold on real processes, and the guardian ends what a killed parent left."""

import os
import signal
import subprocess
import sys

import pytest

from retention.embedded import processes
from retention.embedded.watching import ROOT, Guardian

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
]
PARENT = """
import os, signal, subprocess, sys, time
from retention.embedded.watching import Guardian
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job begins with it ignored
guardian = Guardian()
children = [subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True) for _ in "ab"]
for child in children:
    guardian.watch(child.pid)
print(*[child.pid for child in children], guardian._process.pid, flush=True)
time.sleep(60)
"""


def test_birth_tells_a_process_from_nothing() -> None:
    child = subprocess.Popen(SLEEP)
    mark = processes.birth(child.pid)
    assert mark is not None
    assert processes.birth(child.pid) == mark
    child.kill()
    assert processes.wait_until(lambda: processes.birth(child.pid) is None, seconds=30), "a zombie counts as gone"
    child.wait()


def test_end_group_kills_what_does_not_listen() -> None:
    child = subprocess.Popen(STUBBORN, start_new_session=True, stdout=subprocess.PIPE)
    assert child.stdout
    assert child.stdout.readline() == b"up\n"
    processes.end_group(child.pid, grace_seconds=0.2)
    assert child.wait(timeout=30) == -signal.SIGKILL
    child.stdout.close()


def _start_parent() -> tuple["subprocess.Popen[str]", list[int]]:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert parent.stdout
    numbers = [int(number) for number in parent.stdout.readline().split()]
    parent.stdout.close()
    return parent, numbers


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_survives_a_killed_parent(blow: signal.Signals) -> None:
    parent, numbers = _start_parent()
    assert all(processes.birth(number) for number in numbers)
    parent.send_signal(blow)
    parent.wait(timeout=30)
    assert processes.wait_until(lambda: not any(map(processes.birth, numbers)), seconds=30)


def test_a_killed_guardian_is_replaced_and_told_everything() -> None:
    guardian = Guardian()
    child = subprocess.Popen(SLEEP, start_new_session=True)
    guardian.watch(child.pid)
    os.kill(guardian._process.pid, signal.SIGKILL)
    guardian._process.wait()
    guardian.check()
    guardian.dismiss()
    assert child.wait(timeout=30) == -signal.SIGTERM


def test_a_guardian_leaves_forgotten_groups_alone() -> None:
    guardian = Guardian()
    child = subprocess.Popen(SLEEP, start_new_session=True)
    guardian.watch(child.pid)
    guardian.forget(child.pid)
    guardian.dismiss()
    assert child.poll() is None
    child.kill()
    child.wait()


def test_command_of_a_gone_process_is_empty() -> None:
    child = subprocess.Popen(SLEEP)
    assert processes.wait_until(lambda: processes.command(child.pid)[:1] == [sys.executable], seconds=30)
    child.kill()
    child.wait()
    assert processes.command(child.pid) == []
