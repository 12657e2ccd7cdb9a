"""The front door: the gate in front of Django, its limits, and what goes around it."""

import io
import threading
import time
import urllib.error
import urllib.request
from wsgiref.util import setup_testing_defaults

import pytest
from django.conf import settings
from django.urls import reverse

from retention.customers.models import Import
from retention.wsgi import Gate, dispatcher
from tests.cast import lumen
from tests.factories import make_key, signed_in, work_for
from tests.serving import serve


def call(application, path="/", **environ):
    setup_testing_defaults(environ := {"PATH_INFO": path, "wsgi.input": io.BytesIO(), **environ})
    said = []
    answer = application(environ, lambda status, headers: said.append((status, dict(headers))))
    return said, answer


class Slow:
    """An application that answers when it is told to."""

    def __init__(self):
        self.go = threading.Event()

    def __call__(self, environ, start_response):
        start_response("200 OK", [])
        self.go.wait(10)
        return [b"done"]


def test_the_gate_lets_so_many_in_and_asks_the_others_to_come_back():
    inner = Slow()
    gate = Gate(inner, slots=2, wait_seconds=0.05)
    inside = [threading.Thread(target=lambda: list(call(gate)[1])) for _ in range(2)]
    for thread in inside:
        thread.start()
    said, answer = call(gate, "/api/v1/store")
    assert (said[0][0], said[0][1]["Retry-After"], said[0][1]["Content-Type"]) == (
        "503 Service Unavailable",
        "5",
        "application/problem+json",
    )
    assert b'"status": 503' in b"".join(answer)
    inner.go.set()
    for thread in inside:
        thread.join()
    assert call(gate)[0][0][0] == "200 OK"


def test_health_goes_around_the_gate_and_a_place_is_given_back_after_an_error():
    def fails(environ, start_response):
        if environ["PATH_INFO"] == "/healthz":
            start_response("200 OK", [])
            return [b"ok"]
        raise RuntimeError

    gate = Gate(fails, slots=1, wait_seconds=0.05)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            call(gate)
    held = Gate(lambda _environ, start: start("200 OK", []) or [b"x"], slots=1, wait_seconds=0.05)
    _said, answer = call(held)
    assert call(held)[0][0][0].startswith("503")
    assert call(gate, "/healthz")[0][0][0] == "200 OK"
    answer.close()
    answer.close()
    assert call(held)[0][0][0] == "200 OK"


def test_a_body_above_one_megabyte_is_refused_before_it_is_read():
    said, _answer = call(Gate(Slow(), slots=1), CONTENT_LENGTH=str(2_000_000))
    assert said[0][0] == "413 Content Too Large"


FILE_ADDRESSES = [reverse("customers:import_new", args=["lumen"]), reverse("api:imports")]


@pytest.mark.parametrize("path", FILE_ADDRESSES)
def test_only_where_files_are_put_in_a_body_may_be_as_large_as_they(path):
    def inner(_environ, start_response):
        start_response("200 OK", [])
        return [b"taken"]

    gate = Gate(inner, slots=1)
    for address, length, status in [
        (path, 50 * 1024 * 1024, "200 OK"),
        (path, 51 * 1024 * 1024 + 1, "413 Content Too Large"),
        (f"{path}x", 50 * 1024 * 1024, "413 Content Too Large"),
        (f"/x{path}", 50 * 1024 * 1024, "413 Content Too Large"),
    ]:
        said, answer = call(gate, address, CONTENT_LENGTH=str(length))
        words = b"".join(answer)
        assert said[0][0] == status
        assert status == "200 OK" or (b"51 MB" if length > 50 * 1024 * 1024 else b"1 MB") in words


def test_files_leave_places_to_the_pages():
    inner = Slow()
    gate = Gate(inner, slots=4, wait_seconds=0.05)
    large = {"path": FILE_ADDRESSES[0], "CONTENT_LENGTH": str(2_000_000)}
    inside = [threading.Thread(target=lambda: list(call(gate, **large)[1])) for _ in range(2)]
    for thread in inside:
        thread.start()
    time.sleep(0.2)
    assert call(gate, **large)[0][0][0].startswith("503")
    pages = [threading.Thread(target=lambda: list(call(gate)[1])) for _ in range(2)]
    for thread in pages:
        thread.start()
    time.sleep(0.2)
    inner.go.set()
    for thread in inside + pages:
        thread.join()
    for how in (large, {}, large, {}):
        said, answer = call(gate, **how)
        assert (said[0][0], b"".join(answer)) == ("200 OK", b"done")


