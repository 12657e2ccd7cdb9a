"""A rendered e-mail with its links made ours, as the bytes of a mail."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from campaigns.channels import Account, Outgoing
from campaigns.channels.email.mime import CannotBuild, Mail, build
from campaigns.models import Message
from campaigns.personalization.links import click_base, host_of_basket, opening_url
from campaigns.personalization.opening import with_picture
from campaigns.personalization.render import CannotRender, Rendered
from campaigns.personalization.tracking import hosts_of
from campaigns.sending.assembling.base import Built, utm_of
from campaigns.sending.gate import Wanted
from campaigns.sending.rendering import Links
from retention.customers.consent import address_digest


def links_of_email(message: Message, context: Mapping[str, Any], parts: Mapping[str, str]) -> Links:
    """Return how the links of one mail are made ours. parts: of its template, in the language it is written in."""
    return Links(
        utm=utm_of(message),
        hosts=hosts_of(parts["html"], parts["text"], host_of_basket(context["cart"]["url"]), web_address=context["shop"]["web_address"]),
        base=click_base(message.pk, store_id=message.store_id, planned_at=message.planned_at),
        leave=(context["unsubscribe_url"], context["preferences_url"]),
    )


def assemble_email(
    message: Message, rendered: Rendered, context: Mapping[str, Any], account: Account, now: datetime
) -> Built | CannotRender:
    """Return the mail, or why a value of it cannot stand in one."""
    key, customer, version = message.public_id.hex, message.customer, message.template_version
    sender = version.from_address or account.from_address
    body = rendered.pieces or rendered.html
    mail = Mail(
        message_id=key,
        host=_host_of(settings.SITE_URL),
        from_name=version.from_name or account.from_name,
        from_address=sender,
        to_name=customer.name,
        to_address=customer.email,
        subject=rendered.subject[:300],
        text=rendered.text,
        html=with_picture(body, opening_url(rendered.base)) if message.measures_opens else body,
        date=now,
        unsubscribe_url="" if message.stream == Message.Stream.TRANSACTIONAL else context["unsubscribe_url"],
        feedback_id=f"{message.source_id}:{message.source_kind}:{message.step}:boomerang".replace(" ", "-"),
    )
    try:
        content = build(mail)
    except CannotBuild as error:
        return CannotRender("mail_refused", str(error))
    outgoing = Outgoing(key=key, sender=sender, recipient=customer.email, content=content)
    digest = address_digest(customer.email)
    return Built(outgoing, Wanted(digest=digest, has_address=True, subject=rendered.subject, targets=rendered.targets))


@lru_cache(maxsize=8)
def _host_of(address: str) -> str:
    return urlsplit(address).hostname or "localhost"
