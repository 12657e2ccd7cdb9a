"""A rendered e-mail with its links made ours, as the bytes of a mail."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from campaigns.channels import Account, Outgoing
from campaigns.channels.email.mime import CannotBuild, Mail, build
from campaigns.models import Message
from campaigns.personalization.links import click_base, hosts_of, opening_url, track
from campaigns.personalization.opening import with_picture
from campaigns.personalization.render import CannotRender, Rendered
from campaigns.sending.assembling.base import Built, utm_of
from campaigns.sending.gate import Wanted
from retention.customers.consent import address_digest


def assemble_email(
    message: Message, rendered: Rendered, context: Mapping[str, Any], account: Account, now: datetime
) -> Built | CannotRender:
    """Return the mail, or why a value of it cannot stand in one."""
    key = message.public_id.hex
    leave = context["unsubscribe_url"]
    _language, parts = message.template_version.parts_for(message.customer.language)
    base = click_base(message.pk, store_id=message.store_id, planned_at=message.planned_at)
    tracked = track(
        rendered.html,
        rendered.text,
        make_url=lambda position: f"{base}{position}",
        utm=utm_of(message),
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
        html=with_picture(tracked.html, opening_url(base)),
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
