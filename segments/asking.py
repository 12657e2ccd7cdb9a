"""Running a rule's SELECT: as the role that reads customers and nothing else may, within a time.

Patterns are replaced by the texts they match, blocked addresses by the customers who have them.

The role is past row-level security, so that no function of a rule hides an index from the planner; the store stands in every part of the
statement, and a member's foreign keys refuse a customer of another store.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DataError, OperationalError, connection, transaction

from retention.customers.consent import customers_behind
from retention.tenancy.context import SEGMENTS_ROLE, require_store_id, role_context
from segments.rules.blocked import Blocked
from segments.rules.patterns import Matching
from segments.rules.sql import Fragment, all_of, any_of, piece
from segments.rules.windows import within

QUICK_SECONDS = 8.0  # while somebody waits in front of a page
LONG_SECONDS = 600.0
MOST_MATCHES = 50_000
_CANCELLED = "57014"


class CannotAsk(Exception):
    """The database cannot answer a rule's question."""


class TooSlow(CannotAsk):
    """The question took longer than it may."""


class TooMany(CannotAsk):
    """A pattern matches more different texts than we put into a statement."""


class TooLarge(CannotAsk):
    """A number of the rule, or one worked out of it, is larger than any column holds."""


@contextmanager
def asking(*, seconds: float) -> Iterator[None]:
    """Run the statements of the block as the segments' role, each for at most so many seconds, in a transaction; raises CannotAsk."""
    try:
        with transaction.atomic(), role_context(SEGMENTS_ROLE):
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SET LOCAL statement_timeout = {int(seconds * 1000)}; SET LOCAL jit = off; SET LOCAL work_mem = '64MB'; "
                    "SET LOCAL max_parallel_workers_per_gather = 0"
                )
            yield
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", None) == _CANCELLED:
            raise TooSlow from error
        raise
    except DataError as error:
        raise TooLarge from error


def rows_of(statement: Fragment) -> list[Any]:
    """Run a statement and return its rows, if it has any. Patterns and blocked addresses become what the store has of them.

    Raises TooMany for a pattern that matches too many different texts.
    """
    known: dict[Matching | Blocked, list[Any]] = {}
    for value in statement.values:
        if isinstance(value, Matching | Blocked) and value not in known:
            known[value] = _matches(value) if isinstance(value, Matching) else _blocked(value)
    values = [known[value] if isinstance(value, Matching | Blocked) else value for value in statement.values]
    with connection.cursor() as cursor:
        cursor.execute(statement.text, values)
        return list(cursor.fetchall()) if cursor.description else []


def _matches(wanted: Matching) -> list[str]:
    store = require_store_id()
    if wanted.attribute:
        rows = piece(
            "SELECT DISTINCT folded_value FROM customers_attributevalue WHERE store_id = %s AND attribute_id = %s", store, wanted.attribute
        )
    else:
        rows = piece(f"SELECT DISTINCT coalesce({wanted.column}, '') FROM customers_customer WHERE store_id = %s", store)  # noqa: S608 - one of ours
    found = [text for (text,) in rows_of(rows) if wanted.pattern.matches(text)]
    if len(found) > MOST_MATCHES:
        raise TooMany
    return found


def _blocked(wanted: Blocked) -> list[int]:
    rows = piece(
        "SELECT address_digest FROM customers_suppression WHERE store_id = %s AND channel = %s AND ", require_store_id(), wanted.channel
    )
    why = [piece("reason = %s", wanted.reason)] if wanted.reason else []
    when = any_of(within("created_at", span) for span in wanted.spans)
    return customers_behind([digest for (digest,) in rows_of(rows + all_of([*why, when]))], channel=wanted.channel)
