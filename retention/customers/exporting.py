"""Files for the merchant: every customer, event (and, from above, order) as CSV. Customers and orders come back in (see `stream`).

Rows are read by keyset pages, so that memory stays small however many there are. A small file is streamed at once; a large one is made
in turns by the timed task, kept in compressed pieces for a week, and announced by mail.
"""

import csv
import io
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from retention.customers.importing.cells import cell_of
from retention.customers.importing.filing import heading_key
from retention.customers.importing.formulas import quote_formula
from retention.customers.importing.mapping import ATTRIBUTE_MARK
from retention.customers.importing.people import FIELDS
from retention.customers.models import Attribute, Customer, CustomerEvent, Export, ExportChunk
from retention.customers.models.event import EPOCH, MICROSECOND
from retention.dashboard.addresses import page_address
from retention.kit.locks import transaction_lock
from retention.kit.register import Register
from retention.notices.owing import owe_page
from retention.stores.models import Store, StoreWork
from retention.tenancy.context import require_store_id, store_context

KIND = "export"
SMALL = 5_000  # rows that are streamed at once
STREAMED = 500  # of them in memory
KEPT = timedelta(days=7)
PAGE, PAGES_OF_A_PIECE = 2_000, 5
_LARGE = 8 * 1024 * 1024  # letters; a piece ends behind the page that reaches them
_SECONDS = 20
Cells = list[str]
_HEADINGS = {
    "email": "Email", "phone": "Phone Number", "external_id": "External ID", "first_name": "First Name", "last_name": "Last Name",
    "gender": "Gender", "birthday": "Birthday", "interests": "Interests", "language": "Language", "zone": "Timezone", "city": "City",
    "region": "Region", "postcode": "Zip Code", "country": "Country", "email_consent": "Email Marketing Consent",
    "email_consent_at": "Email Marketing Consent Timestamp", "sms_consent": "SMS Marketing Consent",
    "sms_consent_at": "SMS Marketing Consent Timestamp",
}  # fmt: skip
_SAID = {"granted": "Subscribed", "refused": "Unsubscribed", "pending": "Never subscribed", "": "Never subscribed"}


@dataclass(frozen=True)
class Table:
    """One kind of file.

    header: its headings. page: about so many rows behind a place (0 at the beginning), each with the place behind it. rows: what there
    is to count.
    """

    label: str | Promise
    header: Callable[[], Cells]
    page: Callable[[int, int], Sequence[tuple[int, Cells]]]
    rows: Callable[[], QuerySet[Any]]


tables: Register[Table] = Register("table to export")


def stream(table: Table, *, store_id: int) -> Iterator[str]:
    """Yield the CSV piece by piece; a spreadsheet finds no formula in it. Source: S22.

    Our import reads customers back as they were, but for what a cell cannot hold: visitors without any name are left out, of several ids of
    the shop the first comes back, and attributes come back as texts. Two attributes whose names differ in capitals alone share a heading,
    which an import refuses. One page is in memory at a time; each opens the store's context, for answers outlive their request's.
    """
    with store_context(store_id):
        text = written_csv([table.header()])
    yield text
    after = 0
    while True:
        with store_context(store_id):
            rows = table.page(after, STREAMED)
        if not rows:
            return
        yield written_csv(cells for _place, cells in rows)
        after = rows[-1][0]


def order_file(kind: str, *, by: Any, now: datetime) -> Export:
    """Ask for a large file to be made in the background; call it inside a transaction."""
    made: Export = Export.objects.create(kind=kind, created_by=by, created_at=now)
    StoreWork.ring(KIND, store_id=made.store_id, due_at=now)
    return made


def pieces_of(export: Export) -> Iterator[bytes]:
    """Yield the file's bytes, one piece in memory at a time; each opens the store's context, for answers outlive their request's."""
    with store_context(export.store_id):
        numbers = list(ExportChunk.objects.filter(of_export=export).order_by("number").values_list("number", flat=True))
    for number in numbers:
        with store_context(export.store_id):
            data = ExportChunk.objects.values_list("data", flat=True).get(of_export=export, number=number)
        yield zlib.decompress(data)


def export_due(*, now: Callable[[], datetime]) -> int:
    """Make the files stores asked for and let go of those that are a week old; return how many pieces were made."""
    made = 0
    while turn := StoreWork.take(KIND, now=now(), limit=1, lease_seconds=_SECONDS * 4):
        with store_context(turn[0].store_id):
            count = _turn(now=now)
            made += count
            StoreWork.settle(KIND, turn[0], next_at=_next_moment(now=now()))
        if not count:
            break
    return made


def _turn(*, now: Callable[[], datetime]) -> int:
    """Make up to ten pieces of the active store's files."""
    _let_go(now=now())
    for count in range(10):
        with transaction.atomic():
            if not _next_piece(now=now()):
                return count
    return 10


def _next_piece(*, now: datetime) -> bool:
    """Make the next piece of the active store's oldest file that is being made; False when there is none. In a transaction."""
    transaction_lock(KIND, store_id=require_store_id())
    export = Export.objects.select_for_update(skip_locked=True).filter(state=Export.State.MAKING).order_by("id").first()
    if export is not None:
        _make_piece(export, now=now)
    return export is not None


