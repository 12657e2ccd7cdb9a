"""S55: a window is shared and exact; while Valkey is away sign-in refuses and events are counted here alone."""

import threading

import pytest

from retention.stores import limits
from retention.stores.client_address import UNKNOWN, client_ip, network_of
from retention.stores.limits import Limit, LimiterDown, give_back, spend, spend_or_local

THREE = Limit("test", 3, 60)


def test_counts_each_caller_apart():
    assert [spend(THREE, who="a").left for _number in range(3)] == [2, 1, 0]
    refused = spend(THREE, who="a")
    assert (refused.allowed, 0 < refused.retry_after <= 60) == (False, True)
    assert spend(THREE, who="b").allowed
    assert spend(Limit("other", 3, 60), who="a").allowed


def test_what_is_given_back_can_be_spent_again():
    tickets = [spend(THREE, who="a").ticket for _number in range(3)]
    give_back(THREE, who="a", ticket=tickets[1])
    assert spend(THREE, who="a").allowed
    assert not spend(THREE, who="a").allowed


def test_window_slides():
    quick = Limit("quick", 1, 2)
    assert spend(quick, who="a").allowed
    assert not spend(quick, who="a").allowed
    threading.Event().wait(2.05)
    assert spend(quick, who="a").allowed


def test_fifty_at_once_are_still_three():
    allowed: list[bool] = []
    threads = [threading.Thread(target=lambda: allowed.append(spend(THREE, who="a").allowed)) for _number in range(50)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sum(allowed) == 3


def test_without_valkey_no_answer_means_no(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with pytest.raises(LimiterDown):
        spend(THREE, who="a")


def test_without_valkey_events_are_let_through_within_a_cap(settings, monkeypatch):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(limits, "_local", limits._Local())
    assert [spend_or_local(THREE, who="a").allowed for _number in range(5)] == [True, True, True, False, False]


@pytest.mark.parametrize(
    ("trusted", "headers", "expected"),
    [
        (0, {"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": "203.0.113.9"}, "192.0.2.1"),
        (1, {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "198.51.100.1, 203.0.113.9"}, "203.0.113.9"),
        (2, {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "198.51.100.1, 203.0.113.9"}, "198.51.100.1"),
        (2, {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.9"}, "10.0.0.1"),
        (1, {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "<script>"}, UNKNOWN),
        (0, {"REMOTE_ADDR": ""}, UNKNOWN),
        (1, {"REMOTE_ADDR": "", "HTTP_X_FORWARDED_FOR": "203.0.113.9:4711"}, "203.0.113.9"),
        (1, {"REMOTE_ADDR": "", "HTTP_X_FORWARDED_FOR": "[2001:db8::1]:4711"}, "2001:db8::1"),
        (0, {"REMOTE_ADDR": "::ffff:192.0.2.1"}, "192.0.2.1"),
    ],
)
def test_address_is_what_our_own_proxies_vouch_for(rf, settings, trusted, headers, expected):
    settings.TRUSTED_PROXY_COUNT = trusted
    assert client_ip(rf.get("/", **headers)) == expected


def test_ipv6_callers_are_one_network():
    assert network_of("2001:db8:1:2:3::4") == network_of("2001:db8:1:2:ffff::1") == "2001:db8:1:2::"
    assert network_of("192.0.2.1") == "192.0.2.1"
