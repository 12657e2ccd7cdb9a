"""Statements the sender asks for every few messages: planned once a connection, because planning them costs ten times what they do.

The plan is PostgreSQL's own affair and follows the data; nothing here is kept apart from which connection knows which name.
"""

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection

_known: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()


class Prepared:
    """One statement with its parameters as $1, $2 and so on. types: theirs, in PostgreSQL's words."""

    def __init__(self, name: str, statement: str, types: str) -> None:
        self.name, self.statement, self.types = name, statement, types

    def rows(self, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Run it and return its rows. A connection that does not know it yet is told first."""
        with connection.cursor() as cursor:
            names = _known.setdefault(connection.connection, set())
            if self.name not in names:
                cursor.execute(f"PREPARE {self.name} ({self.types}) AS {self.statement}")
                names.add(self.name)
            cursor.execute(f"EXECUTE {self.name} ({', '.join(['%s'] * len(parameters))})", parameters)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found
