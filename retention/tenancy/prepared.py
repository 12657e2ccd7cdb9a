"""Statements the sender asks for every few messages: planned once a connection, because planning them costs ten times what they do.

The plan is PostgreSQL's own affair and follows the data; nothing here is kept apart from which connection knows which name.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection

_BETWEEN = "\0"  # in no text that PostgreSQL takes
_WHOLE, _TEXT = {int}, {str}  # the types of all values of an array that is written without looking at each
_known: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()


class Prepared:
    """One statement with its parameters as $1, $2 and so on. types: theirs, in PostgreSQL's words."""

    def __init__(self, name: str, statement: str, types: str) -> None:
        self.name, self.statement, self.types = name, statement, types

    def rows(self, parameters: Sequence[Any], *, after: "tuple[Prepared, Sequence[Any]] | None" = None) -> list[tuple[Any, ...]]:
        """Run it and return its rows. A connection that does not know it yet is told first.

        after: another one with its parameters that is run first, in the same round trip; nobody asks for its rows.
        """
        with connection.cursor() as cursor:
            steps = [(self, parameters)] if after is None else [after, (self, parameters)]
            names = _known.setdefault(connection.connection, set())
            for one, _ in steps:
                if one.name not in names:
                    cursor.execute(f"PREPARE {one.name} ({one.types}) AS {one.statement}")
                    names.add(one.name)
            told = [in_one(value) if isinstance(value, list) else value for _, given in steps for value in given]
            cursor.execute("; ".join([one._call(len(given)) for one, given in steps]), told)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def _call(self, count: int) -> str:
        return f"EXECUTE {self.name} ({', '.join(['%s'] * count)})"


def in_one(values: Sequence[int | str | datetime | None]) -> str:
    """Return an array as one literal: as the list of expressions that the driver writes, each value is parsed and worked out by itself."""
    if values and values[0] == values[-1] and values.count(values[0]) == len(values):  # of a few messages most is the same
        return "{" + ",".join([_element(values[0])] * len(values)) + "}"
    kinds = set(map(type, values))
    if kinds == _WHOLE:
        return "{" + ",".join(map(str, values)) + "}"
    if kinds == _TEXT:
        text = _BETWEEN.join(values)  # type: ignore[arg-type]
        if text.count(_BETWEEN) == len(values) - 1:
            return '{"' + _escaped(text).replace(_BETWEEN, '","') + '"}'
    return "{" + ",".join([_element(value) for value in values]) + "}"


def _element(value: int | str | datetime | None) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(int(value))
    text = value if isinstance(value, str) else value.isoformat()
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
