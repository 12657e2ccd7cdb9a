"""The links of a mail's text: found, judged and replaced. Without Django, because the render process does it too.

A mail links only to the shop's own hosts and to those its template names: what a value says (a product's name, somebody's own) leads
nowhere (S31). Campaign parameters are added and never overwritten.
"""

import re
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape, unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

LONGEST_TARGET = 4000
MOST_LINKS = 200
PROOF_SIGNS = 6
"""How long the proof of a link's position is: 36 bits, and whoever guesses may ask a few times a second and learn one address."""
OWN_PAGES = ("unsubscribe_url", "preferences_url", "survey_url")
"""The words of a template for our own pages, whose addresses stay as they are."""
_NUMBERS = tuple([b"%d." % position for position in range(MOST_LINKS)])
_WRAPPED = dict.fromkeys(map(ord, "\t\r\n"))
_HREF = re.compile(r'(<a\b[^>]*?\bhref=)"([^"]*)"', re.IGNORECASE)
_OTHER_CASE = ('F="', 'Ef="', 'Ref="', 'Href="')  # one of these stands in every spelling of href that is not small
_LINK = re.compile(r"<a\b", re.IGNORECASE)
ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_NAMED_HOST = re.compile(r"https?://([a-z0-9.-]+)", re.IGNORECASE)
_HOST = re.compile(r"[\w.-]+")
_control = re.compile("[\x00-\x1f\x7f]").search
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


@lru_cache(maxsize=4096)
def may_link(target: str, *, hosts: frozenset[str]) -> bool:
    """Say whether an address leads to one of these hosts. One that names somebody before its host ("user@") does not.

    Nor does one that holds a control character: reading it passes over line ends, and a relay would not.
    """
    try:
        parts = urlsplit(target)
        host, _port = (parts.hostname or "").rstrip("."), parts.port  # asked because a port that is none raises
    except ValueError:
        return False
    if "@" in parts.netloc or not _HOST.fullmatch(host) or _control(target):
        return False  # a browser reads a backslash in it as the end of the host
    return host in hosts or any(own.startswith(".") and host.endswith(own) for own in hosts)


