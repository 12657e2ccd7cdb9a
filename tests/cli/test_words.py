"""The words answer mistakes with one sentence and the right exit code."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from retention.cli import StepFailedError, ports
from retention.cli.checking import Gate, run_gates
from retention.cli.folders import ROOT, Place
from retention.cli.ground import held
from retention.cli.tracing import told_plainly
from retention.cli.words import WORDS, manage
from retention.cli.words.bench import table
from retention.embedded import processes


def _say(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "retention.cli", *words],
        env={**os.environ, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_names_every_word() -> None:
    done = _say("help")
    assert done.returncode == 0
    assert all(f"./run {word} " in done.stdout for word in WORDS)


def test_an_unknown_word_is_one_sentence_and_exit_2() -> None:
    done = _say("fly")
    assert (done.returncode, done.stdout.splitlines()[0]) == (2, "There is no word 'fly'.")


def test_an_unknown_benchmark_is_one_sentence() -> None:
    done = _say("bench", "fly")
    assert done.returncode == 1
    assert done.stderr.startswith("There is no benchmark 'fly'; there is: ")
    assert len(done.stderr.splitlines()) == 1


def test_an_unknown_gate_is_one_sentence() -> None:
    done = _say("check", "fly")
    assert done.returncode == 1
    assert done.stderr.startswith("There is no gate 'fly'; there is: ruff check, ")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("0", "--workers 0: at least one is needed, "),
        ("-3", "--workers -3: at least one is needed, "),
        (
            "6",
            "--workers 6: its own database has connections for 5; for more, set DATABASE_URL, DATABASE_OWNER_URL, DATABASE_INGEST_URL.\n",
        ),
    ],
)
def test_so_many_workers_as_send_nothing_or_find_no_connections_are_refused_in_one_sentence(
    number: str, words: str, tmp_path: Path
) -> None:
    done = _say("serve", "--workers", number, BOOMERANG_VAR=str(tmp_path), DATABASE_URL="")
    assert done.returncode == 1
    assert done.stderr.startswith(words)
    assert len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_stop_with_nothing_running(tmp_path: Path) -> None:
    done = _say("stop", BOOMERANG_VAR=str(tmp_path))
    assert (done.returncode, done.stdout) == (0, "Nothing was running.\n")


def test_a_place_in_use_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retention.cli.folders.VAR", tmp_path)
    with (
        held(Place("demo")),
        pytest.raises(StepFailedError, match=r"`\./run demo` runs already; \./run stop ends it\."),
        held(Place("demo")),
    ):
        pass
    assert not Place("demo").record.exists()


def test_what_runs_is_recorded_for_its_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retention.cli.folders.VAR", tmp_path)
    with held(Place("demo")):
        assert Place("demo").record.stat().st_mode & 0o777 == 0o600
        running = Place("demo").running()
        assert running is not None
        assert running["pid"] == os.getpid()


def test_manage_speaks_to_the_one_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("retention.cli.folders.VAR", tmp_path)
    monkeypatch.delenv("BOOMERANG_ENV", raising=False)
    for place in (Place("demo"), Place("serve")):
        place.folder.mkdir()
        told = {"BOOMERANG_ENV": "test", "INBOX_DIR": str(place.folder / "inbox")}
        birth = processes.birth(os.getpid()) or ""
        place.write_record({"pid": os.getpid(), "birth": birth, "url": "", "environment": told, "leaders": []})
    assert manage.run(["--serve", "read_inbox"]) == 0
    assert capfd.readouterr().out == f"The test inbox in {tmp_path}/serve/inbox/product holds no such mail.\n"


def test_a_taken_port_gives_the_next_one() -> None:
    with socket.socket() as other:
        wanted = ports.free_port(8700)
        other.bind((ports.HOST, wanted))
        other.listen()
        assert ports.free_port(wanted) > wanted
        assert ports.listens(wanted)
        with pytest.raises(OSError, match=f"No free port between {wanted} and {wanted}"):
            ports.free_port(wanted, tries=1)


def test_an_error_becomes_a_sentence_and_its_trace_a_log(tmp_path: Path) -> None:
    log = tmp_path / "step.log"
    with pytest.raises(StepFailedError, match=r"It broke \(seven\); the trace is in .*step\.log\."), told_plainly("It broke", log=log):
        raise ValueError("seven\neight")
    assert "ValueError: seven" in log.read_text()


def test_gates_report_both_ways() -> None:
    good, bad = run_gates((Gate("good", (sys.executable, "-c", "")), Gate("bad", (sys.executable, "-c", "print('found'); exit(3)"))))
    assert (good.passed, bad.passed, bad.output) == (True, False, "found\n")


def test_a_table_is_aligned() -> None:
    assert table([("what", "ms"), ("one", 1), ("eleven", 11)]) == ["what    ms", "one      1", "eleven  11"]


def test_a_port_taken_on_the_other_localhost_is_taken() -> None:
    try:
        other = socket.socket(socket.AF_INET6)
        other.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine does not speak IPv6")
    with other:
        other.listen()
        assert not ports.is_free(other.getsockname()[1])
