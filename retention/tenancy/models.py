"""The abstract base of every table that belongs to a store.

Concrete models list `StoreIsolation` and, per link to another store-owned row, `StoreForeignKey` in Meta.constraints.
"""

from collections.abc import Collection
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models.base import ModelState

from retention.tenancy.context import current_store_id
from retention.tenancy.querysets import StoreManager


def implied_store() -> Any:
    """Return the store's column of rows that stand or fall with another one: lines with a `StoreForeignKey` to their head that is never
    empty, or a key stored in one statement with its event.

    The other row's store was checked; a second check per row would cost as much again.
    """
    return models.ForeignKey(
        "stores.Store", on_delete=models.CASCADE, related_name="+", db_index=False, editable=False, db_constraint=False
    )


class StoreOwned(models.Model):
    """A row of one store. Its default manager needs an active store; row-level security is the net below."""

    store = models.ForeignKey("stores.Store", on_delete=models.CASCADE, related_name="+", db_index=False, editable=False)

    objects: ClassVar[StoreManager[Any]] = StoreManager()

    db_grants: ClassVar[dict[str, str]] = {}

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the row; a new row without a store takes the active one."""
        if self.store_id is None:
            self.store_id = current_store_id()
        super().save(*args, **kwargs)

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **_later: Any) -> Self:
        """Return a row as it was read, at a third of what the usual way costs: nothing of ours listens to rows being made.

        A column that was not read is read when somebody asks for it, as usual.
        """
        row = cls.__new__(cls)
        row._state = state = ModelState()
        state.db, state.adding = db, False
        row.__dict__.update(zip(field_names, values, strict=True))
        return row
