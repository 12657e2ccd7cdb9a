"""Cursor pages for the API: stable while rows come and go, and nothing in them that tells a store's size to a stranger (S17).

A cursor is sealed for its store: it shows no row id and no offset, and one that somebody made up, changed or brought from another store
is refused.
"""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode

from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from retention.kit.secrets import BadLink, open_link, sign_link
from retention.tenancy.context import require_store_id

_PURPOSE = "api-cursor"
_FOREVER = datetime(2999, 1, 1, tzinfo=UTC)  # a page that somebody keeps stays a page


class CursorPages(CursorPagination):
    """Pages of 50 (at most 200), newest first; `next` and `previous` are addresses to follow as they are."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = ("-id",)

    def encode_cursor(self, cursor: Cursor) -> str:
        """Return the address of a page, its place sealed."""
        place = {"o": str(cursor.offset or 0), "r": str(int(cursor.reverse)), "p": "" if cursor.position is None else str(cursor.position)}
        token = sign_link(urlencode(place), store_id=require_store_id(), purpose=_PURPOSE, expires_at=_FOREVER)
        return str(replace_query_param(self.base_url or "", self.cursor_query_param, token))

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Return the place a cursor points at; one that is not this store's is refused like one that is broken."""
        token = request.query_params.get(self.cursor_query_param)
        if token is None:
            return None
        try:
            link = open_link(token, purpose=_PURPOSE, now=datetime.fromtimestamp(0, UTC))
        except BadLink as error:
            raise NotFound(_("This cursor is not one of ours.")) from error
        if link.store_id != require_store_id():
            raise NotFound(_("This cursor is not one of ours."))
        place = {key: values[0] for key, values in parse_qs(link.subject, keep_blank_values=True).items()}
        return Cursor(offset=int(place["o"]), reverse=place["r"] == "1", position=place["p"] or None)  # type: ignore[arg-type]

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, object]]:
        """Describe both parameters with their bounds."""
        return [
            {
                "name": self.cursor_query_param,
                "in": "query",
                "required": False,
                "description": _("Where a page begins: what `next` or `previous` of an earlier answer held."),
                "schema": {"type": "string"},
            },
            {
                "name": self.page_size_query_param,
                "in": "query",
                "required": False,
                "description": _("How many rows a page holds."),
                "schema": {"type": "integer", "minimum": 1, "maximum": self.max_page_size, "default": self.page_size},
            },
        ]
