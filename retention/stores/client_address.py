"""From which address a request came: the last one our own proxies vouch for, never what the caller claims.

Used for limits and the audit log. TRUSTED_PROXY_COUNT says how many proxies of ours stand in front.
"""

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest

UNKNOWN = "0.0.0.0"  # noqa: S104 - a mark for "not known", nothing listens on it
_REMEMBERED = 4096  # addresses read lately; reading one costs as much as all else the door does before it reads an event


def client_ip(request: HttpRequest) -> str:
    """Return the caller's address as text; UNKNOWN when it cannot be told (a socket file, a broken header)."""
    return _plain(_named_in(request.META))


def network_in(environ: Mapping[str, Any]) -> str:
    """Return `network_of` that address, from a WSGI environment, for what stands in front of Django."""
    return _network(_named_in(environ))


def _named_in(environ: Mapping[str, Any]) -> str:
    """Return the address as the server or the last of our proxies wrote it."""
    text: str = environ.get("REMOTE_ADDR", "")
    trusted = int(settings.TRUSTED_PROXY_COUNT)
    if trusted:
        forwarded = [part.strip() for part in environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
        text = forwarded[-trusted] if len(forwarded) >= trusted else text
    return text


@lru_cache(_REMEMBERED)
def _network(text: str) -> str:
    return network_of(_plain(text))


@lru_cache(_REMEMBERED)
def network_of(ip: str) -> str:
    """Return what one household or office shares: the address itself, or the /64 of an IPv6 one."""
    address = ipaddress.ip_address(ip)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network(f"{address}/64", strict=False).network_address)
    return str(address)


def _plain(text: str) -> str:
    return _address(text[1:].partition("]")[0] if text.startswith("[") else text.partition(":")[0] if text.count(":") == 1 else text)


@lru_cache(_REMEMBERED)
def _address(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return UNKNOWN
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
