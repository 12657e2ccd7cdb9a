"""Cursor pages for the API: stable while rows come and go, and never a count that tells a store's size to a stranger."""

from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request


class CursorPages(CursorPagination):
    """Pages of 50 (at most 200), newest first; `next` and `previous` are addresses to follow as they are."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = ("-id",)

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Return the place a cursor points at; one that somebody made up is refused like one that is broken."""
        cursor = super().decode_cursor(request)
        position = str(cursor.position) if cursor is not None and cursor.position is not None else "0"
        if not (position.isascii() and position.isdecimal() and len(position) < 19):
            raise NotFound(_("This cursor is not one of ours."))
        return cursor
