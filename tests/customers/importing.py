"""What tests of imports share: a file put in, mapped, compared and brought in, as a merchant would."""

from datetime import datetime

from retention.customers.importing import running
from retention.customers.importing.filing import keep
from retention.customers.importing.mapping import check_mapping, kind_of, propose, propose_options
from retention.customers.models import Import, ImportFault
from retention.kit.clock import now
from retention.stores.models import Store


def put_in(data: bytes | str, *, kind: str = "customers", name: str = "people.csv") -> Import:
    """Keep a file in the active store."""
    return keep([data if isinstance(data, bytes) else data.encode()], kind=kind, name=name, created_by=None)


def compared(of: Import, store: Store, *, mapping: dict[str, str] | None = None, at: datetime | None = None, **options: str) -> Import:
    """Read and compare a file with the proposed mapping, changed by place."""
    kind = kind_of(of)
    chosen = propose(kind, of.headings) | (mapping or {})
    wanted = propose_options(of, store) | options
    assert check_mapping(kind, chosen, wanted, of.headings) == []
    running.begin_reading(of, mapping=chosen, options=wanted, now=at or now())
    return work(of, at=at)


def brought_in(of: Import, *, at: datetime | None = None) -> Import:
    """Bring in what was compared."""
    running.begin_running(of, now=at or now())
    return work(of, at=at)


def work(of: Import, *, at: datetime | None = None) -> Import:
    """Do what waits, as the timed task does."""
    while running.import_batch(now=at or now()):
        pass
    of.refresh_from_db()
    return of


def import_file(data: bytes | str, store: Store, *, kind: str = "customers", at: datetime | None = None, **options: str) -> Import:
    """Put a file in, compare it and bring it in."""
    return brought_in(compared(put_in(data, kind=kind), store, at=at, **options), at=at)


def counts(of: Import) -> dict[str, int]:
    """Return what became of it."""
    return {"new": of.new_count, "changed": of.changed_count, "same": of.same_count, "refused": of.refused_count}


def faults(of: Import) -> list[tuple[int, str, str]]:
    """Return the rows left out."""
    return list(ImportFault.objects.filter(of_import=of).order_by("row", "id").values_list("row", "column", "why"))
