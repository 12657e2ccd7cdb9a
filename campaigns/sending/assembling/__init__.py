"""From rendered texts to a message ready to leave, one file a channel. A new channel: copy `email.py`, add a line here."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from campaigns.channels import Account
from campaigns.models import Message
from campaigns.personalization.render import CannotRender, Rendered
from campaigns.sending.addresses import address_of
from campaigns.sending.assembling.base import Assemble, Built
from campaigns.sending.assembling.email import assemble_email
from campaigns.sending.assembling.onsite import assemble_onsite
from campaigns.sending.assembling.push import assemble_push
from campaigns.sending.assembling.sms import assemble_sms
from retention.kit.register import Register

ASSEMBLERS: Register[Assemble] = Register("assembler")
ASSEMBLERS.add("email", assemble_email)
ASSEMBLERS.add("sms", assemble_sms)
ASSEMBLERS.add("push", assemble_push)
ASSEMBLERS.add("onsite", assemble_onsite)


def assemble(message: Message, rendered: Rendered, context: Mapping[str, Any], account: Account, now: datetime) -> Built | CannotRender:
    """Return a message of its channel ready to leave, or why it cannot be made. context: what the template saw."""
    return ASSEMBLERS[message.channel](message, rendered, context, account, now)


__all__ = ["ASSEMBLERS", "Built", "address_of", "assemble"]
