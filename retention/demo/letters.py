"""Reading the test inbox from the receiving side: only what the SMTP server wrote down counts as received."""

import email
import email.policy
import re
from email.message import EmailMessage
from pathlib import Path

_LINK = re.compile(r'href="(http[^"]+)"')


CHANNEL = "X-Boomerang-Channel"


def letters_to(folder: Path, address: str, *, channel: str = "email") -> list[EmailMessage]:
    """Return what the inbox holds for one address on one channel, oldest first; a phone number is the address of SMS."""
    found = []
    for path in sorted(folder.rglob("*.eml"), key=lambda each: each.stat().st_mtime_ns):
        letter = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        if address in str(letter.get("To", "")).lower() and letter.get(CHANNEL, "email") == channel:
            found.append(letter)
    return found


def clickable(letter: EmailMessage, *, begins: str) -> list[str]:
    """Return the links in a mail's HTML part that begin with this address, in order and once each."""
    part = letter.get_body(("html",))
    html = part.get_content() if part is not None else ""
    return list(dict.fromkeys(link.replace("&amp;", "&") for link in _LINK.findall(html) if link.startswith(begins)))