def ways_of(context: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the addresses of our own pages in a message, which stay as they are."""
    return tuple([way for name in OWN_PAGES if (way := context.get(name))])


def address_of(base: str, position: int, proofs: str) -> str:
    """Return our address of one link. base: what those of its mail begin with; proofs: of all its positions, one after the other."""
    start = PROOF_SIGNS * position
    return f"{base}{position}.{proofs[start : start + PROOF_SIGNS]}"


class Addresses(dict[int, str]):
    """Our addresses of one mail's links, by position; each is written when it is first wanted. base, proofs: as for `address_of`."""

    def __init__(self, base: str, proofs: str) -> None:
        self._base, self._proofs = base, proofs

    def __missing__(self, position: int) -> str:
        start = PROOF_SIGNS * position  # as `address_of`, without a call for each
        found = self[position] = f"{self._base}{position}.{self._proofs[start : start + PROOF_SIGNS]}"
        return found


def addresses_to(count: int, *, base: str, proofs: str) -> list[bytes]:
    """Return our addresses of the first positions of one mail as bytes. base, proofs: as for `address_of`; one without a proof is none."""
    signs = PROOF_SIGNS * count
    begin, cut = base.encode(), _in_proofs(count).unpack(proofs[:signs].ljust(signs, "-").encode())
    return [begin + number + proof for number, proof in zip(_NUMBERS, cut, strict=False)]


@lru_cache(maxsize=256)
def _in_proofs(count: int) -> struct.Struct:
    return struct.Struct(f"{PROOF_SIGNS}s" * count)


def without_links(text: str, *, hosts: frozenset[str]) -> str:
    """Return a value's text so that no mail program makes a link of it, except to these hosts."""
    if "." not in text and "://" not in text:
        return text
    parts: list[str] = []
    seen = 0
    for address in ADDRESS.finditer(text):
        parts += [_unlinked(text[seen : address.start()]), address.group(0) if may_link(address.group(0), hosts=hosts) else ""]
        seen = address.end()
    return "".join([*parts, _unlinked(text[seen:])])


def _unlinked(text: str) -> str:
    return _BARE_DOMAIN.sub(f".{_NO_BREAK}", text)


class Places:
    """Where the links of one mail lead, in the order they were met. make_url: position -> address. known: those met before it began."""

    def __init__(
        self,
        make_url: Callable[[int], str],
        *,
        utm: Mapping[str, str],
        leave: frozenset[str],
        hosts: frozenset[str],
        known: Mapping[str, int] | None = None,
    ) -> None:
        self.positions: dict[str, int] = dict(known or {})
        self.make_url, self.added, self.leave, self.hosts = make_url, tuple(utm.items()), leave, hosts

    def ours(self, target: str) -> str:
        """Return our address for a target; the target itself where there are too many or it is too long."""
        if len(target) > LONGEST_TARGET or (target not in self.positions and len(self.positions) >= MOST_LINKS):
            return target
        return self.make_url(self.positions.setdefault(target, len(self.positions)))

    def in_html(self, value: str) -> str:
        """Return what stands in a link of the HTML instead of `value`."""
        target = unescape(value).strip()
        if target in self.leave:
            return escape(target)
        meant = meant_by(target, self.added, self.hosts)
        return value if meant is None else escape(self.ours(meant)) if meant else "#"

    def in_text(self, text: str) -> str:
        """Return a piece of plain text with our addresses in it."""
        return ADDRESS.sub(self._address, text)

    def _address(self, match: re.Match[str]) -> str:
        target = match.group(0)
        meant = None if target in self.leave else meant_by(target, self.added, self.hosts)
        return self.ours(meant) if meant else target


def track(
    html: str,
    text: str,
    *,
    make_url: Callable[[int], str],
    utm: Mapping[str, str],
    leave: frozenset[str],
    hosts: frozenset[str],
    known: Sequence[str] = (),
) -> Tracked:
    """Replace every web link by one of ours.

    make_url: position -> address. utm: parameters to add. leave: addresses that stay as they are (unsubscribe). hosts: where links may
    lead (`hosts_of`). A link to another host, or of another scheme than http, https, mailto and tel, is taken away (S31). known: targets
    that have the first positions whether this mail links there or not.
    """
    numbers = {target: position for position, target in enumerate(known)}
    places = Places(make_url, utm=utm, leave=leave, hosts=hosts, known=numbers)
    return Tracked(with_links(html, places.in_html), places.in_text(text), tuple(places.positions))


def with_links(html: str, replace: Callable[[str], str]) -> str:
    """Put new addresses into the links of a mail. Found by plain search: a pattern over the whole mail takes four times as long."""
    if unusual(html):
        return _HREF.sub(lambda match: f'{match.group(1)}"{replace(match.group(2))}"', html)
    pieces, tail = scan(html)
    pieces[1::2] = map(replace, pieces[1::2])
    return "".join((*pieces, tail))


def unusual(html: str) -> bool:
    """Say whether a link may be written in a way that `scan` does not see."""
    return any(spelling in html for spelling in _OTHER_CASE)


def scan(html: str) -> tuple[list[str], str]:
    """Take HTML apart at its links: pieces (text, value of a link, text, ..., text) and a tail that what follows may complete.

    The tail begins outside of every tag: put before the next text and scanned again, it comes out as if both had been one from the start.
    """
    pieces: list[str] = []
    seen, at = 0, html.find('href="')
    while at >= 0:
        start = at + 6
        end = html.find('"', start)
        inside = max(html.rfind(">", seen, at) + 1, seen)  # a link's tag may hold no ">" before its address
        if end < 0:
            return [*pieces, html[seen:inside]], html[inside:]
        if _LINK.search(html, inside, at) and not (html[at - 1].isalnum() or html[at - 1] == "_"):
            pieces += (html[seen:start], html[start:end])
            seen, start = end, end + 1
        at = html.find('href="', start)
    open_tag = html.find("<", max(html.rfind(">", seen) + 1, seen))
    whole = len(html) if open_tag < 0 else open_tag
    return [*pieces, html[seen:whole]], html[whole:]


@lru_cache(maxsize=8192)
def meant_by(target: str, added: tuple[tuple[str, str], ...], hosts: frozenset[str]) -> str | None:
    """Return where a link shall lead, parameters added; nothing when it may not lead there, None when it is no web link.

    Line ends and tabs in it mean nothing, as in a browser: mails made elsewhere are wrapped there.
    """
    target = target.translate(_WRAPPED)
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


def forget_addresses() -> None:
    """Forget where addresses lead; they are worked out again."""
    for cache in (hosts_of, may_link, meant_by):
        cache.cache_clear()


def _scheme(target: str) -> str:
    try:
        parts = urlsplit(target)
    except ValueError:
        return ""
    return parts.scheme.lower() if parts.scheme in {"mailto", "tel"} or parts.netloc else ""
