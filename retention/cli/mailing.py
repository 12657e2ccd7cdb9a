"""The product's own mail in the terminal of ./run serve: whom it went to and the links in it, so that nobody looks for them elsewhere."""

import re
from contextlib import suppress
from pathlib import Path

from retention.cli.saying import Voice
from retention.inbox.keeping import PRODUCT
from retention.inbox.reading import Heading, list_mails, read_mail

MOST_AT_ONCE = 50
_BROKEN = (OSError, ValueError, LookupError, AttributeError, TypeError, RecursionError)
"""What a mail nobody can read, a file that is gone or a terminal that is may raise: nothing to end all services for."""


class Mails:
    """What comes into the product's folder of the test inbox from now on. url: of the product; other addresses are not said."""

    def __init__(self, inbox: Path, *, url: str) -> None:
        self._inbox, self._link = inbox, re.compile(re.escape(url) + r"/\S+")
        self._changed_at, self._said = -1, set[str]()
        with suppress(*_BROKEN):
            self._said = {heading.name for heading in self._fresh()}

    def tell(self, voice: Voice) -> None:
        """Say what has come since the last call, oldest first. A mail that cannot be said is passed over, and nothing is raised for it."""
        fresh: list[Heading] = []
        with suppress(*_BROKEN):
            fresh = self._fresh()
        for heading in reversed(fresh):
            self._said.add(heading.name)
            with suppress(*_BROKEN):
                self._say(heading, voice)

    def _say(self, heading: Heading, voice: Voice) -> None:
        voice.line(_plain(f" Mail to {heading.recipient}: {heading.subject}"))
        mail = read_mail(self._inbox, name=PRODUCT, mail=heading.name)
        for link in self._link.findall(mail.text if mail else ""):
            voice.line(_plain(f"   {link}"))

    def _fresh(self) -> list[Heading]:
        """Return what was not said yet, newest first; nothing where the folder is as it was at the last call."""
        folder = self._inbox / PRODUCT
        changed_at = folder.stat().st_mtime_ns if folder.is_dir() else 0
        if changed_at == self._changed_at:
            return []
        found = [one for one in list_mails(self._inbox, name=PRODUCT, limit=MOST_AT_ONCE) if one.name not in self._said]
        self._changed_at = changed_at
        return found


def _plain(text: str) -> str:
    """Return the text without what a terminal would obey: anybody may write a mail's address or name."""
    return "".join(letter for letter in text if letter.isprintable())
