"""Django's migrate, run as the database owner, followed by the grants of every role."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from retention.tenancy.grants import apply_grants


class Command(migrate.Command):
    """Migrate as owner, then put every table's privileges right."""

    def add_arguments(self, parser: Any) -> None:
        """Take Django's arguments; the default database is the owner's connection."""
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, then grant, unless only a plan or a check was asked for."""
        super().handle(*args, **options)
        if not options["plan"] and not options["check_unapplied"]:
            apply_grants(connections[options["database"]])
