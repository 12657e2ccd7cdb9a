"""Which IP addresses are public, and which are loopback, by tables that do not change with the Python version.

Only decides; resolving names and connecting live in `resolving.py` and `wire.py`.
Sources: IANA IPv4 and IPv6 special-purpose registries, RFC 6890, RFC 6598, RFC 9637, cloud vendors' metadata pages.
"""

import ipaddress

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_NOT_PUBLIC_V4 = [
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network, unspecified
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT; Alibaba metadata 100.100.100.200
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's host agent and metadata, a public-looking address
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; Oracle metadata 192.0.0.192
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relay
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
]
# Everything outside is refused with one rule: loopback, unspecified, IPv4-mapped, -compatible and -translated, NAT64 (64:ff9b::/96 and
# 64:ff9b:1::/48), discard, SRv6 (5f00::/16), unique local (with AWS metadata fd00:ec2::254), link-local, site-local, multicast.
_GLOBAL_UNICAST_V6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = [
    ipaddress.IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments: Teredo 2001::/32, ORCHID, benchmarking
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, carries any IPv4 address
        "2620:4f:8000::/48",  # AS112
        "3ffe::/16",  # the old 6bone, never given back to anybody
        "3fff::/20",  # documentation
    )
]


def is_public(address: IPAddress) -> bool:
    """Tell whether an address belongs to the public Internet and to nobody's inside."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    if address.scope_id is not None or address not in _GLOBAL_UNICAST_V6:
        return False
    return not any(address in network for network in _NOT_PUBLIC_V6)


def is_loopback(address: IPAddress) -> bool:
    """Tell whether an address is this machine, in its plain spelling (127.0.0.0/8 or ::1, no mapped form)."""
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_loopback
    return address.scope_id is None and address == ipaddress.IPv6Address("::1")


def read_address(text: str) -> IPAddress | None:
    """Read one address in its standard spelling; None for anything else (octal, hex, short and whole-number forms)."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
