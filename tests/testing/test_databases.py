"""The test run's own ground: every process has its own database, reached through the least privileged login."""

import os

import pytest
from django.db import connections


def _ask(alias: str, question: str) -> object:
    with connections[alias].cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]


@pytest.mark.django_db(databases=["default", "owner", "ingest"])
def test_each_alias_reaches_this_process_own_database() -> None:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    names = {_ask(alias, "SELECT current_database()") for alias in ("default", "owner", "ingest")}
    assert names == {f"boomerang_test_{worker}"}


@pytest.mark.django_db(databases=["default", "owner", "ingest"])
def test_each_alias_is_its_own_role() -> None:
    roles = [_ask(alias, "SELECT current_user") for alias in ("default", "owner", "ingest")]
    assert roles == ["boomerang_app", "boomerang_owner", "boomerang_ingest"]


@pytest.mark.django_db
def test_the_app_is_no_superuser_and_obeys_row_level_security() -> None:
    flags = "SELECT rolsuper OR rolbypassrls OR rolcreatedb FROM pg_roles WHERE rolname = current_user"
    assert _ask("default", flags) is False


@pytest.mark.django_db
def test_letters_outside_ascii_fold() -> None:
    assert _ask("default", "SELECT lower('ZOË')") == "zoë"


@pytest.mark.django_db(transaction=True)
def test_a_committing_test_leaves_empty_tables() -> None:
    from django.contrib.sessions.models import Session
    from django.utils import timezone

    assert Session.objects.count() == 0
    Session.objects.create(session_key="left", session_data="", expire_date=timezone.now())


test_a_second_committing_test_finds_them_empty = test_a_committing_test_leaves_empty_tables
