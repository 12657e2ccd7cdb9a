"""The two ways a fetch ends without an answer: we would not ask, or we asked and got nothing usable.

Messages are generic on purpose: a merchant who types addresses must not learn what answers inside our network.
"""

from typing import Literal

RefusedReason = Literal["url", "scheme", "userinfo", "host", "port", "address", "redirects", "downgrade", "method", "header"]
FailedReason = Literal["dns", "connect", "tls", "timeout", "protocol", "too_large", "encoding", "busy", "proxy"]

_REFUSED: dict[RefusedReason, str] = {
    "url": "The web address cannot be read.",
    "scheme": "Only https addresses are allowed.",
    "userinfo": "A web address must not carry a name or password.",
    "host": "The host name cannot be used.",
    "port": "The port is not allowed.",
    "address": "The web address is not allowed.",
    "redirects": "The web address redirects too often.",
    "downgrade": "The web address redirects from https to http.",
    "method": "The method is not allowed.",
    "header": "A header cannot be used.",
}
_FAILED: dict[FailedReason, str] = {
    "dns": "The host name was not found.",
    "connect": "The server could not be reached.",
    "tls": "A secure connection could not be made.",
    "timeout": "The server took too long.",
    "protocol": "The server's answer could not be read.",
    "too_large": "The server's answer is too large.",
    "encoding": "The server's answer is packed in a way we do not read.",
    "busy": "Too many look-ups are waiting.",
    "proxy": "The way out is closed at the moment.",
}


class FetchRefused(Exception):
    """Our policy forbids this request; no byte left for the refused address."""

    def __init__(self, reason: RefusedReason) -> None:
        super().__init__(_REFUSED[reason])
        self.reason: RefusedReason = reason


class FetchFailed(Exception):
    """The request was allowed but brought no usable answer.

    request_sent: False when surely no byte of the request left (safe to repeat), True when the other side may have acted.
    """

    def __init__(self, reason: FailedReason, *, request_sent: bool = False) -> None:
        super().__init__(_FAILED[reason])
        self.reason: FailedReason = reason
        self.request_sent = request_sent
