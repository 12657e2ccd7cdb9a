"""./run manage [--serve | --demo] COMMAND ...: Django's commands on the data of this folder.

On what --serve or --demo names; else on what runs (demo first), else on serve's or the demo's data, with the servers started for as
long as it takes. With BOOMERANG_ENV=production nothing is started: the environment says where everything is.
"""

import os
import subprocess
import sys

from retention.cli.folders import ROOT, Place
from retention.cli.ground import ground
from retention.cli.stopping import listen

_CHOICES = {"--serve": "serve", "--demo": "demo"}


def run(arguments: list[str]) -> int:
    """Run one management command and return its exit code."""
    mode = os.environ.get("BOOMERANG_ENV", "")
    if arguments and arguments[0] in _CHOICES:
        mode, arguments = _CHOICES[arguments[0]], arguments[1:]
    if mode in {"production", "test"}:
        return _manage(arguments, dict(os.environ))
    place = _place(mode)
    running = place.running()
    if running:
        return _manage(arguments, {**os.environ, **running["environment"]})
    listen()
    with ground(place, mode=place.word) as base:
        return _manage(arguments, base.environment)


def _place(mode: str) -> Place:
    places = [Place(word) for word in ("demo", "serve") if mode in {"", word}]
    running = [place for place in places if place.running()]
    used = [place for place in reversed(places) if (place.folder / "postgres").exists()]
    return (running or used or places)[0]


def _manage(arguments: list[str], environment: dict[str, str]) -> int:
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603
