"""Where in the mail people clicked: the mail as the example person sees it, with the figures at its links, and what each link is called.

A link is found by where it leads once campaign parameters are added, as it was stored when the mail was sent. Links that lead elsewhere for
every person have no place here; the list beside it has them all.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape, unescape

from campaigns.models import Campaign, Message
from campaigns.personalization.render import Rendered
from campaigns.personalization.tracking import hosts_of, track
from campaigns.sending.assembling.base import utm_of
from retention.kit.words import one_line
from retention.stores.models import Store

_NOWHERE = "https://link.invalid/"
_ANCHOR = re.compile(rf'(<a\b[^>]*?)\bhref="{re.escape(_NOWHERE)}(\d+)"([^>]*>)(.*?)(</a\s*>)', re.IGNORECASE | re.DOTALL)
_ALT = re.compile(r'<img\b[^>]*?\balt="([^"]+)"', re.IGNORECASE)
_TAG = re.compile(r"<[^>]+>")
_BADGE = (
    "display:inline-block;background:{ground};color:{ink};border-radius:20px;padding:1px 8px;margin-left:6px;"
    "font:650 12px/1.5 Helvetica,Arial,sans-serif;vertical-align:middle;text-decoration:none"
)
_STEPS = ((0.5, "#0b6674", "#ffffff"), (0.2, "#58aeb9", "#06252a"), (0.0, "#cfe6e9", "#152123"))


@dataclass(frozen=True)
class Marked:
    """A mail with figures at its links. labels: what each link reads like, by where it leads."""

    html: str
    labels: Mapping[str, str]


def mark(campaign: Campaign, rendered: Rendered, *, people: Mapping[str, int], store: Store) -> Marked:
    """Put the figures into a mail. people: how many clicked, by where the link leads."""
    sample = Message(source_kind="campaign", source_id=campaign.pk, channel=campaign.channel)
    tracked = track(
        rendered.html,
        "",
        make_url=lambda position: f"{_NOWHERE}{position}",
        utm=utm_of(sample),
        leave=frozenset(),
        hosts=hosts_of(rendered.html, web_address=store.web_address),
    )
    most = max(people.values(), default=0)
    labels: dict[str, str] = {}

    def marked(match: re.Match[str]) -> str:
        before, position, after, inside, end = match.groups()
        target = tracked.targets[int(position)]
        labels.setdefault(target, label_of(inside))
        return f"{before}{after}{inside}{_badge(people.get(target, 0), most)}{end}"

    return Marked(_ANCHOR.sub(marked, tracked.html), labels)


def label_of(inside: str) -> str:
    """Return what a link reads like: its text, else what its picture is said to show; nothing when it has neither."""
    text = one_line(unescape(_TAG.sub(" ", inside)), longest=80)
    shown = _ALT.search(inside)
    return text or (one_line(unescape(shown.group(1)), longest=80) if shown else "")


def _badge(count: int, most: int) -> str:
    if not count:
        return ""
    _, ground, ink = next(step for step in _STEPS if count >= step[0] * most)
    return f'<span style="{_BADGE.format(ground=ground, ink=ink)}">{escape(f"{count:,}")}</span>'
