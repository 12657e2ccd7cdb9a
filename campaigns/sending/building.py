"""From reserved rows to complete messages: contexts, rendering, assembling by channel. Decides nothing and sends nothing.

A message that cannot be made fails alone, with its reason (S33).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from campaigns.channels import Account
from campaigns.models import Message
from campaigns.personalization.context import contexts
from campaigns.personalization.render import CannotRender, Rendered
from campaigns.sending.assembling import Built, address_of, assemble
from campaigns.sending.gate import Wanted
from campaigns.sending.rendering import renderer
from retention.stores.models import Store


def read_messages(ids: Sequence[int]) -> list[Message]:
    """Return these messages with everything their contexts need, in the order they are due."""
    rows = Message.objects.filter(pk__in=list(ids)).select_related("customer", "cart", "template_version")
    return list(rows.order_by("due_at", "id"))


def build_all(
    messages: Sequence[Message], *, store: Store, account: Account, now: datetime
) -> tuple[dict[int, Built], dict[int, CannotRender]]:
    """Build every message; the second dict says which could not be made, and why."""
    built: dict[int, Built] = {}
    failed: dict[int, CannotRender] = {}
    found = contexts(messages, store=store)
    for message in messages:
        if not address_of(message.customer, message.channel):
            built[message.pk] = Built(None, Wanted(digest="", has_address=False, subject="", targets=()))
            continue
        rendered = _render(message, found[message.pk])
        result = rendered if isinstance(rendered, CannotRender) else assemble(message, rendered, found[message.pk], account, now)
        if isinstance(result, CannotRender):
            failed[message.pk] = result
        else:
            built[message.pk] = result
    return built, failed


def _render(message: Message, context: Mapping[str, Any]) -> Rendered | CannotRender:
    version = message.template_version
    language, parts = version.parts_for(message.customer.language)
    with renderer() as process:
        return process.render(f"{message.store_id}.{version.pk}.{language}", parts, context)
