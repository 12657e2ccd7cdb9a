"""The controls of `test_fetch_ssrf.py`: without the guard, the same tricks do reach the canary."""

import socket

import pytest
import urllib3

from retention.kit.fetch import Fetcher
from retention.kit.fetch.addresses import read_address
from retention.kit.fetch.policy import Policy
from tests.kit.stage import STAGE_ADDRESS, Canary, Rebinding, Stage, StagePolicy, redirect

LOOPBACK_SPELLINGS = [
    *("127.0.0.1", "127.0.0.2", "0.0.0.0", "localhost", "LOCALHOST", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "2130706433"),
    *("017700000001", "127.1", "127.0.1", "0", "shop.example@127.0.0.1"),
]


@pytest.fixture(autouse=True)
def fresh(canary: Canary) -> None:
    """Start every control with a canary that has seen nobody."""
    canary.forget()


@pytest.mark.parametrize("host", LOOPBACK_SPELLINGS)
def test_an_ordinary_client_reaches_the_canary(host: str, canary: Canary) -> None:
    plain_client(f"http://{host}:{canary.port}/")
    assert canary.hits() == 1


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="no IPv6 here")
@pytest.mark.parametrize("host", ["\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021", "\u24dbocalhost", "::1", "::ffff:127.0.0.1"])
def test_a_plain_socket_reaches_the_canary(host: str, canary: Canary) -> None:
    socket.create_connection((host, canary.port), timeout=2).close()
    assert canary.hits() == 1


def test_an_ordinary_client_follows_a_redirect_to_the_canary(canary: Canary, stage: Stage) -> None:
    stage.play("/", redirect(f"http://127.0.0.1:{canary.port}/"))
    plain_client(f"http://{STAGE_ADDRESS}:{stage.port}/")
    assert canary.hits() == 1


def test_checking_the_name_first_does_not_stop_rebinding(policy: Policy, canary: Canary, monkeypatch: pytest.MonkeyPatch) -> None:
    rebinding = Rebinding()
    checked = [read_address(text) for text in rebinding("rebind.example", canary.port)]
    assert all(address is not None and policy.allows(address) for address in checked)
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, *rest, **named: real(rebinding(host, port)[0], port, *rest, **named))
    plain_client(f"http://rebind.example:{canary.port}/")
    assert canary.hits() == 1


def test_our_own_client_reaches_the_canary_when_the_policy_lets_it(policy: StagePolicy, canary: Canary) -> None:
    class Careless(StagePolicy):
        def allows(self, address: object) -> bool:
            return True

    careless = Careless(reach="public", ports=policy.ports, schemes=policy.schemes)
    assert Fetcher(careless).ask(f"http://127.0.0.1:{canary.port}/").body == b"canary"
    assert canary.hits() == 1


def plain_client(url: str) -> None:
    urllib3.PoolManager().request("GET", url, timeout=2, retries=urllib3.Retry(connect=0, read=0, redirect=3))
