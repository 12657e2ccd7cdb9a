"""Statements the sender asks for every few messages: planned once a connection, because planning them costs ten times what they do.

The plan is PostgreSQL's own affair and follows the data; nothing here is kept apart from which connection knows which name.
"""

from collections.abc import Sequence
from datetime import datetime
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
            told = [in_one(value) if isinstance(value, list) else value for value in parameters]
            cursor.execute(f"EXECUTE {self.name} ({', '.join(['%s'] * len(told))})", told)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found


def in_one(values: Sequence[int | str | datetime | None]) -> str:
    """Return an array as one literal: as the list of expressions that the driver writes, each value is parsed and worked out by itself."""
    return "{" + ",".join([_element(value) for value in values]) + "}"


def _element(value: int | str | datetime | None) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(int(value))
    text = value if isinstance(value, str) else value.isoformat()
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
