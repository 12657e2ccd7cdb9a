"""Wiping var/ keeps real data and what another run uses."""

import os
from pathlib import Path

import pytest

from retention.cli import folders
from retention.embedded.servers import lock


def test_wipe_keeps_real_data_and_places_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "VAR", tmp_path)
    for name in ("demo/postgres/x", "serve/postgres/x", "test/0/x", "test/1/x", "screenshots/x"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "secret_key").touch()
    (tmp_path / "stray").touch()
    held = lock(tmp_path / "test/1")
    free = [lock(tmp_path / name) for name in ("demo", "test/0")]
    for descriptor in free:
        os.close(descriptor or 0)
    folders.wipe()
    assert held is not None
    os.close(held)
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.glob("*")) == ["secret_key", "serve", "test"]
    assert [path.name for path in (tmp_path / "test").iterdir()] == ["1"]


def test_wipe_without_anything_to_wipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "VAR", tmp_path / "none")
    folders.wipe()
    assert not (tmp_path / "none").exists()
