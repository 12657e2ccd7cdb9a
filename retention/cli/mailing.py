"""The product's own mail in the terminal of ./run serve: whom it went to and the links in it, so that nobody looks for them elsewhere."""

import re
from pathlib import Path

from retention.cli.saying import Voice
from retention.inbox.keeping import PRODUCT
from retention.inbox.reading import list_mails, read_mail

MOST_AT_ONCE = 50


class Mails:
    """What comes into the product's folder of the test inbox from now on. url: of the product; other addresses are not said."""

    def __init__(self, inbox: Path, *, url: str) -> None:
        self._inbox, self._link = inbox, re.compile(re.escape(url) + r"/\S+")
        self._changed_at = self._looked_at()
        self._said = {heading.name for heading in list_mails(inbox, name=PRODUCT, limit=MOST_AT_ONCE)}

    def tell(self, voice: Voice) -> None:
        """Say what has come since the last call, oldest first."""
        changed_at = self._looked_at()
        if changed_at == self._changed_at:
            return
        self._changed_at = changed_at
        fresh = [one for one in list_mails(self._inbox, name=PRODUCT, limit=MOST_AT_ONCE) if one.name not in self._said]
        for heading in reversed(fresh):
            self._said.add(heading.name)
            mail = read_mail(self._inbox, name=PRODUCT, mail=heading.name)
            voice.line(_plain(f" Mail to {heading.recipient}: {heading.subject}"))
            for link in self._link.findall(mail.text if mail else ""):
                voice.line(_plain(f"   {link}"))

    def _looked_at(self) -> int:
        folder = self._inbox / PRODUCT
        return folder.stat().st_mtime_ns if folder.is_dir() else 0


def _plain(text: str) -> str:
    """Return the text without what a terminal would obey: anybody may write a mail's address or name."""
    return "".join(letter for letter in text if letter.isprintable())
