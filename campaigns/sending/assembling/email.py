"""A rendered e-mail with its links made ours, as the bytes of a mail."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache, partial
from typing import Any
from urllib.parse import urlsplit

from campaigns.channels import Account, Outgoing
from campaigns.channels.email.mime import CannotBuild, Mail, pieces_of
from campaigns.models import Message
from campaigns.personalization.links import click_bases, host_of_basket, opening_url, proofs_by_message, site_in
from campaigns.personalization.opening import with_picture
from campaigns.personalization.render import CannotRender, Rendered
from campaigns.personalization.tracking import hosts_of
from campaigns.sending.assembling.base import Built, utm_of
from campaigns.sending.gate import Wanted
from campaigns.sending.rendering import Links
from campaigns.sending.told import may_begin_a_line_with_a_dot
from retention.customers.consent import address_digest
from retention.kit.known import setting


def links_of_emails(mails: Sequence[tuple[Message, Mapping[str, Any], Mapping[str, str]]]) -> list[Links]:
    """Return how the links of some mails of one store are made ours. Of each: what its template sees, and its template's own parts.

    parts: of its template, in the language it is written in; those of one template are the same object.
    """
    if not mails:
        return []
    site, web_address = site_in(mails[0][1]["unsubscribe_url"]), mails[0][1]["shop"]["web_address"]
    store_id = mails[0][0].store_id
    base_of, proofs_of = click_bases(store_id=store_id, site=site), proofs_by_message(store_id=store_id)
    known: dict[tuple[int, str, str, int], tuple[Mapping[str, str], frozenset[str], str]] = {}
    found = list[Links]()
    for message, context, parts in mails:
        basket, pk = host_of_basket(context["cart"]["url"], site=site), message.id
        same = (id(parts), basket, message.source_kind, message.source_id)
        common = known.get(same)
        if common is None:
            hosts = hosts_of(parts["html"], parts["text"], basket, web_address=web_address)
            common = known[same] = utm_of(message), hosts, _way_of(message.source_kind, message.source_id, hosts)
        found.append(Links(*common, base_of(pk, message.planned_at), partial(proofs_of, pk)))
    return found


def assemble_email(
    message: Message, rendered: Rendered, context: Mapping[str, Any], account: Account, now: datetime
) -> Built | CannotRender:
    """Return the mail, or why a value of it cannot stand in one."""
    key, customer, version = message.public_id.hex, message.customer, message.template_version
    address = customer.email
    sender = version.from_address or account.from_address
    text, body = rendered.plain or rendered.text.encode("utf-8", "replace"), rendered.pieces or rendered.html
    mail = Mail(
        message_id=key,
        host=_host_of(setting("SITE_URL")),
        from_name=version.from_name or account.from_name,
        from_address=sender,
        to_name=customer.name,
        to_address=address,
        subject=rendered.subject[:300],
        text=text,
        html=with_picture(body, opening_url(rendered.base)) if message.measures_opens else body,
        date=now,
        unsubscribe_url="" if message.stream == Message.Stream.TRANSACTIONAL else context["unsubscribe_url"],
        feedback_id=f"{message.source_id}:{message.source_kind}:{message.step}:boomerang".replace(" ", "-"),
    )
    try:
        pieces = pieces_of(mail)
    except CannotBuild as error:
        return CannotRender("mail_refused", str(error))
    in_base64 = not text.isascii()
    dotless = rendered.dotless and (in_base64 or not may_begin_a_line_with_a_dot(text))
    outgoing = Outgoing(key=key, sender=sender, recipient=address, body=pieces, dotless=dotless)
    digest = address_digest(address)
    wanted = Wanted(digest=digest, has_address=True, subject=rendered.subject, targets=rendered.targets, fixed=rendered.fixed)
    return Built(outgoing, wanted)


@lru_cache(maxsize=256)
def _way_of(source_kind: str, source_id: int, hosts: frozenset[str]) -> str:
    """Return what names the links of all mails with these campaign parameters and hosts."""
    return f"{source_kind}-{source_id} {sorted(hosts)}"


@lru_cache(maxsize=8)
def _host_of(address: str) -> str:
    return urlsplit(address).hostname or "localhost"
