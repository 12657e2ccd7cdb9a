"""Anything at all is sent to `/v1/...`: the door answers below 500, and what it stored the projection reads to the end."""

import base64
import io
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retention.customers.models import CustomerEvent
from retention.intake.door import Door
from retention.intake.projecting import project_due
from retention.kit import clock
from retention.tenancy.context import store_context
from tests.factories import make_key, make_store
from tests.fuzzing import nasty

LONGEST_SECONDS = 2.0


def post(door: Door, word: str, body: bytes, *, key: str, headers: dict[str, str]) -> int:
    """Send one body and return the status; a hang of more than two seconds fails."""
    basic = base64.b64encode(f"{key}:".encode()).decode()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": f"/v1/{word}",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_AUTHORIZATION": f"Basic {basic}",
    }
    seen: list[int] = []
    begin = time.monotonic()
    b"".join(door(environ | headers, lambda status, _headers: seen.append(int(status[:3]))))
    assert time.monotonic() - begin < LONGEST_SECONDS
    return seen[0]


def fuzz(*, examples: int) -> None:
    """Send so many generated requests, then project everything that was stored."""
    door, store = Door(), make_store()
    keys = [make_key(store)[1], make_key(store, "public")[1], "nonsense"]

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(word=st.sampled_from([*nasty.WORDS, "nowhere"]), body=nasty.body, headers=nasty.headers, key=st.sampled_from(keys))
    def send(word: str, body: bytes, headers: dict[str, str], key: str) -> None:
        status = post(door, word, body, key=key, headers=headers)
        assert status < 500, f"{word} {status} {body[:300]!r}"

    send()
    while project_due(now=clock.now):
        pass
    with store_context(store.pk):
        assert CustomerEvent.objects.exists()
        assert not CustomerEvent.objects.filter(projected_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_no_body_makes_the_door_fail() -> None:
    fuzz(examples=150)


@pytest.mark.deep
@pytest.mark.django_db(transaction=True)
def test_no_body_makes_the_door_fail_in_many_tries() -> None:
    fuzz(examples=8_000)
