"""Rows that are made once for a file, since they cost much; what each test changes is taken back before the next.

Only for files whose tests commit nothing. And what PostgreSQL knows of such rows, for a test that looks at a plan.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import connection, transaction
from pytest_django import DjangoDbBlocker

T = TypeVar("T")


@contextmanager
def lasting(blocker: DjangoDbBlocker, make: Callable[[], T]) -> Iterator[T]:
    """Yield what `make` makes, in a transaction that is rolled back at the end: for a fixture that lasts for a module."""
    with blocker.unblock():
        around = transaction.atomic()
        around.__enter__()
        with connection.cursor() as cursor:  # a test that only computes may take longer than the product lets a transaction wait
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    try:
        with blocker.unblock():
            made = make()
        yield made
    finally:
        with blocker.unblock():
            transaction.set_rollback(True)
            around.__exit__(None, None, None)


def take_statistics(*tables: str) -> None:
    """Have the statistics of tables taken with the rows of the test's own transaction: only the owner may, and does not see these."""
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute("SELECT boomerang_know_table(%s, %s)", [f"public.{table}", 2**62])
