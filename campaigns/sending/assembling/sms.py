"""A rendered SMS: short links, a word on how to stop where the text has none, plain signs where they save segments."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from campaigns.channels import Account, Outgoing
from campaigns.channels.sms.answers import hint
from campaigns.channels.sms.segments import count_segments, made_plain
from campaigns.channels.sms.stopping import says_how_to_stop
from campaigns.models import Message
from campaigns.personalization.links import host_of_basket, site_in
from campaigns.personalization.render import CannotRender, Rendered
from campaigns.personalization.short_links import short_url
from campaigns.personalization.tracking import hosts_of, track, ways_of
from campaigns.sending.assembling.base import Built, utm_of
from campaigns.sending.gate import Wanted
from retention.customers.consent import address_digest

MOST_SEGMENTS = 10


def assemble_sms(message: Message, rendered: Rendered, context: Mapping[str, Any], account: Account, now: datetime) -> Built | CannotRender:
    """Return the SMS, or why it cannot go: nothing in it, or too long."""
    said = text_of(message, rendered, context, account)
    if isinstance(said, CannotRender):
        return said
    text, targets = said
    segments = count_segments(text).segments
    if segments > MOST_SEGMENTS:
        return CannotRender("sms_too_long", f"{segments} segments, {MOST_SEGMENTS} are the most")
    sender = str(account.settings.get("from", "")) or account.from_name
    phone, title = message.customer.phone, " ".join(text.split())[:300]
    outgoing = Outgoing(message.public_id.hex, sender, phone, text.encode("utf-8", "replace"))
    return Built(outgoing, Wanted(address_digest(phone), has_address=True, subject=title, targets=targets, parts=segments))


def text_of(
    message: Message, rendered: Rendered, context: Mapping[str, Any], account: Account
) -> tuple[str, tuple[str, ...]] | CannotRender:
    """Return the text as it leaves and where its links lead; or why there is none."""
    way_out, version = context["unsubscribe_url"], message.template_version
    site = site_in(way_out)
    tracked = track(
        "",
        rendered.text,
        make_url=lambda position: short_url(message.pk, position, store_id=message.store_id, site=site),
        utm=utm_of(message),
        leave=frozenset(ways_of(context)),
        hosts=hosts_of(version.text, host_of_basket(context["cart"]["url"], site=site), web_address=context["shop"]["web_address"]),
    )
    text = tracked.text.replace("\0", "").strip()
    if not text:
        return CannotRender("empty_text", "nothing was left of the text")
    if message.stream == Message.Stream.MARKETING:
        text = with_hint(text, language=message.customer.language or str(context["shop"]["locale"]), way_out=way_out, account=account)
    return made_plain(text), tuple(tracked.targets)


def with_hint(text: str, *, language: str, way_out: str, account: Account) -> str:
    """Return a text with a word on how to stop at its end, where it has none. way_out: the address, for a sender that takes no replies."""
    if way_out in text or says_how_to_stop(text):
        return text
    return f"{text}\n{hint(language=language, url='' if takes_replies(account) else way_out)}"


def takes_replies(account: Account) -> bool:
    """Say whether people can answer this sender; a name in letters takes no replies."""
    sender = str(account.settings.get("from", ""))
    return account.trusted or bool(account.settings.get("messaging_service_sid")) or any(sign.isdigit() for sign in sender[-4:])
