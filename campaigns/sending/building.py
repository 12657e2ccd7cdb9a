"""From reserved rows to complete messages: contexts, rendering, assembling by channel. Decides nothing and sends nothing.

A message that cannot be made fails alone, with its reason (S33).
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from campaigns.channels import Account
from campaigns.models import Brand, Campaign, Message, TemplateVersion
from campaigns.personalization.render import CannotRender, Rendered
from campaigns.sending.assembling import Built, address_of, assemble
from campaigns.sending.assembling.email import links_of_email
from campaigns.sending.browsers import attach_browsers
from campaigns.sending.gate import Wanted
from campaigns.sending.rendering import Job, renderer
from campaigns.sending.truths import Shown, look
from retention.customers.consent import address_digest
from retention.stores.models import Store

_MOST_VERSIONS = 64
_versions: OrderedDict[int, TemplateVersion] = OrderedDict()


_NOWHERE = Built(None, Wanted(digest="", has_address=False, subject="", targets=()))


def read_messages(ids: Sequence[int]) -> list[Message]:
    """Return these messages with everything their contexts need, in the order they are due."""
    rows = list(Message.objects.filter(pk__in=list(ids)).select_related("customer", "cart").order_by("due_at", "id"))
    versions = versions_of({row.template_version_id for row in rows})
    for row in rows:
        row.template_version = versions[row.template_version_id]
    _say_whether_opens_are_measured(rows)
    return rows


def _say_whether_opens_are_measured(rows: Sequence[Message]) -> None:
    """Let those mails carry no picture whose campaign says so, or for all that is no campaign the store."""
    mails = [row for row in rows if row.channel == "email"]
    campaigns = {row.source_id for row in mails if row.source_kind == "campaign"}
    silent = set(Campaign.objects.filter(pk__in=campaigns, measure_opens=False).values_list("pk", flat=True)) if campaigns else set()
    others = any(row.source_kind != "campaign" for row in mails)
    measured = not others or not Brand.objects.filter(measure_opens=False).exists()
    for row in mails:
        row.measures_opens = row.source_id not in silent if row.source_kind == "campaign" else measured


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
    messages: Sequence[Message], found: Mapping[int, dict[str, Any]], *, store: Store, account: Account, now: datetime
) -> tuple[dict[int, Built], dict[int, CannotRender]]:
    """Build every message that is still true; the second dict says which could not be made, and why. found: their contexts."""
    by_push = [message.customer for message in messages if message.channel == "push"]
    if by_push:
        attach_browsers(by_push, now=now)
    shown = look(messages, found, store=store, now=now)
    built, failed = build_from([one for one in messages if not _blocked(one, shown)], found, account=account, now=now)
    built = {pk: replace(one, wanted=replace(one.wanted, shown=shown.get(pk))) for pk, one in built.items()}
    blocked = {one.pk: Built(None, _wanted_of(one, shown[one.pk])) for one in messages if _blocked(one, shown)}
    return built | blocked, failed


def _blocked(message: Message, shown: Mapping[int, Shown]) -> bool:
    return message.pk in shown and bool(shown[message.pk].blocked)


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
    reachable = [message for message in messages if address_of(message.customer, message.channel)]
    built.update({message.pk: _NOWHERE for message in messages if not address_of(message.customer, message.channel)})
    for message, rendered in zip(reachable, _render_all(reachable, found), strict=True):
        result = rendered if isinstance(rendered, CannotRender) else assemble(message, rendered, found[message.pk], account, now)
        if isinstance(result, CannotRender):
            failed[message.pk] = result
        else:
            built[message.pk] = result
    return built, failed


def _render_all(messages: Sequence[Message], found: Mapping[int, Mapping[str, Any]]) -> list[Rendered | CannotRender]:
    with renderer() as process:
        return process.render_all([_job(message, found[message.pk]) for message in messages])


def _job(message: Message, context: Mapping[str, Any]) -> Job:
    language, parts = message.template_version.parts_for(message.customer.language)
    links = links_of_email(message, context, parts) if message.channel == "email" else None
    return Job(f"{message.store_id}.{message.template_version_id}.{language}", parts, context, links)
