"""Prepared statements: arrays come through as they are, whatever stands in them."""

from datetime import UTC, datetime
from typing import Any

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
    texts = [one for one in ODD if one is not None]
    plain = [one for one in texts if not {'"', "\\"} & set(one)]
    same = [['"', '"'], ["a", "a"], ["NULL", "NULL", "NULL"]]
    for told in (texts, plain, ['"'], ["a", 'b","c'], ["a", "b", "a"], *same):
        assert echo.rows([told, [1, 2**60], [moment]]) == [(told, [1, 2**60], [moment], len(told))]


def test_what_is_the_same_for_all_comes_through_as_often() -> None:
    moment = datetime(2026, 11, 20, 9, 30, 0, 250, tzinfo=UTC)
    echo = Prepared("echo_same", "SELECT $1, $2, $3", "text[], bigint[], timestamptz[]")
    assert echo.rows([[None] * 3, [7] * 3, [moment] * 3]) == [([None] * 3, [7] * 3, [moment] * 3)]
    assert echo.rows([["", ""], [None, None], [None, None]]) == [(["", ""], [None, None], [None, None])]


def test_text_that_no_database_takes_is_refused_and_never_read_as_two() -> None:
    echo = Prepared("echo_refused", "SELECT $1", "text[]")
    with pytest.raises(ValueError, match="NUL"):
        echo.rows([["one\0two", "three"]])


def test_a_connection_that_does_not_know_a_statement_is_told() -> None:
    one = Prepared("one_more", "SELECT $1 + 1", "int")
    assert one.rows([1]) == [(2,)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements WHERE name = 'one_more'")
        assert cursor.fetchall() == [("one_more",)]
    assert one.rows([2]) == [(3,)]


def test_one_runs_behind_another_in_the_same_round_trip(django_assert_num_queries: Any) -> None:
    keep = Prepared("keep_a_word", "SELECT set_config('app.word', $1, true)", "text")
    read = Prepared("read_a_word", "SELECT current_setting('app.word') || $1", "text")
    assert read.rows(["!"], after=(keep, ["kept"])) == [("kept!",)]
    with django_assert_num_queries(1):
        assert read.rows(["?"], after=(keep, ["it's"])) == [("it's?",)]
