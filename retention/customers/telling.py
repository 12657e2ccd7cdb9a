"""The timeline: a customer's events by day, newest first, in words a person would use."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from retention.customers.models import ConsentRecord, CustomerEvent
from retention.customers.panels import Words, tellers
from retention.customers.permissions import proof_of


@dataclass(frozen=True)
class Entry:
    """One line of the timeline. event: what it tells of, for its raw form; None for a consent record."""

    datetime: str
    time: str
    icon: str
    title: str
    text: str
    tone: str
    event: CustomerEvent | None = None


@dataclass(frozen=True)
class Day:
    """One day of the timeline."""

    title: str
    entries: list[Entry] = field(default_factory=list)


def tell(happened: Iterable[CustomerEvent | ConsentRecord], *, now: datetime) -> list[Day]:
    """Return what happened, newest first, as days in the active time zone."""
    today = timezone.localtime(now).date()
    entries = [(_moment(one), _said(one) if isinstance(one, ConsentRecord) else _entry(one)) for one in happened]
    days = groupby(entries, key=lambda entry: timezone.localtime(entry[0]).date())
    return [Day(_day(day, today=today), [entry for _at, entry in lived]) for day, lived in days]


def _moment(one: CustomerEvent | ConsentRecord) -> datetime:
    return one.said_at if isinstance(one, ConsentRecord) else one.occurred_at


def _said(record: ConsentRecord) -> Entry:
    """Put what a person said about a channel into words, with what shows it."""
    words = {
        "granted": (_("Said yes to %(channel)s"), "check", "good"),
        "pending": (_("Was asked to confirm %(channel)s"), "clock", ""),
        "refused": (_("Said no to %(channel)s"), "hand-stop", ""),
    }
    title, icon, tone = words[record.status]
    local = timezone.localtime(record.said_at)
    title = title % {"channel": record.get_channel_display()}
    return Entry(record.said_at.isoformat(), formats.date_format(local, "H:i"), icon, title, proof_of(record), tone)


def words_of(event: CustomerEvent) -> Words:
    """Return how one event reads."""
    teller = tellers.get(event.name)
    if teller is not None:
        return teller(event)
    if event.kind in {"page", "screen"}:
        return Words("eye", _("Looked at %(page)s") % {"page": _page(event)})
    if event.kind == "identify":
        return Words("users", _("Told us who they are"))
    if event.kind == "alias":
        return Words("users", _("Was recognised"))
    return Words("activity", event.name)


def tell_product(event: CustomerEvent) -> Words:
    """Put a product event into words."""
    product = _text(event.properties, "name") or _text(event.properties, "product_id") or _("a product")
    quantity = _text(event.properties, "quantity")
    titles = {
        "Product Viewed": ("eye", _("Looked at %(product)s")),
        "Product Added": ("shopping-cart", _("Put %(product)s into the basket")),
        "Product Removed": ("shopping-cart", _("Took %(product)s out of the basket")),
    }
    icon, title = titles[event.name]
    return Words(icon, title % {"product": product}, f"× {quantity}" if quantity not in {"", "1"} else "")


def tell_checkout(event: CustomerEvent) -> Words:
    """Put a step towards the order into words."""
    titles = {
        "Cart Viewed": _("Looked at the basket"),
        "Checkout Started": _("Went to the checkout"),
        "Checkout Step Viewed": _("Came to step %(step)s of the checkout"),
        "Checkout Step Completed": _("Finished step %(step)s of the checkout"),
        "Payment Info Entered": _("Entered how to pay"),
    }
    return Words("shopping-cart", titles[event.name] % {"step": _text(event.properties, "step") or "?"})


def tell_merge(event: CustomerEvent) -> Words:
    """Say that two customers turned out to be one."""
    return Words("users", _("Was recognised as the same person as %(name)s") % {"name": _text(event.properties, "name") or _("a visitor")})


def tell_imported(event: CustomerEvent) -> Words:
    """Say that a file told of the customer."""
    return Words("upload", _("Was brought in with a file"))


def tell_saved(event: CustomerEvent) -> Words:
    """Say that somebody changed the customer, by hand or through the API."""
    by_hand = event.properties.get("by") == "person"
    return Words("pencil", _("Was changed by hand") if by_hand else _("Was saved through the API"), _fields(event))


def _fields(event: CustomerEvent) -> str:
    names = event.properties.get("fields")
    return ", ".join(str(name).replace("_", " ") for name in names[:20]) if isinstance(names, list) else ""


def _entry(event: CustomerEvent) -> Entry:
    words = words_of(event)
    text, tone = words.text, words.tone
    if event.refusal:
        text, tone = _("Not counted: %(reason)s") % {"reason": event.refusal}, "warn"
    local = timezone.localtime(event.occurred_at)
    return Entry(event.occurred_at.isoformat(), formats.date_format(local, "H:i"), words.icon, words.title, text, tone, event)


def _day(day: date, *, today: date) -> str:
    written = formats.date_format(day, "l j F" if day.year == today.year else "l j F Y")
    return _("Today, %(day)s") % {"day": written} if day == today else written


def _page(event: CustomerEvent) -> str:
    return (
        event.name
        if event.name not in {"Page", "Screen"}
        else _text(event.properties, "title") or _text(event.properties, "path") or _("a page")
    )


def _text(values: dict[str, Any], name: str) -> str:
    value = values.get(name)
    return str(value)[:120] if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
