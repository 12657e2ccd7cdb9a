"""Signatures are the specification's, and a receiver that follows it checks them with either secret."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from retention.webhooks import signing

# The example of the Standard Webhooks specification.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_signs_the_example_of_the_specification():
    signed = signing.sign(b'{"test": 2432232314}', webhook_id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330, secrets=[SECRET])
    assert signed == SIGNATURE


def test_one_changed_byte_of_the_example_has_another_signature():
    parts = (b'{"test": 2432232314}', b"msg_p5jXN8AQM9LWM0D4loKWxJek", b"1614265330")
    for number, part in enumerate(parts):
        for place in range(len(part)):
            other = part[:place] + bytes([part[place] ^ 1]) + part[place + 1 :]
            body, webhook_id, timestamp = (other if index == number else one for index, one in enumerate(parts))
            signed = signing.sign(body, webhook_id=webhook_id.decode(), timestamp=int(timestamp), secrets=[SECRET])
            assert signed != SIGNATURE


def test_signs_with_every_live_secret():
    both = signing.sign(
        b'{"test": 2432232314}', webhook_id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330, secrets=[signing.new_secret(), SECRET]
    )
    first, second = both.split(" ")
    assert first.startswith("v1,")
    assert second == SIGNATURE != first


def test_a_secret_is_long_random_and_in_the_usual_form():
    secrets = {signing.new_secret() for _number in range(50)}
    assert len(secrets) == 50
    assert {len(base64.b64decode(secret.removeprefix("whsec_"))) for secret in secrets} == {32}


@pytest.mark.parametrize("part", ["body", "id", "timestamp"])
def test_whatever_is_changed_breaks_the_signature(part):
    given = {"body": b"{}", "id": "msg_1", "timestamp": 1}
    changed = given | {part: b"[]" if part == "body" else "msg_2" if part == "id" else 2}

    def signature(of):
        return signing.sign(of["body"], webhook_id=of["id"], timestamp=of["timestamp"], secrets=[SECRET])

    assert signature(given) != signature(changed)


def test_the_body_is_the_same_bytes_every_time():
    moment = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)
    body = signing.body_of("customer.created", occurred_at=moment, data={"name": "Zoë"})
    assert body == '{"type":"customer.created","timestamp":"2026-11-20T12:00:00.123Z","data":{"name":"Zoë"}}'.encode()


def verified(head: str, secret: str) -> bool:
    """Check a request as a receiver does that knows only the specification."""
    top, _gap, body = head.partition("\r\n\r\n")
    headers = {name.lower(): value for name, _colon, value in (line.partition(": ") for line in top.split("\r\n")[1:])}
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body}".encode("latin-1")
    wanted = base64.b64encode(hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()).decode()
    return f"v1,{wanted}" in headers["webhook-signature"].split(" ")
