"""From reserved rows to complete mails: contexts, rendering, links, MIME. Decides nothing and sends nothing.

A message that cannot be made fails alone, with its reason (S33).
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from campaigns.channels import Account, Outgoing
from campaigns.channels.email.mime import CannotBuild, Mail, build
from campaigns.models import Message, TemplateVersion
from campaigns.personalization.context import contexts
from campaigns.personalization.links import click_base, hosts_of, track
from campaigns.personalization.render import CannotRender, Rendered
from campaigns.sending.gate import Wanted
from campaigns.sending.rendering import Job, renderer
from retention.customers.consent import address_digest
from retention.stores.models import Store

_MOST_VERSIONS = 64
_versions: OrderedDict[int, TemplateVersion] = OrderedDict()


@dataclass(frozen=True)
class Built:
    """One message ready to leave, and what the gate wants to know of it."""

    outgoing: Outgoing | None
    wanted: Wanted


_NOWHERE = Built(None, Wanted(digest="", has_address=False, subject="", targets=()))


def read_messages(ids: Sequence[int]) -> list[Message]:
    """Return these messages with everything their contexts need, in the order they are due."""
    rows = list(Message.objects.filter(pk__in=list(ids)).select_related("customer", "cart").order_by("due_at", "id"))
    versions = versions_of({row.template_version_id for row in rows})
    for row in rows:
        row.template_version = versions[row.template_version_id]
    return rows


def versions_of(ids: set[int]) -> dict[int, TemplateVersion]:
    """Return template versions by id. They never change, so the worker keeps those it used last."""
    missing = [pk for pk in ids if pk not in _versions]
    found = {pk: _versions[pk] for pk in ids if pk in _versions}
    for version in TemplateVersion.objects.filter(pk__in=missing) if missing else []:
        found[version.pk] = _versions[version.pk] = version
    while len(_versions) > _MOST_VERSIONS:
        _versions.popitem(last=False)
    return found


def build_all(
    messages: Sequence[Message], *, store: Store, account: Account, now: datetime
) -> tuple[dict[int, Built], dict[int, CannotRender]]:
    """Build every message; the second dict says which could not be made, and why."""
    return build_from(messages, contexts(messages, store=store), account=account, now=now)


def build_from(
    messages: Sequence[Message], found: Mapping[int, Mapping[str, Any]], *, account: Account, now: datetime
) -> tuple[dict[int, Built], dict[int, CannotRender]]:
    """Build messages from their contexts: texts, tracked links and the whole mail."""
    built: dict[int, Built] = {}
    failed: dict[int, CannotRender] = {}
    reachable = [message for message in messages if message.customer.email]
    built.update({message.pk: _NOWHERE for message in messages if not message.customer.email})
    for message, rendered in zip(reachable, _render_all(reachable, found), strict=True):
        result = rendered if isinstance(rendered, CannotRender) else _mail(message, rendered, found[message.pk], account=account, now=now)
        if isinstance(result, CannotRender):
            failed[message.pk] = result
        else:
            built[message.pk] = result
    return built, failed


def _render_all(messages: Sequence[Message], found: Mapping[int, Mapping[str, Any]]) -> list[Rendered | CannotRender]:
    jobs = [Job(f"{one.store_id}.{one.template_version_id}", _parts(one.template_version), found[one.pk]) for one in messages]
    with renderer() as process:
        return process.render_all(jobs)


def _parts(version: TemplateVersion) -> dict[str, str]:
    return {"subject": version.subject, "html": version.html, "text": version.text}


def _mail(message: Message, rendered: Rendered, context: Mapping[str, Any], *, account: Account, now: datetime) -> Built | CannotRender:
    key = message.public_id.hex
    leave = context["unsubscribe_url"]
    version = message.template_version
    base = click_base(message.pk, store_id=message.store_id, planned_at=message.planned_at)
    tracked = track(
        rendered.html,
        rendered.text,
        make_url=lambda position: f"{base}{position}",
        utm={"utm_source": "boomerang", "utm_medium": message.channel, "utm_campaign": f"{message.source_kind}-{message.source_id}"},
        leave=frozenset({leave, context["preferences_url"]}),
        hosts=hosts_of(version.html, version.text, web_address=context["shop"]["web_address"]),
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
