"""Where a data folder is made: through a link, on a mount point, over what was broken off; and what is refused and left alone."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from retention.embedded import CannotStartError, servers
from retention.embedded.finding import find_postgres
from retention.embedded.postgres import start_postgres
from retention.embedded.watching import Guardian

BARE = {"PATH": os.environ["PATH"]}
OTHER_DISK = Path("/dev/shm")


@pytest.fixture(name="guardian")
def _guardian() -> Iterator[Guardian]:
    guardian = Guardian()
    yield guardian
    guardian.dismiss()


def start(data: Path, *, guardian: Guardian) -> None:
    """Start a server over a data folder, and stop it."""
    with servers.socket_folder(record=data.parent / "sockets", guardian=guardian) as sockets:
        running = start_postgres(find_postgres(BARE), data=data, sockets=sockets, log=data.parent / "log", durable=False, guardian=guardian)
        running.stop()


def names(folder: Path) -> set[str]:
    """Return what stands beside the data folder when all is well, and what else there is."""
    return {path.name for path in folder.iterdir()}


def test_a_link_to_another_disk_is_followed_and_stays(tmp_path: Path, guardian: Guardian) -> None:
    if not OTHER_DISK.is_dir() or OTHER_DISK.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs another disk")
    data = tmp_path / "postgres"
    with tempfile.TemporaryDirectory(dir=OTHER_DISK) as disk:
        (Path(disk) / "data").mkdir()
        data.symlink_to(Path(disk) / "data")
        start(data, guardian=guardian)
        assert (data.is_symlink(), (Path(disk) / "data/PG_VERSION").exists(), names(Path(disk))) == (True, True, {"data"})
        start(data, guardian=guardian)
    assert names(tmp_path) == {"postgres", "postgres.mode", "postgres.password", "log"}


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Path]:
    data = tmp_path / "postgres"
    data.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=700", "none", data], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("this user cannot mount")
    yield data
    subprocess.run(["umount", data], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount")
def test_a_mount_point_is_filled_where_it_is(mounted: Path, guardian: Guardian) -> None:
    start(mounted, guardian=guardian)
    assert (mounted.is_mount(), (mounted / "PG_VERSION").exists()) == (True, True)
    assert names(mounted.parent) == {"postgres", "postgres.mode", "postgres.password", "log"}


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount")
def test_a_folder_of_the_same_disk_that_is_mounted_there_is_filled_where_it_is(tmp_path: Path, guardian: Guardian) -> None:
    data, real = tmp_path / "postgres", tmp_path / "real"
    data.mkdir()
    real.mkdir(mode=0o700)
    if subprocess.run(["mount", "--bind", real, data], capture_output=True, check=False).returncode != 0:
        pytest.skip("this user cannot mount")
    try:
        start(data, guardian=guardian)
        assert (real / "PG_VERSION").exists()
        assert names(tmp_path) == {"postgres", "postgres.mode", "postgres.password", "log", "real"}
    finally:
        subprocess.run(["umount", data], check=True)


def test_what_an_earlier_release_began_and_never_finished_is_put_aside(tmp_path: Path, guardian: Guardian) -> None:
    data = tmp_path / "postgres"
    (data / "base").mkdir(parents=True)
    (data / "pg_wal").mkdir()
    (data / "base/1").write_text("half")
    (tmp_path / "postgres.new.mode").write_text("{}")
    start(data, guardian=guardian)
    (aside,) = tmp_path.glob("postgres.broken-*")
    assert (names(aside), (aside / "base/1").read_text()) == ({"base", "pg_wal"}, "half")
    assert str(aside) in (tmp_path / "log").read_text()
    assert names(tmp_path) == {"postgres", "postgres.mode", "postgres.password", "log", aside.name}


def test_a_folder_that_holds_anything_else_is_refused_and_kept(tmp_path: Path, guardian: Guardian) -> None:
    data = tmp_path / "postgres"
    (data / "base").mkdir(parents=True)
    (data / "letters.txt").write_text("kept")
    with pytest.raises(CannotStartError, match=r"holds letters\.txt, which is no part of a database; move it away\."):
        start(data, guardian=guardian)
    assert (names(data), (data / "letters.txt").read_text()) == ({"base", "letters.txt"}, "kept")


def test_a_link_in_the_place_of_the_making_is_refused_and_kept(tmp_path: Path, guardian: Guardian) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "letters.txt").write_text("kept")
    (tmp_path / "postgres.new").symlink_to(elsewhere)
    with pytest.raises(CannotStartError, match=r"postgres\.new is a link"):
        start(tmp_path / "postgres", guardian=guardian)
    assert (names(elsewhere), (tmp_path / "postgres.new").is_symlink()) == ({"letters.txt"}, True)


def test_a_link_that_leads_nowhere_is_one_sentence_and_makes_nothing_there(tmp_path: Path, guardian: Guardian) -> None:
    (tmp_path / "postgres").symlink_to(tmp_path / "gone")
    with pytest.raises(CannotStartError, match=r"is a link to .*gone, which is not there; is its disk missing\?"):
        start(tmp_path / "postgres", guardian=guardian)
    assert not (tmp_path / "gone").exists()


def test_a_file_in_the_place_of_the_folder_is_one_sentence(tmp_path: Path, guardian: Guardian) -> None:
    (tmp_path / "postgres").write_text("kept")
    with pytest.raises(CannotStartError, match=r"The data folder .*postgres cannot be made or opened: File exists\."):
        start(tmp_path / "postgres", guardian=guardian)
    assert (tmp_path / "postgres").read_text() == "kept"


def test_a_file_in_the_place_of_the_making_is_one_sentence(tmp_path: Path, guardian: Guardian) -> None:
    (tmp_path / "postgres.new").write_text("kept")
    with pytest.raises(CannotStartError, match=r"cannot be made or opened: Not a directory \(.*postgres\.new\)"):
        start(tmp_path / "postgres", guardian=guardian)
    assert (tmp_path / "postgres.new").read_text() == "kept"
