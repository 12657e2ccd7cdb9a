"""Error pages: a number and plain words, never a trace; a database that is away is 503."""

import json
import logging
import re

import psycopg2
import pytest
from django.db import InterfaceError, OperationalError, connections
from django.test import Client, RequestFactory

from retention.health.errors import database_is_away, server_error
from retention.kit.logs import JsonFormatter
from tests.cast import lumen
from tests.factories import signed_in


@pytest.fixture
def client() -> Client:
    """A client that shows what a visitor sees."""
    return Client(raise_request_exception=False)


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Point the app's connection at a port where nobody listens."""
    wrapper = connections["default"]
    wrapper.close()
    monkeypatch.setitem(wrapper.settings_dict, "HOST", "127.0.0.1")
    monkeypatch.setitem(wrapper.settings_dict, "PORT", "9")
    monkeypatch.setattr(wrapper, "in_atomic_block", False)


@pytest.mark.django_db(transaction=True)
def test_a_page_says_that_the_database_is_away(client: Client, no_database: None) -> None:
    client.cookies["boomerang"] = "a" * 32
    answer = client.get("/accounts/login/")
    body = answer.content.decode()
    assert answer.status_code == 503, body
    assert answer.headers["Retry-After"] == "10"
    assert "Our database does not answer right now" in body
    assert not any(word in body for word in ("Traceback", "psycopg2", "127.0.0.1"))
    assert re.search(r"number <span class=\"num\">[0-9A-F]{4}-[0-9A-F]{4}</span>", body)
    connections["default"].close()


@pytest.mark.django_db(transaction=True)
def test_readyz_says_so_too(client: Client, no_database: None) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"]["ok"] is False
    assert client.get("/healthz").status_code == 200
    connections["default"].close()


def test_the_api_answers_with_a_problem_document(rf: RequestFactory) -> None:
    try:
        raise OperationalError("connection refused")
    except OperationalError:
        answer = server_error(rf.get("/api/v1/customers"))
    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"] == "10"
    assert b"refused" not in answer.content


def test_an_unexpected_error_shows_only_a_number(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.request_id = "abcdef0123456789"  # type: ignore[attr-defined]
    try:
        raise ValueError("secret detail")
    except ValueError:
        answer = server_error(request)
    assert answer.status_code == 500
    assert b"ABCD-EF01" in answer.content
    assert b"secret detail" not in answer.content


@pytest.mark.django_db
def test_unknown_addresses_get_a_page_or_a_problem(client: Client) -> None:
    page, document = client.get("/nothing/here"), client.get("/api/v1/nothing-here")
    assert page.status_code == document.status_code == 404
    assert b"There is nothing here" in page.content
    assert document.headers["Content-Type"] == "application/problem+json"


def test_tells_a_lost_database_from_a_failed_statement() -> None:
    timeout = OperationalError("canceling statement due to statement timeout")
    timeout.__cause__ = type("Timeout", (psycopg2.OperationalError,), {"pgcode": "57014"})()
    stopped = OperationalError("terminating connection due to administrator command")
    stopped.__cause__ = type("Stopped", (psycopg2.OperationalError,), {"pgcode": "57P01"})()
    answers = [database_is_away(error) for error in (timeout, stopped, InterfaceError(), ValueError(), None)]
    assert answers == [False, True, True, False, False]


@pytest.mark.django_db
def test_a_refusal_is_one_line_that_says_who_and_what_is_missing(caplog: pytest.LogCaptureFixture) -> None:
    shop = lumen()
    answer = signed_in(shop.sam).get("/s/lumen/imports/", headers={"X-Request-ID": "a" * 32})
    assert answer.status_code == 403
    said = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [(record.name, record.getMessage(), record.exc_info) for record in said] == [("boomerang.access", "refused", None)]
    line = json.loads(JsonFormatter().format(said[0]))
    assert {name: line[name] for name in ("user_id", "role", "store_id", "method", "route", "why")} == {
        "user_id": shop.sam.pk, "role": "support", "store_id": shop.store.pk, "method": "GET",
        "route": "s/<slug:store_slug>/imports/", "why": "This page needs customers.import.",
    }  # fmt: skip
    assert shop.sam.email not in str(line)