def _make_piece(export: Export, *, now: datetime) -> None:
    """Write the next rows as one piece; how far it came is committed with it."""
    table = tables[export.kind]
    number = export.chunks.count()
    text = written_csv([table.header()]) if number == 0 else ""
    before = export.rows_count
    for _page in range(PAGES_OF_A_PIECE):
        rows = table.page(export.position, PAGE) if len(text) < _LARGE else []
        if not rows:
            break
        text += written_csv(cells for _place, cells in rows)
        export.rows_count, export.position = export.rows_count + len(rows), rows[-1][0]
    data = text.encode()
    ExportChunk.objects.create(of_export=export, number=number, data=zlib.compress(data, 6))
    export.size += len(data)
    if export.rows_count == before:
        export.state, export.finished_at = Export.State.READY, now
        _announce(export)
    export.save()


def _announce(export: Export) -> None:
    if export.created_by is None:
        return
    store = Store.objects.get(pk=require_store_id())
    words = {"store": store.name, "what": str(tables[export.kind].label), "rows": export.rows_count}
    words["url"] = page_address("customers:exports", store.slug)
    subject = _("Your file of %(store)s is ready") % {"store": store.name}
    key = f"export-ready:{export.public_id}"
    owe_page("export_ready", to=export.created_by.email, subject=subject, template="export_ready", words=words, key=key)


def _let_go(*, now: datetime) -> None:
    old = Export.objects.filter(state=Export.State.READY, finished_at__lte=now - KEPT)
    forget_files(old)


def forget_files(exports: Any) -> None:
    """Throw the files of these exports away; that they were made stays on the list."""
    ids = list(exports.values_list("id", flat=True))
    ExportChunk.objects.filter(of_export_id__in=ids).delete()
    Export.objects.filter(id__in=ids).update(state=Export.State.GONE)


def begin_files_again(*, now: datetime) -> None:
    """Throw away files that hold a person who is being erased; those being made begin anew, and their mail still comes.

    In the transaction that erases, before it ends: a piece is made under the same lock, so it was made before and is thrown away here,
    or is made afterwards and holds nothing of the person.
    """
    store_id = require_store_id()
    transaction_lock(KIND, store_id=store_id)
    forget_files(Export.objects.filter(state=Export.State.READY))
    making = Export.objects.filter(state=Export.State.MAKING)
    ExportChunk.objects.filter(of_export__in=list(making.values_list("pk", flat=True))).delete()
    if making.update(position=0, rows_count=0, size=0):
        StoreWork.ring(KIND, store_id=store_id, due_at=now)


def _next_moment(*, now: datetime) -> datetime | None:
    if Export.objects.filter(state=Export.State.MAKING).exists():
        return now
    oldest = Export.objects.filter(state=Export.State.READY).order_by("finished_at").values_list("finished_at", flat=True).first()
    return None if oldest is None else oldest + KEPT


def written_csv(rows: Iterable[Cells]) -> str:
    """Return rows as CSV; a spreadsheet finds no formula in it."""
    file = io.StringIO()
    csv.writer(file).writerows([quote_formula(cell) for cell in row] for row in rows)
    return file.getvalue()


def _attribute_keys() -> dict[str, str]:
    """Return headings by attribute key; one that would read as a field of ours says that it is an attribute, and reads back without it."""
    known = {heading_key(heading) for field in FIELDS for heading in (_HEADINGS[field.key], field.key, *field.headings)}
    keys = Attribute.objects.order_by("key").values_list("key", flat=True)
    return {key: key + ATTRIBUTE_MARK if heading_key(key) in known or key.endswith(ATTRIBUTE_MARK) else key for key in keys}


def _customer_header() -> Cells:
    return [*_HEADINGS.values(), *_attribute_keys().values()]


def _customer_page(after: int, limit: int) -> list[tuple[int, Cells]]:
    people = Customer.objects.filter(id__gt=after).order_by("id").prefetch_related("consents", "identities")[:limit]
    keys = list(_attribute_keys())
    return [(one.pk, _customer_cells(one, keys)) for one in people]


def _customer_cells(customer: Customer, keys: Sequence[str]) -> Cells:
    own = {"external_id": next((one.value for one in customer.identities.all() if one.kind == "external"), "")}
    said = {one.channel: one for one in customer.consents.all()}
    for channel in ("email", "sms"):
        consent = said.get(channel)
        own[f"{channel}_consent"] = _SAID[consent.status if consent else ""]
        own[f"{channel}_consent_at"] = cell_of(consent.changed_at) if consent and consent.status != "pending" else ""
    fields = [own[name] if name in own else cell_of(getattr(customer, name)) for name in _HEADINGS]
    return fields + [cell_of(customer.attributes.get(key)) for key in keys]


def _event_page(after: int, limit: int) -> list[tuple[int, Cells]]:
    """Return the events that arrived behind a moment (`CustomerEvent.arrival`), and all of the last one's: the place is a moment alone.

    In the order of arrival, which has an index of the store's own; the order of ids would lead through every other store's events.
    """
    events = CustomerEvent.objects.select_related("customer").order_by("received_at", "id")
    found = list(events.filter(received_at__gt=EPOCH + after * MICROSECOND)[:limit])
    if len(found) == limit:
        found += events.filter(received_at=found[-1].received_at, id__gt=found[-1].pk)
    return [(one.arrival, _event_cells(one)) for one in found]


def _event_cells(event: CustomerEvent) -> Cells:
    who = event.customer
    cells = [event.public_id, event.name, event.kind, event.occurred_at, event.received_at]
    return [*map(cell_of, cells), cell_of(who.public_id) if who else "", who.email if who else "", _json(event.properties)]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


CUSTOMERS = Table(gettext_lazy("Customers"), _customer_header, _customer_page, Customer.objects.all)
EVENTS = Table(
    gettext_lazy("Events"),
    lambda: ["Event ID", "Name", "Kind", "Happened at", "Received at", "Customer", "Email", "Properties"],
    _event_page,
    CustomerEvent.objects.all,
)
