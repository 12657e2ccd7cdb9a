"""The folder of public data sets that tests may read and the repository may not hold."""

import os
from pathlib import Path

import pytest


def shared(path: str) -> Path:
    """Return a file of the data folder (BOOMERANG_DATA, else beside the repository); the test is skipped where there is none."""
    root = Path(os.environ.get("BOOMERANG_DATA") or Path(__file__).resolve().parents[2] / "shared")
    found = root / path
    if not found.exists():
        pytest.skip("no data folder")
    return found
