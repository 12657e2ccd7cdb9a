"""The e-mail vendors, one file each. A new one: copy `smtp.py`, add a line here."""

from campaigns.channels.base import Provider
from campaigns.channels.email.providers.smtp import SMTP
from retention.kit.register import Register

PROVIDERS: Register[Provider] = Register("e-mail provider")
PROVIDERS.add(SMTP.key, SMTP)
