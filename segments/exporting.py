"""The members of a segment as a CSV file, and lists made of the ids or addresses somebody brings."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retention.customers.exporting import written_csv
from retention.customers.identifying import email_key
from retention.customers.models import Customer, Identity
from retention.kit.random_ids import read_id
from retention.tenancy.context import store_context
from segments.models import Segment, SegmentMember

PAGE, _LOOKED_AT = 2_000, 20
MOST_BROUGHT = 20_000
_HEADS = frozenset({"email", "e-mail", "email address", "id", "customer id", "customer_id", "external id", "external_id", "user_id"})
_HEADINGS = ["id", "email", "phone", "first_name", "last_name", "entered_at"]


class TooMany(ValueError):
    """More people are named than a list takes at once; `args[0]` says how many."""


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
    """Find the customers a text names, one to a line, by our id, their address, or the shop's id; raises TooMany.

    Of a table the column that holds addresses or ids is read, and nothing else, so that no other number is taken for a shop's id.
    """
    words = _words_of(text.replace("\0", ""))
    if len(words) > MOST_BROUGHT:
        raise TooMany(len(words))
    ids = {word: read_id(word) for word in words}
    emails = {word: email_key(word) for word in words if "@" in word}
    by_id = dict(Customer.objects.filter(public_id__in=[one for one in ids.values() if one]).values_list("public_id", "pk"))
    by_email = dict(Customer.objects.filter(email_key__in=emails.values()).values_list("email_key", "pk"))
    rest = [word for word in words if word not in emails]
    by_shop = dict(Identity.objects.filter(kind=Identity.Kind.EXTERNAL, value__in=rest).values_list("value", "customer_id"))
    found: dict[str, int | None] = {word: by_id.get(ids[word]) or by_email.get(emails.get(word, "")) or by_shop.get(word) for word in words}
    return Found(sorted({pk for pk in found.values() if pk}), [word for word, pk in found.items() if not pk])


def _words_of(text: str) -> list[str]:
    """Return the words of the column that names people, each once."""
    lines = [line for line in text.splitlines() if line.strip()]
    separator = next((one for one in (";", "\t", ",") if lines and one in lines[0]), ",")
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=separator)]
    column = _column_of(rows)
    words = dict.fromkeys(row[column] for row in rows if len(row) > column and row[column])
    return [word for word in words if word.casefold() not in _HEADS]


def _column_of(rows: Sequence[Sequence[str]]) -> int:
    """Return the place of the column that names people: by its head, else the first with an address or one of our ids, else the first."""
    if not rows:
        return 0
    headed = [place for place, cell in enumerate(rows[0]) if cell.casefold() in _HEADS]
    named = [place for row in rows[:_LOOKED_AT] for place, cell in enumerate(row) if "@" in cell or read_id(cell)]
    return (headed or named or [0])[0]


def _cells_of(row: SegmentMember) -> list[str]:
    person = row.customer
    return [str(person.public_id), person.email, person.phone, person.first_name, person.last_name, row.entered_at.isoformat()]
