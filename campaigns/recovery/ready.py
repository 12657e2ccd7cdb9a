"""The messages of the plan a store begins with, as data: made once, and the merchant's own from then on."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from campaigns.models import Template
from campaigns.personalization.blocks.editing import filled_in
from campaigns.personalization.blocks.kinds import BUTTON, BY_KEY, CART
from campaigns.personalization.brands import ready_words
from campaigns.personalization.push_texts import PushText
from campaigns.personalization.ready.shell import mail, opening, part, text
from campaigns.personalization.saving import save_version
from retention.kit.words import Phrase, gettext_noop
from retention.stores.models import Store

_NAME = "{{ profile.first_name | default: 'there' }}"
_BASKET = "{{ cart.url | default: shop.web_address }}"


@dataclass(frozen=True)
class ReadyMessage:
    """One message: its key, name, channel, and its words in Liquid; `source` is MJML, a text, or a push message as JSON."""

    key: str
    name: Phrase
    channel: str
    subject: str
    source: str
    preheader: str = ""

    @property
    def kind(self) -> str:
        """Return the kind of its version."""
        return {"email": "mjml", "sms": "text"}.get(self.channel, "push")


def _mail(words: str, said: str, button: str, *more: str, href: str = _BASKET) -> str:
    pressed = BUTTON.replace(">To the shop<", f">{button}<").replace("{{ shop.web_address }}", href)
    return mail(opening(words, f"Hello {_NAME}, {said}"), part(*more, pressed))


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
        _mail("Your basket is as you left it", "here is what you chose. It takes one step to have it.", "Back to my basket", CART),
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
        _mail(
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
        _mail(
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
        _mail("Something off your basket", "your basket waits, and this makes it cheaper.", "Use it now", CART, BY_KEY["coupon"].source),
        "A code of your own.",
    ),
    ReadyMessage(
        "recovery-shipping",
        Phrase(gettext_noop("Recovery: shipping cost")),
        "email",
        "About the shipping cost",
        _mail(
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
        _mail(
            "Your payment did not go through",
            "nothing was taken, and your basket is still there. Another way to pay often helps.",
            "Try again",
            CART,
        ),
        "Nothing was taken.",
    ),
    ReadyMessage(
        "recovery-sold-out",
        Phrase(gettext_noop("Recovery: sold out")),
        "email",
        "It is sold out for now",
        _mail(
            "It is sold out for now",
            "what you wanted is gone for the moment. These come close.",
            "See more",
            BY_KEY["fits"].source,
            href="{{ shop.web_address }}",
        ),
        "These come close.",
    ),
)


def add_messages(store: Store, *, now: datetime) -> None:
    """Make the plan's messages in the active store; one whose key is there already is left as it is. Runs in the caller's transaction."""
    there = set(Template.objects.filter(key__in=[one.key for one in MESSAGES]).values_list("key", flat=True))
    words = ready_words(store)
    for one in MESSAGES:
        if one.key in there:
            continue
        template = Template(key=one.key, name=one.name.render(gettext), channel=one.channel, created_at=now)
        template.save()
        source = filled_in(one.source, words) if one.kind == "mjml" else one.source
        save_version(template, subject=one.subject, source=source, preheader=one.preheader, kind=one.kind, now=now)