def test_events_go_to_the_door_and_everything_else_to_the_pages():
    asked: list[str] = []

    def named(name):
        def answer(environ, start_response):
            asked.append(name)
            return []

        return answer

    front = dispatcher(door=named("door"), pages=named("pages"))
    for path in ("/v1/track", "/", "/v1", "/api/v1/store"):
        call(front, path)
    assert asked == ["door", "pages", "pages", "pages"]


@pytest.mark.django_db(transaction=True)
def test_a_real_server_serves_pages_files_health_and_events():
    with serve() as url:
        with urllib.request.urlopen(f"{url}/static/css/tokens.css") as answer:
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Cross-Origin-Resource-Policy"] == "same-site"
            assert "Access-Control-Allow-Origin" not in answer.headers
        with urllib.request.urlopen(f"{url}/static/js/boomerang.js") as answer:
            assert (answer.headers["Cross-Origin-Resource-Policy"], answer.headers["Access-Control-Allow-Origin"]) == ("cross-origin", "*")
        with urllib.request.urlopen(f"{url}/healthz") as answer:
            assert answer.status == 200
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(f"{url}/v1/track", data=b"{}"))
        assert refused.value.code == 401
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{url}/api/v1/nothing")
        assert refused.value.headers["Content-Type"] == "application/problem+json"


TABLE = b"email,first_name\n" + b"".join(b"person%06d@example.test,Ana\n" % number for number in range(60_000))


def form_of(table, **fields):
    """Return a form with a file as a browser sends it, and its heading."""
    parts = [f'--cut\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields.items()]
    head = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="people.csv"\r\nContent-Type: text/csv\r\n\r\n'
    return b"".join([*parts, head, table, b"\r\n--cut--\r\n"]), {"Content-Type": "multipart/form-data; boundary=cut"}


class Staying(urllib.request.HTTPRedirectHandler):
    """Show where a page leads without going there."""

    def redirect_request(self, *_args):
        return None


@pytest.mark.django_db(transaction=True)
def test_a_file_of_more_than_one_megabyte_comes_in_through_the_api_and_the_page_of_a_real_server():
    cast = lumen()
    assert len(TABLE) > 1024 * 1024
    _row, key = make_key(cast.store, scopes=["imports:write"])
    browser = signed_in(cast.nora)
    token = "a" * 32
    signed = browser.cookies[settings.SESSION_COOKIE_NAME].value
    cookies = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={signed}; {settings.CSRF_COOKIE_NAME}={token}"}
    with serve() as url:
        body, heading = form_of(TABLE, kind="customers")
        asked = urllib.request.Request(f"{url}{FILE_ADDRESSES[1]}", data=body, headers=heading | {"Authorization": f"Bearer {key}"})
        with urllib.request.urlopen(asked, timeout=30) as answer:
            assert answer.status == 202
        body, heading = form_of(TABLE, kind="customers", csrfmiddlewaretoken=token)
        asked = urllib.request.Request(f"{url}{FILE_ADDRESSES[0]}", data=body, headers=heading | cookies | {"Origin": url})
        with pytest.raises(urllib.error.HTTPError) as led:
            urllib.request.build_opener(Staying).open(asked, timeout=30)
        assert (led.value.code, "/imports/" in led.value.headers["Location"]) == (302, True)
        asked = urllib.request.Request(f"{url}/s/lumen/customers/", data=body, headers=heading | cookies)
        with pytest.raises((urllib.error.HTTPError, OSError)) as refused:
            urllib.request.urlopen(asked, timeout=30)
        assert getattr(refused.value, "code", 413) == 413
    with work_for(cast.store):
        assert list(Import.objects.values_list("size", flat=True)) == [len(TABLE)] * 2
