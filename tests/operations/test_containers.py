"""Compose file and Dockerfile, by schema and by reading. There is no Docker engine here: nothing claims that it was started."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from retention.health.alive import alive
from retention.testing.running import ROOT

COMPOSE = ROOT / "docker-compose.yml"
OWN = ("web", "worker", "scheduler", "roles", "migrate")
READ_BY_LIBRARIES = {"PROMETHEUS_MULTIPROC_DIR", "PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "HOME"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """Read the compose file."""
    document: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return document


def read_by_settings() -> set[str]:
    """Return the names of the variables that settings read."""
    text = (ROOT / "retention/settings.py").read_text()
    return set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', text)) | set(re.findall(r'environ\.get\("([A-Z_]+)"', text))


def test_compose_fits_its_schema() -> None:
    program = str(Path(sys.executable).with_name("check-jsonschema"))
    command = [program, "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_service_is_closed_in(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["user"] not in ("root", "0", "0:0"), name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service.get("healthcheck"), name


def test_only_the_web_is_reachable_and_only_from_this_machine(compose: dict[str, Any]) -> None:
    ports = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert ports == {"web": ["127.0.0.1:8000:8000"]}
    for name in ("postgres", "valkey"):
        assert compose["services"][name]["networks"] == ["inside"]
    assert compose["networks"]["inside"] == {"internal": True}


def test_only_what_changes_tables_knows_their_owner(compose: dict[str, Any]) -> None:
    knowing = {name for name in OWN if "DATABASE_OWNER_URL" in compose["services"][name]["environment"]}
    assert knowing == {"roles", "migrate"}
    assert "OWNER_DATABASE_PASSWORD" not in str([compose["services"][name] for name in ("web", "worker", "scheduler")])


def test_postgres_writes_no_row_and_no_statement_into_its_log(compose: dict[str, Any]) -> None:
    assert {"-clog_error_verbosity=terse", "-clog_min_error_statement=panic"} <= set(compose["services"]["postgres"]["command"])


def test_valkey_asks_for_a_user_and_password(compose: dict[str, Any]) -> None:
    lines = compose["configs"]["valkey"]["content"].splitlines()
    assert "user default off" in lines
    assert any(line.startswith("user boomerang on >${VALKEY_PASSWORD") and "-@dangerous" in line for line in lines)
    assert "maxmemory-policy noeviction" in lines
    assert "appendonly yes" in lines


def test_every_variable_of_our_services_is_read_by_the_settings(compose: dict[str, Any]) -> None:
    known = read_by_settings()
    for name in OWN:
        assert set(compose["services"][name]["environment"]) <= known, name
    image = re.findall(r"\b([A-Z][A-Z_]+)=", (ROOT / "Dockerfile").read_text().partition("\nENV PATH")[2].partition("\nUSER")[0])
    assert set(image) - READ_BY_LIBRARIES <= known


def test_every_value_asked_for_stands_in_the_example() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE.read_text()))
    offered = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert asked == offered


def test_no_secret_has_a_value(compose: dict[str, Any]) -> None:
    text = (ROOT / ".env.example").read_text()
    assert re.findall(r"^(\w*(?:PASSWORD|SECRET_KEY|TOKEN))=(.+)$", text, re.MULTILINE) == []


def test_the_image_runs_as_nobody_special_in_exec_form() -> None:
    text = (ROOT / "Dockerfile").read_text()
    last = text[text.rindex("\nFROM ") :]
    assert "\nUSER 10001:10001\n" in last
    assert re.search(r'^CMD \["granian"', last, re.MULTILINE)
    assert re.search(r'CMD \["python", "-m", "retention.health.alive"', last)
    assert not re.search(r"https?://(?!127\.0\.0\.1|build\.invalid)", text)


def test_alive_reads_files_and_addresses(tmp_path: Path) -> None:
    file = tmp_path / "beat"
    assert alive(str(file)) is False
    file.touch()
    assert alive(str(file)) is True
    assert alive("http://127.0.0.1:9/healthz") is False
