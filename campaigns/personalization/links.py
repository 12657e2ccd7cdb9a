"""Links of a mail: replaced at send by signed tokens, their targets kept, campaign parameters added without overwriting any.

A click is redirected only to a target stored here (S34-S36). Tokens are bound to purpose and store by `kit/secrets.py`. A mail links
only to the shop's own hosts and to those the template names: what a value says (a product's name, somebody's own) leads nowhere.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from html import escape, unescape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.conf import settings

from retention.customers.models import Customer
from retention.kit.secrets import BadLink, Link, open_link, sign_link
from retention.signup.links import address_mark

CLICK, UNSUBSCRIBE = "click", "unsubscribe"
CLICK_DAYS, UNSUBSCRIBE_DAYS = 400, 3650
LONGEST_TARGET = 4000
MOST_LINKS = 200
_HREF = re.compile(r'(<a\b[^>]*?\bhref=)"([^"]*)"', re.IGNORECASE)
_OTHER_CASE = ('F="', 'Ef="', 'Ref="', 'Href="')  # one of these stands in every spelling of href that is not small
_LINK = re.compile(r"<a\b", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_NAMED_HOST = re.compile(r"https?://([a-z0-9.-]+)", re.IGNORECASE)
_HOST = re.compile(r"[\w.-]+")
_BARE_DOMAIN = re.compile(r"(?<=[^\W_])\.(?=[^\W\d_]{2})")
_NO_BREAK = "\u2060"  # invisible; a mail program makes no link of a domain that holds it


@dataclass(frozen=True)
class Tracked:
    """A mail's bodies with our links in them, and the target of each by position."""

    html: str
    text: str
    targets: tuple[str, ...]


@lru_cache(maxsize=128)
def hosts_of(*sources: str, web_address: str = "") -> frozenset[str]:
    """Return the hosts a mail may link to: the shop's own (a dot before it stands for those below it) and those its template names."""
    named = {host.lower().rstrip(".") for source in sources for host in _NAMED_HOST.findall(source)}
    own = (urlsplit(web_address).hostname or "") if web_address else ""
    return frozenset(named | ({own, f".{own}"} if own else set()))


def may_link(target: str, *, hosts: frozenset[str]) -> bool:
    """Say whether an address leads to one of these hosts."""
    try:
        host = (urlsplit(target).hostname or "").rstrip(".")
    except ValueError:
        return False
    if not _HOST.fullmatch(host):
        return False  # a browser reads a backslash in it as the end of the host
    return host in hosts or any(own.startswith(".") and host.endswith(own) for own in hosts)


def without_links(text: str, *, hosts: frozenset[str]) -> str:
    """Return a value's text so that no mail program makes a link of it, except to these hosts."""
    parts: list[str] = []
    seen = 0
    for address in _ADDRESS.finditer(text):
        parts += [_unlinked(text[seen : address.start()]), address.group(0) if may_link(address.group(0), hosts=hosts) else ""]
        seen = address.end()
    return "".join([*parts, _unlinked(text[seen:])])


def _unlinked(text: str) -> str:
    return _BARE_DOMAIN.sub(f".{_NO_BREAK}", text)


def track(
    html: str, text: str, *, make_url: Callable[[int], str], utm: Mapping[str, str], leave: frozenset[str], hosts: frozenset[str]
) -> Tracked:
    """Replace every web link by one of ours.

    make_url: position -> address. utm: parameters to add. leave: addresses that stay as they are (unsubscribe). hosts: where links may
    lead (`hosts_of`). A link to another host, or of another scheme than http, https, mailto and tel, is taken away (S31).
    """
    positions: dict[str, int] = {}
    added = tuple(utm.items())

    def ours(target: str) -> str:
        if len(target) > LONGEST_TARGET or (target not in positions and len(positions) >= MOST_LINKS):
            return target
        return make_url(positions.setdefault(target, len(positions)))

    def in_html(value: str) -> str:
        target = unescape(value).strip()
        if target in leave:
            return escape(target)
        meant = _meant(target, added, hosts)
        return value if meant is None else escape(ours(meant)) if meant else "#"

    def in_text(match: re.Match[str]) -> str:
        target = match.group(0)
        meant = None if target in leave else _meant(target, added, hosts)
        return ours(meant) if meant else target

    tracked_html = _with_links(html, in_html)
    return Tracked(tracked_html, _ADDRESS.sub(in_text, text), tuple(positions))


