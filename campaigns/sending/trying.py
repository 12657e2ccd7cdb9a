"""A message as it would leave, sent for real to people of the shop to look at: marked as a test, and in no figure.

It is rendered for the example person and goes by the store's own connection. No message row is written, so nothing can count it, and its
links are those of the message itself, not tracked ones.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.utils.translation import gettext as _

from campaigns.channels import CHANNELS, Account, Answer, Outcome, Outgoing
from campaigns.channels.email.mime import CannotBuild, Mail, build
from campaigns.channels.push.encrypting import LONGEST_PLAIN
from campaigns.channels.push.providers.webpush import SUBSCRIPTIONS
from campaigns.channels.sms.segments import count_segments, made_plain
from campaigns.models import Sender
from campaigns.personalization.push_texts import parts_of
from campaigns.personalization.render import CannotRender, Rendered
from campaigns.personalization.wording import Wording
from campaigns.sending.accounts import NoAccount, account_for
from campaigns.sending.assembling.push import payload_of
from campaigns.sending.assembling.sms import MOST_SEGMENTS, with_hint
from campaigns.sending.browsers import as_secret, browsers_at
from campaigns.sending.connecting import TEST_SECONDS, mail_host
from campaigns.sending.previewing import preview
from campaigns.sending.reasons import words_of
from retention.customers.consent import is_suppressed
from retention.stores.models import Store

MOST_PEOPLE = 10
TRIED = ("email", "sms", "push")
"""The channels a test can be sent by; what waits on the site is looked at where it is written."""
Make = Callable[[str], Outgoing]
_PREVIEW_WAY_OUT = "https://preview.invalid/unsubscribe"


def send_trial(
    store: Store,
    wording: Wording,
    kind: str,
    *,
    channel: str = "email",
    to: Iterable[str],
    sender: Sender | None = None,
    language: str = "",
    now: datetime,
) -> dict[str, Answer]:
    """Send a message to these people, at most ten, and return the provider's answer for each. Call it outside a transaction.

    to: e-mail addresses; for an SMS numbers as E.164, for a push message the e-mail addresses of customers with a browser. All of them
    share one deadline; who had no turn is answered so. language: in which of its further languages the wording is, "" for everybody's; the
    message says which, and the fixed words around it are in that language too.
    """
    wanted = list(dict.fromkeys(to))[:MOST_PEOPLE]
    made = preview(wording, kind, store=store, customer=None, language=language, now=now)
    if isinstance(made, CannotRender):
        return dict.fromkeys(wanted, Answer(Outcome.REFUSED, detail=made.detail or words_of(made.reason, channel=channel).render(_)))
    try:
        account = account_for(store, channel=channel)
    except NoAccount as error:
        return dict.fromkeys(wanted, Answer(Outcome.NOT_SENT, detail=words_of(error.reason, channel=channel).render(_)))
    make = _maker(made, account, channel=channel, sender=sender, store=store, language=language, now=now)
    deadline = time.monotonic() + TEST_SECONDS
    answers: dict[str, Answer] = {}
    session = CHANNELS[channel].provider(account.provider).open(account)
    try:
        for address in wanted:
            try:
                answers[address] = session.send(make(address), deadline=deadline)
            except CannotBuild as error:
                answers[address] = Answer(Outcome.REFUSED, detail=str(error))
    finally:
        session.close()
    return answers


def _maker(made: Rendered, account: Account, *, channel: str, sender: Sender | None, store: Store, language: str, now: datetime) -> Make:
    """Return what makes one person's message; it raises CannotBuild with what is wrong."""
    if channel == "sms":
        return lambda number: _text(made, account, number, store=store, language=language)
    if channel == "push":
        return lambda address: _push(made, account, address, language=language, now=now)
    return lambda address: _mail(made, account, address, sender=sender, language=language, now=now)


def _mail(made: Rendered, account: Account, address: str, *, sender: Sender | None, language: str, now: datetime) -> Outgoing:
    from_name, from_address = (sender.name, sender.address) if sender else (account.from_name, account.from_address)
    key, subject = uuid4().hex, _marked(made.subject, language)[:300]
    mail = Mail(key, mail_host(), from_name, from_address, "", address, subject, made.text, made.html, now)
    return Outgoing(key, from_address, address, build(mail))


def _text(made: Rendered, account: Account, number: str, *, store: Store, language: str) -> Outgoing:
    """Return the SMS with the word on how to stop that a real one carries."""
    if is_suppressed(number, channel="sms"):
        raise CannotBuild(words_of("suppressed", channel="sms").render(_))
    said = made.text.replace("\0", "").strip()
    if not said:
        raise CannotBuild(words_of("empty_text").render(_))
    hinted = with_hint(said, language=language or store.locale, way_out=_PREVIEW_WAY_OUT, account=account)
    text = made_plain(_marked(hinted, language))
    if count_segments(text).segments > MOST_SEGMENTS:
        raise CannotBuild(words_of("sms_too_long").render(_))
    return Outgoing(uuid4().hex, str(account.settings.get("from", "")) or account.from_name, number, text.encode("utf-8", "replace"))


def _push(made: Rendered, account: Account, address: str, *, language: str, now: datetime) -> Outgoing:
    browsers = browsers_at(address, now=now)
    if not browsers and not account.trusted:
        raise CannotBuild(_("no browser of theirs takes push messages of your shop"))
    said, key, title = parts_of(made), uuid4().hex, _marked(made.subject.replace("\0", "").strip(), language)
    if not said.text:
        raise CannotBuild(words_of("empty_text").render(_))
    link = said.link if said.link.startswith(("https://", "http://")) else settings.SITE_URL
    content = payload_of(key, title, replace(said, link=link), link=link, icon="")
    if len(content) > LONGEST_PLAIN:
        raise CannotBuild(words_of("push_too_long").render(_))
    return Outgoing(key, account.from_name, address, content, title=title[:300], secrets={SUBSCRIPTIONS: as_secret(browsers)})


def _marked(text: str, language: str) -> str:
    """Return a text that says it is a test, and of which translation."""
    if not language:
        return _("[Test] %(subject)s") % {"subject": text}
    return _("[Test: %(language)s] %(subject)s") % {"subject": text, "language": language}
