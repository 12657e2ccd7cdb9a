"""The request log: ids, the access line, unknown hosts, and nothing personal in any line."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
from django.test import Client

from retention.kit.logs import JsonFormatter
from retention.tenancy.context import current_store_id

CANARIES = ("canary.person@example.test", "+4915112345678", "sk_" + "Ab1" * 12 + "xy")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Collect what the root logger would print, in the form production prints it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter(store_id=current_store_id))
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def _access(lines: io.StringIO) -> list[dict[str, object]]:
    found = [json.loads(line) for line in lines.getvalue().splitlines()]
    return [line for line in found if line["logger"] == "boomerang.access"]


def test_keeps_a_safe_request_id(client: Client) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": "0f0f0f0f-1234-5678-9abc-def012345678"})
    assert answer.headers["X-Request-ID"] == "0f0f0f0f-1234-5678-9abc-def012345678"


@pytest.mark.parametrize("bad", ["short", "x" * 200, "<script>alert(1)</script>", "a b c d e f g h i"])
def test_replaces_an_unsafe_request_id(client: Client, bad: str) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": bad})
    assert answer.headers["X-Request-ID"] != bad
    assert len(answer.headers["X-Request-ID"]) == 32


@pytest.mark.django_db
def test_writes_one_line_per_request_without_the_query(client: Client, lines: io.StringIO) -> None:
    client.get("/no-such-page", {"token": CANARIES[2], "email": CANARIES[0]})
    (line,) = _access(lines)
    assert (line["method"], line["status"], line["route"]) == ("GET", 404, "(none)")
    assert "no-such-page" not in json.dumps(line)


@pytest.mark.django_db
def test_no_canary_reaches_the_logs(client: Client, lines: io.StringIO) -> None:
    data = {"login": CANARIES[0], "password": CANARIES[2], "phone": CANARIES[1]}
    client.post("/accounts/login/", data, headers={"Authorization": f"Bearer {CANARIES[2]}", "X-Phone": CANARIES[1]})
    client.get(f"/accounts/{CANARIES[0]}/{CANARIES[1]}", {"phone": CANARIES[1]})
    elsewhere = logging.getLogger("somewhere")
    elsewhere.error("mail to %s, phone %s, key %s failed", *CANARIES, extra={"address": CANARIES[0]})
    written = lines.getvalue()
    assert "somewhere" in written
    assert [canary for canary in CANARIES if canary in written] == []


@pytest.mark.django_db
def test_refuses_an_unknown_host_in_plain_words(client: Client) -> None:
    answer = client.get("/", headers={"Host": "evil.example.test"})
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_answers_the_probe_for_any_host(client: Client) -> None:
    assert client.get("/healthz", headers={"Host": "10.1.2.3:8000"}).status_code == 200
