"""The erasure list: a file beside the database that outlives it, so that a restored backup forgets again. It holds no personal value.

Each erasure writes a line before anything goes ("asked") and one when the database has committed ("done"). `settle` asks the database
about the few whose second line is missing, and notes them as done or as dropped.
"""

import json
import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from retention.customers.models import Erasure
from retention.stores.models import Store
from retention.tenancy.context import store_context

LIST = "erasures.jsonl"
ASKED, DONE, DROPPED = "asked", "done", "dropped"
SETTLED_AFTER = timedelta(minutes=15)  # no erasure takes that long
_READ_BACK = 1024 * 1024  # of the end of the list, where lines that wait for their second one stand
log = logging.getLogger("boomerang.erasing")


def list_path() -> Path:
    """Return the file beside the database that holds the erasure list of this installation."""
    return Path(settings.VAR_DIR) / LIST


def entries_of(erasures: Sequence[Erasure]) -> list[dict[str, Any]]:
    """Return erasures as the list says them: ids and digests, no personal value."""
    stores = dict(Store.objects.filter(id__in={one.store_id for one in erasures}).values_list("id", "public_id"))
    return [
        {
            "store": str(stores[one.store_id]),
            "customer": str(one.customer_public_id),
            "erased_at": one.erased_at.isoformat(),
            "digests": one.digests,
        }
        for one in erasures
    ]


def write(entries: Iterable[Mapping[str, Any]], state: str) -> None:
    """Add a line per entry, on disk when this returns. A list that cannot be written is logged as an error and stops no erasure."""
    path = list_path()
    text = "".join(json.dumps(dict(entry) | {"state": state}) + "\n" for entry in entries)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab", buffering=0) as file:
            file.write(text.encode())
            os.fsync(file.fileno())
    except OSError as error:
        log.error("the erasure is not in the list beside the database", extra={"cause": type(error).__name__})


def read_list(path: Path) -> list[dict[str, Any]]:
    """Return whom a list says to forget: every entry that is done, and every one that was asked for and not dropped.

    A line that says "asked" and has no second one belongs to a process that died around its commit, and nobody could ask the database
    since. It counts as done: a person who is erased in the database must stay erased, and somebody with the right to do it wanted it.
    A line without a state is done. One that was cut off by a crash is passed over.
    """
    return [entry for entry in _folded(_lines(path)).values() if entry["state"] != DROPPED]


def settle(*, now: datetime) -> int:
    """Note for every erasure that was asked for a while ago whether the database has it; return how many were noted."""
    waiting = [entry for entry in _folded(_lines(list_path(), most=_READ_BACK)).values() if entry["state"] == ASKED]
    old = [entry for entry in waiting if datetime.fromisoformat(entry["erased_at"]) <= now - SETTLED_AFTER]
    for entry in old:
        write([entry], DONE if _is_erased(entry) else DROPPED)
    return len(old)


def _is_erased(entry: Mapping[str, Any]) -> bool:
    store = Store.objects.filter(public_id=entry["store"]).first()
    if store is None:
        return False
    with store_context(store.pk):
        return bool(Erasure.objects.filter(customer_public_id=entry["customer"]).exists())


def _folded(lines: Iterable[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """Return one entry per person with the state their lines come to: once done stays done, else the last line counts."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for line in lines:
        key = (line["store"], line["customer"])
        before = found.get(key)
        if before is None or before["state"] != DONE or line["state"] == DONE:
            found[key] = line
    return found


def _lines(path: Path, *, most: int | None = None) -> Iterable[dict[str, Any]]:
    """Yield the lines of a list that can be read, from the whole of it or from its end."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        if most is not None:
            file.seek(max(0, path.stat().st_size - most))
        for line in file:
            try:
                entry = json.loads(line)
                UUID(entry["store"]), UUID(entry["customer"])
            except (ValueError, KeyError, TypeError):
                log.warning("a line of the erasure list cannot be read")
                continue
            yield {"state": DONE, "digests": []} | entry
