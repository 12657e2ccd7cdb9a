"""Cursor pages for the API: stable while rows come and go, and nothing in them that tells a store's size to a stranger (S17).

A cursor is sealed for its store: it shows no row id and no offset, and one that somebody made up, changed or brought from another store
is refused.
"""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from retention.kit.secrets import BadLink, open_link, sign_link
from retention.tenancy.context import require_store_id

Place = tuple[datetime, int]
_PURPOSE = "api-cursor"
_FOREVER = datetime(2999, 1, 1, tzinfo=UTC)  # a page that somebody keeps stays a page


class CursorPages(CursorPagination):
    """Pages of 50 (at most 200), newest first; `next` and `previous` are addresses to follow as they are."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering: tuple[str, ...] = ("-id",)

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


class MomentPages(CursorPages):
    """Pages by a moment and, within it, by id, both falling: for rows whose table has that as an index and no index of a store's ids.

    A view that narrows its rows by something without an index does so in `narrow(rows)`: one page then looks at `searched` rows at most, so
    it may hold fewer rows than asked for, or none, while `next` still leads on.
    """

    ordering = ("-received_at", "-id")
    searched = 20_000

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Return one page; where it begins is the moment and id of the row before it."""
        self.request, self.base_url = request, request.build_absolute_uri()
        size = self.get_page_size(request) or self.page_size
        cursor = self.decode_cursor(request)
        self._backwards = bool(cursor and cursor.reverse)
        self._began = None if cursor is None else _read_place(cursor.position)
        rows = queryset.order_by("received_at", "id") if self._backwards else queryset.order_by("-received_at", "-id")
        rows = _beyond(rows, self._began, backwards=self._backwards)
        narrowed, self._end = self._narrow(rows, view)
        found = list(narrowed[: size + 1])
        if len(found) > size:
            found, self._end = found[:size], _place_of(found[size - 1])
        self.page = found[::-1] if self._backwards else found
        return self.page

    def get_next_link(self) -> str | None:
        """Return the address of the older page."""
        return self._back() if self._backwards else self._on()

    def get_previous_link(self) -> str | None:
        """Return the address of the newer page."""
        return self._on() if self._backwards else self._back()

    def _back(self) -> str | None:
        """Return where the page came from; behind an empty one lies the very row it began at."""
        if self.page:
            place = _place_of(self.page[-1] if self._backwards else self.page[0])
            return None if self._began is None else self._link(place, reverse=not self._backwards)
        if self._began is None:
            return None
        moment, number = self._began
        return self._link((moment, number - 1 if not self._backwards else number + 1), reverse=not self._backwards)

    def _on(self) -> str | None:
        return None if self._end is None else self._link(self._end, reverse=self._backwards)

    def _link(self, place: Place, *, reverse: bool) -> str:
        return self.encode_cursor(Cursor(0, reverse, f"{place[0].isoformat()} {place[1]}"))  # type: ignore[arg-type]

    def _narrow(self, rows: QuerySet[Any], view: Any) -> tuple[QuerySet[Any], Place | None]:
        """Return the rows to look at and the place of the last of them; None when they are all that is left."""
        narrow = getattr(view, "narrow", None)
        wanted = narrow(rows) if narrow else rows
        if wanted is rows:
            return rows, None
        last = rows.values_list("received_at", "id")[self.searched - 1 : self.searched].first()
        return (wanted, None) if last is None else (_up_to(wanted, last, backwards=self._backwards), last)


def _place_of(row: Any) -> Place:
    return row.received_at, row.pk


def _read_place(position: Any) -> Place:
    try:
        moment, number = str(position).split(" ")
        return datetime.fromisoformat(moment), int(number)
    except ValueError as error:
        raise NotFound(_("This cursor is not one of ours.")) from error


def _beyond(rows: QuerySet[Any], place: Place | None, *, backwards: bool) -> QuerySet[Any]:
    """Return the rows strictly behind a place in reading direction; the plain bound lets the database start in the middle of the index."""
    if place is None:
        return rows
    sign = "gt" if backwards else "lt"
    behind = Q(**{f"received_at__{sign}": place[0]}) | Q(received_at=place[0], **{f"id__{sign}": place[1]})
    return rows.filter(behind, **{f"received_at__{sign}e": place[0]})


def _up_to(rows: QuerySet[Any], place: Place, *, backwards: bool) -> QuerySet[Any]:
    """Return the rows up to a place in reading direction, with the row there."""
    sign = "lt" if backwards else "gt"
    before = Q(**{f"received_at__{sign}": place[0]}) | Q(received_at=place[0], **{f"id__{sign}e": place[1]})
    return rows.filter(before, **{f"received_at__{sign}e": place[0]})
