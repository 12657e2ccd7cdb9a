"""What an allowed request does: deadline, sizes, packing, redirects, TLS names, policies and what an error says."""

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from retention.kit.fetch import Fetcher, FetchFailed, FetchRefused, Policy, fetch, policy_from_settings
from retention.kit.fetch.wire import secure_context
from tests.kit.certificates import make_certificate
from tests.kit.stage import STAGE_ADDRESS, Canary, Stage, StagePolicy, answer, redirect, resolver

SHORT = 0.6  # seconds of deadline for tests that must run into it
SLACK = 1.0


@pytest.fixture
def fetcher(policy: StagePolicy) -> Fetcher:
    return Fetcher(policy, resolve=resolver())


@pytest.fixture
def base(stage: Stage) -> str:
    return f"http://stage.example:{stage.port}"


def failure(fetcher: Fetcher, url: str, *, seconds: float = 10, max_bytes: int = 1_000_000) -> FetchFailed:
    with pytest.raises(FetchFailed) as failed:
        fetcher.ask(url, seconds=seconds, max_bytes=max_bytes)
    return failed.value


def test_returns_status_headers_body_and_final_url(fetcher: Fetcher, stage: Stage, base: str) -> None:
    stage.play("/feed", answer(200, b"lines", headers="Content-Type: text/csv\r\nX-A: 1\r\nX-A: 2\r\n"))
    got = fetcher.ask(f"{base}/feed?page=1#part")
    assert (got.status, got.body, got.url) == (200, b"lines", f"{base}/feed?page=1")
    assert got.headers["content-type"] == "text/csv"
    assert got.headers["x-a"] == "1, 2"
    head = stage.requests[0].split("\r\n")
    assert head[0] == "GET /feed?page=1 HTTP/1.1"
    assert f"host: stage.example:{stage.port}" in [line.lower() for line in head]


def test_sends_a_body_and_the_callers_headers(fetcher: Fetcher, stage: Stage, base: str) -> None:
    stage.play("/hook", answer(204))
    got = fetcher.ask(f"{base}/hook", method="POST", body=b'{"a": 1}', headers={"Content-Type": "application/json", "Webhook-Id": "msg_1"})
    assert got.status == 204
    assert stage.requests[0].endswith('{"a": 1}')
    assert "webhook-id: msg_1" in stage.requests[0].lower()


def test_percent_encodes_letters_outside_ascii(fetcher: Fetcher, stage: Stage, base: str) -> None:
    stage.play("/%C3%A4", answer(200))
    assert fetcher.ask(f"{base}/\u00e4?q=\u00f6%20").status == 200
    assert stage.requests[0].startswith("GET /%C3%A4?q=%C3%B6%20 HTTP/1.1")


def test_an_error_status_is_an_answer(fetcher: Fetcher, stage: Stage, base: str) -> None:
    stage.play("/", answer(503, b"later", headers="Retry-After: 7\r\n"))
    got = fetcher.ask(f"{base}/")
    assert (got.status, got.headers["retry-after"], got.body) == (503, "7", b"later")


def test_follows_three_redirects_and_not_four(fetcher: Fetcher, stage: Stage, base: str) -> None:
    for step in range(1, 5):
        stage.play(f"/{step}", redirect(f"/{step - 1}"))
    stage.play("/0", answer(200, b"end"))
    assert fetcher.ask(f"{base}/3").body == b"end"
    with pytest.raises(FetchRefused) as refused:
        fetcher.ask(f"{base}/4")
    assert refused.value.reason == "redirects"


def test_ends_a_redirect_loop(fetcher: Fetcher, stage: Stage, base: str) -> None:
    stage.play("/", redirect("/"))
    with pytest.raises(FetchRefused):
        fetcher.ask(f"{base}/")
    assert len(stage.requests) == 4


def test_forwards_no_credentials_on_a_redirect(fetcher: Fetcher, stage: Stage, base: str) -> None:
    stage.play("/", redirect("/next"))
    stage.play("/next", answer(200, headers="Set-Cookie: a=b\r\n"))
    secrets = {"Authorization": "Bearer abc", "Cookie": "s=1", "X-Api-Key": "abc", "X-Shop-Token": "abc"}
    fetcher.ask(f"{base}/", headers={**secrets, "Accept": "text/csv"})
    first, second = (request.lower() for request in stage.requests)
    assert all(name.lower() in first for name in secrets)
    assert not any(name.lower() in second for name in secrets)
    assert "accept: text/csv" in second


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_does_not_follow_a_redirect_with_a_body(status: int, fetcher: Fetcher, stage: Stage, base: str) -> None:
    stage.play("/", redirect("/next", status=status))
    assert fetcher.ask(f"{base}/", method="POST", body=b"secret").status == status
    assert len(stage.requests) == 1


