"""Django's mail backend of this product: a mail sent through `django.core.mail` becomes a notice.

So whatever a library sends (resets, address checks) is written in the request's transaction and leaves by the same loop.
"""

import uuid
from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from retention.notices.owing import owe


class NoticeBackend(BaseEmailBackend):
    """Writes a notice per recipient. Attachments, own headers and copies are not for this road."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Owe each message to each of its recipients; return how many messages were taken."""
        for message in email_messages:
            if message.attachments or message.cc or message.bcc:
                raise NotImplementedError("A notice goes to one person and carries no attachment.")
            html = next((str(part[0]) for part in getattr(message, "alternatives", []) if part[1] == "text/html"), "")
            for address in message.to:
                owe("mail", to=address, subject=str(message.subject), text=str(message.body), html=html, key=f"mail:{uuid.uuid4()}")
        return len(email_messages)
