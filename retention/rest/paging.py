"""Cursor pages for the API: stable while rows come and go, and never a count that tells a store's size to a stranger."""

from rest_framework.pagination import CursorPagination


class CursorPages(CursorPagination):
    """Pages of 50 (at most 200), newest first; `next` and `previous` are addresses to follow as they are."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = ("-id",)
