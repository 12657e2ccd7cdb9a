"""The abstract base of every table that belongs to a store.

Concrete models list `StoreIsolation` and, per link to another store-owned row, `StoreForeignKey` in Meta.constraints.
"""

from typing import Any, ClassVar

from django.db import models

from retention.tenancy.context import current_store_id
from retention.tenancy.querysets import StoreManager


def implied_store() -> Any:
    """Return the store's column for the lines of something: rows with a `StoreForeignKey` to their head that is never empty.

    That key says already that the store is there, since the head's own store was checked; a second check per line would cost as much again.
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
