"""Links of a mail: replaced at send by signed tokens, their targets kept, campaign parameters added without overwriting any.

A click is redirected only to a target stored here (S34-S36). Tokens are bound to purpose and store by `kit/secrets.py`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape, unescape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.conf import settings

from retention.kit.secrets import BadLink, Link, open_link, sign_link

CLICK, UNSUBSCRIBE = "click", "unsubscribe"
CLICK_DAYS, UNSUBSCRIBE_DAYS = 400, 3650
LONGEST_TARGET = 4000
MOST_LINKS = 200
_HREF = re.compile(r'(<a\b[^>]*?\bhref=)"([^"]*)"', re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True)
class Tracked:
    """A mail's bodies with our links in them, and the target of each by position."""

    html: str
    text: str
    targets: tuple[str, ...]


def track(html: str, text: str, *, make_url: Callable[[int], str], utm: Mapping[str, str], leave: frozenset[str]) -> Tracked:
    """Replace every web link by one of ours.

    make_url: position -> address. utm: parameters to add. leave: addresses that stay as they are (unsubscribe). A link of
    another scheme than http, https, mailto and tel is taken away (S31).
    """
    positions: dict[str, int] = {}

    def ours(target: str) -> str:
        if target in leave:
            return target
        target = with_parameters(target, utm)
        if len(target) > LONGEST_TARGET or (target not in positions and len(positions) >= MOST_LINKS):
            return target
        return make_url(positions.setdefault(target, len(positions)))

    def in_html(match: re.Match[str]) -> str:
        target = unescape(match.group(2)).strip()
        scheme = _scheme(target)
        if scheme in {"mailto", "tel"} or target.startswith("#"):
            return match.group(0)
        return f'{match.group(1)}"{escape(ours(target)) if scheme in {"http", "https"} else "#"}"'

    def in_text(match: re.Match[str]) -> str:
        return ours(match.group(0)) if _scheme(match.group(0)) else match.group(0)

    tracked_html = _HREF.sub(in_html, html)
    return Tracked(tracked_html, _ADDRESS.sub(in_text, text), tuple(positions))


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
    token = sign_link(f"{message_id}.{position}", store_id=store_id, purpose=CLICK, expires_at=planned_at + timedelta(days=CLICK_DAYS))
    return f"{settings.SITE_URL}/c/{token}"


def unsubscribe_url(customer_id: int, message_id: int, channel: str, *, store_id: int, planned_at: datetime) -> str:
    """Return the address that takes one person off one channel of one store."""
    subject = f"{channel}.{customer_id}.{message_id}"
    token = sign_link(subject, store_id=store_id, purpose=UNSUBSCRIBE, expires_at=planned_at + timedelta(days=UNSUBSCRIBE_DAYS))
    return f"{settings.SITE_URL}/u/{token}"


def read_click(token: str, *, now: datetime) -> tuple[Link, int, int]:
    """Return the link, the message and the position of a click; raises BadLink."""
    link = open_link(token, purpose=CLICK, now=now)
    message_id, _, position = link.subject.partition(".")
    if not (message_id.isdigit() and position.isdigit()):
        raise BadLink("malformed")
    return link, int(message_id), int(position)


def read_unsubscribe(token: str, *, now: datetime) -> tuple[Link, str, int, int]:
    """Return the link, the channel, the customer and the message of a wish to hear no more; raises BadLink."""
    link = open_link(token, purpose=UNSUBSCRIBE, now=now)
    parts = link.subject.split(".")
    if len(parts) != 3 or not (parts[1].isdigit() and parts[2].isdigit()):
        raise BadLink("malformed")
    return link, parts[0], int(parts[1]), int(parts[2])
