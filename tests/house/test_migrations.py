"""Migrations: named for their one purpose, linear, in step with the models, and without imports from the apps."""

import ast
import re

import pytest
from django.core.management import call_command
from django.db import connections
from django.db.migrations.loader import MigrationLoader

from tests.house.tree import PACKAGES, files, name_of, parsed

NAMED = re.compile(r"^\d{4}_[a-z][a-z0-9_]+$")


def _migrations() -> list[str]:
    return [name_of(path) for path in files(".py", under=PACKAGES) if path.parent.name == "migrations" and path.name != "__init__.py"]


def test_every_migration_is_named_for_its_purpose() -> None:
    names = [name.rpartition("/")[2].removesuffix(".py") for name in _migrations()]
    assert [name for name in names if not NAMED.match(name) or "_auto_" in name or re.fullmatch(r"\d{4}_alter_.*_and_more", name)] == []


@pytest.mark.parametrize("app", sorted({name.rpartition("/migrations/")[0] for name in _migrations()}))
def test_an_app_s_migrations_are_one_line(app: str) -> None:
    numbers = sorted(int(name.rpartition("/")[2][:4]) for name in _migrations() if name.startswith(f"{app}/migrations/"))
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_graph_has_one_end_per_app() -> None:
    loader = MigrationLoader(connections["owner"])
    assert loader.detect_conflicts() == {}


@pytest.mark.django_db(databases=["default", "owner"])
def test_models_and_migrations_agree(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=1)
    assert "No changes detected" in capsys.readouterr().out


def _imports_product(name: str) -> bool:
    path = next(path for path in files(".py", under=PACKAGES) if name_of(path) == name)
    data = "RunPython" in path.read_text()
    modules = [node.module or "" for node in ast.walk(parsed(path)) if isinstance(node, ast.ImportFrom)]
    return data and any(module.split(".")[0] in PACKAGES and ".models" in module for module in modules)


def test_a_data_migration_imports_no_models() -> None:
    assert [name for name in _migrations() if _imports_product(name)] == []


def test_schema_and_data_do_not_share_a_migration() -> None:
    mixed = []
    for path in files(".py", under=PACKAGES):
        if path.parent.name == "migrations":
            kinds = {
                node.func.attr for node in ast.walk(parsed(path)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            }
            if "RunPython" in kinds and kinds & {"AddField", "CreateModel", "AlterField", "AddConstraint", "AddIndex", "RemoveField"}:
                mixed.append(name_of(path))
    assert mixed == []
