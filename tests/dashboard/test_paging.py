"""Cursor pages: every row once, in order, forwards and back, while rows come and go; a cursor cannot be aimed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet

from retention.dashboard.paging import Page, read_page
from retention.stores.models import User

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
ORDER = ("-joined_at", "-id")


def names(page: Page[Any]) -> list[str]:
    """Return the names on a page."""
    return [user.name for user in page.rows]


@pytest.fixture
def people(db: None) -> QuerySet[User]:
    """Make seven people; three joined in the same moment."""
    for number in range(7):
        User.objects.create(email=f"p{number}@example.test", name=str(number), joined_at=START + timedelta(hours=max(number, 2)))
    return User.objects.filter(email__startswith="p")


def walk(rows: QuerySet[User], *, size: int) -> list[Page[User]]:
    """Return all pages, forwards."""
    pages, cursor = [], ""
    while True:
        pages.append(read_page(rows, order=ORDER, cursor=cursor, size=size, total=7))
        cursor = pages[-1].next
        if not cursor:
            return pages


@pytest.mark.django_db
@pytest.mark.parametrize("size", [1, 2, 3, 7, 10])
def test_every_row_once_and_in_order(people: QuerySet[User], size: int) -> None:
    pages = walk(people, size=size)
    assert [name for page in pages for name in names(page)] == ["6", "5", "4", "3", "2", "1", "0"]
    assert [(page.first, page.last) for page in pages] == [(start + 1, min(start + size, 7)) for start in range(0, 7, size)]


@pytest.mark.django_db
def test_back_leads_the_same_way_home(people: QuerySet[User]) -> None:
    pages = walk(people, size=3)
    second = read_page(people, order=ORDER, cursor=pages[2].back, size=3)
    first = read_page(people, order=ORDER, cursor=second.back, size=3)
    assert (names(second), second.first) == (["3", "2", "1"], 4)
    assert (names(first), first.first, first.back) == (["6", "5", "4"], 1, "")
    assert names(read_page(people, order=ORDER, cursor=first.next, size=3)) == ["3", "2", "1"]


@pytest.mark.django_db
def test_a_new_row_in_front_moves_nothing_behind(people: QuerySet[User]) -> None:
    first = read_page(people, order=ORDER, size=3)
    User.objects.create(email="pnew@example.test", name="new", joined_at=START + timedelta(days=1))
    people.filter(name="4").update(email="gone@example.test")
    assert names(read_page(people, order=ORDER, cursor=first.next, size=3)) == ["3", "2", "1"]


@pytest.mark.django_db
@pytest.mark.parametrize("spoil", [lambda text: text[:-2] + "xx", lambda text: "nonsense", lambda text: ""])
def test_a_cursor_that_is_not_ours_starts_over(people: QuerySet[User], spoil: Any) -> None:
    second = read_page(people, order=ORDER, size=3).next
    assert names(read_page(people, order=ORDER, cursor=spoil(second), size=3)) == ["6", "5", "4"]


@pytest.mark.django_db
def test_a_cursor_of_another_order_starts_over(people: QuerySet[User]) -> None:
    second = read_page(people, order=("-id",), size=3).next
    assert names(read_page(people, order=ORDER, cursor=second, size=3)) == ["6", "5", "4"]


@pytest.mark.django_db
def test_rows_without_a_value_come_last_both_ways(people: QuerySet[User]) -> None:
    people.filter(name__in="135").update(sessions_valid_from=START)
    for order, expected in ((("sessions_valid_from", "id"), "1350246"), (("-sessions_valid_from", "id"), "1350246")):
        first = read_page(people, order=order, size=4)
        second = read_page(people, order=order, cursor=first.next, size=4)
        assert "".join(names(first) + names(second)) == expected
        assert names(read_page(people, order=order, cursor=second.back, size=4)) == names(first)


@pytest.mark.django_db
def test_an_empty_list_is_one_empty_page() -> None:
    page = read_page(ContentType.objects.none(), order=("id",))
    assert (page.rows, page.first, page.last, page.alone) == ([], 0, 0, True)
