"""Ready-made campaigns as data: the words of a first draft, and whom it is for. One more is one more entry."""

from dataclasses import dataclass, replace
from typing import Any

from campaigns.personalization.ready.spoken import Texts
from retention.kit.register import Register
from retention.kit.words import Phrase, gettext_noop


@dataclass(frozen=True)
class ReadyMade:
    """One ready-made campaign. for_whom: which segment suits it; the words are Liquid and belong to the merchant afterwards.

    short: the same in one sentence, for a channel where every sign counts; it follows the name of the shop.
    """

    key: str
    icon: str
    name: Phrase
    summary: Phrase
    subject: str
    heading: str
    text: str
    button: str
    short: str

    def in_words_of(self, texts: Texts) -> "ReadyMade":
        """Return it in the words of another language; as it is where the language lacks one of them."""
        said = {name: getattr(self, name) for name in ("subject", "heading", "text", "button", "short")}
        if not texts.keys() >= set(said.values()):
            return self
        others: dict[str, Any] = {name: texts[words] for name, words in said.items()}
        return replace(self, **others)


_HELLO = "Hello {{ profile.first_name | default: 'there' }},"
READY_MADE: Register[ReadyMade] = Register("ready-made campaign")
for _one in (
    ReadyMade(
        key="newsletter",
        icon="mail",
        name=Phrase(gettext_noop("Newsletter")),
        summary=Phrase(gettext_noop("What is new in the shop, for everybody who allowed it.")),
        subject="News from {{ shop.name }}",
        heading="What is new this month",
        text=f"{_HELLO}\n\nhere is what we have been working on.",
        button="Have a look",
        short="what is new this month.",
    ),
    ReadyMade(
        key="new_arrivals",
        icon="sparkles",
        name=Phrase(gettext_noop("New arrivals")),
        summary=Phrase(gettext_noop("New things first for those who buy often.")),
        subject="Just in at {{ shop.name }}",
        heading="New on the shelf",
        text=f"{_HELLO}\n\nthere is something new on the shelf, and you see it first.",
        button="See what is new",
        short="something new is on the shelf, and you see it first.",
    ),
    ReadyMade(
        key="birthday",
        icon="cake",
        name=Phrase(gettext_noop("Birthday")),
        summary=Phrase(gettext_noop("A greeting; choose the segment of those whose day it is.")),
        subject="Happy birthday, {{ profile.first_name | default: 'friend' }}",
        heading="It is your day",
        text=f"{_HELLO}\n\nall of us wish you a good year.",
        button="Choose something",
        short="happy birthday, {{ profile.first_name | default: 'friend' }}. All of us wish you a good year.",
    ),
    ReadyMade(
        key="back_in_stock",
        icon="repeat",
        name=Phrase(gettext_noop("Back in stock")),
        summary=Phrase(gettext_noop("For those who looked at it while it was gone.")),
        subject="It is back",
        heading="Back on the shelf",
        text=f"{_HELLO}\n\nwhat you looked at is here again.",
        button="Get it now",
        short="what you looked at is here again.",
    ),
    ReadyMade(
        key="price_drop",
        icon="tag",
        name=Phrase(gettext_noop("Price drop")),
        summary=Phrase(gettext_noop("For those who looked and did not buy.")),
        subject="Now for less",
        heading="The price went down",
        text=f"{_HELLO}\n\nsomething you looked at costs less now.",
        button="See the new price",
        short="something you looked at costs less now.",
    ),
):
    READY_MADE.add(_one.key, _one)
