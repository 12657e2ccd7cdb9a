"""The SMS vendors, one file each, and the test inbox. A new one: copy `twilio.py`, add a line here."""

from campaigns.channels.base import Provider
from campaigns.channels.inbox import Inbox
from campaigns.channels.sms.providers.twilio import TWILIO
from retention.kit.register import Register

PROVIDERS: Register[Provider] = Register("SMS provider")
PROVIDERS.add(TWILIO.key, TWILIO)
PROVIDERS.add("inbox", Inbox("sms"))
