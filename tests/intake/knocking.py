"""Asking the tracking door as a sender does, and counting what it stored."""

import base64
import io
import json
from wsgiref.util import setup_testing_defaults

import pytest

from retention.customers.models import CustomerEvent
from retention.intake.door import Door
from tests.factories import work_for


@pytest.fixture
def make_door():
    """Return what makes doors, which let go of the database at the end of the test."""
    doors = []

    def make(**parts):
        doors.append(Door(**parts))
        return doors[-1]

    yield make
    for door in doors:
        door.close()


def event(number: object = 1, **fields):
    return {"type": "track", "event": "Product Viewed", "userId": "u", "messageId": f"m{number}", **fields}


def ask(door, path, body=b"", *, key="", method="POST", **headers):
    """Ask the door and return status, headers and the answer."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "CONTENT_LENGTH": str(len(raw)), "wsgi.input": io.BytesIO(raw)}
    if key:
        environ["HTTP_AUTHORIZATION"] = "Basic " + base64.b64encode(f"{key}:".encode()).decode()
    environ |= {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    setup_testing_defaults(environ)
    said: list = []
    answer = b"".join(door(environ, lambda status, found: said.extend((int(status[:3]), dict(found)))))
    return said[0], said[1], json.loads(answer) if answer else None


def stored(store):
    with work_for(store):
        return CustomerEvent.objects.count()
