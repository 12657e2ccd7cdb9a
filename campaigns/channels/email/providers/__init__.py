"""The e-mail vendors: any relay by SMTP, and services with an API. A new kind: copy `smtp.py`, add a line here."""

from campaigns.channels.base import Provider
from campaigns.channels.email.providers.anymail import ANYMAIL
from campaigns.channels.email.providers.ses import SES
from campaigns.channels.email.providers.smtp import SMTP
from retention.kit.register import Register

PROVIDERS: Register[Provider] = Register("e-mail provider")
PROVIDERS.add(SMTP.key, SMTP)
PROVIDERS.add(SES.key, SES)
for one in ANYMAIL:
    PROVIDERS.add(one.key, one)
