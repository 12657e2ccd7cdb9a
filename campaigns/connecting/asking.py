"""Questions to the DNS: texts, mail servers and addresses of a name, all of one check within one deadline.

An answer that did not come is not an answer that there is nothing: `NotHeard` says so, and nobody is told to add what may be there.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import dns.exception
import dns.name
import dns.resolver
import idna
from django.conf import settings

EACH_SECONDS = 3.0
ALL_SECONDS = 10.0
_EDNS_BYTES = 1232  # what fits one packet everywhere; longer answers are asked for again by TCP


class NotHeard(Exception):
    """The name servers did not answer in time, or not sensibly; `name` is what was asked for."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Resolver:
    """The questions of one check. Every name is asked for once; the deadline is for all of them together."""

    def __init__(self, *, seconds: float = ALL_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = clock() + seconds
        self._known: dict[tuple[str, str], tuple[str, ...] | None] = {}
        self._resolver = _configured(settings.DNS_SERVER)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the TXT records of a name, each as one text; raises NotHeard."""
        return self._asked(name, "TXT")

    def mail_servers(self, name: str) -> tuple[str, ...]:
        """Return the hosts that take mail for a name, without the "no mail" record; raises NotHeard."""
        return tuple(host for host in self._asked(name, "MX") if host)

    def addresses(self, name: str) -> tuple[str, ...]:
        """Return the IPv4 and IPv6 addresses of a name; raises NotHeard."""
        return self._asked(name, "A") or self._asked(name, "AAAA")

    def exists(self, name: str) -> bool:
        """Say whether a name is known at all, whatever it holds; raises NotHeard."""
        self._asked(name, "TXT")
        return self._known[(_ascii(name), "TXT")] is not None

    def _asked(self, name: str, kind: str) -> tuple[str, ...]:
        key = (_ascii(name), kind)
        if key not in self._known:
            self._known[key] = self._ask(*key)
        return self._known[key] or ()

    def _ask(self, name: str, kind: str) -> tuple[str, ...] | None:
        """Return the records; None when there is no such name."""
        left = self._until - self._clock()
        if left <= 0:
            raise NotHeard(name)
        with _heard(name):
            try:
                answer = self._resolver.resolve(f"{name}.", kind, lifetime=min(EACH_SECONDS, left), search=False)
            except dns.resolver.NXDOMAIN:
                return None
            except dns.resolver.NoAnswer:
                return ()
            return tuple(_written(record, kind) for record in answer)


@contextmanager
def _heard(name: str) -> Iterator[None]:
    try:
        yield
    except (dns.exception.DNSException, OSError, ValueError) as error:
        raise NotHeard(name) from error


def _written(record: Any, kind: str) -> str:
    if kind == "TXT":
        return b"".join(record.strings).decode("utf-8", "replace")
    return str(record.exchange).rstrip(".").lower() if kind == "MX" else str(record)


def _configured(server: str) -> dns.resolver.Resolver:
    """Return a resolver of the machine's name servers, or of the one that is set ("host:port")."""
    if not server:
        own = dns.resolver.Resolver()
        own.use_edns(0, 0, _EDNS_BYTES)
        return own
    parts = urlsplit(f"//{server}")
    resolver = dns.resolver.Resolver(configure=False)
    resolver.use_edns(0, 0, _EDNS_BYTES)
    resolver.nameservers, resolver.port = [parts.hostname or "127.0.0.1"], parts.port or 53
    return resolver


def _ascii(name: str) -> str:
    return name.strip().rstrip(".").lower()


def read_domain(text: str) -> str:
    """Return a domain somebody typed (or an address's) as the DNS writes it; nothing when it cannot be one."""
    host = text.strip().rpartition("@")[2].rstrip(".").lower()
    try:
        coded: str = idna.encode(host, uts46=True).decode("ascii") if not host.isascii() else host
        dns.name.from_text(coded)
    except (idna.IDNAError, dns.exception.DNSException, UnicodeError):
        return ""
    labels = coded.split(".")
    good = len(labels) > 1 and len(coded) <= 253 and all(_is_label(label) for label in labels)
    return coded if good else ""


def _is_label(label: str) -> bool:
    return (
        0 < len(label) < 64 and label.replace("-", "").replace("_", "").isalnum() and not label.startswith("-") and not label.endswith("-")
    )