def _with_links(html: str, replace: Callable[[str], str]) -> str:
    """Put new addresses into the links of a mail. Found by plain search: a pattern over the whole mail takes four times as long."""
    if any(spelling in html for spelling in _OTHER_CASE):
        return _HREF.sub(lambda match: f'{match.group(1)}"{replace(match.group(2))}"', html)
    parts: list[str] = []
    seen, at = 0, html.find('href="')
    while at >= 0:
        start = at + 6
        end = html.find('"', start)
        if end < 0:
            break
        inside = max(html.rfind(">", seen, at) + 1, seen)  # a link's tag may hold no ">" before its address
        if _LINK.search(html, inside, at) and not (html[at - 1].isalnum() or html[at - 1] == "_"):
            parts += (html[seen:start], replace(html[start:end]), '"')
            seen = start = end + 1
        at = html.find('href="', start)
    return "".join((*parts, html[seen:]))


@lru_cache(maxsize=8192)
def _meant(target: str, added: tuple[tuple[str, str], ...], hosts: frozenset[str]) -> str | None:
    """Return where a link shall lead, parameters added; nothing when it may not lead there, None when it is no web link."""
    scheme = _scheme(target)
    if scheme in {"mailto", "tel"} or target.startswith("#"):
        return None
    good = scheme in {"http", "https"} and may_link(target, hosts=hosts)
    return with_parameters(target, dict(added)) if good else ""


def with_parameters(target: str, utm: Mapping[str, str]) -> str:
    """Add campaign parameters to an address; one that is there already is never overwritten."""
    parts = urlsplit(target)
    present = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    added = urlencode({name: value for name, value in utm.items() if name not in present and value})
    if not added:
        return target
    return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))


def _scheme(target: str) -> str:
    try:
        parts = urlsplit(target)
    except ValueError:
        return ""
    return parts.scheme.lower() if parts.scheme in {"mailto", "tel"} or parts.netloc else ""


def click_url(message_id: int, position: int, *, store_id: int, planned_at: datetime) -> str:
    """Return the address of one link of one message; the same again for a repeated build."""
    return f"{click_base(message_id, store_id=store_id, planned_at=planned_at)}{position}"


def click_base(message_id: int, *, store_id: int, planned_at: datetime) -> str:
    """Return what the addresses of all links of one message begin with; the position follows.

    One signature for the whole message: a position leads only to a target that is stored with this very message.
    """
    token = sign_link(str(message_id), store_id=store_id, purpose=CLICK, expires_at=planned_at + timedelta(days=CLICK_DAYS))
    return f"{settings.SITE_URL}/c/{token}."


def opening_url(base: str) -> str:
    """Return the address of a message's picture, from what the addresses of its links begin with: one signature for the whole message."""
    return base.replace("/c/", "/o/", 1).removesuffix(".")


def read_opening(token: str, *, now: datetime) -> tuple[Link, int]:
    """Return the link and the message of a picture; raises BadLink."""
    link = open_link(token, purpose=CLICK, now=now)
    if not link.subject.isdigit():
        raise BadLink("malformed")
    return link, int(link.subject)


def unsubscribe_url(customer: Customer, message_id: int, channel: str, *, store_id: int, planned_at: datetime) -> str:
    """Return the address that takes one person off one channel of one store."""
    subject = f"{channel}.{customer.pk}.{message_id}.{address_mark(customer)}"
    token = sign_link(subject, store_id=store_id, purpose=UNSUBSCRIBE, expires_at=planned_at + timedelta(days=UNSUBSCRIBE_DAYS))
    return f"{settings.SITE_URL}/u/{token}"


def read_click(token: str, *, now: datetime) -> tuple[Link, int, int]:
    """Return the link, the message and the position of a click; raises BadLink. The first mails had the position inside what was signed."""
    signed, _, position = token.rpartition(".")
    try:
        link = open_link(signed, purpose=CLICK, now=now)
        subject = link.subject
    except BadLink:
        link = open_link(token, purpose=CLICK, now=now)
        subject, _, position = link.subject.partition(".")
    if not (subject.isdigit() and position.isdecimal() and position.isascii() and len(position) < 4):
        raise BadLink("malformed")
    return link, int(subject), int(position)


@dataclass(frozen=True)
class Unsubscribing:
    """A wish to hear no more. mark: of the address the mail went to; only who reads that one is shown more than the button."""

    store_id: int
    channel: str
    customer_id: int
    message_id: int
    mark: str


def read_unsubscribe(token: str, *, now: datetime) -> Unsubscribing:
    """Return who wants to hear no more on which channel; raises BadLink."""
    link = open_link(token, purpose=UNSUBSCRIBE, now=now)
    parts = link.subject.split(".")
    if len(parts) != 4 or not (parts[1].isdigit() and parts[2].isdigit()):
        raise BadLink("malformed")
    return Unsubscribing(link.store_id, parts[0], int(parts[1]), int(parts[2]), parts[3])
