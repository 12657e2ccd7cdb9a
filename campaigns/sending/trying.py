"""A mail as it would leave, sent for real to people of the shop to look at: marked as a test, and in no figure.

It is rendered for the example person and goes by the store's own connection. No message row is written, so nothing can count it, and its
links are those of the mail itself, not tracked ones.
"""

import time
from collections.abc import Iterable
from datetime import datetime
from uuid import uuid4

from django.utils.translation import gettext as _

from campaigns.channels import CHANNELS, Answer, Outcome, Outgoing
from campaigns.channels.email.mime import CannotBuild, Mail, build
from campaigns.models import Sender
from campaigns.personalization.render import CannotRender
from campaigns.personalization.wording import Wording
from campaigns.sending.accounts import NoAccount, account_for
from campaigns.sending.connecting import TEST_SECONDS, mail_host
from campaigns.sending.previewing import preview
from campaigns.sending.reasons import words_of
from retention.stores.models import Store

MOST_PEOPLE = 10


def send_trial(
    store: Store, wording: Wording, kind: str, *, to: Iterable[str], sender: Sender | None = None, now: datetime
) -> dict[str, Answer]:
    """Send a mail to these addresses, at most ten, and return the provider's answer for each. Call it outside a transaction.

    All of them share one deadline; who had no turn is answered so.
    """
    wanted = list(dict.fromkeys(to))[:MOST_PEOPLE]
    made = preview(wording, kind, store=store, customer=None, now=now)
    if isinstance(made, CannotRender):
        return dict.fromkeys(wanted, Answer(Outcome.REFUSED, detail=made.detail or words_of(made.reason).render(_)))
    try:
        account = account_for(store, channel="email")
    except NoAccount as error:
        return dict.fromkeys(wanted, Answer(Outcome.NOT_SENT, detail=words_of(error.reason).render(_)))
    from_name, from_address = (sender.name, sender.address) if sender else (account.from_name, account.from_address)
    subject = _("[Test] %(subject)s") % {"subject": made.subject}
    deadline = time.monotonic() + TEST_SECONDS
    answers: dict[str, Answer] = {}
    session = CHANNELS["email"].provider(account.provider).open(account)
    try:
        for address in wanted:
            key = uuid4().hex
            mail = Mail(key, mail_host(), from_name, from_address, "", address, subject[:300], made.text, made.html, now)
            try:
                answers[address] = session.send(Outgoing(key, from_address, address, build(mail)), deadline=deadline)
            except CannotBuild as error:
                answers[address] = Answer(Outcome.REFUSED, detail=str(error))
    finally:
        session.close()
    return answers
