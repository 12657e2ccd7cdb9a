"""The front door: the gate in front of Django, its limits, and what goes around it."""

import io
import threading
import urllib.error
import urllib.request
from wsgiref.util import setup_testing_defaults

import pytest

from retention.wsgi import Gate, dispatcher
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
