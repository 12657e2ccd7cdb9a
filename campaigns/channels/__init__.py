"""The channels, one folder each, and what all of them share in `base.py`. A new channel: copy `email/`, add a line here."""

from campaigns.channels.base import Account, Answer, Channel, Outcome, Outgoing, Provider, Receipt, Reply, Session, Streaming
from campaigns.channels.email.channel import EMAIL
from campaigns.channels.onsite.channel import ONSITE
from campaigns.channels.push.channel import PUSH
from campaigns.channels.sms.channel import SMS
from retention.kit.register import Register

CHANNELS: Register[Channel] = Register("channel")
CHANNELS.add(EMAIL.key, EMAIL)
CHANNELS.add(SMS.key, SMS)
CHANNELS.add(PUSH.key, PUSH)
CHANNELS.add(ONSITE.key, ONSITE)

__all__ = ["CHANNELS", "Account", "Answer", "Channel", "Outcome", "Outgoing", "Provider", "Receipt", "Reply", "Session", "Streaming"]
