"""Read a URL into one Target, strictly: what two URL readers could understand differently is refused.

No network, no policy. The Host header, the TLS name and the look-up all come from the same Target, so they cannot disagree.
"""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import idna

from retention.kit.fetch.addresses import IPAddress, read_address
from retention.kit.fetch.errors import FetchRefused

LONGEST_URL = 4096
DEFAULT_PORTS = {"http": 80, "https": 443}
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]:@%/?#]+)(?::(?P<port>[0-9]{1,5}))?")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER_LIKE = re.compile(r"[0-9]+|0x[0-9a-f]*")
_SAFE_IN_TARGET = "%/?:@!$&'()*+,;=-._~[]"


@dataclass(frozen=True)
class Target:
    """One place to ask: ASCII host without brackets or trailing dot, port, and the path with its query."""

    scheme: str
    host: str
    port: int
    path: str
    literal: IPAddress | None

    @property
    def host_header(self) -> str:
        """The Host header: brackets around IPv6, the port only when it is not the scheme's own."""
        host = f"[{self.host}]" if isinstance(self.literal, ipaddress.IPv6Address) else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL as we understood it, without fragment."""
        return f"{self.scheme}://{self.host_header}{self.path}"


def read_target(url: str) -> Target:
    """Read an absolute http or https URL.

    Raises FetchRefused with reason url, scheme, userinfo, host or port.
    """
    parts = _split(url)
    if parts.scheme not in DEFAULT_PORTS:
        raise FetchRefused("scheme")
    if "@" in parts.netloc:
        raise FetchRefused("userinfo")
    authority = _AUTHORITY.fullmatch(parts.netloc)
    if authority is None:
        raise FetchRefused("host")
    host, literal = _read_host(authority["host"])
    port = _read_port(authority["port"], scheme=parts.scheme)
    return Target(scheme=parts.scheme, host=host, port=port, path=_read_path(parts), literal=literal)


def follow_location(current: Target, *, location: str) -> Target:
    """Read a Location header relative to the target that sent it."""
    try:
        text = location.encode("latin-1").decode("utf-8")  # http.client hands header bytes over as Latin-1
        _refuse_odd_signs(text)
        return read_target(urljoin(current.url, text))
    except ValueError:
        raise FetchRefused("url") from None


def _refuse_odd_signs(url: str) -> None:
    # urlsplit and urljoin drop tabs and newlines, and a browser reads "\" as "/": refused before anything is split or joined.
    if len(url) > LONGEST_URL or any(sign.isspace() or not sign.isprintable() or sign == "\\" for sign in url):
        raise FetchRefused("url")


def _split(url: str) -> SplitResult:
    _refuse_odd_signs(url)
    try:
        return urlsplit(url)
    except ValueError:  # its only complaints are about the host's brackets and signs
        raise FetchRefused("host") from None


def _read_host(text: str) -> tuple[str, IPAddress | None]:
    if text.startswith("["):
        address = read_address(text[1:-1])
        if not isinstance(address, ipaddress.IPv6Address):
            raise FetchRefused("host")
        return str(address), address
    host = _to_ascii(text).removesuffix(".")
    literal = read_address(host)
    if literal is not None and text.isascii():
        return str(literal), literal
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise FetchRefused("host")
    if _NUMBER_LIKE.fullmatch(labels[-1]):  # 0177.0.0.1, 0x7f.1, 2130706433, 127.1: no top-level domain is a number
        raise FetchRefused("host")
    return host, None


def _to_ascii(text: str) -> str:
    if text.isascii():
        return text.lower()
    try:
        return idna.encode(text, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        raise FetchRefused("host") from None


def _read_port(text: str | None, *, scheme: str) -> int:
    port = int(text) if text else DEFAULT_PORTS[scheme]
    if not 1 <= port <= 65535:
        raise FetchRefused("port")
    return port


def _read_path(parts: SplitResult) -> str:
    query = f"?{parts.query}" if parts.query else ""
    return quote((parts.path or "/") + query, safe=_SAFE_IN_TARGET)
