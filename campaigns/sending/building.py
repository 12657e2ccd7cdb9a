"""From reserved rows to complete messages: contexts, rendering, assembling by channel. Decides nothing and sends nothing.

A message that cannot be made fails alone, with its reason (S33).
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import Any

from campaigns.channels import Account
from campaigns.models import Message
from campaigns.personalization.link_sets import ids_of
from campaigns.personalization.render import CannotRender, Rendered
from campaigns.sending.assembling import Built, address_of, assemble
from campaigns.sending.assembling.email import links_of_emails
from campaigns.sending.browsers import attach_browsers
from campaigns.sending.gate import Wanted
from campaigns.sending.lending import renderer
from campaigns.sending.rendering import Job
from campaigns.sending.truths import Shown, look
from retention.customers.consent import address_digest
from retention.stores.models import Store


class Making:
    """Messages that are being made, from here until they are asked for, while something else is done. `drop` what is not asked for.

    found: their contexts. Those that are not true any more are not rendered.
    """

    def __init__(self, messages: Sequence[Message], found: Mapping[int, dict[str, Any]], *, store: Store, now: datetime) -> None:
        by_push = [message.customer for message in messages if message.channel == "push"]
        if by_push:
            attach_browsers(by_push, now=now)
        self._shown = look(messages, found, store=store, now=now)
        blocked = {pk for pk, one in self._shown.items() if one.blocked}
        self._blocked = [message for message in messages if message.id in blocked]
        self._texts = Texts([message for message in messages if message.id not in blocked] if blocked else messages, found)

    def built(self, *, account: Account, now: datetime) -> tuple[dict[int, Built], dict[int, CannotRender]]:
        """Return every message that could be made or is not true; the second dict says which could not be made, and why."""
        built, failed = self._texts.built(account=account, now=now)
        fixed = {id(one.wanted.fixed): one.wanted.fixed for one in built.values()}  # of a template's mails it is the same object
        rows = ids_of(fixed.values())
        link_sets = {which: rows.get(targets) for which, targets in fixed.items()}
        for pk, one in built.items():
            wanted = one.wanted
            wanted.shown, wanted.link_set = self._shown.get(pk), link_sets[id(wanted.fixed)]
        blocked = {one.pk: Built(None, _wanted_of(one, self._shown[one.pk])) for one in self._blocked}
        return built | blocked, failed

    def drop(self) -> None:
        """Let them go: nobody wants them any more."""
        self._texts.drop()


def _wanted_of(message: Message, shown: Shown) -> Wanted:
    """Return what the gate must know of a message that is not even rendered: what it would say is not true."""
    address = address_of(message.customer, message.channel)
    return Wanted(address_digest(address) if address else "", bool(address), subject="", targets=(), shown=shown)


class Texts:
    """Messages whose texts a render process makes; it is borrowed until they are asked for. found: their contexts."""

    def __init__(self, messages: Sequence[Message], found: Mapping[int, Mapping[str, Any]]) -> None:
        self._found = found
        self._messages, self._unreachable = list[Message](), list[Message]()
        for message in messages:
            (self._messages if address_of(message.customer, message.channel) else self._unreachable).append(message)
        jobs = _jobs(self._messages, found)
        with ExitStack() as borrowing:
            self._process = borrowing.enter_context(renderer())
            self._begun = self._process.begin(jobs)
            self._borrowing = borrowing.pop_all()

    def _rendered(self) -> list[Rendered | CannotRender]:
        with self._borrowing:
            return self._process.finish(self._begun)

    def built(self, *, account: Account, now: datetime) -> tuple[dict[int, Built], dict[int, CannotRender]]:
        """Return the messages with their texts: tracked links and the whole mail."""
        built = {one.id: Built(None, Wanted(digest="", has_address=False, subject="", targets=())) for one in self._unreachable}
        failed: dict[int, CannotRender] = {}
        for message, rendered in zip(self._messages, self._rendered(), strict=True):
            result = rendered if isinstance(rendered, CannotRender) else assemble(message, rendered, self._found[message.id], account, now)
            if isinstance(result, CannotRender):
                failed[message.id] = result
            else:
                built[message.id] = result
        return built, failed

    def drop(self) -> None:
        """Give the process back, and end what it is at."""
        with self._borrowing:
            self._process.stop()


def _jobs(messages: Sequence[Message], found: Mapping[int, Mapping[str, Any]]) -> list[Job]:
    """Return what is to be rendered, in the same order. What is the same for many, their template in their language, is looked up once."""
    known: dict[tuple[int, str], tuple[str, dict[str, str]]] = {}
    templates = list[tuple[str, dict[str, str]]]()
    for message in messages:
        version, wanted = message.template_version, message.customer.language
        place = (version.id, wanted)
        template = known.get(place)
        if template is None:
            language, parts = version.parts_for(wanted)
            template = known[place] = f"{message.store_id}.{version.id}.{language}", parts
        templates.append(template)
    mails = [
        (message, found[message.id], parts) for message, (_, parts) in zip(messages, templates, strict=True) if message.channel == "email"
    ]
    links = dict(zip([message.id for message, _, _ in mails], links_of_emails(mails), strict=True))
    return [Job(name, parts, found[message.id], links.get(message.id)) for message, (name, parts) in zip(messages, templates, strict=True)]
