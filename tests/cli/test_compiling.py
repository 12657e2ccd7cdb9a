"""What is compiled before the product starts is what the product reads, once."""

import importlib
import importlib.util
import re
import sys
from pathlib import Path

import django
import pytest

from retention.cli import compiling
from retention.kit.languages import LANGUAGES


def test_nothing_that_is_read_is_left_out() -> None:
    importlib.import_module("retention.urls")
    words = compiling.command()
    not_read, *folders = words[words.index("-x") + 1 :]
    files = [Path(module.__file__) for module in list(sys.modules.values()) if str(getattr(module, "__file__", None)).endswith(".py")]
    read = [path for path in files if any(path.is_relative_to(folder) for folder in folders)]
    assert len(read) > 1000
    asked_for = [path for path in read if "/locale/" not in str(path)]  # another test may have spoken any language
    assert [path for path in asked_for if re.search(not_read, str(path))] == []
    formats = Path(django.__file__).parent / "conf" / "locale"
    assert [language for language in LANGUAGES if re.search(not_read, str(formats / language / "formats.py"))] == []


def test_it_begins_only_where_nothing_is_compiled_and_ends_with_its_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    witness, began = tmp_path / "read.py", tmp_path / "began"
    monkeypatch.setattr(compiling, "_WITNESS", witness)
    monkeypatch.setattr(compiling, "command", lambda: [sys.executable, "-c", f"open({str(began)!r}, 'x').close()"])
    with compiling.compiling() as wait:
        wait()
        assert began.exists()
    began.unlink()
    compiled = Path(importlib.util.cache_from_source(str(witness)))
    compiled.parent.mkdir()
    compiled.touch()
    with compiling.compiling() as wait:
        wait()
    assert not began.exists()
