"""Prepared statements: arrays come through as they are, whatever stands in them."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from retention.tenancy.prepared import Prepared

pytestmark = pytest.mark.django_db
ODD = ["", "NULL", "null", 'say "x"', "back\\slash", '\\"', "{a,b}", "it's", "one\ntwo", " spaces ", "Zoë 😀", "%s", None]


def test_texts_numbers_and_moments_come_through_as_they_are() -> None:
    moment = datetime(2026, 11, 20, 9, 30, 0, 250, tzinfo=UTC)
    echo = Prepared("echo_arrays", "SELECT $1, $2, $3, cardinality($1)", "text[], bigint[], timestamptz[]")
    assert echo.rows([ODD, [1, -2, None, 2**60], [moment, None]]) == [(ODD, [1, -2, None, 2**60], [moment, None], len(ODD))]
    assert echo.rows([[], [], []]) == [([], [], [], 0)]


def test_a_connection_that_does_not_know_a_statement_is_told() -> None:
    one = Prepared("one_more", "SELECT $1 + 1", "int")
    assert one.rows([1]) == [(2,)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements WHERE name = 'one_more'")
        assert cursor.fetchall() == [("one_more",)]
    assert one.rows([2]) == [(3,)]
