"""Whoever may type a URL must not reach our inside with it: every known trick, against real servers that count (S26, S27).

Every test ends with the same two claims: the canary saw no connection, and no connect() went anywhere but to the stage.
`test_fetch_controls.py` shows that an ordinary client does reach the canary with the same tricks.
"""

import socket
from collections.abc import Iterator

import pytest

from retention.kit.fetch import Fetcher, FetchFailed, FetchRefused
from retention.kit.fetch.addresses import is_loopback, is_public, read_address
from retention.kit.fetch.client import AttachedConnection
from retention.kit.fetch.policy import Policy
from tests.kit.stage import STAGE_ADDRESS, Canary, Rebinding, Stage, answer, redirect, resolver, watching_connects

FORBIDDEN_ADDRESSES = [
    *("127.0.0.1", "127.0.0.2", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255"),
    *("192.168.1.1", "169.254.169.254", "169.254.170.2", "100.64.0.1", "100.100.100.200", "100.127.255.255", "168.63.129.16"),
    *("192.0.0.192", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.175.48.1", "198.18.0.1", "198.19.255.255"),
    *("198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("::1", "::", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1"),
    *("::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::7f00:1", "2002:7f00:1::"),
    *("2002:808:808::1", "2001:0:7f00:1::", "2001:10::1", "2001:20::1", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1"),
    *("ff0e::1", "2001:db8::1", "3fff::1", "3ffe::1", "100::1", "5f00::1", "2620:4f:8000::1", "4000::1"),
]
PUBLIC_ADDRESSES = [
    *("1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "172.15.255.255"),
    *("172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255"),
    *("2606:4700:4700::1111", "2a00:1450:4001::1", "2001:4860:4860::8888", "2001:200::1", "2620:0:860::1"),
]
# (URL with {port} of the canary, the reason it must be refused for)
TRICKS = [
    ("http://0177.0.0.1:{port}/", "host"),
    ("http://0x7f.0.0.1:{port}/", "host"),
    ("http://0x7F.1:{port}/", "host"),
    ("http://0x7f000001:{port}/", "host"),
    ("http://2130706433:{port}/", "host"),
    ("http://017700000001:{port}/", "host"),
    ("http://127.1:{port}/", "host"),
    ("http://127.0.1:{port}/", "host"),
    ("http://0:{port}/", "host"),
    ("http://127.0.0.01:{port}/", "host"),
    ("http://127.0.0.0x1:{port}/", "host"),
    ("http://0000127.0.0.1:{port}/", "host"),
    ("http://127.0.0.1.:{port}/", "address"),
    ("http://127.0.0.1..:{port}/", "host"),
    ("http://.127.0.0.1:{port}/", "host"),
    ("http://\uff11\uff12\uff17.0.0.1:{port}/", "host"),
    ("http://\u2460\u2461\u2466.0.0.1:{port}/", "host"),
    ("http://127\u30020\u30020\u30021:{port}/", "host"),
    ("http://127.0.0.1\u200b:{port}/", "url"),
    ("http://127%2e0%2e0%2e1:{port}/", "host"),
    ("http://%31%32%37.0.0.1:{port}/", "host"),
    ("http://[::1%25lo]:{port}/", "host"),
    ("http://[::1%lo]:{port}/", "host"),
    ("http://[127.0.0.1]:{port}/", "host"),
    ("http://[::ffff:0177.0.0.1]:{port}/", "host"),
    ("http://[::1]x:{port}/", "host"),
    ("http://[[::1]]:{port}/", "host"),
    ("http://localhost:{port}/", "address"),
    ("http://LOCALHOST.:{port}/", "address"),
    ("http://\u24dbocalhost:{port}/", "address"),
    ("http://shop.example@127.0.0.1:{port}/", "userinfo"),
    ("http://127.0.0.1:{port}@shop.example/", "userinfo"),
    ("http://user:word@127.0.0.1:{port}/", "userinfo"),
    ("http://shop.example:80@127.0.0.1:{port}/", "userinfo"),
    ("http://@127.0.0.1:{port}/", "userinfo"),
    ("http://shop.example\\@127.0.0.1:{port}/", "url"),
    ("http://127.0.0.1:{port}\\@shop.example/", "url"),
    ("http:\\\\127.0.0.1:{port}/", "url"),
    (" http://127.0.0.1:{port}/", "url"),
    ("http://127.0.0.1\t:{port}/", "url"),
    ("http://127.0.0.1:{port}/\r\nHost: shop.example", "url"),
    ("http://127.0.0.1:{port}/ HTTP/1.1", "url"),
    ("http://127.0.0.1:{port}\x00.shop.example/", "url"),
    ("http://127.0.0.1:{port}#@shop.example/", "address"),
    ("http://127.0.0.1:{port}?@shop.example/", "address"),
    ("//127.0.0.1:{port}/", "scheme"),
    ("127.0.0.1:{port}/", "scheme"),
    ("http:127.0.0.1:{port}/", "host"),
    ("http:///127.0.0.1:{port}/", "host"),
    ("hTTp://127.0.0.1:{port}/", "address"),
    ("file:///etc/passwd", "scheme"),
    ("file://127.0.0.1:{port}/etc/passwd", "scheme"),
    ("gopher://127.0.0.1:{port}/_GET", "scheme"),
    ("ftp://127.0.0.1:{port}/", "scheme"),
    ("dict://127.0.0.1:{port}/info", "scheme"),
    ("ldap://127.0.0.1:{port}/", "scheme"),
    ("unix:///run/postgresql", "scheme"),
    ("http+unix://127.0.0.1:{port}/", "scheme"),
    ("data:text/plain,hello", "scheme"),
    ("javascript:alert(1)", "scheme"),
    ("", "scheme"),
    ("http://", "host"),
    ("http://:{port}/", "host"),
    ("http://stage.example:22/", "port"),
    ("http://stage.example:6379/", "port"),
    ("http://stage.example:5432/", "port"),
    ("http://stage.example:0/", "port"),
    ("http://stage.example:65536/", "port"),
    ("http://stage.example:99999999/", "host"),
    ("http://stage.example:80a/", "host"),
    ("http://stage.example:-80/", "host"),
    ("http://stage.example:\u0668\u0660/", "host"),
    ("http://-stage.example/", "host"),
    ("http://stage..example/", "host"),
    ("http://" + "a" * 64 + ".example/", "host"),
    ("http://" + "a." * 130 + "example/", "host"),
    ("http://stage.example/" + "a" * 5000, "url"),
    ("http://xn--a\u00e4.example/", "host"),
]
RESOLVED = ["127.0.0.1", "0.0.0.0", "10.1.2.3", "169.254.169.254", "100.64.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fe80::1%lo"]


@pytest.fixture(autouse=True)
def nothing_forbidden(canary: Canary) -> Iterator[None]:
    """Hold every test to the two claims."""
    canary.forget()
    with watching_connects() as places:
        yield
    assert set(places) <= {STAGE_ADDRESS}
    assert canary.hits() == 0


def in_url(address: str) -> str:
    return f"[{address}]" if ":" in address else address


@pytest.mark.parametrize("address", FORBIDDEN_ADDRESSES)
def test_refuses_a_forbidden_address_as_literal_and_as_answer_of_the_resolver(address: str, policy: Policy, canary: Canary) -> None:
    fetcher = Fetcher(policy, resolve=resolver(shop_example=[address]))
    for url in (f"http://{in_url(address)}:{canary.port}/", f"http://shop.example:{canary.port}/"):
        with pytest.raises(FetchRefused) as refused:
            fetcher.ask(url)
        assert refused.value.reason == "address"


@pytest.mark.parametrize("address", PUBLIC_ADDRESSES)
def test_takes_the_neighbours_of_forbidden_ranges_for_public(address: str) -> None:
    found = read_address(address)
    assert found is not None
    assert is_public(found)
    assert not is_loopback(found)


@pytest.mark.parametrize(("url", "reason"), TRICKS)
def test_refuses_a_tricky_url(url: str, reason: str, policy: Policy, canary: Canary) -> None:
    with pytest.raises(FetchRefused) as refused:
        Fetcher(policy, resolve=resolver()).ask(url.replace("{port}", str(canary.port)))
    assert refused.value.reason == reason


@pytest.mark.parametrize("host", ["127.0.0.1.", "0x7f000001", "2130706433", "127.1", "localhost"])
def test_refuses_loopback_with_the_systems_own_resolver(host: str, policy: Policy, canary: Canary) -> None:
    with pytest.raises(FetchRefused):
        Fetcher(policy).ask(f"http://{host}:{canary.port}/")


@pytest.mark.parametrize("address", RESOLVED)
def test_refuses_when_one_of_several_addresses_is_forbidden(address: str, policy: Policy, canary: Canary) -> None:
    fetcher = Fetcher(policy, resolve=resolver(mixed_example=[STAGE_ADDRESS, address]))
    with pytest.raises(FetchRefused, match="not allowed"):
        fetcher.ask(f"http://mixed.example:{canary.port}/")


@pytest.mark.parametrize("answers", [["not an address"], ["127.1"], ["0x7f.0.0.1"]])
def test_refuses_an_answer_of_the_resolver_that_is_no_address(answers: list[str], policy: Policy, canary: Canary) -> None:
    with pytest.raises(FetchRefused):
        Fetcher(policy, resolve=resolver(odd_example=answers)).ask(f"http://odd.example:{canary.port}/")


def test_a_name_that_changes_its_mind_after_the_check_gains_nothing(policy: Policy, stage: Stage) -> None:
    stage.play("/", answer(200, b"stage"))
    rebinding = Rebinding()
    assert Fetcher(policy, resolve=rebinding).ask(f"http://rebind.example:{stage.port}/").body == b"stage"
    assert rebinding.asked == 1


def test_a_name_that_changes_its_mind_between_two_hops_is_refused(policy: Policy, stage: Stage, canary: Canary) -> None:
    stage.play("/", redirect(f"http://rebind.example:{canary.port}/"))
    with pytest.raises(FetchRefused) as refused:
        Fetcher(policy, resolve=Rebinding()).ask(f"http://rebind.example:{stage.port}/")
    assert refused.value.reason == "address"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_refuses_a_redirect_to_loopback(status: int, policy: Policy, stage: Stage, canary: Canary) -> None:
    stage.play("/", redirect(f"http://127.0.0.1:{canary.port}/", status=status))
    with pytest.raises(FetchRefused) as refused:
        Fetcher(policy, resolve=resolver()).ask(f"http://stage.example:{stage.port}/")
    assert refused.value.reason == "address"


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("//127.0.0.1:{port}/", "address"),
        ("//[::1]:{port}/", "address"),
        ("http://[::ffff:127.0.0.1]:{port}/", "address"),
        ("http://inside.example:{port}/", "address"),
        ("http://169.254.169.254/latest/meta-data/", "address"),
        ("http://2130706433:{port}/", "host"),
        ("http://stage.example@127.0.0.1:{port}/", "userinfo"),
        ("http://127.0.0.1:{port}\\@stage.example/", "url"),
        ("http://stage.example:22/", "port"),
        ("file:///etc/passwd", "scheme"),
        ("gopher://127.0.0.1:{port}/", "scheme"),
        ("http://127.0.\t0.1:{port}/", "url"),
        ("ht\ttp://127.0.0.1:{port}/", "url"),
        ("http://127.0.0.1:{port}/, http://stage.example/", "url"),
        ("http://\xff.example/", "url"),
        ("http://[::1/", "url"),
    ],
)
def test_refuses_a_tricky_redirect(location: str, reason: str, policy: Policy, stage: Stage, canary: Canary) -> None:
    stage.play("/", redirect(location.replace("{port}", str(canary.port))))
    with pytest.raises(FetchRefused) as refused:
        Fetcher(policy, resolve=resolver(inside_example=["127.0.0.1"])).ask(f"http://stage.example:{stage.port}/")
    assert refused.value.reason == reason


def test_takes_two_location_headers_for_none_of_them(policy: Policy, stage: Stage, canary: Canary) -> None:
    stage.play("/", answer(302, headers=f"Location: /fine\r\nLocation: http://127.0.0.1:{canary.port}/\r\n"))
    with pytest.raises(FetchRefused):
        Fetcher(policy, resolve=resolver()).ask(f"http://stage.example:{stage.port}/")


def test_refuses_loopback_through_environment_proxies(
    policy: Policy, stage: Stage, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
    stage.play("/", answer(200, b"stage"))
    assert Fetcher(policy, resolve=resolver()).ask(f"http://stage.example:{stage.port}/").body == b"stage"


def test_does_not_open_a_second_connection_when_the_first_one_breaks(policy: Policy, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.play("/", b"")
    fetcher = Fetcher(policy, resolve=resolver())
    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("the name was looked up a second time"))
        with pytest.raises(FetchFailed) as failed:
            fetcher.ask(f"http://stage.example:{stage.port}/")
    assert failed.value.reason == "protocol"


def test_a_connection_never_opens_a_socket_of_its_own(canary: Canary) -> None:
    with pytest.raises(FetchFailed):
        AttachedConnection("localhost", port=canary.port).request("GET", "/")


@pytest.mark.parametrize(
    "headers", [{"X": "a\r\nHost: 127.0.0.1"}, {"X": "a\nb"}, {"X": "a\x00b"}, {"X\r\nY": "a"}, {"X Y": "a"}, {"": "a"}]
)
def test_refuses_header_injection(headers: dict[str, str], policy: Policy, stage: Stage) -> None:
    with pytest.raises(FetchRefused) as refused:
        Fetcher(policy, resolve=resolver()).ask(f"http://stage.example:{stage.port}/", headers=headers)
    assert refused.value.reason == "header"
    assert stage.requests == []


@pytest.mark.parametrize("name", ["Host", "host", "Content-Length", "Transfer-Encoding", "Connection", "Proxy-Authorization", "Upgrade"])
def test_refuses_headers_that_would_change_where_the_request_goes(name: str, policy: Policy, stage: Stage) -> None:
    with pytest.raises(FetchRefused):
        Fetcher(policy, resolve=resolver()).ask(f"http://stage.example:{stage.port}/", headers={name: "127.0.0.1"})
    assert stage.requests == []


@pytest.mark.parametrize("method", ["CONNECT", "TRACE", "get", "GET / HTTP/1.1\r\nX: y", ""])
def test_refuses_other_methods(method: str, policy: Policy, stage: Stage) -> None:
    with pytest.raises(FetchRefused) as refused:
        Fetcher(policy, resolve=resolver()).ask(f"http://stage.example:{stage.port}/", method=method)
    assert refused.value.reason == "method"
    assert stage.requests == []


def test_an_error_names_neither_address_nor_port(policy: Policy, canary: Canary) -> None:
    with pytest.raises(FetchRefused) as refused:
        Fetcher(policy, resolve=resolver(inside_example=["10.9.8.7"])).ask(f"http://inside.example:{canary.port}/")
    assert str(refused.value) == "The web address is not allowed."
