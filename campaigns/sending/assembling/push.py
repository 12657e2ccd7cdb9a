"""A rendered push message as what the service worker reads: a few named parts, its link one of ours."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from campaigns.channels import Account, Outgoing
from campaigns.channels.push.encrypting import LONGEST_PLAIN
from campaigns.channels.push.providers.webpush import SUBSCRIPTIONS
from campaigns.models import Message
from campaigns.personalization.links import click_url, host_of_basket, site_in
from campaigns.personalization.push_texts import PushText, parts_of
from campaigns.personalization.render import CannotRender, Rendered
from campaigns.personalization.tracking import hosts_of, may_link, with_parameters
from campaigns.sending.assembling.base import Built, utm_of
from campaigns.sending.browsers import as_secret, browsers_of
from campaigns.sending.gate import Wanted
from retention.customers.consent import address_digest

VERSION = 1


def assemble_push(
    message: Message, rendered: Rendered, context: Mapping[str, Any], account: Account, now: datetime
) -> Built | CannotRender:
    """Return the push message, or why it cannot go: nothing in it, a link to somebody else's host, or too long."""
    spoken = said_by(message, rendered, context)
    if isinstance(spoken, CannotRender):
        return spoken
    title, said, target = spoken
    content = payload_of(message.public_id.hex, title, said, link=link_of(message, context), icon=str(context["shop"]["logo_url"]))
    if len(content) > LONGEST_PLAIN:
        return CannotRender("push_too_long", f"{len(content)} bytes, {LONGEST_PLAIN} are the most")
    browsers = browsers_of(message.customer)
    outgoing = Outgoing(
        key=message.public_id.hex,
        sender=account.from_name,
        recipient=message.customer.email or message.customer.name or "visitor",
        body=content,
        title=title[:300],
        secrets={SUBSCRIPTIONS: as_secret(browsers)},
    )
    return Built(outgoing, Wanted(address_digest(browsers[0].endpoint), has_address=True, subject=title[:300], targets=(target,)))


def said_by(message: Message, rendered: Rendered, context: Mapping[str, Any]) -> tuple[str, PushText, str] | CannotRender:
    """Return title, parts and where the link leads, of what is written like a push message; or why it cannot go."""
    said, title = parts_of(rendered), rendered.subject.replace("\0", "").strip()
    if not (title and said.text):
        return CannotRender("empty_text", "nothing was left of the text")
    parts, web_address = message.template_version.parts_for(message.customer.language)[1], str(context["shop"]["web_address"])
    basket = host_of_basket(context["cart"]["url"], site=site_in(context["unsubscribe_url"]))
    if not may_link(said.link, hosts=hosts_of(parts["text"], basket, web_address=web_address)):
        return CannotRender("link_refused", "the link leads to a host the template does not name")
    return title, said, with_parameters(said.link, utm_of(message))


def link_of(message: Message, context: Mapping[str, Any]) -> str:
    """Return our address of the one link of a message."""
    site = site_in(context["unsubscribe_url"])
    return click_url(message.pk, 0, store_id=message.store_id, planned_at=message.planned_at, site=site)


def payload_of(key: str, title: str, said: PushText, *, link: str, icon: str) -> bytes:
    """Return what the service worker reads. key: names the message, so that a repeat replaces the notification that is there."""
    told = {"v": VERSION, "tag": key, "title": title, "body": said.text.replace("\0", ""), "url": link}
    told |= {name: value for name, value in (("icon", icon), ("image", said.picture)) if value.startswith("https://")}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