# The deadline is one for everything.


def drip(connection: socket.socket, data: bytes, *, at_once: bytes = b"") -> None:
    connection.sendall(at_once)
    for place in range(len(data)):
        connection.sendall(data[place : place + 1])
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("at_once", "dripped"),
    [
        (b"", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000),
        (b"HTTP/1.1 200 OK\r\n", b"X-Slow: yes\r\n" * 100),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"x" * 1000),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 100),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0" * 1000),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Trailer: yes\r\n" * 100),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1000),
    ],
    ids=["all", "headers", "body", "chunks", "chunk-size", "trailers", "continue", "no-length"],
)
def test_a_dripping_answer_ends_at_the_deadline(at_once: bytes, dripped: bytes, fetcher: Fetcher, stage: Stage, base: str) -> None:
    stage.play("/", lambda connection, head: drip(connection, dripped, at_once=at_once))
    started = time.monotonic()
    failed = failure(fetcher, f"{base}/", seconds=SHORT)
    assert failed.reason == "timeout"
    assert failed.request_sent
    assert time.monotonic() - started < SHORT + SLACK


def test_a_silent_server_ends_at_the_deadline(fetcher: Fetcher, stage: Stage, base: str) -> None:
    stage.play("/", lambda connection, head: time.sleep(2))
    started = time.monotonic()
    assert failure(fetcher, f"{base}/", seconds=SHORT).reason == "timeout"
    assert time.monotonic() - started < SHORT + SLACK


def test_redirects_share_the_deadline(fetcher: Fetcher, stage: Stage, base: str) -> None:
    def slowly(connection: socket.socket, head: str) -> None:
        time.sleep(0.4)
        connection.sendall(redirect("/"))

    stage.play("/", slowly)
    started = time.monotonic()
    assert failure(fetcher, f"{base}/", seconds=SHORT).reason == "timeout"
    assert time.monotonic() - started < SHORT + SLACK


def test_a_slow_look_up_counts_and_sends_nothing(policy: Policy, stage: Stage, base: str) -> None:
    release = threading.Event()

    def slow(host: str, port: int) -> Sequence[str]:
        release.wait(5)
        return [STAGE_ADDRESS]

    started = time.monotonic()
    failed = failure(Fetcher(policy, resolve=slow), f"{base}/", seconds=SHORT)
    release.set()
    assert (failed.reason, failed.request_sent) == ("timeout", False)
    assert time.monotonic() - started < SHORT + SLACK
    assert stage.requests == []


def test_a_server_that_does_not_read_ends_at_the_deadline(policy: Policy, stage: Stage) -> None:
    with socket.create_server((STAGE_ADDRESS, 0), backlog=1) as deaf:
        port: int = deaf.getsockname()[1]
        here = StagePolicy(reach="public", ports=frozenset({port}), schemes=frozenset({"http"}))
        started = time.monotonic()
        with pytest.raises(FetchFailed) as failed:
            Fetcher(here, resolve=resolver()).ask(f"http://stage.example:{port}/", method="POST", body=b"x" * 50_000_000, seconds=SHORT)
    assert failed.value.reason == "timeout"
    assert time.monotonic() - started < SHORT + SLACK


# What surely was not sent may be repeated.


def test_an_unknown_name_was_surely_not_sent(fetcher: Fetcher, stage: Stage) -> None:
    failed = failure(fetcher, f"http://nobody.example:{stage.port}/")
    assert (failed.reason, failed.request_sent) == ("dns", False)


def test_a_closed_port_was_surely_not_sent(stage: Stage) -> None:
    with socket.create_server((STAGE_ADDRESS, 0)) as closing:
        port: int = closing.getsockname()[1]
    here = StagePolicy(reach="public", ports=frozenset({port}), schemes=frozenset({"http"}))
    failed = failure(Fetcher(here, resolve=resolver()), f"http://stage.example:{port}/")
    assert (failed.reason, failed.request_sent) == ("connect", False)


def test_tries_the_next_address_when_one_does_not_answer(canary: Canary, stage: Stage) -> None:
    class Wide(StagePolicy):
        def allows(self, address: object) -> bool:
            return True

    stage.play("/", answer(200, b"second"))
    wide = Wide(reach="public", ports=frozenset({stage.port}), schemes=frozenset({"http"}))
    got = Fetcher(wide, resolve=resolver(two_example=["127.0.0.43", STAGE_ADDRESS])).ask(f"http://two.example:{stage.port}/")
    assert got.body == b"second"


# Sizes and packing.


