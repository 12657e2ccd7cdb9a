"""The ready-made mails as data. Every sentence is true of any shop, and every one passes the checks before sending."""

from collections.abc import Mapping
from dataclasses import dataclass

from campaigns.personalization.blocks.editing import filled_in
from campaigns.personalization.blocks.kinds import BY_KEY, CART
from campaigns.personalization.ready.shell import NAME, button, festive, heading, hero, mail, opening, part, text, titled
from campaigns.personalization.ready.spoken import in_words_of, texts_of
from campaigns.personalization.wording import Wording
from retention.kit.languages import LAST_RESORT
from retention.kit.register import Register
from retention.kit.words import Phrase, gettext_noop

_SEEN, _FITS, _SOCIAL = BY_KEY["products"].source, BY_KEY["fits"].source, BY_KEY["social"].source


@dataclass(frozen=True)
class ReadyMail:
    """One ready-made mail. summary: what it is good for; the wording is Liquid and MJML."""

    key: str
    icon: str
    name: Phrase
    summary: Phrase
    subject: str
    preheader: str
    source: str


def wording_of(ready: ReadyMail, *, words: Mapping[str, str], locale: str = LAST_RESORT) -> Wording:
    """Return a ready-made mail for one store, in its language where we write it; words: what its brand kit puts in, by name."""
    said = in_words_of(texts_of(locale), Wording(ready.subject, ready.preheader, ready.source))
    return Wording(said.subject, said.preheader, filled_in(said.source, words))


READY_MAILS: Register[ReadyMail] = Register("ready-made mail")
for _one in (
    ReadyMail(
        "newsletter",
        "mail",
        Phrase(gettext_noop("Newsletter")),
        Phrase(gettext_noop("What is new in the shop, with a few things that fit each reader.")),
        "News from {{ shop.name }}",
        "What is new this month, and a few things picked for you.",
        mail(
            hero("NEWS", "What is new this month", f"Hello {NAME}, here is what we have been working on."),
            part(
                heading("Something worth telling"),
                text("Write two or three sentences here: what has changed, why it matters, and what somebody can do with it."),
                button("Have a look"),
            ),
            part(_FITS),
            part(_SOCIAL, look="bo-card", padding="0 0 16px"),
        ),
    ),
    ReadyMail(
        "new_arrivals",
        "sparkles",
        Phrase(gettext_noop("New arrivals")),
        Phrase(gettext_noop("New things, shown with picture and price.")),
        "Just in at {{ shop.name }}",
        "New on the shelf, and you see it first.",
        mail(
            hero("JUST IN", "New on the shelf", f"Hello {NAME}, there is something new, and you see it first."),
            part(
                text("We only keep what we would buy ourselves. Come and see what made it this time."),
                BY_KEY["newest"].source,
                button("See all that is new"),
            ),
        ),
    ),
    ReadyMail(
        "birthday",
        "cake",
        Phrase(gettext_noop("Birthday")),
        Phrase(gettext_noop("A greeting on the day, with something to choose from.")),
        "Happy birthday, {{ profile.first_name | default: 'friend' }}",
        "All of us wish you a good year.",
        mail(
            festive("🎂", f"Happy birthday, {NAME}", "All of us wish you a good year."),
            part(
                text("Thank you for being with us. Take your time today, and treat yourself to something you like."),
                button("Choose something"),
            ),
            part(titled(_FITS, "You might like these")),
        ),
    ),
    ReadyMail(
        "back_in_stock",
        "repeat",
        Phrase(gettext_noop("Back in stock")),
        Phrase(gettext_noop("For those who looked at something while it was gone.")),
        "What you looked at is back at {{ shop.name }}",
        "Back on the shelf, as long as it lasts.",
        mail(
            opening("It is here again", f"Hello {NAME}, what you looked at can be bought again."),
            part(_SEEN, button("Get it now")),
            part(text("It went quickly last time. We cannot keep one for you, but we wanted you to know early.")),
        ),
    ),
    ReadyMail(
        "price_drop",
        "trending-down",
        Phrase(gettext_noop("Price drop")),
        Phrase(gettext_noop("For those who looked and did not buy; shows the price before.")),
        "Something you looked at costs less now",
        "The price went down.",
        mail(
            opening("The price went down", f"Hello {NAME}, something you looked at costs less now."),
            part(_SEEN, button("See the new price"), text("Prices are as of now; the shop always has the last word.")),
        ),
    ),
    ReadyMail(
        "abandoned_cart",
        "shopping-cart",
        Phrase(gettext_noop("Abandoned basket")),
        Phrase(gettext_noop("Their basket as they left it, and one way back to it.")),
        "{{ profile.first_name | default: 'Hello' }}, your basket is still here",
        "Nothing is lost: it is just as you left it.",
        mail(
            opening("It is just as you left it", f"Hello {NAME}, you left something behind. Nothing is lost."),
            part(CART, button("Back to my basket", "{{ cart.url | default: shop.web_address }}")),
            part(text("Is anything unclear? Answer this mail; a person reads it.")),
        ),
    ),
    ReadyMail(
        "welcome",
        "hand-click",
        Phrase(gettext_noop("Welcome")),
        Phrase(gettext_noop("The first mail after somebody signed up.")),
        "Welcome to {{ shop.name }}",
        "Good to have you here. This is what to expect.",
        mail(
            hero("WELCOME", f"Good to have you here, {NAME}", "You will hear from us when there is something worth your time."),
            part(
                heading("What to expect"),
                text(
                    "<b>News</b>, when there is some.<br />\n<b>First looks</b> at what is new.<br />\n<b>No noise</b>: say stop, we stop."
                ),
                button("Look around"),
            ),
            part(titled(_FITS, "What others like")),
            part(_SOCIAL, padding="0 0 16px"),
        ),
    ),
    ReadyMail(
        "win_back",
        "history",
        Phrase(gettext_noop("Win-back")),
        Phrase(gettext_noop("For people who have not bought for a long time.")),
        "It has been a while, {{ profile.first_name | default: 'friend' }}",
        "A few things have changed since you were here.",
        mail(
            hero("LONG TIME NO SEE", f"It has been a while, {NAME}", "A few things have changed since you were here."),
            part(titled(_FITS, "What fits you today"), button("Come and see")),
            part(text("Not interested any more? Tell us below, and we write less often, or not at all.")),
        ),
    ),
):
    READY_MAILS.add(_one.key, _one)
