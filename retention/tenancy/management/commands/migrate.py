"""Django's migrate, run as the database owner, followed by the partitions of the months ahead and the grants of every role."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from retention.kit import clock
from retention.tenancy.grants import apply_grants
from retention.tenancy.lighter_states import lighter_states
from retention.tenancy.partitions import make_months


class Command(migrate.Command):
    """Migrate as owner, make the months ahead, then put every table's privileges right."""

    def add_arguments(self, parser: Any) -> None:
        """Take Django's arguments; the default database is the owner's connection."""
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, make partitions and grant, unless only a plan or a check was asked for."""
        with lighter_states():
            super().handle(*args, **options)
        if not options["plan"] and not options["check_unapplied"]:
            make_months(connections[options["database"]], now=clock.now())
            apply_grants(connections[options["database"]])
