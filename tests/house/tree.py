"""The project's own files, as the house tests read them: tracked or about to be, never what a run leaves behind.

Where there is no git (an unpacked archive) the folders are walked. Vendored files are left out unless asked for.
"""

import ast
import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("retention", "segments", "campaigns", "flashsales", "fulfillment")
VENDORED = "static/vendor"
_LEFT_BEHIND = {"var", "__pycache__", "node_modules"}


@cache
def _all() -> tuple[str, ...]:
    git = shutil.which("git")
    if git and (ROOT / ".git").exists():
        command = [git, "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if listed.returncode == 0:
            return tuple(sorted(name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()))
    return tuple(sorted(_walked()))


def _walked() -> Iterator[str]:
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in _LEFT_BEHIND and (not name.startswith(".") or name == ".ci")]
        yield from (str((Path(folder) / name).relative_to(ROOT)) for name in names)


def files(*endings: str, under: tuple[str, ...] = (), vendored: bool = False) -> list[Path]:
    """Return the project's files with one of these endings, all when none is named, below the named folders."""
    return [
        ROOT / name
        for name in _all()
        if (not endings or name.endswith(endings))
        and (not under or name.startswith(tuple(f"{folder}/" for folder in under)))
        and (vendored or not name.startswith(f"{VENDORED}/"))
    ]


def name_of(path: Path) -> str:
    """Return the path as seen from the project's folder."""
    return path.relative_to(ROOT).as_posix()


def apps() -> list[Path]:
    """Return the folder of every app: each package with an apps.py."""
    return sorted({path.parent for path in files("apps.py", under=PACKAGES) if path.name == "apps.py"})


@cache
def parsed(path: Path) -> ast.Module:
    """Return the syntax tree of a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def text_of(path: Path) -> str | None:
    """Return a file's text, or None for pictures and fonts."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None
