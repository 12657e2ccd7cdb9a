"""Forgetting a person: everything that names them goes, the shop's accounts stay without them, blocked addresses stay blocked.

Tables with a customer are found through `personal_data.py`. Rooms that hold texts about people without a link add a forgetter. What was
erased is remembered by public id (and keyed digests), in the database and in a file beside it, so that a restored backup forgets again.
"""

import json
import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from retention.customers.announcing import ERASED
from retention.customers.consent import address_digest
from retention.customers.exporting import forget_files
from retention.customers.importing import running
from retention.customers.importing.filing import pieces_of
from retention.customers.models import ConsentRecord, Customer, CustomerEvent, CustomerMerge, Erasure, Export, Import, ImportFault
from retention.customers.personal_data import PersonalTable, personal_tables
from retention.kit.register import Register
from retention.notices.models import Notice
from retention.rest.models import KeptAnswer
from retention.stores.models import Store, User
from retention.tenancy.context import store_context
from retention.webhooks import outbox

Forgetter = Callable[[Sequence[str]], None]
forgetters: Register[Forgetter] = Register("forgetter of personal texts")
log = logging.getLogger("boomerang.erasing")
LIST = "erasures.jsonl"
_SHORTEST = 5  # a name shorter than this would be found in texts about other people


def erase(customer: Customer, *, by: int | None, now: datetime) -> Erasure:
    """Forget a customer of the active store for good, in one transaction; return what stays of it. by: the id of the person who asked."""
    with transaction.atomic():
        locked: Customer = Customer.objects.select_for_update().get(pk=customer.pk)
        names = names_of(locked)
        former = list(CustomerMerge.objects.filter(survivor=locked).values_list("loser_public_id", flat=True))
        for table in personal_tables:
            _empty(table, locked.pk)
        _forget_texts(names, now=now)
        outbox.forget([locked.public_id, *former], now=now)
        outbox.announce(ERASED, {"customer": {"id": str(locked.public_id)}}, now=now, about=locked.public_id)
        locked.delete()
        digests = sorted(address_digest(name) for name in names)
        made = Erasure.objects.bulk_create(
            [Erasure(customer_public_id=one, digests=digests, erased_at=now, erased_by_id=by) for one in [locked.public_id, *former]]
        )
    _note_beside(made)
    first: Erasure = made[0]
    return first


def names_of(customer: Customer) -> list[str]:
    """Return every text the person is recognised by: addresses, numbers, ids, and their whole name."""
    names = {customer.email, customer.email_key or "", customer.phone, *customer.identities.values_list("value", flat=True)}
    return sorted(name for name in names if name)


def replay(entries: Iterable[Mapping[str, Any]], *, now: datetime) -> int:
    """Forget again whoever is on an erasure list and still known, in every store; return how many were. Call it outside a transaction.

    entries: store and customer (public ids), erased_at and digests, as `entries_of` and the file beside the database hold them.
    """
    count = 0
    stores = dict(Store.objects.values_list("public_id", "id"))
    for entry in entries:
        store_id = stores.get(UUID(str(entry["store"])))
        if store_id is None:
            continue
        with store_context(store_id):
            customer = Customer.objects.filter(public_id=entry["customer"]).first()
            if customer is not None:
                erase(customer, by=None, now=now)
                count += 1
    return count


def entries_of(erasures: Iterable[Erasure]) -> list[dict[str, Any]]:
    """Return erasures as the list says them: ids and digests, no personal value."""
    stores = dict(Store.objects.values_list("id", "public_id"))
    return [
        {
            "store": str(stores[one.store_id]),
            "customer": str(one.customer_public_id),
            "erased_at": one.erased_at.isoformat(),
            "digests": one.digests,
        }
        for one in erasures
    ]


def list_path() -> Path:
    """Return the file beside the database that holds the erasure list of this installation."""
    return Path(settings.VAR_DIR) / LIST


def read_list(path: Path) -> list[dict[str, Any]]:
    """Return the entries of an erasure list; a line that was cut off by a crash is passed over."""
    entries = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else []:
        try:
            entries.append(json.loads(line))
        except ValueError:
            log.warning("a line of the erasure list cannot be read")
    return entries


def forget_again(folder: Path, now: datetime) -> str:
    """Replay the erasure list after a restore: the one beside the database, and one laid beside the backup from another machine."""
    lists = dict.fromkeys(path.resolve() for path in (list_path(), folder / LIST, folder.parent / LIST))
    entries = [entry for path in lists for entry in read_list(path)]
    count = replay(entries, now=now)
    return f"Erased {count} people again, of {len(entries)} on the erasure list."


def _empty(table: PersonalTable, customer_id: int) -> None:
    rows = table.model._default_manager.filter(**{table.column: customer_id})
    if table.erase:
        rows.delete()
    elif table.model is ConsentRecord:
        rows.update(customer_id=None, ip=None, user_agent="", proof={})
    else:
        rows.update(**{table.column: None})


def _forget_texts(names: Sequence[str], *, now: datetime) -> None:
    """Forget the person in what is not linked to them: events on their way, files, mail of ours, answers the API kept."""
    CustomerEvent.objects.filter(customer=None).filter(
        Q(anonymous_id__in=names) | Q(external_id__in=names) | Q(properties__email__in=names)
    ).delete()
    telling = [name for name in names if len(name) >= _SHORTEST]
    for name in telling:
        ImportFault.objects.filter(Q(value__icontains=name) | Q(why__icontains=name)).update(value="", why="This row is forgotten.")
        KeptAnswer.objects.filter(body__icontains=name).delete()
        if "@" in name and not User.objects.filter(email__iexact=name).exists():
            Notice.objects.filter(to__iexact=name).delete()
    for of in Import.objects.exclude(state__in=Import.OVER):
        if _mentions(of, telling):
            running.forget(of, now=now)
    forget_files(Export.objects.exclude(state=Export.State.GONE))
    for forget in forgetters:
        forget(telling)


def _mentions(of: Import, names: Sequence[str]) -> bool:
    """Say whether an import's file may hold one of the names, read piece by piece with an overlap."""
    wanted = [name.casefold().encode(of.encoding.removesuffix("-sig"), "ignore") for name in names]
    before = b""
    for piece in pieces_of(of):
        text = before + piece.lower()
        if any(name and name in text for name in wanted):
            return True
        before = text[-1024:]
    return False


def _note_beside(made: Sequence[Erasure]) -> None:
    """Add the erasure to the file beside the database, which survives a database that is lost."""
    path = list_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as file:
            file.writelines(json.dumps(entry) + "\n" for entry in entries_of(made))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        log.error("the erasure is not in the list beside the database", extra={"cause": type(error).__name__})