def test_takes_a_body_of_exactly_the_largest_size(fetcher: Fetcher, stage: Stage, base: str) -> None:
    stage.play("/", answer(200, b"x" * 1000))
    assert len(fetcher.ask(f"{base}/", max_bytes=1000).body) == 1000
    assert failure(fetcher, f"{base}/", max_bytes=999).reason == "too_large"


@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: ",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x=",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ",
    ],
    ids=["body", "header", "chunk", "chunk-extension", "trailer"],
)
def test_an_endless_answer_is_cut(start: bytes, fetcher: Fetcher, stage: Stage, base: str) -> None:
    sent = 0

    def pour(connection: socket.socket, head: str) -> None:
        nonlocal sent
        connection.sendall(start)
        while True:
            connection.sendall(b"1" * 65536)
            sent += 65536

    stage.play("/", pour)
    assert failure(fetcher, f"{base}/", max_bytes=100_000).reason in {"too_large", "protocol"}
    assert sent < 30_000_000  # what fits into the sockets' buffers before the connection breaks


def test_endless_interim_answers_are_cut(fetcher: Fetcher, stage: Stage, base: str) -> None:
    def pour(connection: socket.socket, head: str) -> None:
        while True:
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)

    stage.play("/", pour)
    assert failure(fetcher, f"{base}/", max_bytes=100_000).reason == "too_large"


def test_refuses_a_declared_size_without_reading(fetcher: Fetcher, stage: Stage, base: str) -> None:
    stage.play("/", b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
    assert failure(fetcher, f"{base}/").reason == "too_large"


def packed(data: bytes, coding: str = "gzip") -> bytes:
    return answer(200, data, headers=f"Content-Encoding: {coding}\r\n")


@pytest.mark.parametrize("size", [0, 1, 16384, 16385, 500_000])
def test_unpacks_gzip(size: int, fetcher: Fetcher, stage: Stage, base: str) -> None:
    text = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    stage.play("/", packed(gzip.compress(text)))
    assert fetcher.ask(f"{base}/").body == text


def test_unpacks_gzip_of_several_members(fetcher: Fetcher, stage: Stage, base: str) -> None:
    stage.play("/", packed(gzip.compress(b"one ") + gzip.compress(b"two")))
    assert fetcher.ask(f"{base}/").body == b"one two"


def test_stops_a_gzip_bomb(fetcher: Fetcher, stage: Stage, base: str) -> None:
    bomb = gzip.compress(bytes(300_000_000), compresslevel=1)
    stage.play("/", packed(bomb))
    started = time.monotonic()
    assert failure(fetcher, f"{base}/", max_bytes=2_000_000_000).reason == "too_large"
    assert failure(fetcher, f"{base}/", max_bytes=50_000).reason == "too_large"
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("coding", ["br", "zstd", "deflate", "gzip, gzip", "gzip, " * 50 + "gzip", "compress"])
def test_refuses_other_packing(coding: str, fetcher: Fetcher, stage: Stage, base: str) -> None:
    stage.play("/", packed(gzip.compress(b"x"), coding))
    assert failure(fetcher, f"{base}/").reason == "encoding"


@pytest.mark.parametrize(
    "data", [b"not gzip", gzip.compress(b"x" * 1000)[:-9], gzip.compress(b"x") + b"rest"], ids=["no gzip", "cut short", "more behind it"]
)
def test_refuses_broken_gzip(data: bytes, fetcher: Fetcher, stage: Stage, base: str) -> None:
    stage.play("/", packed(data))
    assert failure(fetcher, f"{base}/").reason == "encoding"


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"",
    ],
)
def test_an_unreadable_answer_is_one_kind_of_failure(data: bytes, fetcher: Fetcher, stage: Stage, base: str) -> None:
    stage.play("/", data)
    failed = failure(fetcher, f"{base}/")
    assert (failed.reason, failed.request_sent) == ("protocol", True)


# TLS: the name is checked although the connection goes to an address.


@pytest.fixture
def secure_stage(tmp_path: Path) -> Iterator[tuple[Stage, ssl.SSLContext]]:
    authority, server = make_certificate(tmp_path, host="stage.example")
    stage = Stage(tls=server)
    trusting = secure_context()
    trusting.load_verify_locations(authority)
    yield stage, trusting
    stage.close()


def secure_fetcher(stage: Stage, tls: ssl.SSLContext | None) -> Fetcher:
    here = StagePolicy(reach="public", ports=frozenset({stage.port}), schemes=frozenset({"https", "http"}))
    return Fetcher(here, resolve=resolver(other_example=[STAGE_ADDRESS]), tls=tls)


def test_asks_over_tls_with_the_hosts_name(secure_stage: tuple[Stage, ssl.SSLContext]) -> None:
    stage, trusting = secure_stage
    stage.play("/", answer(200, b"safe"))
    assert secure_fetcher(stage, trusting).ask(f"https://stage.example.:{stage.port}/").body == b"safe"
    assert f"host: stage.example:{stage.port}" in stage.requests[0].lower()


