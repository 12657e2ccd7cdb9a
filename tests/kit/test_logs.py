"""Nothing that identifies a person or opens a door appears in a log line, wherever it came in (S50)."""

import json
import logging
import sys
import time
from collections.abc import Iterator

import pytest

from retention.kit.logs import JsonFormatter, current_request_id, request_context, scrub, take_request_id

EMAILS = [
    *(
        "ana@example.com",
        "ana.b+news@mail.example.co.uk",
        "ANA@EXAMPLE.COM",
        "ana%40example.com",
        "o'hara@example.ie",
        "ana_b@xn--bcher-kva.example",
    ),
    *("\u00e4nne@b\u00fccher.example", '"ana b"@example.com', "ana@[192.0.2.1]", "a" * 200 + "@example.com"),
]
PHONES = [
    *("+4915112345678", "+49 151 1234 5678", "+1 (415) 555-0123", "415-555-0123", "(415) 555-0123", "415.555.0123", "0049 151 12345678"),
    *("0171 1234567", "0171/1234567", "06 12 34 56 78", "%2B4915112345678", "+44 20 7946 0958", "4915112345678", "07700 900123"),
]
SECRETS = [
    *("sk_live_4fJ2kd9s", "pk_7f3a9c2b", "sk_test_aaaaaaaa", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "gAAAAABl0Zk3xYw1bq7Zp0X1nM5dQm2c9b8mC6y7tQ3n2v4k5w6x7y8z9A==",
    "k2026.Jx3hQm5kTzVbN8wYp1RcD7fGa0sLeU4iXo9ZtKq2BnMvHjWyPl",
    "3f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c",
    "abcdefghijklmnopqrstuvwxyz012345:1rQxYz:abcdefghijklmnopqrstuvwxyz0123456789ABCDEF",
]
NAMED = [
    ("password=CANARY", "CANARY"),
    ("'password': 'CAN ARY'", "CAN ARY"),
    ('{"new_password": "CANARY"}', "CANARY"),
    ("Passphrase: CANARY", "CANARY"),
    ("api_key=CANARY&x=1", "CANARY"),
    ("SMTP_PASSWORD=CANARY", "CANARY"),
    ("client_secret=CANARY", "CANARY"),
    ("sessionid=CANARY; path=/", "CANARY"),
    ("csrfmiddlewaretoken=CANARY", "CANARY"),
    ("?token=CANARY", "CANARY"),
    ("token%3DCANARY", "CANARY"),
    ("Authorization: Bearer CANARY", "CANARY"),
    ("{'Authorization': 'Basic Q0FOQVJZOkNBTkFSWQ=='}", "Q0FOQVJZ"),
    ("Authorization: Basic Q0FOQVJZ", "Q0FOQVJZ"),
    ("using Basic Q0FOQVJZOkNBTkFSWQ== here", "Q0FOQVJZ"),
    ("got bearer CANARY.a-b_c", "CANARY"),
    ("Cookie: a=CANARY; b=CANARY", "CANARY"),
    ("Set-Cookie: boomerang=CANARY; HttpOnly", "CANARY"),
    ("postgres://user:CANARY@localhost/db", "CANARY"),
    ("redis://:CANARY@localhost:6379/0", "CANARY"),
    ("phone=1234567", "1234567"),
    ('"mobile": "0171-12345"', "0171-12345"),
]
HARMLESS = [
    "Sent 1200 of 3000 messages in 12.5 s (96.0 per second).",
    "Order 1042 of store 7 took 0.123456789012 s at 2026-11-22 00:16:09,123 from 192.0.2.17:54321.",
    "GET /s/ana-shop/customers/018f3c1e-7a2b-4c3d-9e8f-0a1b2c3d4e5f 200",
    "campaigns.journeys.running.claim_due_enrollments finished, 404 left",
    "Version 5.2.19 of Django, Python 3.11.7 (main, Nov 21 2026)",
    "task[retention.intake.tasks.project_events] basic information: 3 of 17 tokens left",
    "django.core.exceptions.DisallowedModelAdminLookupException in retention/kit/fetch/client.py line 120",
    "SELECT id FROM orders WHERE store_id = 7 AND total_minor > 4482 LIMIT 50",
]


@pytest.mark.parametrize("address", EMAILS)
def test_hides_an_email_address(address: str) -> None:
    text = scrub(f"Could not reach <{address}>, email={address}.")
    assert "[email]" in text
    assert address.split("@")[0].split("%40")[0] not in text


@pytest.mark.parametrize("number", PHONES)
def test_hides_a_phone_number(number: str) -> None:
    for text in (f"SMS to {number}.", f"to={number}&x", f"({number!r}, 1)", number):
        assert number.lstrip("(+%2B0") not in scrub(text)
        assert "[phone]" in scrub(text)


@pytest.mark.parametrize("secret", SECRETS)
def test_hides_a_secret_by_its_shape(secret: str) -> None:
    for text in (f"Key {secret} refused.", f"/c/{secret}/", f"x={secret}&y=1", f"'{secret}'"):
        assert secret[-12:].rstrip("=") not in scrub(text)


@pytest.mark.parametrize(("text", "canary"), NAMED)
def test_hides_a_secret_by_its_name(text: str, canary: str) -> None:
    assert canary not in scrub(text)
    assert canary not in scrub(f"before {text} after")


@pytest.mark.parametrize("text", HARMLESS)
def test_leaves_ordinary_lines_alone(text: str) -> None:
    assert scrub(text) == text


@pytest.mark.parametrize("text", [*EMAILS, *PHONES, *SECRETS, *(text for text, _ in NAMED)])
def test_scrubbing_twice_changes_nothing(text: str) -> None:
    assert scrub(scrub(text)) == scrub(text)


@pytest.mark.parametrize(
    "text",
    ["a" * 300_000, "a." * 150_000, "1" * 300_000, "0 " * 150_000, "a@" * 150_000, "+1" * 150_000, "a_" * 150_000, "password" * 40_000],
)
def test_scrubbing_takes_time_in_proportion(text: str) -> None:
    started = time.monotonic()
    assert len(scrub(text)) <= 17_000
    assert time.monotonic() - started < 2


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """A logger named test.kit whose formatted lines are kept."""
    kept: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            kept.append(self.format(record))

    handler = Keep()
    handler.setFormatter(JsonFormatter(store_id=lambda: 7))
    logger = logging.getLogger("test.kit")
    logger.addHandler(handler)
    logger.propagate = False
    yield kept
    logger.removeHandler(handler)
    logger.propagate = True


def test_a_line_is_json_with_request_and_store(lines: list[str]) -> None:
    with request_context("0a1b2c3d"):
        logging.getLogger("test.kit").warning("Sent %d of %d", 3, 4, extra={"campaign": 12})
    line = json.loads(lines[0])
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "WARNING",
        "logger": "test.kit",
        "message": "Sent 3 of 4",
        "request_id": "0a1b2c3d",
        "store_id": 7,
        "campaign": 12,
    }
    assert current_request_id() is None


