"""Ask one URL and follow at most three redirects, each checked like the first, within one total deadline.

Joins the decisions (targets, policy) and the acts (resolving, wire, reading). No cookies, no connection reuse, no environment proxies.
"""

import http.client
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import urllib3
from urllib3.connection import HTTPConnection

from retention.kit.fetch.addresses import IPAddress, read_address
from retention.kit.fetch.errors import FetchFailed, FetchRefused
from retention.kit.fetch.policy import Policy, policy_from_settings
from retention.kit.fetch.reading import read_body
from retention.kit.fetch.resolving import Resolve, checked_addresses, look_up, system_resolve
from retention.kit.fetch.targets import Target, follow_location, read_target
from retention.kit.fetch.wire import Meter, MeteredSocket, MeteredTLS, dial, secure, secure_context, tunnel
from retention.kit.metrics import FETCHES

DEADLINE_SECONDS = 10.0
DEFAULT_MAX_BYTES = 10 * 1024 * 1024
MOST_REDIRECTS = 3
USER_AGENT = "Boomerang/1.0"

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_FOLLOWING = frozenset({"GET", "HEAD"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "te", "trailer", "upgrade", "expect"})
_KEPT_ON_REDIRECT = frozenset({"accept", "accept-language", "user-agent"})
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]{0,8192}")


@dataclass(frozen=True)
class Answer:
    """What came back: status, lower-case headers, decoded body, and the URL that finally answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


def fetch(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    max_bytes: int = DEFAULT_MAX_BYTES,
    seconds: float = DEADLINE_SECONDS,
) -> Answer:
    """Ask a URL under the policy of the settings.

    max_bytes: the decoded body. seconds: everything together, the look-up included. Redirects are followed for GET and HEAD only and
    carry none of the caller's headers but Accept and User-Agent; any other method gets the 3xx answer itself.
    Raises FetchRefused (nothing was sent to the refused place) and FetchFailed; every HTTP status is an Answer.
    Source: reliability guide S26; tests/kit/test_fetch_ssrf.py.
    """
    fetcher = Fetcher(policy_from_settings())
    try:
        answer = fetcher.ask(url, method=method, headers=headers, body=body, max_bytes=max_bytes, seconds=seconds)
    except (FetchRefused, FetchFailed) as error:
        FETCHES.labels("refused" if isinstance(error, FetchRefused) else "failed").inc()
        raise
    FETCHES.labels("answered").inc()
    return answer


class Fetcher:
    """Asks URLs under one policy. Tests pass their own resolver and TLS context; the product calls `fetch`."""

    def __init__(self, policy: Policy, *, resolve: Resolve = system_resolve, tls: ssl.SSLContext | None = None) -> None:
        self._policy = policy
        self._resolve = resolve
        self._tls = tls

    def ask(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        max_bytes: int = DEFAULT_MAX_BYTES,
        seconds: float = DEADLINE_SECONDS,
    ) -> Answer:
        """Ask and follow redirects; see `fetch`."""
        request = _Request(method=method, headers=_checked_headers(headers or {}), body=body, max_bytes=max_bytes)
        if method not in _METHODS:
            raise FetchRefused("method")
        meter = Meter(seconds=seconds, max_bytes=max_bytes)
        target = read_target(url)
        for _ in range(MOST_REDIRECTS + 1):
            answer = self._one_hop(target, request=request, meter=meter)
            location = answer.headers.get("location")
            if answer.status not in _REDIRECTS or method not in _FOLLOWING or not location:
                return answer
            target = _next_target(target, location=location)
            request = request.after_redirect()
        raise FetchRefused("redirects")

    def _one_hop(self, target: Target, *, request: "_Request", meter: Meter) -> Answer:
        self._policy.check_target(target)
        addresses = checked_addresses(target, policy=self._policy, resolve=self._resolve, meter=meter)
        connection = AttachedConnection(target.host, port=target.port)
        try:
            connection.sock = self._open(target, addresses=addresses, meter=meter)
            return _exchange(connection, target=target, request=request, meter=meter)
        finally:
            connection.close()

    def _open(self, target: Target, *, addresses: list[IPAddress], meter: Meter) -> MeteredSocket | MeteredTLS:
        if self._policy.egress_proxy is None:
            sock = dial(addresses, port=target.port, meter=meter)
        else:
            proxy = self._dial_proxy(self._policy.egress_proxy, meter=meter)
            sock = tunnel(addresses[0], port=target.port, proxy=proxy)
        if target.scheme == "http":
            return sock
        return secure(sock, host=target.host, context=self._tls or _shared_context())

    def _dial_proxy(self, proxy: tuple[str, int], *, meter: Meter) -> MeteredSocket:
        host, port = proxy
        texts = [host] if read_address(host) else look_up(host, port=port, resolve=system_resolve, meter=meter)
        try:
            return dial([address for text in texts if (address := read_address(text))], port=port, meter=meter)
        except FetchFailed as failure:
            raise FetchFailed("proxy" if failure.reason == "connect" else failure.reason) from None


@dataclass(frozen=True)
class _Request:
    method: str
    headers: Mapping[str, str]
    body: bytes | None
    max_bytes: int

    def after_redirect(self) -> "_Request":
        """Return what the next hop may see: no credential, no cookie, no private header."""
        return replace(self, headers={name: value for name, value in self.headers.items() if name in _KEPT_ON_REDIRECT})

    def head_for(self, target: Target) -> dict[str, str]:
        """Return every header of the request to one target."""
        ours = {"host": target.host_header, "accept-encoding": "gzip", "connection": "close"}
        return {"user-agent": USER_AGENT, "accept": "*/*", **self.headers, **ours}


class AttachedConnection(HTTPConnection):
    """An HTTP connection on a socket we opened; it never opens one itself, because that would look the name up again."""

    def connect(self) -> None:
        raise FetchFailed("connect")


@cache
def _shared_context() -> ssl.SSLContext:
    return secure_context()


def _exchange(connection: HTTPConnection, *, target: Target, request: _Request, meter: Meter) -> Answer:
    head = request.head_for(target)
    meter.left()
    meter.request_sent = True
    try:
        connection.request(request.method, target.path, body=request.body, headers=head, preload_content=False, decode_content=False)
        response = connection.getresponse()
        headers = {name.lower(): response.headers[name] for name in response.headers}
        body = b"" if response.status in _REDIRECTS else read_body(response, max_bytes=request.max_bytes, meter=meter)
    except (TimeoutError, urllib3.exceptions.TimeoutError):
        raise FetchFailed("timeout", request_sent=True) from None
    except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError):
        raise FetchFailed("protocol", request_sent=True) from None
    return Answer(status=response.status, headers=headers, body=body, url=target.url)


def _checked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    checked = {}
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise FetchRefused("header")
        if name.lower() in _OURS or name.lower().startswith("proxy-"):
            raise FetchRefused("header")
        checked[name.lower()] = value
    return checked


def _next_target(current: Target, *, location: str) -> Target:
    following = follow_location(current, location=location)
    if current.scheme == "https" and following.scheme == "http":
        raise FetchRefused("downgrade")
    return following
