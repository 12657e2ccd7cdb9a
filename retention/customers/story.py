"""What happened to one customer, as the timeline reads it: one kind at a time or everything, newest first, older days on demand.

What a person said about a channel is no event but a row of the consent history; both are told in one line of time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from retention.customers.models import ConsentRecord, Customer, CustomerEvent
from retention.customers.panels import abouts
from retention.dashboard.paging import read_page

EVENTS_A_PAGE = 50
KINDS: dict[str, str | Promise] = {
    "all": gettext_lazy("Everything"),
    "orders": gettext_lazy("Orders"),
    "messages": gettext_lazy("Messages"),
    "visits": gettext_lazy("Visits"),
    "consent": gettext_lazy("Consent"),
}
_WHO = ("identify", "alias", "group")


@dataclass(frozen=True)
class Story:
    """A part of a customer's story. happened: events and consent records mixed, newest first. older: the cursor of what came before."""

    happened: list[CustomerEvent | ConsentRecord]
    older: str
    begun: bool  # this is the newest part


def read_story(customer: Customer, *, kind: str, cursor: str = "", size: int = EVENTS_A_PAGE) -> Story:
    """Return one page of a customer's story. kind: a key of KINDS; cursor: what an earlier page gave, or nothing."""
    if kind == "consent":
        said = read_page(ConsentRecord.objects.filter(customer=customer), order=("-said_at", "-id"), cursor=cursor, size=size)
        return Story(list(said.rows), said.next, begun=not cursor)
    page = read_page(_events(customer, kind), order=("-occurred_at", "-id"), cursor=cursor, size=size)
    happened: list[CustomerEvent | ConsentRecord] = list(page.rows)
    if kind == "all":
        happened += _said_between(customer, page.rows, first=not cursor, last=not page.next)
        happened.sort(key=_moment, reverse=True)
    return Story(happened, page.next, begun=not cursor)


def _moment(one: CustomerEvent | ConsentRecord) -> datetime:
    return one.said_at if isinstance(one, ConsentRecord) else one.occurred_at


def _events(customer: Customer, kind: str) -> Any:
    rows = CustomerEvent.objects.filter(customer=customer)
    if kind in abouts:
        return rows.filter(name__in=abouts[kind])
    if kind == "visits":
        return rows.exclude(kind__in=("own", *_WHO)).exclude(name__in=abouts["orders"] | abouts["messages"])
    return rows


def _said_between(customer: Customer, events: Sequence[CustomerEvent], *, first: bool, last: bool) -> list[ConsentRecord]:
    """Return what the person said about channels in the time these events cover; the outer pages reach to both ends."""
    within = Q()
    if events and not first:
        within &= Q(said_at__lt=events[0].occurred_at)
    if events and not last:
        within &= Q(said_at__gte=events[-1].occurred_at)
    return list(ConsentRecord.objects.filter(within, customer=customer).order_by("-said_at", "-id")[:EVENTS_A_PAGE])