def test_scrubs_message_arguments_extra_exception_and_traceback(lines: list[str]) -> None:
    try:
        open_account("ana@example.com", "sk_live_4fJ2kd9s")
    except ValueError:
        logging.getLogger("test.kit").exception(
            "Failed for %s with %s",
            "ana@example.com",
            {"password": "CANARY"},
            extra={
                "recipient": "ana@example.com",
                "api_key": "CANARY",
                "seen": [{"phone": "+49 151 1234 5678", "token": "CANARY"}],
                "number": 4915112345678,
            },
            stack_info=True,
        )
    line = json.loads(lines[0])
    assert "ValueError" in line["exception"]
    assert "open_account" in line["exception"]
    assert line["api_key"] == "[secret]"
    for canary in ("ana@", "sk_live_4f", "CANARY", "1234 5678", "4915112345678"):
        assert canary not in lines[0]


def open_account(address: str, key: str) -> None:
    try:
        raise KeyError(f"no account {address}")
    except KeyError as error:
        raise ValueError(f"bad key {key} of {address}") from error


def test_a_line_stays_one_line_and_survives_odd_text() -> None:
    record = logging.LogRecord("test.kit", logging.ERROR, __file__, 1, "a\nb\x00\ud800%s", (object,), None)
    record.odd = {1: {2: {3: {4: {5: "deep"}}}}}
    record.when = sys.version_info
    line = JsonFormatter(store_id=lambda: 7).format(record)
    assert "\n" not in line
    assert json.loads(line)["message"].startswith("a\nb")


def test_takes_a_request_id_only_when_it_looks_like_one() -> None:
    assert take_request_id("0a1b2c3d-0000") == "0a1b2c3d-0000"
    for offered in (None, "", "short", "ana@example.com", "a" * 65, "0a1b2c3d\n"):
        fresh = take_request_id(offered)
        assert fresh != offered
        assert len(fresh) == 32
