"""Ready-made messages of any channel as data: the recovery plan and the playbooks bring theirs along.

Made once in a store, and the merchant's own from then on. Every sentence is true of any shop.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from campaigns.models import Template
from campaigns.personalization.blocks.editing import filled_in
from campaigns.personalization.brands import ready_words
from campaigns.personalization.push_texts import PushText
from campaigns.personalization.ready.shell import NAME, SHOP, button, mail, opening, part
from campaigns.personalization.ready.spoken import in_words_of, says_all, texts_of
from campaigns.personalization.saving import save_version
from campaigns.personalization.wording import Wording
from retention.kit.words import Phrase
from retention.stores.models import Store


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

    @property
    def wording(self) -> Wording:
        """Return what it says, in English."""
        return Wording(self.subject, self.preheader, self.source)


def letter(words: str, said: str, pressed: str, *more: str, href: str = SHOP) -> str:
    """Return the MJML of a quiet mail: a heading, a sentence with the person's name, what else stands in it, and one button."""
    return mail(opening(words, f"Hello {NAME}, {said}"), part(*more, button(pressed, href)))


def short(words: str, link: str = SHOP) -> str:
    """Return the source of a push message."""
    return str(PushText(text=words, link=link))


def add_messages(messages: Sequence[ReadyMessage], store: Store, *, now: datetime) -> None:
    """Make messages in the active store, all in its language, or all in English where a sentence of one is missing.

    One whose key is there already is left as it is. Runs in the caller's transaction.
    """
    there = set(Template.objects.filter(key__in=[one.key for one in messages]).values_list("key", flat=True))
    words, texts = ready_words(store), texts_of(store.locale)
    texts = texts if all(says_all(texts, one.wording, kind=one.kind) for one in messages) else {}
    for one in messages:
        if one.key in there:
            continue
        template = Template(key=one.key, name=one.name.render(gettext), channel=one.channel, created_at=now)
        template.save()
        said = in_words_of(texts, one.wording, kind=one.kind)
        source = filled_in(said.source, words) if one.kind == "mjml" else said.source
        save_version(template, subject=said.subject, source=source, preheader=said.preheader, kind=one.kind, now=now)
