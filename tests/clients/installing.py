"""Installs the libraries of `package-lock.json` with npm, once; what they do on installing is not run."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from retention.testing.running import ROOT

HERE = Path(__file__).parent
FOLDER = ROOT / "var" / "clients"
FILES = ("package.json", "package-lock.json")


def node_modules() -> Path:
    """Return the folder with the libraries, installing them first where that was not done; skip where there is no Node and npm."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("clients: no node and npm on this machine (apt install nodejs npm)")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted, mark = _digest(), FOLDER / "installed"
        if not mark.exists() or mark.read_text() != wanted:
            _install(npm)
            mark.write_text(wanted)
    return FOLDER / "node_modules"


def run_node(script: str, **environment: str) -> str:
    """Run a script of this folder to its end and return what it printed; it finds the libraries by their names."""
    environment = {**os.environ, "NODE_PATH": str(node_modules()), **environment}
    done = subprocess.run(
        ["node", str(HERE / script)], env=environment, cwd=FOLDER, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def _digest() -> str:
    return hashlib.sha256(b"".join((HERE / name).read_bytes() for name in FILES)).hexdigest()


def _install(npm: str) -> None:
    for name in FILES:
        shutil.copy(HERE / name, FOLDER / name)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"npm could not install the libraries: {done.stderr[-1000:]}")
