"""After a restore: whoever was erased since the backup was made is forgotten again, by id and by the digests of their names.

A backup may hold a person under another id (they came back), or only on their way in: a sign-up nobody confirmed, an event not applied
yet, a file waiting to be brought in. What the database knows as erased already is left alone, so whoever came back later stays.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from retention.customers import erasure_list
from retention.customers.consent import address_digest
from retention.customers.erasing import Forgotten, erase, forget_texts
from retention.customers.models import Customer, Erasure, Identity
from retention.stores.models import Store
from retention.tenancy.bulk import read_in_pages
from retention.tenancy.context import store_context

_PAGE = 2000
Entry = Mapping[str, Any]


def forget_again(folder: Path, now: datetime) -> str:
    """Replay the erasure list after a restore: the one beside the database, and one laid beside the backup from another machine."""
    names = (erasure_list.list_path(), folder / erasure_list.LIST, folder.parent / erasure_list.LIST)
    lists = dict.fromkeys(path.resolve() for path in names)
    entries = {(entry["store"], entry["customer"]): entry for path in lists for entry in erasure_list.read_list(path)}
    count = replay(entries.values(), now=now)
    return f"Erased {count} people again, of {len(entries)} on the erasure list."


def replay(entries: Iterable[Entry], *, now: datetime) -> int:
    """Forget again whoever is on an erasure list and not erased in this database; return how many people were known.

    entries: store and customer (public ids), erased_at and digests, as `erasure_list.py` reads them. Call it outside a transaction. It
    reads every name of a store that has such an entry once.
    """
    stores = dict(Store.objects.values_list("public_id", "id"))
    of_store: dict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        store_id = stores.get(UUID(entry["store"]))
        if store_id is not None:
            of_store[store_id].append(entry)
    return sum(_replay_store(store_id, found, now=now) for store_id, found in of_store.items())


def _replay_store(store_id: int, entries: Sequence[Entry], *, now: datetime) -> int:
    with store_context(store_id):
        known = set(Erasure.objects.values_list("customer_public_id", flat=True))
        fresh = [entry for entry in entries if UUID(entry["customer"]) not in known]
        if not fresh:
            return 0
        digests = {digest for entry in fresh for digest in entry["digests"]}
        ids = set(Customer.objects.filter(public_id__in=[entry["customer"] for entry in fresh]).values_list("pk", flat=True))
        ids |= {customer_id for customer_id, name in _names() if address_digest(name) in digests}
        for customer in Customer.objects.filter(pk__in=ids).order_by("pk"):
            erase(customer, by=None, now=now)
        with transaction.atomic():
            forget_texts(Forgotten(digests=sorted(digests)), now=now)
            made = Erasure.objects.bulk_create([_erasure(entry) for entry in fresh], ignore_conflicts=True)
            lines = erasure_list.entries_of(made)
            transaction.on_commit(lambda: erasure_list.write(lines, erasure_list.DONE))
        return len(ids)


def _erasure(entry: Entry) -> Erasure:
    return Erasure(
        customer_public_id=UUID(entry["customer"]), digests=entry["digests"], erased_at=datetime.fromisoformat(entry["erased_at"])
    )


def _names() -> Iterator[tuple[int, str]]:
    """Yield the customers of the active store with every name that is theirs alone; several people may share a telephone."""
    known = read_in_pages(Customer.objects.known().only("email_key"), size=_PAGE)
    yield from ((customer.pk, customer.email_key or "") for customer in known)
    identities = read_in_pages(Identity.objects.only("customer_id", "value"), size=_PAGE)
    yield from ((identity.customer_id, identity.value) for identity in identities)
    called_by_the_shop = Identity.objects.exclude(kind=Identity.Kind.ANONYMOUS).filter(customer_id=OuterRef("pk"))
    numbers = Customer.objects.visitors().exclude(phone="").exclude(Exists(called_by_the_shop)).only("phone")
    yield from ((customer.pk, customer.phone) for customer in read_in_pages(numbers, size=_PAGE))
