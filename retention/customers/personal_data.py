"""The register of every table that holds a customer's rows, so that merging, exporting and erasing a person forgets none.

An app adds its tables in `AppConfig.ready()`. A house test fails for a table with a `customer_id` that is not here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Model

from retention.kit.register import Register
from retention.tenancy.context import require_store_id


class Pair(NamedTuple):
    """Two customers of one store that turned out to be one person: `loser`'s rows become `survivor`'s."""

    loser: int
    survivor: int


Mover = Callable[[Sequence[Pair]], None]


@dataclass(frozen=True)
class PersonalTable:
    """One table with a customer in it.

    move: how its rows follow the survivor where more than the plain update is needed (a unique key per customer, sums).
    erase: False when the rows stay without the person (orders are accounts); the reason stands in `kept_because`.
    """

    model: type[Model]
    column: str = "customer_id"
    move: Mover | None = None
    erase: bool = True
    kept_because: str = ""


personal_tables: Register[PersonalTable] = Register("personal table")


def register(model: type[Model], *, column: str = "customer_id", move: Mover | None = None, kept_because: str = "") -> None:
    """Add a table; its key is the table's name."""
    personal_tables.add(model._meta.db_table, PersonalTable(model, column, move, erase=not kept_because, kept_because=kept_because))


def move_rows(table: PersonalTable, pairs: Sequence[Pair]) -> None:
    """Give the losers' rows to the survivors, with the table's own mover or one plain update."""
    if table.move is not None:
        table.move(pairs)
    else:
        plain_move(table.model, pairs, column=table.column)


def plain_move(model: type[Model], pairs: Sequence[Pair], *, column: str = "customer_id") -> None:
    """Update the customer of all losers' rows in one statement."""
    name, quoted = model._meta.db_table, connection.ops.quote_name(column)
    run_for_pairs(
        f'UPDATE "{name}" AS target SET {quoted} = pair.survivor FROM pair WHERE store_id = %s AND target.{quoted} = pair.loser',  # noqa: S608 - names of our own models
        pairs,
    )


def run_for_pairs(statement: str, pairs: Sequence[Pair], *more: Any) -> None:
    """Run a statement that reads the pairs as the table `pair(loser, survivor)`; its first parameter is the active store."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH pair AS (SELECT * FROM unnest(%s::bigint[], %s::bigint[]) AS pair(loser, survivor)) " + statement,  # noqa: S608 - our own statements
            [[pair.loser for pair in pairs], [pair.survivor for pair in pairs], require_store_id(), *more],
        )
