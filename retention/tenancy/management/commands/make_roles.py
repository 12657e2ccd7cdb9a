"""Make the database roles and the database once, from an administrator's URL."""

from argparse import ArgumentParser
from typing import Any

import psycopg2
from django.core.management.base import BaseCommand, CommandError

from retention.tenancy.roles import make_roles


class Command(BaseCommand):
    """Make the six roles and the database, and print the URLs to put in the environment."""

    help = __doc__ or ""
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the administrator's URL and the database's name."""
        parser.add_argument("admin_url", help="postgres://postgres:...@host:5432/postgres")
        parser.add_argument("--database", default="boomerang")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make what is missing and print the three URLs; the passwords are shown this once."""
        try:
            urls = make_roles(options["admin_url"], database=options["database"])
        except psycopg2.Error as error:
            raise CommandError(f"The database server refused: {str(error).strip()}") from error
        for name, short in (("DATABASE_URL", "app"), ("DATABASE_OWNER_URL", "owner"), ("DATABASE_INGEST_URL", "ingest")):
            self.stdout.write(f"{name}={urls[short]}")
