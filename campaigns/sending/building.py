"""From reserved rows to complete mails: contexts, rendering, links, MIME. Decides nothing and sends nothing.

A message that cannot be made fails alone, with its reason (S33).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from campaigns.channels import Account, Outgoing
from campaigns.channels.email.mime import CannotBuild, Mail, build
from campaigns.models import Message
from campaigns.personalization.context import contexts
from campaigns.personalization.links import click_url, hosts_of, track
from campaigns.personalization.render import CannotRender, Rendered
from campaigns.sending.gate import Wanted
from campaigns.sending.rendering import renderer
from retention.customers.consent import address_digest
from retention.stores.models import Store


@dataclass(frozen=True)
class Built:
    """One message ready to leave, and what the gate wants to know of it."""

    outgoing: Outgoing | None
    wanted: Wanted


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
        address = message.customer.email
        if not address:
            built[message.pk] = Built(None, Wanted(digest="", has_address=False, subject="", targets=()))
            continue
        rendered = _render(message, found[message.pk])
        result = rendered if isinstance(rendered, CannotRender) else _mail(message, rendered, found[message.pk], account=account, now=now)
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


def _mail(message: Message, rendered: Rendered, context: Mapping[str, Any], *, account: Account, now: datetime) -> Built | CannotRender:
    key = message.public_id.hex
    leave = context["unsubscribe_url"]
    _language, parts = message.template_version.parts_for(message.customer.language)
    tracked = track(
        rendered.html,
        rendered.text,
        make_url=lambda position: click_url(message.pk, position, store_id=message.store_id, planned_at=message.planned_at),
        utm={"utm_source": "boomerang", "utm_medium": message.channel, "utm_campaign": f"{message.source_kind}-{message.source_id}"},
        leave=frozenset({leave, context["preferences_url"]}),
        hosts=hosts_of(parts["html"], parts["text"], web_address=context["shop"]["web_address"]),
    )
    mail = Mail(
        message_id=key,
        host=urlsplit(settings.SITE_URL).hostname or "localhost",
        from_name=account.from_name,
        from_address=account.from_address,
        to_name=message.customer.name,
        to_address=message.customer.email,
        subject=rendered.subject[:300],
        text=tracked.text,
        html=tracked.html,
        date=now,
        unsubscribe_url="" if message.stream == Message.Stream.TRANSACTIONAL else leave,
        feedback_id=f"{message.source_id}:{message.source_kind}:{message.step}:boomerang".replace(" ", "-"),
    )
    try:
        content = build(mail)
    except CannotBuild as error:
        return CannotRender("mail_refused", str(error))
    outgoing = Outgoing(key=key, sender=account.from_address, recipient=message.customer.email, content=content)
    digest = address_digest(message.customer.email)
    return Built(outgoing, Wanted(digest=digest, has_address=True, subject=rendered.subject, targets=tracked.targets))
