"""PostgreSQL is killed under load: what was acknowledged is there, nothing is there twice, and the door finds the server again by itself.

The referee is the senders' own log of acknowledged message ids. The server is one of its own, with every safety on.
"""

import base64
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
import pytest

from retention.embedded import servers
from retention.embedded.finding import Program, find_postgres
from retention.embedded.postgres import Postgres, start_postgres
from retention.embedded.watching import Guardian
from retention.tenancy.roles import make_roles
from retention.testing.databases import ensure_template
from retention.testing.running import ROOT, with_database
from tests.bench.measuring.events import json_of, keys_of
from tests.bench.measuring.processes import tree
from tests.serving import serve_application

BATCH, SENDERS = 10, 4
LARGE = 120  # a batch that is copied in; every other sender sends such
OPEN_SHOP = """
from tests.factories import make_key, make_store
print(make_key(make_store())[1])
"""


@dataclass
class Machine:
    """A PostgreSQL of its own under the product's schema, which can be killed and started again in the same place."""

    folder: Path
    sockets: Path
    guardian: Guardian
    server: Postgres = field(init=False)

    def start(self) -> None:
        """Start the server; after a kill it repairs itself from its log."""
        program, log = find_postgres(os.environ), self.folder / "postgres.log"
        data = self.folder / "postgres"
        self.server = start_postgres(program, data=data, sockets=self.sockets, log=log, durable=True, guardian=self.guardian)

    def kill(self) -> None:
        """Kill every process of the server at once, as a crash would; the stale pid file goes, since with it goes the sockets' folder."""
        for pid in list(tree((self.server.process.pid,))):
            os.kill(pid, signal.SIGKILL)
        self.server.process.wait()
        (self.folder / "postgres" / "postmaster.pid").unlink()


@dataclass
class Log:
    """What the senders were told: message ids sent, and those acknowledged, by round."""

    sent: set[str] = field(default_factory=set)
    acknowledged: set[str] = field(default_factory=set)
    refused: int = 0


@contextmanager
def machine(folder: Path) -> Iterator[tuple[Machine, dict[str, str]]]:
    """Yield a machine and the environment that points the product at it."""
    guardian = Guardian()
    try:
        with servers.socket_folder(record=folder / "sockets", guardian=guardian) as sockets:
            made = Machine(folder, sockets, guardian)
            made.start()
            roles = make_roles(made.server.admin_url, database="boomerang")
            urls = {f"DATABASE_{name}URL": roles[role] for name, role in (("", "app"), ("OWNER_", "owner"), ("INGEST_", "ingest"))}
            environment = {**os.environ, **urls}
            _copy_schema(made.server.program, to=with_database(made.server.admin_url, "boomerang"))
            yield made, environment
            made.server.stop()
    finally:
        guardian.dismiss()


def _copy_schema(program: Program, *, to: str) -> None:
    """Copy the schema of the run's migrated template, with owners, policies and grants; to migrate anew would take seconds."""
    dump: list[str | Path] = [program.path.with_name("pg_dump"), "--schema-only", "--format=custom"]
    told = subprocess.run([*dump, with_database(os.environ["DATABASE_OWNER_URL"], ensure_template())], capture_output=True, check=True)
    subprocess.run([program.path.with_name("pg_restore"), "--exit-on-error", "--dbname", to], input=told.stdout, check=True)


def run(*arguments: str, environment: dict[str, str]) -> str:
    """Run Python with the product's environment and return what it printed."""
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def send(log: Log, *, port: int, key: str, name: str, size: int, ending: threading.Event) -> None:
    """Send batch after batch; one that is not acknowledged is sent again, as every client does."""
    headers = {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode(), "Content-Type": "application/json"}
    number = 0
    while not ending.is_set():
        ids = [f"{name}-{number}-{place}" for place in range(size)]
        moment = "2026-11-20T09:12:00Z"
        body = b'{"batch":[' + b",".join(json_of(one, place, moment=moment) for place, one in enumerate(ids)) + b"]}"
        log.sent.update(ids)
        while not _acknowledged(port, body, size=size, headers=headers):
            log.refused += 1
            if ending.wait(0.05):
                return
        log.acknowledged.update(ids)
        number += 1


def _acknowledged(port: int, body: bytes, *, size: int, headers: dict[str, str]) -> bool:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        try:
            connection.request("POST", "/v1/batch", body, headers)
            answer = connection.getresponse()
            return answer.status == 200 and json.loads(answer.read())["accepted"] == size
        except (OSError, http.client.HTTPException):
            return False


def crash(folder: Path, *, rounds: int) -> None:
    """Kill the server so many times under load and compare the senders' log with what is stored."""
    with machine(folder) as (made, environment):
        key = run("manage.py", "shell", "--no-imports", "-c", OPEN_SHOP, environment=environment)
        log, ending = Log(), threading.Event()
        with serve_application("retention.wsgi:application", environment=environment) as served:
            senders = [
                threading.Thread(
                    target=send,
                    args=(log,),
                    kwargs={"port": served.port, "key": key, "name": f"s{number}", "size": (BATCH, LARGE)[number % 2], "ending": ending},
                )
                for number in range(SENDERS)
            ]
            for sender in senders:
                sender.start()
            try:
                for _round in range(rounds):
                    _wait_for_more(log)
                    made.kill()
                    made.start()
                _wait_for_more(log)
            finally:
                ending.set()
                for sender in senders:
                    sender.join()
        stored, events = _stored(environment["DATABASE_OWNER_URL"])
    assert log.refused >= rounds
    assert keys_of(log.acknowledged) - stored == set()
    assert stored - keys_of(log.sent) == set()
    assert events == len(stored)


def _wait_for_more(log: Log) -> None:
    wanted, deadline = len(log.acknowledged) + 20 * LARGE, time.monotonic() + 60
    while len(log.acknowledged) < wanted:
        assert time.monotonic() < deadline, "the door did not find the database again within a minute"
        time.sleep(0.05)


def _stored(url: str) -> tuple[set[bytes], int]:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT key FROM customers_eventkey")
        keys = {bytes(row[0]) for row in cursor.fetchall()}
        cursor.execute("SELECT count(*) FROM customers_customerevent")
        return keys, cursor.fetchone()[0]


@pytest.mark.long
@pytest.mark.usefixtures("django_db_setup")
def test_a_killed_database_loses_nothing_acknowledged_and_doubles_nothing(tmp_path: Path) -> None:
    crash(tmp_path, rounds=1)


@pytest.mark.deep
@pytest.mark.usefixtures("django_db_setup")
def test_a_database_killed_again_and_again_loses_nothing_acknowledged_and_doubles_nothing(tmp_path: Path) -> None:
    crash(tmp_path, rounds=10)
