"""From reserved rows to complete messages: contexts, rendering, assembling by channel. Decides nothing and sends nothing.

A message that cannot be made fails alone, with its reason (S33).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from campaigns.channels import Account
from campaigns.models import Message
from campaigns.personalization.link_sets import ids_of
from campaigns.personalization.render import CannotRender, Rendered
from campaigns.sending.assembling import Built, address_of, assemble
from campaigns.sending.assembling.email import links_of_email
from campaigns.sending.browsers import attach_browsers
from campaigns.sending.gate import Wanted
from campaigns.sending.rendering import Job, renderer
from campaigns.sending.truths import Shown, look
from retention.customers.consent import address_digest
from retention.stores.models import Store


def build_all(
    messages: Sequence[Message], found: Mapping[int, dict[str, Any]], *, store: Store, account: Account, now: datetime
) -> tuple[dict[int, Built], dict[int, CannotRender]]:
    """Build every message that is still true; the second dict says which could not be made, and why. found: their contexts."""
    by_push = [message.customer for message in messages if message.channel == "push"]
    if by_push:
        attach_browsers(by_push, now=now)
    shown = look(messages, found, store=store, now=now)
    built, failed = build_from([one for one in messages if not _blocked(one, shown)], found, account=account, now=now)
    link_sets = ids_of(one.wanted.fixed for one in built.values())
    for pk, one in built.items():
        one.wanted.shown, one.wanted.link_set = shown.get(pk), link_sets.get(one.wanted.fixed)
    blocked = {one.pk: Built(None, _wanted_of(one, shown[one.pk])) for one in messages if _blocked(one, shown)}
    return built | blocked, failed


def _blocked(message: Message, shown: Mapping[int, Shown]) -> bool:
    return message.id in shown and bool(shown[message.id].blocked)


def _wanted_of(message: Message, shown: Shown) -> Wanted:
    """Return what the gate must know of a message that is not even rendered: what it would say is not true."""
    address = address_of(message.customer, message.channel)
    return Wanted(address_digest(address) if address else "", bool(address), subject="", targets=(), shown=shown)


def build_from(
    messages: Sequence[Message], found: Mapping[int, Mapping[str, Any]], *, account: Account, now: datetime
) -> tuple[dict[int, Built], dict[int, CannotRender]]:
    """Build messages from their contexts: texts, tracked links and the whole mail."""
    built: dict[int, Built] = {}
    failed: dict[int, CannotRender] = {}
    reachable = []
    for message in messages:
        if address_of(message.customer, message.channel):
            reachable.append(message)
        else:
            built[message.id] = Built(None, Wanted(digest="", has_address=False, subject="", targets=()))
    for message, rendered in zip(reachable, _render_all(reachable, found), strict=True):
        result = rendered if isinstance(rendered, CannotRender) else assemble(message, rendered, found[message.id], account, now)
        if isinstance(result, CannotRender):
            failed[message.id] = result
        else:
            built[message.id] = result
    return built, failed


def _render_all(messages: Sequence[Message], found: Mapping[int, Mapping[str, Any]]) -> list[Rendered | CannotRender]:
    with renderer() as process:
        return process.render_all([_job(message, found[message.id]) for message in messages])


def _job(message: Message, context: Mapping[str, Any]) -> Job:
    version = message.template_version
    language, parts = version.parts_for(message.customer.language)
    links = links_of_email(message, context, parts) if message.channel == "email" else None
    return Job(f"{message.store_id}.{version.pk}.{language}", parts, context, links)
