"""What happened to one customer, as the timeline reads it: one kind at a time or everything, newest first, older days on demand.

What a person said about a channel is no event but a row of the consent history; both are told in one line of time.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from retention.customers.models import ConsentRecord, Customer, CustomerEvent
from retention.customers.panels import abouts
from retention.dashboard.paging import cursor_after, read_page

EVENTS_A_PAGE = 50
KINDS: dict[str, str | Promise] = {
    "all": gettext_lazy("Everything"),
    "orders": gettext_lazy("Orders"),
    "messages": gettext_lazy("Messages"),
    "visits": gettext_lazy("Visits"),
    "consent": gettext_lazy("Consent"),
}
_WHO = ("identify", "alias", "group")
_OF_EVENTS, _OF_WORDS = ("-occurred_at", "-id"), ("-said_at", "-id")
_BETWEEN = "~"  # stands in no cursor


@dataclass(frozen=True)
class Story:
    """A part of a customer's story. happened: events and consent records mixed, newest first. older: the cursor of what came before."""

    happened: list[CustomerEvent | ConsentRecord]
    older: str
    begun: bool  # this is the newest part


def read_story(customer: Customer, *, kind: str, cursor: str = "", size: int = EVENTS_A_PAGE) -> Story:
    """Return one page of a customer's story. kind: a key of KINDS; cursor: what an earlier page gave, or nothing."""
    if kind == "all":
        return _mixed(customer, cursor=cursor, size=size)
    if kind == "consent":
        said = read_page(_words(customer), order=_OF_WORDS, cursor=cursor, size=size)
        return Story(list(said.rows), said.next, begun=not cursor)
    page = read_page(_events(customer, kind), order=_OF_EVENTS, cursor=cursor, size=size)
    return Story(list(page.rows), page.next, begun=not cursor)


def _mixed(customer: Customer, *, cursor: str, size: int) -> Story:
    """Return a page of events and words of consent in one line of time; its cursor holds a place in each of the two."""
    in_events, _between, in_words = cursor.partition(_BETWEEN)
    events = read_page(_events(customer, "all"), order=_OF_EVENTS, cursor=in_events, size=size)
    words = read_page(_words(customer), order=_OF_WORDS, cursor=in_words, size=size)
    both: list[CustomerEvent | ConsentRecord] = sorted([*events.rows, *words.rows], key=_moment, reverse=True)
    shown = both[:size]
    if len(shown) == len(both) and not (events.next or words.next):
        return Story(shown, "", begun=not cursor)
    last_event = next((one for one in reversed(shown) if isinstance(one, CustomerEvent)), None)
    last_word = next((one for one in reversed(shown) if isinstance(one, ConsentRecord)), None)
    in_events = in_events if last_event is None else cursor_after(last_event, order=_OF_EVENTS)
    in_words = in_words if last_word is None else cursor_after(last_word, order=_OF_WORDS)
    return Story(shown, f"{in_events}{_BETWEEN}{in_words}", begun=not cursor)


def _moment(one: CustomerEvent | ConsentRecord) -> datetime:
    return one.said_at if isinstance(one, ConsentRecord) else one.occurred_at


def _events(customer: Customer, kind: str) -> Any:
    rows = CustomerEvent.objects.filter(customer=customer)
    if kind in abouts:
        return rows.filter(name__in=abouts[kind])
    if kind == "visits":
        return rows.exclude(kind__in=("own", *_WHO)).exclude(name__in=abouts["orders"] | abouts["messages"])
    return rows


def _words(customer: Customer) -> Any:
    return ConsentRecord.objects.filter(customer=customer)
