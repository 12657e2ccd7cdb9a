"""A rendered on-site message as the snippet shows it: text and addresses only, never markup, its link one of ours."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from campaigns.channels import Account, Outgoing
from campaigns.models import Message
from campaigns.personalization.push_texts import PushText
from campaigns.personalization.render import CannotRender, Rendered
from campaigns.sending.assembling.base import Built
from campaigns.sending.assembling.push import link_of, said_by
from campaigns.sending.gate import Wanted
from retention.customers.consent import address_digest

VERSION = 1


def assemble_onsite(
    message: Message, rendered: Rendered, context: Mapping[str, Any], account: Account, now: datetime
) -> Built | CannotRender:
    """Return the message, or why it cannot be shown: nothing in it, or a link to somebody else's host."""
    spoken = said_by(message, rendered, context)
    if isinstance(spoken, CannotRender):
        return spoken
    title, said, target = spoken
    written = PushText.read(message.template_version.source)
    told = {"v": VERSION, "title": title, "text": said.text, "url": link_of(message, context), "look": written.look or "slide"}
    told |= {"picture": said.picture} if said.picture.startswith("https://") else {}
    content = json.dumps(told | {"days": written.every_days}, ensure_ascii=False).encode("utf-8", "replace")
    who = str(message.customer.public_id)
    outgoing = Outgoing(message.public_id.hex, account.from_name, who, content, title=title[:300])
    return Built(outgoing, Wanted(address_digest(who), has_address=True, subject=title[:300], targets=(target,)))
