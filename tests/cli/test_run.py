"""The script at the root finds a Python that runs and says plainly when there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from retention.cli.folders import ROOT

_NEW_ENOUGH = "import sys; print(sys.executable); sys.exit(sys.version_info < (3, 11))"


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """Return a folder with the script, a stand-in for uv, and a .venv whose Python repeats what it was given."""
    folder = tmp_path / "a b"
    folder.mkdir()
    shutil.copy(ROOT / "run", folder / "run")
    _program(folder / "bin/uv", 'case $1 in --version) echo "uv 0.13.9" ;; *) echo "uv $*" ;; esac')
    _program(folder / ".venv/bin/python", 'echo "cli $*"')
    return folder


def _program(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def _run(folder: Path, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    path = f"{folder}/bin:/usr/bin:/bin"
    return subprocess.run(
        [str(folder / "run"), *words],
        env={"PATH": path, "HOME": str(folder), **environment},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


def test_hands_the_words_over_as_they_are(folder: Path) -> None:
    done = _run(folder, "demo", "--report", "my file", BOOMERANG_PYTHON=sys.executable)
    assert done.stdout.splitlines() == [
        f"uv sync -q --frozen --inexact --no-default-groups --group demo --python {sys.executable}",
        "cli -m retention.cli demo --report my file",
    ]


@pytest.mark.parametrize(("word", "groups"), [("stop", ""), ("check", "--group check --group test "), ("bench", "--group test ")])
def test_each_word_gets_its_packages(folder: Path, word: str, groups: str) -> None:
    done = _run(folder, word, BOOMERANG_PYTHON=sys.executable)
    assert f"--no-default-groups {groups}--python" in done.stdout


def test_the_tests_get_the_linters_that_they_try_on_samples(folder: Path) -> None:
    done = _run(folder, "test", BOOMERANG_PYTHON=sys.executable)
    assert "--no-default-groups --group check --group test " in done.stdout


def test_skips_names_that_do_not_run(folder: Path) -> None:
    _program(folder / "bin/python3", "echo 'pyenv: python3: command not found' >&2; exit 127")
    _program(folder / "bin/python3.13", "exit 127")
    _program(folder / "bin/python3.12", f'exec "{sys.executable}" "$@"')
    done = _run(folder, "stop", PATH=f"{folder}/bin:{_only('sh', 'date', 'dirname', 'env', place=folder / 'tools')}")
    assert f"--python {sys.executable}" in done.stdout, done


def test_takes_the_system_s_own_before_one_that_stands_first_in_the_path(folder: Path) -> None:
    _program(folder / "bin/python3", f'exec "{sys.executable}" "$@"')
    own = subprocess.run(["/usr/bin/python3", "-c", _NEW_ENOUGH], capture_output=True, text=True, check=False)
    expected = own.stdout.strip() if own.returncode == 0 else sys.executable
    assert _run(folder, "stop").stdout.splitlines()[0].endswith(f"--python {expected}")
    elsewhere = _only("sh", "date", "dirname", "env", place=folder / "tools")
    assert f"--python {sys.executable}" in _run(folder, "stop", PATH=f"{folder}/bin:{elsewhere}").stdout


def test_uv_is_fetched_by_another_python_where_the_first_has_no_pip(folder: Path) -> None:
    (folder / "bin/uv").unlink()
    _program(folder / "pythonless/python", f'case $2 in pip) exit 1 ;; esac; exec "{sys.executable}" "$@"')
    _program(folder / "bin/python3", 'mkdir -p .tools/bin; printf "#!/bin/sh\\necho fetched" > .tools/bin/uv; chmod +x .tools/bin/uv')
    tools = _only("sh", "date", "dirname", "env", "mkdir", "chmod", place=folder / "tools")
    done = _run(folder, "stop", PATH=f"{folder}/bin:{tools}", BOOMERANG_PYTHON=f"{folder}/pythonless/python")
    assert done.stdout.splitlines()[:1] == ["fetched"], done.stderr


def test_says_when_no_python_is_new_enough(folder: Path) -> None:
    done = _run(folder, "stop", PATH=_only("sh", "date", "dirname", place=folder / "tools"))
    assert (done.returncode, done.stderr) == (
        1,
        "run: no Python 3.11 or newer was found; install one, or name it in BOOMERANG_PYTHON.\n",
    )


def test_a_wrong_override_is_not_passed_over(folder: Path) -> None:
    done = _run(folder, "stop", BOOMERANG_PYTHON="/nonexistent/python")
    assert (done.returncode, done.stderr) == (
        1,
        "run: BOOMERANG_PYTHON is /nonexistent/python, which is no Python 3.11 or newer that runs.\n",
    )


@pytest.mark.parametrize("home", ["", "/nonexistent"])
def test_without_a_home_the_cache_stays_in_the_folder(folder: Path, home: str) -> None:
    _program(folder / "bin/uv", 'case $1 in --version) echo "uv 0.13.9" ;; *) echo "$UV_CACHE_DIR" ;; esac')
    done = _run(folder, "stop", HOME=home, BOOMERANG_PYTHON=sys.executable)
    assert done.stdout.splitlines()[0] == f"{folder}/var/uv-cache"


def _only(*names: str, place: Path) -> str:
    place.mkdir()
    for name in names:
        os.symlink(shutil.which(name) or "", place / name)
    return str(place)
