"""Read a backup into the empty database that DATABASE_OWNER_URL names; nothing is sent until resume_sending."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from retention.embedded import CannotStartError
from retention.kit.clock import now
from retention.stores.backing_up import BackupError
from retention.stores.restoring import after_restore, restore


class Command(BaseCommand):
    """Check the backup, restore it, compare the rows, and hold everything that would be sent."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the backup's folder."""
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Restore it and say what comes next."""
        try:
            manifest = restore(options["folder"].absolute(), alias="owner", now=now())
        except (BackupError, CannotStartError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Restored {sum(manifest.rows.values())} rows of {len(manifest.rows)} tables, as of {manifest.made_at}.")
        for deed in after_restore:
            self.stdout.write(deed(options["folder"].absolute(), now()))
        self.stdout.write("Nothing is sent until you confirm with: manage resume_sending --yes")
