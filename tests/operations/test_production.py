"""Production settings: `check --deploy` says nothing, and everything unsafe is refused with one clear sentence."""

import os
import subprocess
import sys

import pytest

from retention.settings import DEMO_SECRET_KEY
from retention.testing.running import ROOT

SAFE = {
    "BOOMERANG_ENV": "production",
    "SECRET_KEY": "kJ8mQ2vX7pR4tY9wZ3bN6cF1hL5sD0gA-" * 2,
    "MERCHANT_KEYS": "k1:dQ3vX7pR4tY9wZ3bN6cF1hL5sD0gA9kJ8mQ2vX7pR4",
    "SITE_URL": "https://boomerang.example.com",
    "MAIL_URL": "smtp+starttls://user:password@mail.example.com:587",
    "REDIS_URL": "redis://boomerang:secret@valkey:6379/0",
}


def manage(*words: str, **changes: str) -> "subprocess.CompletedProcess[str]":
    """Run a command under production settings with some of them changed."""
    kept = {name: os.environ[name] for name in ("PATH", "DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_INGEST_URL", "VAR_DIR")}
    environment = kept | SAFE | changes
    return subprocess.run([sys.executable, ROOT / "manage.py", *words], env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def careless(django_db_setup: None) -> "subprocess.CompletedProcess[str]":
    """What the check says where everything it looks at is as it should not be; asked once for all that look for their own line in it."""
    changes = {"SITE_URL": "http://boomerang.example.com", "MERCHANT_KEYS": "", "METRICS_TOKEN": "short"}
    return manage("check", "--deploy", "--database", "default", DATABASE_URL=os.environ["DATABASE_OWNER_URL"], **changes)


def said_as(level: str, done: "subprocess.CompletedProcess[str]") -> str:
    """Return what the check says under a heading; under ERRORS each line refuses by itself."""
    return done.stderr.partition(f"\n{level}:\n")[2].partition("\n\n")[0]


@pytest.mark.django_db
def test_check_deploy_says_nothing() -> None:
    done = manage("check", "--deploy", "--database", "default", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr
    assert "no issues (0 silenced)" in done.stdout


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"DEBUG": "true"}, "DEBUG is on. Production never starts with it"),
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": DEMO_SECRET_KEY}, "SECRET_KEY is the demo's or shorter"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is the demo's or shorter"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS holds '*'. Name the hosts this site answers to."),
        ({"SITE_URL": ""}, "SITE_URL is not set"),
        ({"REDIS_URL": ""}, "REDIS_URL is not set"),
        ({"DATABASE_URL": "mysql://x@y/z"}, "DATABASE_URL starts with 'mysql'"),
        ({"BOOMERANG_CLOCK_FILE": "/clock"}, "BOOMERANG_CLOCK_FILE is set. Only the demo may run on another clock."),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_refuses_what_is_unsafe_with_one_sentence(changes: dict[str, str], sentence: str) -> None:
    done = manage("check", **changes)
    assert done.returncode != 0
    assert sentence in done.stderr.strip().splitlines()[-1]


def test_check_deploy_refuses_plain_http(careless: "subprocess.CompletedProcess[str]") -> None:
    assert careless.returncode == 1
    assert "(boomerang.E001) SITE_URL does not begin with https://." in said_as("ERRORS", careless)


def test_check_deploy_warns_about_missing_keys_and_a_short_token(careless: "subprocess.CompletedProcess[str]") -> None:
    assert "(boomerang.W001)" in said_as("WARNINGS", careless)
    assert "(boomerang.W002)" in said_as("WARNINGS", careless)


def test_check_deploy_refuses_a_role_that_sees_every_store(careless: "subprocess.CompletedProcess[str]") -> None:
    assert careless.returncode == 1
    assert "(boomerang.E002) DATABASE_URL logs in as boomerang_owner, which may bypass row-level security." in said_as("ERRORS", careless)


def test_it_stands_without_the_demo_as_in_a_container() -> None:
    kept = {name: os.environ[name] for name in ("PATH", "DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_INGEST_URL", "VAR_DIR")}
    words = (
        "import sys; sys.modules['retention.demo'] = None; import django; django.setup();"
        "from django.urls import NoReverseMatch, reverse; print(reverse('healthz'));"
        "\ntry: print(reverse('demo_shop:shelf'))\nexcept NoReverseMatch: print('no shop')"
    )
    environment = kept | SAFE | {"DJANGO_SETTINGS_MODULE": "retention.settings"}
    done = subprocess.run([sys.executable, "-c", words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout.split("\n")[:2], done.stderr) == (["/healthz", "no shop"], "")
