"""Write a backup of the whole database into a new folder."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from retention.embedded import CannotStartError
from retention.kit.clock import now
from retention.stores.backing_up import BackupError, back_up


class Command(BaseCommand):
    """Dump the database as its owner, with a manifest of what it holds."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the folder that backups are kept in."""
        parser.add_argument("folder", nargs="?", type=Path, default=settings.VAR_DIR / "backups", help="default: %(default)s")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it and say where it is."""
        try:
            folder = back_up(options["folder"].absolute(), database=settings.DATABASES["owner"], now=now())
        except (BackupError, CannotStartError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(str(folder))
