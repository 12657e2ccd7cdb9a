"""The messages of the plan a store begins with, as data: made once, and the merchant's own from then on."""

from campaigns.personalization.blocks.kinds import BY_KEY, CART
from campaigns.personalization.push_texts import PushText
from campaigns.personalization.ready.messages import ReadyMessage, letter
from campaigns.personalization.ready.shell import text
from retention.kit.words import Phrase, gettext_noop

_BASKET = "{{ cart.url | default: shop.web_address }}"


def _basket(words: str, said: str, pressed: str, *more: str) -> str:
    return letter(words, said, pressed, *more, href=_BASKET)


MESSAGES: tuple[ReadyMessage, ...] = (
    ReadyMessage(
        "recovery-push",
        Phrase(gettext_noop("Recovery: push")),
        "push",
        "Still here for you",
        str(PushText(text="What you looked at is where you left it.", link="{{ shop.web_address }}")),
    ),
    ReadyMessage(
        "recovery-sms",
        Phrase(gettext_noop("Recovery: SMS")),
        "sms",
        "",
        "{{ shop.name }}: what you chose is still there for you. {{ shop.web_address }}",
    ),
    ReadyMessage(
        "recovery-mail",
        Phrase(gettext_noop("Recovery: basket")),
        "email",
        "Your basket is as you left it",
        _basket("Your basket is as you left it", "here is what you chose. It takes one step to have it.", "Back to my basket", CART),
        "Nothing is lost.",
    ),
    ReadyMessage(
        "recovery-talk",
        Phrase(gettext_noop("Recovery: talk")),
        "onsite",
        "Can we help you decide?",
        str(PushText(text="Ask us anything about what you looked at. We answer today.", link="{{ shop.web_address }}", look="slide")),
    ),
    ReadyMessage(
        "recovery-back",
        Phrase(gettext_noop("Recovery: what they looked at")),
        "email",
        "Is it still on your mind?",
        letter(
            "Is it still on your mind?",
            "this is what you looked at last.",
            "Have another look",
            BY_KEY["products"].source,
            href="{{ shop.web_address }}",
        ),
        "What you looked at last.",
    ),
    ReadyMessage(
        "recovery-answers",
        Phrase(gettext_noop("Recovery: answers")),
        "email",
        "Questions before you decide?",
        letter(
            "Questions before you decide?",
            "you took your time, and that is right. Tell us what you would like to know.",
            "To the shop",
            text("Delivery, returns, sizes, or which one suits you: answer this mail, and a person writes back."),
            href="{{ shop.web_address }}",
        ),
        "Answer this mail, and a person writes back.",
    ),
    ReadyMessage(
        "recovery-gift",
        Phrase(gettext_noop("Recovery: a reason to come back")),
        "email",
        "Something off your basket",
        _basket("Something off your basket", "your basket waits, and this makes it cheaper.", "Use it now", CART, BY_KEY["coupon"].source),
        "A code of your own.",
    ),
    ReadyMessage(
        "recovery-shipping",
        Phrase(gettext_noop("Recovery: shipping cost")),
        "email",
        "About the shipping cost",
        _basket(
            "About the shipping cost",
            "you stopped where the shipping cost shows. Your basket is still there.",
            "Back to my basket",
            CART,
            text("If you have a question about delivery, answer this mail."),
        ),
        "Your basket is still there.",
    ),
    ReadyMessage(
        "recovery-payment",
        Phrase(gettext_noop("Recovery: payment")),
        "email",
        "Your payment did not go through",
        _basket(
            "Your payment did not go through",
            "nothing was taken, and your basket is still there. Another way to pay often helps.",
            "Try again",
            CART,
        ),
        "Nothing was taken.",
    ),
    ReadyMessage(
        "recovery-in-stock",
        Phrase(gettext_noop("Recovery: back in stock")),
        "email",
        "What you wanted is back",
        letter(
            "What you wanted is back",
            "{{ event.name | default: 'what you wanted' }} can be bought again. It was sold out when you looked at it.",
            "Get it now",
            href="{{ event.url | default: shop.web_address }}",
        ),
        "Back on the shelf, as long as it lasts.",
    ),
)
