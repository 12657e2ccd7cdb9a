"""A push message is written in four lines: title, text, link, picture; each is Liquid, checked before it is saved.

As a version the title is its subject, its source is the three others as JSON, and its text is the three with a separator between them, so
that one rendering makes them all.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from campaigns.personalization.compiling import Compiled
from campaigns.personalization.render import Rendered, TemplateFault, check

LONGEST_TITLE, LONGEST_TEXT, LONGEST_ADDRESS = 300, 2000, 2000
SHOWN_TITLE, SHOWN_TEXT = 50, 120
"""What the narrowest screens show of each before they cut it off."""
_BETWEEN = "\x1e"


@dataclass(frozen=True)
class PushText:
    """What a push message says beside its title. link: where a click leads; picture: the address of a wide one, or nothing.

    look, days: of a message on the site: bar, slide or modal, and after how many days it comes again while nobody closed or clicked it.
    """

    text: str = ""
    link: str = ""
    picture: str = ""
    look: str = ""
    days: str = ""

    @property
    def every_days(self) -> int:
        """Return after how many days it may come again; 0 for once."""
        return min(int(self.days), 365) if self.days.isascii() and self.days.isdigit() and len(self.days) < 5 else 0

    @classmethod
    def read(cls, source: str) -> "PushText":
        """Return what `str` wrote; what cannot be read is empty."""
        try:
            told = json.loads(source) if source else {}
        except ValueError:
            told = {}
        return cls.of(told if isinstance(told, dict) else {})

    @classmethod
    def of(cls, told: Mapping[str, object]) -> "PushText":
        """Return it from its parts; what is missing is empty."""
        return cls(*(str(told.get(name) or "").replace(_BETWEEN, "") for name in ("text", "link", "picture", "look", "days")))

    def __str__(self) -> str:
        """Return it as a version keeps it."""
        more = {name: value for name, value in (("look", self.look), ("days", self.days)) if value}
        return json.dumps({"text": self.text, "link": self.link, "picture": self.picture, **more}, ensure_ascii=False)


def compile_push(*, subject: str, source: str) -> Compiled:
    """Check a push message and return it as a version stores it; raises TemplateFault with the first thing that is wrong."""
    told = PushText.read(source)
    if not subject.strip():
        raise TemplateFault("the title is empty")
    if not told.text.strip():
        raise TemplateFault("the text is empty")
    if not told.link.strip():
        raise TemplateFault("the link is empty")
    for part, most in ((subject, LONGEST_TITLE), (told.text, LONGEST_TEXT), (told.link, LONGEST_ADDRESS), (told.picture, LONGEST_ADDRESS)):
        if len(part) > most:
            raise TemplateFault(f"a part is longer than {most} signs")
        check(part)
    for address in (told.link, told.picture):
        if address.strip() and not address.strip().startswith(("https://", "http://", "{{")):
            raise TemplateFault("a link or picture begins with https://")
    return Compiled(html="", text=_BETWEEN.join((told.text.strip(), told.link.strip(), told.picture.strip())))


def parts_of(rendered: Rendered) -> PushText:
    """Return the three parts of a rendered push message."""
    text, link, picture = [*rendered.text.rsplit(_BETWEEN, 2), "", ""][:3]
    return PushText(text.replace(_BETWEEN, "").strip(), link.strip(), picture.strip())
