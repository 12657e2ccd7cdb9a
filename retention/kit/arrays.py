"""Long lists as PostgreSQL reads them fastest: one array literal, in place of a constructor with a thousand expressions to parse.

psycopg2 writes a list element by element, a moment in four microseconds, and the server parses each as an expression.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec


def array_of(values: Sequence[int | datetime | None]) -> str:
    """Return numbers or moments as an array literal, for a parameter that is cast or compared to an array."""
    return f"{{{msgspec.json.encode(values)[1:-1].decode()}}}"


def arrays_of(rows: Iterable[Sequence[Any]]) -> list[str]:
    """Return rows of numbers and moments as array literals, one for each column; at least one row."""
    return [array_of(column) for column in zip(*rows, strict=True)]


def column_of(values: Sequence[Any]) -> str:
    """Return values of one kind, texts or else numbers, moments or truths, as an array literal; None among them is NULL."""
    if not isinstance(next((value for value in values if value is not None), None), str):
        return array_of(values)
    if None in values:
        return f"{{{','.join('NULL' if value is None else texts_of([value])[1:-1] for value in values)}}}"
    return texts_of(values)


def texts_of(values: Sequence[str]) -> str:
    """Return texts as an array literal."""
    if not values:
        return "{}"
    joined = '","'.join(values)
    if "\\" in joined or joined.count('"') > 2 * (len(values) - 1):  # some text holds a mark of its own
        joined = '","'.join(value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return f'{{"{joined}"}}'
