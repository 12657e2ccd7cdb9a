"""Confirm that this installation may send again, after a restore."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from retention.stores.models import PlatformState
from retention.tenancy.unscoped import unscoped


class Command(BaseCommand):
    """Show why sending is stopped; with --yes, send again."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the confirmation."""
        parser.add_argument("--yes", action="store_true", help="send again from now on")

    def handle(self, *args: Any, **options: Any) -> None:
        """Resume, or say what would resume."""
        with unscoped(reason="resume sending"), transaction.atomic():
            state = PlatformState.current()
            if state.sending_stopped_at is None:
                self.stdout.write("Sending is not stopped.")
                return
            if not options["yes"]:
                since = f"{state.sending_stopped_at:%Y-%m-%d %H:%M} UTC"
                raise CommandError(f"Nothing is sent since {since}: {state.reason}. Confirm with --yes.")
            PlatformState.resume_sending()
        self.stdout.write("Messages that are due are sent from now on.")
