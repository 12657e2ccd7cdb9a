"""Where things lie: everything a word makes stays under var/, demo and serve apart."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from retention.embedded import processes
from retention.embedded.postgres import write_secret
from retention.embedded.servers import lock

ROOT = Path(__file__).resolve().parents[2]
VAR = Path(os.environ.get("BOOMERANG_VAR") or ROOT / "var")  # elsewhere in tests, which must not meet a running demo
KEPT_BY_RESET = ("serve", "secret_key", "uv-cache", "home")


class Leader(TypedDict):
    """A process group this folder started."""

    name: str
    pid: int
    birth: str


class RunRecord(TypedDict):
    """What runs over a place, kept beside its data for the next start, `stop` and `manage`."""

    pid: int
    birth: str
    url: str
    environment: dict[str, str]
    leaders: list[Leader]


@dataclass(frozen=True)
class Place:
    """The folder of one word's data, for instance var/demo."""

    word: str

    @property
    def folder(self) -> Path:
        """Return the data folder."""
        return VAR / self.word

    @property
    def logs(self) -> Path:
        """Return the folder of its log files."""
        return self.folder / "log"

    @property
    def record(self) -> Path:
        """Return the file that says what runs; it holds passwords and is readable by its owner only."""
        return self.folder / "run.json"

    def read_record(self) -> RunRecord | None:
        """Return what runs or was left behind by a killed run."""
        try:
            record: RunRecord = json.loads(self.record.read_text())
        except (FileNotFoundError, ValueError):
            return None
        return record

    def write_record(self, record: RunRecord) -> None:
        """Keep what runs."""
        write_secret(self.record, json.dumps(record, indent=1))

    def running(self) -> RunRecord | None:
        """Return the record when its supervisor is alive."""
        record = self.read_record()
        return record if record and processes.birth(record["pid"]) == record["birth"] else None


def relative(path: Path) -> str:
    """Return the path as seen from the project's folder."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def from_caller(name: str) -> Path:
    """Return the path of a file named on the command line, seen from where the person stands."""
    return Path(os.environ.get("BOOMERANG_CALLED_FROM", ".")) / name


def wipe() -> None:
    """Empty var/, but for the real data of `serve`, its key, and what another run uses at this moment."""
    for entry in VAR.iterdir() if VAR.exists() else ():
        if entry.name in KEPT_BY_RESET:
            continue
        if entry.is_dir() and not entry.is_symlink():
            _remove(entry)
        else:
            entry.unlink()


def _remove(folder: Path) -> None:
    for place in (found.parent for found in list(folder.glob("*/lock"))):
        _remove(place)
    descriptor = lock(folder) if (folder / "lock").exists() else -1
    if descriptor is None:
        return
    if not any(folder.glob("*/lock")):
        shutil.rmtree(folder)
    if descriptor >= 0:
        os.close(descriptor)
