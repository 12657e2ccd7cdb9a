"""How many rows statements read, for tests of plans: those that name their rows read these, and never a whole store."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, connections

_ASKS = re.compile(r"(SELECT|WITH|UPDATE|DELETE|INSERT|EXECUTE)\b")
_TABLES = """
    SELECT relname, relkind = 'p' FROM pg_class WHERE oid = %(table)s::regclass
    UNION ALL SELECT relname, false FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = %(table)s::regclass
"""
_WAYS = ("force_custom_plan", "force_generic_plan")


@contextmanager
def most_stores_small(*tables: str) -> Iterator[None]:
    """Have statistics taken by which an average store has ten rows of each table, and at the end those that are true.

    As on a platform of very many small stores and a few large ones. For tests that commit.
    """
    _take(tables, "SET ({} = -0.1)")
    try:
        yield
    finally:
        _take(tables, "RESET ({})")


@contextmanager
def greedy(*tables: str, most: int) -> Iterator[dict[str, int]]:
    """Yield which scans read more than so many rows of these tables and how many, of all statements meanwhile but lists of values.

    Each is run once more before itself and taken back, a prepared one twice: planned for its values, and for any.
    """
    found: dict[str, int] = {}
    looked: set[str] = set()

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not many:
            parts = list(_parts(sql, params))
            for place, statement in [(place, part) for place, (part, _) in enumerate(parts) if _ASKS.match(part)]:
                looked.add(statement)
                for way in _WAYS if statement.startswith("EXECUTE") else _WAYS[:1]:
                    for table, node in _scans(_plan(parts[: place + 1], way)):
                        rows = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
                        if rows > most and table.startswith(tables):
                            scan = f"{table} by {node.get('Index Name', 'all of it')}"
                            found[f"{scan}: {' '.join(statement.split())[:90]}"] = round(rows)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        yield found
    assert looked, "no statement ran"


def _take(tables: Sequence[str], change: str) -> None:
    with connections["owner"].cursor() as cursor:
        for table in tables:
            cursor.execute(_TABLES, {"table": table})
            for name, is_parent in cursor.fetchall():
                option = change.format("n_distinct_inherited" if is_parent else "n_distinct")
                cursor.execute(f'ALTER TABLE "{name}" ALTER store_id {option}')
        cursor.execute(f"ANALYZE {', '.join(tables)}")


def _parts(sql: str, params: Any) -> Iterator[tuple[str, Any]]:
    """Yield the statements of what is sent at once, each with its values."""
    left = params
    for part in filter(None, map(str.strip, sql.split(";"))):
        values = left
        if not isinstance(params, dict):
            count = part.count("%s")
            values, left = (left or ())[:count], (left or ())[count:]
        yield part, values


def _plan(parts: Sequence[tuple[str, Any]], way: str) -> dict[str, Any]:
    """Run the last of these statements after the others and take all of it back; return its plan with what it read."""
    with _taken_back() as cursor:
        for statement, values in parts[:-1]:
            cursor.execute(statement, values or None)
        statement, values = parts[-1]
        # A table of a test is small, so that reading all of it may look cheapest whatever the statement says; of a large one it never does.
        cursor.execute(f"SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = {way}")
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values or None)
        plan = cursor.fetchone()[0]
    tree: list[dict[str, Any]] = json.loads(plan) if isinstance(plan, str) else plan
    return dict(tree[0]["Plan"])


@contextmanager
def _taken_back() -> Iterator[Any]:
    """Yield a cursor below Django's own; what it does is undone, in a transaction to where that stood."""
    inside = connection.in_atomic_block
    with connection.connection.cursor() as cursor:
        cursor.execute("SAVEPOINT beside" if inside else "BEGIN")
        try:
            yield cursor
        finally:
            cursor.execute("ROLLBACK TO beside; RELEASE beside" if inside else "ROLLBACK")


def _scans(node: dict[str, Any], table: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each node below that reads a table, with the table's name; what a bitmap looks up in an index is of the table above it."""
    table = node.get("Relation Name", table if node["Node Type"].startswith("Bitmap") else "")
    if table:
        yield table, node
    for part in node.get("Plans", ()):
        yield from _scans(part, table)
