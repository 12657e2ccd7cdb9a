"""What the editor's form sends, cleaned."""

from typing import Any

from campaigns.personalization.push_texts import PushText
from campaigns.personalization.wording import LONGEST_LINE, LONGEST_SOURCE, Content, Wording
from retention.kit.words import one_line

_PARTS_OF_PUSH = ("text", "link", "picture", "look", "days")


def wording_from(request: Any, *, channel: str = "email") -> Wording:
    """Return what is written in one language."""
    if channel in {"push", "onsite"}:
        parts = {name: _source(request, name) for name in _PARTS_OF_PUSH}
        return Wording(one_line(request.POST.get("subject", ""), longest=LONGEST_LINE), "", str(PushText.of(parts)))
    return Wording(
        subject=one_line(request.POST.get("subject", ""), longest=LONGEST_LINE),
        preheader=one_line(request.POST.get("preheader", ""), longest=LONGEST_LINE),
        source=_source(request, "source"),
    )


def _source(request: Any, name: str) -> str:
    return str(request.POST.get(name, "")).replace("\0", "").replace("\r\n", "\n")[:LONGEST_SOURCE]


def language_of(request: Any, content: Content) -> str:
    """Return the language that is being written, of those the mail has; "" is everybody's."""
    asked = str(request.POST.get("lang", request.GET.get("lang", "")))
    return asked if asked in content.languages else ""
