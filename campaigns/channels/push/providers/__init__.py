"""The ways to browsers, one file each, and the test inbox. A new one: copy `webpush.py`, add a line here."""

from campaigns.channels.base import Provider
from campaigns.channels.inbox import Inbox
from campaigns.channels.push.providers.webpush import WEBPUSH
from retention.kit.register import Register

PROVIDERS: Register[Provider] = Register("push provider")
PROVIDERS.add(WEBPUSH.key, WEBPUSH)
PROVIDERS.add("inbox", Inbox("push"))
