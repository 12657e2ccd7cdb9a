"""Reading a received mail: its text and the link in it."""

import re
from email.message import Message


def text_of(mail: Message) -> str:
    """Return the plain text."""
    part = next(part for part in mail.walk() if part.get_content_type() == "text/plain")
    return part.get_payload(decode=True).decode()  # type: ignore[union-attr]


def link_in(mail: Message) -> str:
    """Return the path of the one link in the plain text."""
    [link] = set(re.findall(r"https?://[^/\s]+(/\S+)", text_of(mail)))
    return link
