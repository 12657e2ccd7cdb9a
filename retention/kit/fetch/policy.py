"""Where we may go: public addresses on 80 and 443 in production, listed loopback ports in the demo and in tests.

Reads the settings FETCH_POLICY, FETCH_ALLOWED_PORTS, FETCH_ALLOW_HTTP and FETCH_EGRESS_PROXY; environment proxies are never used.
"""

from dataclasses import dataclass
from typing import Literal

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from retention.kit.fetch.addresses import IPAddress, is_loopback, is_public
from retention.kit.fetch.errors import FetchRefused
from retention.kit.fetch.targets import Target

PUBLIC_PORTS = frozenset({80, 443})


@dataclass(frozen=True)
class Policy:
    """What a request may reach.

    egress_proxy: host and port of a CONNECT proxy every connection goes through; it gets the address we checked, never a name.
    """

    reach: Literal["public", "loopback-only"]
    ports: frozenset[int]
    schemes: frozenset[str]
    egress_proxy: tuple[str, int] | None = None

    def check_target(self, target: Target) -> None:
        """Raise FetchRefused (scheme or port) for a target we may not ask."""
        if target.scheme not in self.schemes:
            raise FetchRefused("scheme")
        if target.port not in self.ports:
            raise FetchRefused("port")

    def allows(self, address: IPAddress) -> bool:
        """Tell whether a connection to this address is allowed."""
        return is_public(address) if self.reach == "public" else is_loopback(address)


def policy_from_settings() -> Policy:
    """Build the policy of this process; a wrong setting is an ImproperlyConfigured that names it."""
    proxy = _read_proxy(settings.FETCH_EGRESS_PROXY)
    if settings.FETCH_POLICY == "public":
        schemes = {"https", "http"} if settings.FETCH_ALLOW_HTTP else {"https"}
        return Policy(reach="public", ports=PUBLIC_PORTS, schemes=frozenset(schemes), egress_proxy=proxy)
    if settings.FETCH_POLICY == "loopback-only":
        ports = frozenset(int(port) for port in settings.FETCH_ALLOWED_PORTS)
        return Policy(reach="loopback-only", ports=ports, schemes=frozenset({"http", "https"}))
    raise ImproperlyConfigured("FETCH_POLICY must be 'public' or 'loopback-only'.")


def _read_proxy(text: str) -> tuple[str, int] | None:
    if not text:
        return None
    host, colon, port = text.rpartition(":")
    if not colon or not host or "/" in host or "@" in host or not port.isdigit():
        raise ImproperlyConfigured("FETCH_EGRESS_PROXY must be host:port, without scheme or password.")
    return host.strip("[]"), int(port)
