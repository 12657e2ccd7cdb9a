"""Print the newest mails the product itself sent to the test inbox: address checks, resets, invitations."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from retention.inbox.keeping import PRODUCT
from retention.inbox.reading import list_mails, read_mail


class Command(BaseCommand):
    """Print mails, newest last, so that the one just waited for stands at the prompt."""

    help = __doc__ or ""
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take how many mails to print and whose."""
        parser.add_argument("--last", type=int, default=3, help="how many (3)")
        parser.add_argument("--to", default="", help="a part of the address or subject")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print them, or say that there is none."""
        headings = list_mails(settings.INBOX_DIR, name=PRODUCT, limit=options["last"], search=options["to"])
        if not headings:
            self.stdout.write(f"The test inbox in {settings.INBOX_DIR / PRODUCT} holds no such mail.")
        for heading in reversed(headings):
            mail = read_mail(settings.INBOX_DIR, name=PRODUCT, mail=heading.name)
            text = mail.text if mail is not None else ""
            self.stdout.write(
                f"{heading.received_at:%Y-%m-%d %H:%M} UTC\nTo: {heading.recipient}\nSubject: {heading.subject}\n\n{text.strip()}\n\n---"
            )
