"""The members of a segment as a CSV file, and lists made of the ids or addresses somebody brings."""

from collections.abc import Iterator
from dataclasses import dataclass

from retention.customers.exporting import written_csv
from retention.customers.identifying import email_key
from retention.customers.models import Customer, Identity
from retention.kit.random_ids import read_id
from retention.tenancy.context import store_context
from segments.models import Segment, SegmentMember

PAGE = 2_000
MOST_BROUGHT = 50_000
_HEADINGS = ["id", "email", "phone", "first_name", "last_name", "entered_at"]


@dataclass(frozen=True)
class Found:
    """Whom brought words stand for. unknown: words that mean nobody here."""

    customer_ids: list[int]
    unknown: list[str]


def stream_members(segment: Segment) -> Iterator[str]:
    """Yield the CSV piece by piece, a page in memory at a time; each opens the store's context, for answers outlive their request's."""
    yield written_csv([_HEADINGS])
    after = 0
    while True:
        with store_context(segment.store_id):
            members = SegmentMember.objects.filter(segment=segment, customer_id__gt=after).order_by("customer_id")
            rows = list(members.select_related("customer")[:PAGE])
        if not rows:
            return
        yield written_csv(_cells_of(row) for row in rows)
        after = rows[-1].customer_id


def find_brought(text: str) -> Found:
    """Find the customers a text names, one to a line or cell: by our id, their address, or the shop's id."""
    words = list(dict.fromkeys(word for line in text.splitlines() for word in _cells(line)))[:MOST_BROUGHT]
    ids = {word: read_id(word) for word in words}
    emails = {word: email_key(word) for word in words if "@" in word}
    by_id = dict(Customer.objects.filter(public_id__in=[one for one in ids.values() if one]).values_list("public_id", "pk"))
    by_email = dict(Customer.objects.filter(email_key__in=emails.values()).values_list("email_key", "pk"))
    rest = [word for word in words if word not in emails]
    by_shop = dict(Identity.objects.filter(value__in=rest).exclude(kind="anonymous").values_list("value", "customer_id"))
    found: dict[str, int | None] = {word: by_id.get(ids[word]) or by_email.get(emails.get(word, "")) or by_shop.get(word) for word in words}
    return Found(sorted({pk for pk in found.values() if pk}), [word for word, pk in found.items() if not pk])


def _cells_of(row: SegmentMember) -> list[str]:
    person = row.customer
    return [str(person.public_id), person.email, person.phone, person.first_name, person.last_name, row.entered_at.isoformat()]


def _cells(line: str) -> list[str]:
    separator = next((one for one in (";", "\t", ",") if one in line), ",")
    return [cell.strip().strip('"').strip() for cell in line.split(separator) if cell.strip().strip('"').strip()]
