"""Real servers in a temporary place: they start, keep their data, refuse what is not theirs, and leave nothing."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg2
import pytest
import redis

from retention.embedded import CannotStartError, processes, servers
from retention.embedded.finding import find_postgres, find_valkey
from retention.embedded.postgres import MAX_CONNECTIONS, start_postgres
from retention.embedded.servers import Servers
from retention.embedded.watching import ROOT, Guardian

BARE = {"PATH": os.environ["PATH"]}
KILLED = """
import os, signal, sys
from pathlib import Path
from retention.embedded import servers
folder = Path(sys.argv[1])
with servers.guarded(servers.lock(folder)) as guardian:
    running = servers.start_servers(folder, logs=folder / "log", durable=False, environ={"PATH": os.environ["PATH"]}, guardian=guardian)
    if sys.argv[2] == "guardian too":
        os.kill(guardian._process.pid, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(name="guardian")
def _guardian() -> Iterator[Guardian]:
    guardian = Guardian()
    yield guardian
    guardian.dismiss()


def _start(folder: Path, *, guardian: Guardian, environ: Mapping[str, str] = BARE) -> Servers:
    return servers.start_servers(folder, logs=folder / "log", durable=False, environ=environ, guardian=guardian)


def _ask(url: str, question: str) -> object:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(question)
        row = cursor.fetchone()
        connection.commit()
        return row and row[0]


def test_data_survives_a_stop_and_the_sockets_do_not(tmp_path: Path, guardian: Guardian) -> None:
    first = _start(tmp_path / "a place", guardian=guardian)
    assert first.admin_url is not None
    _ask(first.admin_url, "CREATE TABLE kept AS SELECT 'ZOË' AS name; SELECT 1")
    sockets = Path((tmp_path / "a place/sockets").read_text().strip())
    assert sockets.stat().st_mode & 0o777 == 0o700
    assert redis.Redis.from_url(first.redis_url).config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    first.stop()
    assert not sockets.exists()

    second = _start(tmp_path / "a place", guardian=guardian)
    assert second.admin_url is not None
    assert _ask(second.admin_url, "SELECT lower(name) FROM kept") == "zoë"
    assert _ask(second.admin_url, "SHOW max_connections") == str(MAX_CONNECTIONS)
    assert _ask(second.admin_url, "SHOW listen_addresses") == ""
    assert [_ask(second.admin_url, f"SHOW {name}") for name in ("log_error_verbosity", "log_min_error_statement")] == ["terse", "panic"]
    second.stop()


def test_the_socket_asks_for_a_password(tmp_path: Path, guardian: Guardian) -> None:
    running = _start(tmp_path, guardian=guardian)
    assert running.admin_url is not None
    password = running.admin_url.split(":")[2].split("@")[0]
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(running.admin_url.replace(password, "wrong"))
    assert (tmp_path / "postgres.password").stat().st_mode & 0o777 == 0o600
    running.stop()


@pytest.mark.parametrize("also", ["parent only", "guardian too"])
def test_the_next_start_takes_over_after_a_kill(tmp_path: Path, guardian: Guardian, also: str) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), also], cwd=ROOT, check=False)
    left = int((tmp_path / "postgres/postmaster.pid").read_text().split()[0]) if also == "guardian too" else 0
    taken: list[int] = []
    assert processes.wait_until(lambda: _take(tmp_path, taken), seconds=20), "the guardian gives the lock back"
    running = _start(tmp_path, guardian=guardian)
    assert running.admin_url is not None
    assert _ask(running.admin_url, "SELECT 1") == 1
    assert not left or str(tmp_path / "postgres") not in processes.command(left)
    running.stop()
    os.close(taken[0])


def _take(folder: Path, taken: list[int]) -> bool:
    descriptor = servers.lock(folder)
    taken += [descriptor] if descriptor is not None else []
    return bool(taken)


def test_a_reused_process_number_does_not_keep_the_server_from_starting(tmp_path: Path, guardian: Guardian) -> None:
    _start(tmp_path, guardian=guardian).stop()
    (tmp_path / "postgres/postmaster.pid").write_text(f"{os.getppid()}\n{tmp_path}/postgres\n0\n5432\n/nowhere\n\n")
    running = _start(tmp_path, guardian=guardian)
    assert running.admin_url is not None
    assert _ask(running.admin_url, "SELECT 1") == 1
    assert (tmp_path / "postgres/postmaster.pid").read_text().split()[0] != str(os.getppid())
    running.stop()


def test_a_folder_of_another_version_is_refused_and_kept(tmp_path: Path, guardian: Guardian) -> None:
    data = tmp_path / "postgres"
    data.mkdir(mode=0o700)
    (data / "PG_VERSION").write_text("9.6\n")
    (tmp_path / "postgres.password").write_text("x\n")
    with pytest.raises(CannotStartError, match=r"was made by PostgreSQL 9\.6.*BOOMERANG_PG_BIN"):
        _start(tmp_path, guardian=guardian)
    assert (data / "PG_VERSION").read_text() == "9.6\n"


