"""With an egress proxy every connection goes through it, and it is told the address we checked, never a name."""

import socket

import pytest

from retention.kit.fetch import Fetcher, FetchFailed, FetchRefused
from tests.kit.stage import STAGE_ADDRESS, Stage, StagePolicy, answer, redirect, resolver


@pytest.fixture
def proxied(stage: Stage) -> StagePolicy:
    """A policy whose proxy is the stage itself: it plays CONNECT and then the target's answer on the same connection."""
    return StagePolicy(reach="public", ports=frozenset({80}), schemes=frozenset({"http"}), egress_proxy=(STAGE_ADDRESS, stage.port))


def test_asks_the_proxy_for_the_checked_address(proxied: StagePolicy, stage: Stage) -> None:
    def play(connection: socket.socket, head: str) -> None:
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        stage.requests.append(connection.recv(65536).decode())
        connection.sendall(answer(200, b"through"))

    stage.play("8.8.8.8:80", play)
    got = Fetcher(proxied, resolve=resolver(shop_example=["8.8.8.8"])).ask("http://shop.example/feed")
    assert got.body == b"through"
    assert stage.requests[0].startswith("CONNECT 8.8.8.8:80 HTTP/1.1\r\n")
    assert stage.requests[1].startswith("GET /feed HTTP/1.1\r\n")
    assert [line for line in stage.requests[1].split("\r\n") if line.lower().startswith("host:")] == ["host: shop.example"]


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "::ffff:127.0.0.1"])
def test_refuses_forbidden_addresses_before_the_proxy_hears_of_them(address: str, proxied: StagePolicy, stage: Stage) -> None:
    with pytest.raises(FetchRefused):
        Fetcher(proxied, resolve=resolver(shop_example=[address])).ask("http://shop.example/")
    assert stage.requests == []


@pytest.mark.parametrize("said", [answer(403), b"HTTP/1.1 200", b"x" * 20_000, b"", redirect("http://8.8.8.8/")])
def test_a_proxy_that_says_no_is_a_failure_before_sending(said: bytes, proxied: StagePolicy, stage: Stage) -> None:
    stage.play("8.8.8.8:80", said)
    with pytest.raises(FetchFailed) as failed:
        Fetcher(proxied, resolve=resolver(shop_example=["8.8.8.8"])).ask("http://shop.example/")
    assert (failed.value.reason, failed.value.request_sent) == ("proxy", False)
