"""Ready-made campaigns as data: the words of a first draft, and whom it is for. One more is one more entry."""

from dataclasses import dataclass

from retention.kit.register import Register
from retention.kit.words import Phrase, gettext_noop


@dataclass(frozen=True)
class ReadyMade:
    """One ready-made campaign. for_whom: which segment suits it; the words are Liquid and belong to the merchant afterwards."""

    key: str
    icon: str
    name: Phrase
    summary: Phrase
    subject: str
    heading: str
    text: str
    button: str


_HELLO = "Hello {{ profile.first_name | default: 'there' }},"
READY_MADE: Register[ReadyMade] = Register("ready-made campaign")
for _one in (
    ReadyMade(
        "newsletter", "mail", Phrase(gettext_noop("Newsletter")), Phrase(gettext_noop("What is new in the shop, for everybody who allowed it.")),
        "News from {{ shop.name }}", "What is new this month", f"{_HELLO}\n\nhere is what we have been working on.", "Have a look",
    ),
    ReadyMade(
        "new_arrivals", "sparkles", Phrase(gettext_noop("New arrivals")), Phrase(gettext_noop("New things first for those who buy often.")),
        "Just in at {{ shop.name }}", "New on the shelf", f"{_HELLO}\n\nthese have just arrived, and you see them first.", "See what is new",
    ),
    ReadyMade(
        "birthday", "cake", Phrase(gettext_noop("Birthday")), Phrase(gettext_noop("A greeting; choose the segment of those whose day it is.")),
        "Happy birthday, {{ profile.first_name | default: 'friend' }}", "It is your day", f"{_HELLO}\n\nall of us wish you a good year.",
        "Choose something",
    ),
    ReadyMade(
        "back_in_stock", "repeat", Phrase(gettext_noop("Back in stock")), Phrase(gettext_noop("For those who looked at it while it was gone.")),
        "It is back", "Back on the shelf", f"{_HELLO}\n\nwhat you looked at is here again.", "Get it now",
    ),
    ReadyMade(
        "price_drop", "tag", Phrase(gettext_noop("Price drop")), Phrase(gettext_noop("For those who looked and did not buy.")),
        "Now for less", "The price went down", f"{_HELLO}\n\nsomething you looked at costs less now.", "See the new price",
    ),
):  # fmt: skip
    READY_MADE.add(_one.key, _one)
