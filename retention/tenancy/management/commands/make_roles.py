"""Make the database roles and the database once, from an administrator's URL."""

from argparse import ArgumentParser
from typing import Any

import psycopg2
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from retention.tenancy.roles import make_roles

VARIABLES = {"app": "DATABASE_URL", "owner": "DATABASE_OWNER_URL", "ingest": "DATABASE_INGEST_URL"}
_ALIASES = {"app": "default", "owner": "owner", "ingest": "ingest"}


class Command(BaseCommand):
    """Make the six roles and the database, and print the URLs to put in the environment."""

    help = __doc__ or ""
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the administrator's URL and the database's name."""
        parser.add_argument("admin_url", help="postgres://postgres:...@host:5432/postgres")
        parser.add_argument("--database", default="boomerang")
        parser.add_argument("--from-environment", action="store_true", help="give the roles the passwords of the three URLs already set")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make what is missing; print the three URLs unless they are set already. Their passwords are shown this once."""
        known = options["from_environment"]
        passwords = {short: str(settings.DATABASES[alias]["PASSWORD"]) for short, alias in _ALIASES.items()} if known else {}
        try:
            urls = make_roles(options["admin_url"], database=options["database"], passwords=passwords)
        except psycopg2.Error as error:
            raise CommandError(f"The database server refused: {str(error).strip()}") from error
        for short, name in VARIABLES.items():
            self.stdout.write(f"{name} is set; its role is ready." if known else f"{name}={urls[short]}")