def test_refuses_a_certificate_for_another_name(secure_stage: tuple[Stage, ssl.SSLContext]) -> None:
    stage, trusting = secure_stage
    failed = failure(secure_fetcher(stage, trusting), f"https://other.example:{stage.port}/")
    assert (failed.reason, failed.request_sent) == ("tls", False)


def test_refuses_a_certificate_nobody_vouches_for(secure_stage: tuple[Stage, ssl.SSLContext]) -> None:
    stage, _ = secure_stage
    assert failure(secure_fetcher(stage, None), f"https://stage.example:{stage.port}/").reason == "tls"


def test_a_dripping_answer_over_tls_ends_at_the_deadline(secure_stage: tuple[Stage, ssl.SSLContext]) -> None:
    stage, trusting = secure_stage
    stage.play("/", lambda connection, head: drip(connection, answer(200, b"x" * 1000)))
    started = time.monotonic()
    assert failure(secure_fetcher(stage, trusting), f"https://stage.example:{stage.port}/", seconds=SHORT).reason == "timeout"
    assert time.monotonic() - started < SHORT + SLACK


def test_a_server_that_never_shakes_hands_ends_at_the_deadline() -> None:
    with socket.create_server((STAGE_ADDRESS, 0)) as mute:
        here = StagePolicy(reach="public", ports=frozenset({mute.getsockname()[1]}), schemes=frozenset({"https"}))
        started = time.monotonic()
        failed = failure(Fetcher(here, resolve=resolver()), f"https://stage.example:{mute.getsockname()[1]}/", seconds=SHORT)
    assert (failed.reason, failed.request_sent) == ("timeout", False)
    assert time.monotonic() - started < SHORT + SLACK


def test_refuses_a_redirect_from_https_to_http(secure_stage: tuple[Stage, ssl.SSLContext]) -> None:
    stage, trusting = secure_stage
    stage.play("/", redirect(f"http://stage.example:{stage.port}/"))
    with pytest.raises(FetchRefused) as refused:
        secure_fetcher(stage, trusting).ask(f"https://stage.example:{stage.port}/")
    assert refused.value.reason == "downgrade"


# Policies from settings.


def test_production_reaches_public_addresses_over_https_on_the_two_ports(settings: Settings) -> None:
    settings.FETCH_POLICY = "public"
    settings.FETCH_ALLOWED_PORTS = [5432]
    settings.FETCH_ALLOW_HTTP = False
    assert policy_from_settings() == Policy(reach="public", ports=frozenset({80, 443}), schemes=frozenset({"https"}))
    for url, reason in [("http://shop.example/", "scheme"), ("https://shop.example:5432/", "port"), ("https://127.0.0.1/", "address")]:
        with pytest.raises(FetchRefused) as refused:
            fetch(url)
        assert refused.value.reason == reason


def test_the_demo_reaches_listed_loopback_ports_and_nothing_else(settings: Settings, canary: Canary) -> None:
    with Stage(address="127.0.0.1") as own:
        settings.FETCH_POLICY = "loopback-only"
        settings.FETCH_ALLOWED_PORTS = [own.port]
        own.play("/", answer(200, b"ours"))
        assert fetch(f"http://localhost:{own.port}/").body == b"ours"
        canary.forget()
        for host, reason in [(f"127.0.0.1:{canary.port}", "port"), (f"[::1]:{canary.port}", "port"), ("1.1.1.1", "port")]:
            with pytest.raises(FetchRefused) as refused:
                fetch(f"http://{host}/")
            assert refused.value.reason == reason
        for address in ("1.1.1.1", "0.0.0.0", "[::ffff:127.0.0.1]", "10.0.0.1", "169.254.169.254", "[64:ff9b::7f00:1]"):
            with pytest.raises(FetchRefused) as refused:
                fetch(f"http://{address}:{own.port}/")
            assert refused.value.reason == "address"
        own.play("/away", redirect(f"http://127.0.0.1:{canary.port}/"))
        with pytest.raises(FetchRefused):
            fetch(f"http://localhost:{own.port}/away")
    assert canary.hits() == 0


@pytest.mark.parametrize(
    ("name", "value"), [("FETCH_POLICY", "open"), ("FETCH_EGRESS_PROXY", "http://proxy:1"), ("FETCH_EGRESS_PROXY", "proxy")]
)
def test_refuses_a_wrong_setting(name: str, value: str, settings: Settings) -> None:
    settings.FETCH_POLICY = "public"
    setattr(settings, name, value)
    with pytest.raises(ImproperlyConfigured, match=name):
        policy_from_settings()