def test_a_folder_whose_making_was_broken_off_is_made_anew(tmp_path: Path, guardian: Guardian) -> None:
    found = find_postgres(BARE)
    breaking = tmp_path / "programs"
    breaking.mkdir()
    show = 'case "$*" in *--show*) exit 0;; esac'  # what is asked first: whether it runs at all
    (breaking / "initdb").write_text(f'#!/bin/sh\n{show}\nwhile [ "$1" != "-D" ]; do shift; done\necho 18 > "$2/PG_VERSION"\nkill -9 $$\n')
    (breaking / "initdb").chmod(0o755)
    broken = replace(found, path=breaking / "postgres")
    sockets = tmp_path / "sockets"
    sockets.mkdir()
    place = tmp_path / "place"
    with pytest.raises(CannotStartError, match="could not make its data folder"):
        start_postgres(broken, data=place / "postgres", sockets=sockets, log=tmp_path / "log", durable=False, guardian=guardian)
    running = _start(place, guardian=guardian)
    assert running.admin_url is not None
    assert _ask(running.admin_url, "SELECT 1") == 1
    running.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to make another user's folder")
def test_a_folder_of_another_user_is_refused_and_kept(tmp_path: Path, guardian: Guardian) -> None:
    data = tmp_path / "postgres"
    data.mkdir()
    (data / "PG_VERSION").write_text("18\n")
    os.chown(data, 12345, 12345)
    with pytest.raises(CannotStartError, match="belongs to user 12345; start Boomerang as that user"):
        _start(tmp_path, guardian=guardian)
    assert data.stat().st_uid == 12345


def test_a_lost_password_is_one_sentence(tmp_path: Path, guardian: Guardian) -> None:
    _start(tmp_path, guardian=guardian).stop()
    (tmp_path / "postgres.password").unlink()
    with pytest.raises(CannotStartError, match=r"postgres\.password is missing"):
        _start(tmp_path, guardian=guardian)


def test_urls_take_the_place_of_our_servers(tmp_path: Path, guardian: Guardian) -> None:
    urls = {name: f"postgres://{name}@db/x" for name in servers.DATABASE_NAMES}
    running = _start(tmp_path, guardian=guardian, environ={**BARE, **urls, "REDIS_URL": "redis://cache/0"})
    assert (running.database_urls, running.redis_url, running.admin_url) == (urls, "redis://cache/0", None)
    assert running.labels == ["PostgreSQL (from DATABASE_URL)", "Valkey (from REDIS_URL)"]
    running.stop()


def test_one_database_url_alone_is_refused(tmp_path: Path, guardian: Guardian) -> None:
    with pytest.raises(CannotStartError, match="DATABASE_URL is set, so DATABASE_OWNER_URL, DATABASE_INGEST_URL must"):
        _start(tmp_path, guardian=guardian, environ={**BARE, "DATABASE_URL": "postgres://db/x"})


def test_a_taken_place_is_not_shared(tmp_path: Path) -> None:
    descriptor = servers.lock(tmp_path)
    assert descriptor is not None
    assert servers.lock(tmp_path) is None
    os.close(descriptor)


def test_finds_the_wheels_first_and_obeys_the_overrides() -> None:
    assert (find_postgres(BARE).origin, find_valkey(BARE).origin) == ("embedded", "embedded")
    assert find_postgres(BARE).major == 18
    with pytest.raises(CannotStartError, match="correct BOOMERANG_PG_BIN or remove it"):
        find_postgres({"BOOMERANG_PG_BIN": "/nonexistent"})


@pytest.mark.deep
@pytest.mark.skipif(not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")), reason="no PostgreSQL of the system")
def test_runs_on_the_systems_own_postgres(tmp_path: Path, guardian: Guardian) -> None:
    folder = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[4]))
    running = _start(tmp_path, guardian=guardian, environ={**BARE, "BOOMERANG_PG_BIN": str(folder)})
    assert running.admin_url is not None
    assert _ask(running.admin_url, "SELECT lower('ZOË')") == "zoë"
    running.stop()


@pytest.mark.deep
@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root and setpriv")
@pytest.mark.parametrize("closed", [False, True])
def test_root_without_namespaces_becomes_nobody(tmp_path: Path, guardian: Guardian, monkeypatch: pytest.MonkeyPatch, closed: bool) -> None:
    folder = tmp_path / "inside"
    folder.mkdir()
    for parent in (tmp_path, *tmp_path.parents[:3]):
        if parent.name.startswith(("pytest", "test")):
            parent.chmod(0o755)
    tmp_path.chmod(0o700 if closed else 0o755)
    _start(folder, guardian=guardian).stop()
    assert json.loads((folder / "postgres.mode").read_text())["mode"] == "mapped"
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "unshare" else f"/usr/bin/{name}")
    running = _start(folder, guardian=guardian)
    mode = json.loads((folder / "postgres.mode").read_text())["mode"]
    assert running.admin_url is not None
    assert _ask(running.admin_url, "SELECT 1") == 1
    running.stop()
    monkeypatch.undo()
    assert mode == "nobody-reaching" if closed else mode.startswith("nobody")
    _start(folder, guardian=guardian).stop()
    assert (folder / "postgres").stat().st_uid == 0


def test_an_interrupted_parent_is_ended_by_its_guardian(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), "parent only"], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert processes.wait_until(lambda: not (tmp_path / "postgres/postmaster.pid").exists(), seconds=20)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_a_place_of_another_user_is_one_sentence(tmp_path: Path) -> None:
    place = tmp_path / "demo"
    place.mkdir(mode=0o700)
    for parent in (tmp_path, *tmp_path.parents[:2]):
        parent.chmod(0o755)
    child = os.fork()
    if child == 0:
        os.setuid(65534)
        try:
            servers.lock(place)
        except CannotStartError as error:
            os._exit(0 if "belongs to another user; start Boomerang as that user" in str(error) else 2)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
