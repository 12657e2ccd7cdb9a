"""Array literals mean to PostgreSQL exactly what went in."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from retention.kit.arrays import array_of, arrays_of, column_of, texts_of

pytestmark = pytest.mark.django_db
TEXTS = st.lists(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0")), max_size=8)


def _read(kind: str, literal: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT %s::{kind}[]", [literal])
        return cursor.fetchone()[0]


@given(TEXTS)
def test_texts_come_back_whatever_is_in_them(texts: list[str]) -> None:
    assert _read("text", texts_of(texts)) == texts


@given(st.lists(st.none() | st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0")), max_size=8))
def test_texts_among_which_some_are_missing_come_back(texts: list[str | None]) -> None:
    assert _read("text", column_of(texts)) == texts


def test_truths_come_back_and_so_do_numbers_and_moments_of_a_column() -> None:
    moment = datetime(2026, 3, 29, 1, 59, 59, tzinfo=UTC)
    assert _read("boolean", column_of([True, False, None])) == [True, False, None]
    assert _read("bigint", column_of([None, 3])) == [None, 3]
    assert _read("timestamptz", column_of([moment, None])) == [moment, None]


def test_numbers_moments_and_nothing_come_back() -> None:
    moments = [datetime(1, 1, 1, tzinfo=UTC), datetime(2026, 3, 29, 1, 59, 59, 999999, timezone(timedelta(hours=2))), None]
    assert _read("bigint", array_of([1, -(2**63), 2**63 - 1, None])) == [1, -(2**63), 2**63 - 1, None]
    assert _read("bigint", array_of([])) == []
    assert _read("timestamptz", array_of(moments)) == moments


def test_rows_become_one_literal_for_each_column() -> None:
    numbers, moments = arrays_of([(1, datetime(2026, 1, 1, tzinfo=UTC)), (2, datetime(2026, 1, 2, tzinfo=UTC))])
    assert _read("int", numbers) == [1, 2]
    assert [moment.day for moment in _read("timestamptz", moments)] == [1, 2]
