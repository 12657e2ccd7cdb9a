"""What the editor's form sends, cleaned."""

from typing import Any

from campaigns.personalization.wording import LONGEST_LINE, LONGEST_SOURCE, Content, Wording
from retention.kit.words import one_line


def wording_from(request: Any) -> Wording:
    """Return what is written in one language."""
    return Wording(
        subject=one_line(request.POST.get("subject", ""), longest=LONGEST_LINE),
        preheader=one_line(request.POST.get("preheader", ""), longest=LONGEST_LINE),
        source=request.POST.get("source", "").replace("\0", "").replace("\r\n", "\n")[:LONGEST_SOURCE],
    )


def language_of(request: Any, content: Content) -> str:
    """Return the language that is being written, of those the mail has; "" is everybody's."""
    asked = str(request.POST.get("lang", request.GET.get("lang", "")))
    return asked if asked in content.languages else ""
